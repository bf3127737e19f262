import type { WriterId } from "../base/mod.ts";
import { LogClosedError } from "../log/mod.ts";
import type { ReplicatorInput } from "../replication/mod.ts";
import type { ServedShortfall } from "../server/mod.ts";

type AwaitCopies = Extract<ReplicatorInput, { readonly type: "await-copies" }>;

interface Wait {
  readonly resolve: (shortfall: ServedShortfall | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** Those who produced and wait for copies on other nodes. How many is bounded by the replicator, which answers each. */
export class CopyWaits {
  readonly #push: (input: AwaitCopies) => void;
  /** Produces that wait or are about to, by topic. */
  readonly #awaited = new Map<string, number>();
  readonly #waits = new Map<number, Wait>();
  #waitIdLast = 0;
  #closed = false;

  constructor(push: (input: AwaitCopies) => void) {
    this.#push = push;
  }

  /** True when somebody waits for copies of what this node writes to a topic. */
  has(topic: string): boolean {
    return this.#awaited.has(topic);
  }

  /** As `ServedReplication.awaitCopies`. */
  async wait(
    topic: string,
    produced: Promise<{ readonly writer: WriterId; readonly sequence: number; readonly count: number }>,
    asked: { readonly copies: number; readonly timeoutMs: number },
  ): Promise<ServedShortfall | undefined> {
    this.#awaited.set(topic, (this.#awaited.get(topic) ?? 0) + 1);
    try {
      const { writer, sequence, count } = await produced;
      if (this.#closed) throw new LogClosedError();
      const waitId = ++this.#waitIdLast;
      const through = sequence + count - 1;
      return await new Promise((resolve, reject) => {
        this.#waits.set(waitId, { resolve, reject });
        this.#push({ type: "await-copies", waitId, topic, writer, through, ...asked });
      });
    } finally {
      const others = (this.#awaited.get(topic) ?? 1) - 1;
      if (others > 0) this.#awaited.set(topic, others);
      else this.#awaited.delete(topic);
    }
  }

  /** `shortfall` is undefined when the copies are there. */
  answer(waitId: number, shortfall: ServedShortfall | undefined): void {
    this.#waits.get(waitId)?.resolve(shortfall);
    this.#waits.delete(waitId);
  }

  /** The node stops: nobody will confirm anything any more. */
  close(): void {
    this.#closed = true;
    for (const wait of this.#waits.values()) wait.reject(new LogClosedError());
    this.#waits.clear();
  }
}
