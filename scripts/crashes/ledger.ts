import { isInternalTopic, type Vector, type WriterId } from "../../src/base/mod.ts";
import type { Log } from "../../src/log/mod.ts";

/** What must be there after a crash: per topic, how far each feed goes. */
export type Owed = ReadonlyMap<string, Vector>;

/** What a log owed to its callers at one moment. */
export interface Debt {
  /** After a killed process: everything that was served or acknowledged (rule R2). */
  readonly whenKilled: Owed;
  /** After a power cut: what is durable by the policy. */
  readonly whenPowerFails: Owed;
  /** How many records had been published: later ones may have another history after a crash. */
  readonly published: number;
}

/** Everything that a log was given and that it promised, over all of its lives. */
export class Ledger {
  /** What anybody could have read, by topic, writer and sequence, in the order in which it became known. */
  readonly #published = new Map<string, { readonly text: string; readonly order: number }>();
  /** What was given to each topic, whether it was acknowledged or not. */
  readonly #given = new Map<string, Set<string>>();
  #whenKilled: Owed = new Map();
  #whenPowerFails: Owed = new Map();

  give(topic: string, texts: readonly string[]): void {
    const given = this.#given.get(topic) ?? new Set();
    for (const text of texts) given.add(text);
    this.#given.set(topic, given);
  }

  /** True when somebody gave this to the topic. What the log's own topics hold is nobody else's. */
  wasGiven(topic: string, text: string): boolean {
    return isInternalTopic(topic) || this.#given.get(topic)?.has(text) === true;
  }

  /** Says why it cannot be: the record was another one before. */
  publish(topic: string, writer: WriterId, sequence: number, text: string): string | undefined {
    const fault = this.contradiction(topic, writer, { sequence, text, published: this.#published.size });
    const id = `${topic}/${writer}/${sequence}`;
    if (!this.#published.has(id)) this.#published.set(id, { text, order: this.#published.size });
    return fault;
  }

  /** Why the record cannot be: among the first `published` ones it was another. */
  contradiction(
    topic: string,
    writer: WriterId,
    record: { readonly sequence: number; readonly text: string; readonly published: number },
  ): string | undefined {
    const id = `${topic}/${writer}/${record.sequence}`;
    const known = this.#published.get(id);
    if (known === undefined || known.order >= record.published || known.text === record.text) return undefined;
    return `record ${id} was ${JSON.stringify(known.text)} and is ${JSON.stringify(record.text)}`;
  }

  /** What the log owes now. */
  update(log: Log): void {
    this.#whenKilled = new Map(log.topics().map((topic) => [topic.name, topic.have]));
    this.#whenPowerFails = new Map(log.topics().map((topic) => [topic.name, topic.durable]));
  }

  /** The power failed: what was not durable is owed no more. */
  powerFailed(): void {
    this.#whenKilled = this.#whenPowerFails;
  }

  debt(): Debt {
    const { size } = this.#published;
    return { whenKilled: this.#whenKilled, whenPowerFails: this.#whenPowerFails, published: size };
  }
}
