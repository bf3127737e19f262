/** Whom a query asks, and how. */
export interface QueryOptions {
  /** Only nodes of these names. @default all */
  readonly nodes?: readonly string[] | undefined;
  /** Only nodes in whose tags these expressions (RE2) are found, all of them. @default none */
  readonly tags?: { readonly [tag: string]: string } | undefined;
  /** How long answers are waited for. @default 16 intervals of gossip for each digit of the cluster's size */
  readonly timeoutMs?: number | undefined;
  /** Whether nodes are to say at once that the query arrived. @default true */
  readonly wantsAcks?: boolean | undefined;
  /** Copies of each answer that go by way of other nodes, for networks that lose packets. @default 0 */
  readonly relayFactor?: number | undefined;
}

/** What one node said: that the query arrived, or its answer. */
export interface QueryAnswer {
  readonly type: "ack" | "response";
  readonly from: string;
  readonly payload: Uint8Array;
}

export interface QueryResult {
  /** `complete`: all alive members that it was for have answered. `stopped`: the asking node has. */
  readonly type: "complete" | "timed-out" | "stopped";
  /** Alive members that it was for and that did not answer. */
  readonly silent: readonly string[];
  /** Nodes that the query reached, in the order of their words. */
  readonly acks: readonly string[];
  readonly responses: ReadonlyMap<string, Uint8Array>;
}

/** Answers as they come, by iterating; all of them at the end, by `result`. Never rejects: silence is a result too. */
export class QueryRun implements AsyncIterable<QueryAnswer> {
  readonly result: Promise<QueryResult>;
  readonly #answers: QueryAnswer[] = [];
  #wake: (() => void)[] = [];
  #resolve: (result: QueryResult) => void = () => {};
  #isOver = false;

  constructor() {
    this.result = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  add(answer: QueryAnswer): void {
    this.#answers.push(answer);
    this.#wakeAll();
  }

  finish(outcome: Pick<QueryResult, "type" | "silent">): void {
    this.#isOver = true;
    const acks = this.#answers.filter(({ type }) => type === "ack").map(({ from }) => from);
    const responses = this.#answers.filter(({ type }) => type === "response");
    this.#resolve({
      ...{ type: outcome.type, silent: outcome.silent, acks },
      responses: new Map(responses.map(({ from, payload }) => [from, payload])),
    });
    this.#wakeAll();
  }

  /** All answers, those that came already too, until the query is over. */
  async *[Symbol.asyncIterator](): AsyncGenerator<QueryAnswer, void> {
    for (let next = 0; ; next++) {
      while (next >= this.#answers.length) {
        if (this.#isOver) return;
        await new Promise<void>((resolve) => this.#wake.push(resolve));
      }
      yield this.#answers[next] as QueryAnswer;
    }
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
