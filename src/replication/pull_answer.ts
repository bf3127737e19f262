import { scanFrame, type Vector, type WriterId } from "../base/mod.ts";

/** Frame bytes of one response of a pull: large enough to be fast, small enough that no stream holds much memory. */
export const pullResponseBytesMax = 262_144;

/**
 * The bookkeeping of one answered pull: how much to read next and from which vector on. The server reads
 * (`readMissing(answer.have, answer.bytesMax)`), sends, and calls `sent`, until `isOver`.
 */
export class PullAnswer {
  readonly #have: Map<WriterId, number>;
  readonly #responseBytesMax: number;
  #creditBytes: number;
  #isFirst = true;
  #isComplete = false;

  /** `have` and `creditBytes` are what the puller said. */
  constructor(have: Vector, creditBytes: number, responseBytesMax: number = pullResponseBytesMax) {
    this.#have = new Map(have);
    this.#responseBytesMax = responseBytesMax;
    this.#creditBytes = creditBytes;
  }

  /** What the puller holds once it has applied everything sent. */
  get have(): Vector {
    return this.#have;
  }

  /** Bytes to read next. A first read is made also for no credit at all: a pull brings at least one frame. */
  get bytesMax(): number {
    return Math.min(this.#creditBytes, this.#responseBytesMax);
  }

  get isOver(): boolean {
    return this.#isComplete || (!this.#isFirst && this.#creditBytes <= 0);
  }

  /** Takes note of what was read and sent. */
  sent(missing: { readonly frames: Uint8Array; readonly complete: boolean }): void {
    this.#isFirst = false;
    this.#creditBytes = Math.max(0, this.#creditBytes - missing.frames.length);
    this.#isComplete = missing.complete || missing.frames.length === 0;
    for (let at = 0; at < missing.frames.length; ) {
      const scan = scanFrame(missing.frames, at);
      if (scan.type !== "frame") {
        // Bytes of our own log that are no frames: what follows cannot be told apart, so the pull ends here.
        this.#isComplete = true;
        return;
      }
      this.#have.set(scan.header.writer, scan.header.baseSequence + scan.header.count - 1);
      at += scan.header.frameBytes;
    }
  }
}
