import { ClientError, connect } from "../../client/mod.ts";
import { CommandFailedError } from "../failure.ts";
import type { DemoNode } from "./nodes.ts";

/** A line with its number, which is the key of its record. */
export interface NumberedLine {
  readonly number: number;
  readonly text: string;
}

/** Times that one node may fail under its sender before the demonstration gives up. */
const failuresMax = 5;

/**
 * Produces some of the lines to one node, in order. When the node dies, it waits for it to come back and asks it which of
 * the unanswered lines it had stored, because sending those again would store them twice.
 */
export class LineSender {
  readonly #topic: string;
  readonly #node: DemoNode;
  readonly #onStored: (lines: number) => void;
  /** Lines that are not yet known to be stored, in order. */
  #left: readonly NumberedLine[];
  /** Lines that were sent and not answered when the node died, and how many of them it had stored all the same. */
  readonly unanswered = { lines: 0, stored: 0 };

  constructor(topic: string, node: DemoNode, lines: readonly NumberedLine[], onStored: (lines: number) => void) {
    this.#topic = topic;
    this.#node = node;
    this.#left = lines;
    this.#onStored = onStored;
  }

  /** Resolves when every line is stored. `returned` resolves when a node that died is back. */
  async run(returned: () => Promise<void>): Promise<void> {
    for (let attempt = 1; this.#left.length > 0; attempt++) {
      try {
        await this.#send();
      } catch (error) {
        if (!(error instanceof ClientError) || error.code !== "UNAVAILABLE") throw error;
        if (attempt > failuresMax)
          throw new CommandFailedError(`${this.#node.name} failed ${attempt} times: ${error.message}`);
        await returned();
        await this.#dropStored();
      }
    }
  }

  async #send(): Promise<void> {
    // The lines of a node are to go to that node, and its failures are to be seen.
    await using client = connect(this.#node.rpcUrl, { failover: false });
    const options = { batchBytesMax: 32_768, bytesUnansweredMax: 262_144 };
    await using producer = client.producer(this.#topic, options);
    const lines = this.#left;
    let failure: ClientError | undefined;
    let stored = 0;
    for (const { number, text } of lines) {
      await producer.ready();
      if (failure !== undefined) break;
      producer.send({ key: String(number), value: text }).then(
        () => {
          stored++;
          this.#onStored(1);
        },
        (error: ClientError) => {
          failure ??= error;
          if (error.fate === "unknown") this.unanswered.lines++;
        },
      );
    }
    await producer.flush().catch(() => {});
    // Answers come in order: what is stored for sure is the beginning.
    this.#left = lines.slice(stored);
    if (failure !== undefined) throw failure;
  }

  async #dropStored(): Promise<void> {
    const unsure = new Set(this.#left.map(({ number }) => String(number)));
    const stored = new Set<string>();
    const decoder = new TextDecoder();
    await using client = connect(this.#node.rpcUrl, { failover: false });
    for await (const record of client.consume(this.#topic, { follow: false })) {
      const key = decoder.decode(record.key);
      if (unsure.has(key)) stored.add(key);
    }
    this.unanswered.stored += stored.size;
    this.#left = this.#left.filter(({ number }) => !stored.has(String(number)));
    this.#onStored(stored.size);
  }
}
