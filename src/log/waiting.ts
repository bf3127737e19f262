/** Those who wait for a group commit: each adds something to a group, and is answered once the group counts. */
import type { FrameHeader, WriterId } from "../base/mod.ts";
import type { Group } from "./group.ts";
import type { Ack, Applied } from "./types.ts";

export interface Waiting {
  readonly bytes: number;
  /** Adds it to a group; again, when an earlier group came to nothing. */
  stage(group: Group): void;
  /** Answers the caller with what `stage` decided. */
  answer(): void;
  readonly reject: (error: Error) => void;
}

/** A frame for this node's own feed. */
export class WaitingProduce implements Waiting {
  readonly #frame: Uint8Array;
  readonly #header: FrameHeader;
  readonly #resolve: (ack: Ack) => void;
  readonly reject: (error: Error) => void;
  #outcome: ReturnType<Group["produce"]> | undefined;

  constructor(frame: Uint8Array, header: FrameHeader, resolve: (ack: Ack) => void, reject: (error: Error) => void) {
    this.#frame = frame;
    this.#header = header;
    this.#resolve = resolve;
    this.reject = reject;
  }

  get bytes(): number {
    return this.#frame.length;
  }

  stage(group: Group): void {
    this.#outcome = group.produce(this.#frame, this.#header);
  }

  answer(): void {
    if (this.#outcome instanceof Error) this.reject(this.#outcome);
    else this.#resolve(this.#outcome as Ack);
  }
}

/** Frames of a feed of our own that was given up, to be produced again. */
export class WaitingReproduce implements Waiting {
  readonly bytes: number;
  readonly #frames: readonly OwnFrame[];
  readonly answer: () => void;
  readonly reject: (error: Error) => void;

  constructor(frames: readonly OwnFrame[], resolve: () => void, reject: (error: Error) => void) {
    this.bytes = frames.reduce((sum, { bytes }) => sum + bytes.length, 0);
    this.#frames = frames;
    this.answer = resolve;
    this.reject = reject;
  }

  stage(group: Group): void {
    for (const { bytes, header } of this.#frames) group.reproduce(bytes, header);
  }
}

/** A frame that this node wrote, with what it said when it was read. */
export interface OwnFrame {
  readonly bytes: Uint8Array;
  readonly header: FrameHeader;
}

/** Frames of a peer. */
export class WaitingApply implements Waiting {
  readonly #frames: Uint8Array;
  readonly #resolve: (applied: Applied) => void;
  readonly reject: (error: Error) => void;
  #applied: Applied | undefined;

  constructor(frames: Uint8Array, resolve: (applied: Applied) => void, reject: (error: Error) => void) {
    this.#frames = frames;
    this.#resolve = resolve;
    this.reject = reject;
  }

  get bytes(): number {
    return this.#frames.length;
  }

  stage(group: Group): void {
    this.#applied = group.apply(this.#frames);
  }

  answer(): void {
    this.#resolve(this.#applied as Applied);
  }
}

/** Records of a feed that are held by nobody. */
export class WaitingGap implements Waiting {
  readonly bytes = 0;
  readonly #writer: WriterId;
  readonly #through: number;
  readonly answer: () => void;
  readonly reject: (error: Error) => void;

  constructor(
    gap: { readonly writer: WriterId; readonly through: number },
    resolve: () => void,
    reject: (error: Error) => void,
  ) {
    this.#writer = gap.writer;
    this.#through = gap.through;
    this.answer = resolve;
    this.reject = reject;
  }

  stage(group: Group): void {
    group.applyGap(this.#writer, this.#through);
  }
}
