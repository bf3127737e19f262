import type { Clock } from "../base/mod.ts";
import type { Host } from "./network.ts";

/** The world's time, as one node sees it. */
export interface LifeRoom {
  readonly nowMs: number;
  /** Milliseconds since 1970-01-01 UTC at the start of virtual time. */
  readonly epochMs: number;
  schedule(atMs: number, run: () => void): void;
}

/** The same time, with a clock on the wall that is off. */
export function skewed(room: LifeRoom, skewMs: () => number): LifeRoom {
  return {
    get nowMs(): number {
      return room.nowMs;
    },
    get epochMs(): number {
      return room.epochMs + skewMs();
    },
    schedule: (atMs, run) => room.schedule(atMs, run),
  };
}

/**
 * One run of a process: from its start to its stop or crash. Whatever is called back in its name goes through `guard`,
 * so that nothing of a dead process acts, and nothing of a paused one before it resumes.
 */
export class Life {
  readonly clock: Clock;
  readonly #room: LifeRoom;
  readonly #host: Host;
  readonly #number: number;
  #held: (() => void)[] = [];

  constructor(room: LifeRoom, host: Host) {
    this.#room = room;
    this.#host = host;
    this.#number = host.life;
    this.clock = {
      nowMs: () => room.nowMs,
      wallMs: () => room.epochMs + room.nowMs,
      schedule: (atMs, callback) => this.#schedule(atMs, callback),
    };
  }

  get isOver(): boolean {
    return !this.#host.isRunning || this.#host.life !== this.#number;
  }

  /** Runs now, after the pause, or never. */
  run(callback: () => void): void {
    if (this.isOver) return;
    if (this.#host.isPaused) this.#held.push(callback);
    else callback();
  }

  /** A callback that runs now, after the pause, or never. */
  guard<Arguments extends readonly unknown[]>(callback: (...given: Arguments) => void): (...given: Arguments) => void {
    return (...given) => this.run(() => callback(...given));
  }

  /** Calls back after so many milliseconds; the result cancels. */
  after(delayMs: number, callback: () => void): () => void {
    return this.#schedule(this.#room.nowMs + delayMs, callback);
  }

  /** What was held up during a pause, in its order. */
  release(): void {
    const held = this.#held;
    this.#held = [];
    for (const callback of held) this.run(callback);
  }

  #schedule(atMs: number, callback: () => void): () => void {
    let isCancelled = false;
    this.#room.schedule(Math.max(atMs, this.#room.nowMs), () => {
      this.run(() => {
        if (!isCancelled) callback();
      });
    });
    return () => {
      isCancelled = true;
    };
  }
}
