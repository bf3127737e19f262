/** When topics are compacted: now and then all are looked at, and those compacted, one after another, where it is due. */
import type { Pace, TopicCompaction } from "./compact.ts";
import { LogClosedError } from "./errors.ts";

/** What one burst is long; then the disk is left to others. */
const burstMs = 100;

export interface CompactorOptions {
  readonly compactionBytesPerSecond: number;
  readonly compactionEveryMs: number;
}

type After = (delayMs: number, callback: () => void) => () => void;

/** Lets no more than so many bytes a second pass. */
class Pacer {
  readonly #burstBytes: number;
  readonly #after: After;
  #left: number;
  #isStopped = false;
  #resume: (() => void) | undefined;

  constructor(bytesPerSecond: number, after: After) {
    this.#burstBytes = (bytesPerSecond * burstMs) / 1_000;
    this.#left = this.#burstBytes;
    this.#after = after;
  }

  readonly pace: Pace = async (bytes, isOver) => {
    this.#left -= bytes;
    while (this.#left <= 0 && !this.#isStopped && !isOver()) {
      await new Promise<void>((resolve) => {
        const cancel = this.#after(burstMs, resolve);
        this.#resume = () => {
          cancel();
          resolve();
        };
      });
      this.#left += this.#burstBytes;
    }
    if (this.#isStopped) throw new LogClosedError();
  };

  stop(): void {
    this.#isStopped = true;
    this.#resume?.();
  }
}

/** Looks at all topics again and again, once one of them is to be compacted. */
export class Compactor {
  readonly #topics: () => readonly TopicCompaction[];
  readonly #options: CompactorOptions;
  readonly #after: After;
  readonly #pacer: Pacer;
  #cancel: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;
  #upkeepMs = 0;

  constructor(topics: () => readonly TopicCompaction[], options: CompactorOptions, after: After) {
    this.#topics = topics;
    this.#options = options;
    this.#after = after;
    this.#pacer = new Pacer(options.compactionBytesPerSecond, after);
  }

  /** Milliseconds that went by, as the rounds count them: unlike the time of day they never jump. */
  get upkeepMs(): number {
    return this.#upkeepMs;
  }

  /** Looks from now on. */
  watch(): void {
    if (this.#isClosed || this.#options.compactionBytesPerSecond === 0) return;
    if (this.#cancel !== undefined || this.#running !== undefined) return;
    this.#cancel = this.#after(this.#options.compactionEveryMs, () => {
      this.#cancel = undefined;
      this.#upkeepMs += this.#options.compactionEveryMs;
      this.#running = this.#run().finally(() => {
        this.#running = undefined;
        this.watch();
      });
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    this.#pacer.stop();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (const topic of this.#topics()) {
      if (this.#isClosed) return;
      await topic.runIfDue(this.#pacer.pace);
    }
  }
}
