/** Why a named cursor cannot be changed. Nothing was changed. */

function cursorOf(topic: string, name: string): string {
  return `cursor ${JSON.stringify(name)} of topic ${JSON.stringify(topic)}`;
}

/** Somebody set the cursor anew since this reader began. */
export class CursorResetError extends RangeError {
  override readonly name = "CursorResetError";
  readonly code = "CURSOR_RESET";

  constructor(topic: string, name: string) {
    super(`Cannot save ${cursorOf(topic, name)}: it was set anew since this consumer began; begin again`);
  }
}

/** Somebody deleted the cursor since this reader began. */
export class CursorDeletedError extends RangeError {
  override readonly name = "CursorDeletedError";
  readonly code = "CURSOR_RESET";

  constructor(topic: string, name: string) {
    super(`Cannot save ${cursorOf(topic, name)}: it was deleted since this consumer began; begin again`);
  }
}

/** Nobody saved a cursor of that name. */
export class UnknownCursorError extends RangeError {
  override readonly name = "UnknownCursorError";
  readonly code = "CURSOR_NOT_FOUND";

  constructor(topic: string, name: string) {
    super(`Cannot find ${cursorOf(topic, name)}: none was saved`);
  }
}

/** There are as many as a topic, or a node, may have. */
export class TooManyCursorsError extends RangeError {
  override readonly name = "TooManyCursorsError";
  readonly code = "TOO_MANY_CURSORS";

  constructor(topic: string, allowed: number) {
    super(`Cannot save a new cursor of topic ${JSON.stringify(topic)}: there are ${allowed}, which is the most`);
  }
}

/** It names more writers than fit. */
export class CursorTooLargeError extends RangeError {
  override readonly name = "CursorTooLargeError";
  readonly code = "CURSOR_TOO_LARGE";

  constructor(topic: string, name: string) {
    super(`Cannot save ${cursorOf(topic, name)}: it names more writers than a record holds`);
  }
}

/** Saves come faster than the disk takes them. */
export class CursorsOverloadedError extends RangeError {
  override readonly name = "CursorsOverloadedError";
  readonly code = "LOG_OVERLOADED";

  constructor(waiting: number) {
    super(`Cannot save cursors: ${waiting} changes wait already`);
  }
}
