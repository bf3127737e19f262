/**
 * Judges what nodes hold and what consumers were given, knowing nothing of the clients but what was acknowledged to them
 * and what they were given, in order.
 */
import type { RawRecord } from "./raw_node.ts";
import { readName, readStatement } from "./statement.ts";

/** Faults that are told by name: all others are only counted. */
const examplesMax = 10;
/** In place of a writer: a record that was sent again to another node stands in one feed here and in another there. */
const several = "several";

/** What one log, or one consumer, had so far. */
class Seen {
  readonly #numbers = new Map<string, Set<number>>();
  /** By producer, and in that by the writer whose feed the record is in. */
  readonly #last = new Map<string, number>();
  count = 0;

  has(producer: string, number: number): boolean {
    return this.#numbers.get(producer)?.has(number) ?? false;
  }

  /** The highest number of the producer so far in a writer's feed. */
  last(producer: string, writer: string): number {
    return this.#last.get(`${producer} ${writer}`) ?? 0;
  }

  add(producer: string, number: number, writer: string): void {
    const numbers = this.#numbers.get(producer) ?? new Set();
    this.#numbers.set(producer, numbers.add(number));
    this.#last.set(`${producer} ${writer}`, Math.max(this.last(producer, writer), number));
    this.count++;
  }
}

/** What came out, all of it counted over all nodes and consumers. */
export interface Verdict {
  readonly nodes: number;
  readonly consumers: number;
  /** Records that each node holds. */
  readonly held: number;
  readonly acknowledged: number;
  readonly delivered: number;
  readonly causesChecked: number;
  readonly faults: Readonly<Record<FaultKind, number>>;
  readonly examples: readonly string[];
}

export const faultKinds = ["lost", "repeated", "outOfOrder", "outOfCausalOrder", "unlike", "notDelivered"] as const;
export type FaultKind = (typeof faultKinds)[number];

export class Checker {
  readonly #logs = new Map<string, Seen>();
  /** Value by writer and sequence, as the first node had it. */
  readonly #identities = new Map<string, string[]>();
  readonly #causes = new Map<string, string>();
  /** In whose feed each record stands. */
  readonly #writers = new Map<string, string>();
  readonly #faults: Record<FaultKind, number> = {
    ...{ lost: 0, repeated: 0, outOfOrder: 0, outOfCausalOrder: 0, unlike: 0, notDelivered: 0 },
  };
  readonly #examples: string[] = [];
  #acknowledged = 0;
  #delivered = 0;
  #consumers = 0;
  #causesChecked = 0;

  /** All that a node holds, in its order. */
  async readLog(node: string, records: AsyncIterable<RawRecord>): Promise<void> {
    const seen = new Seen();
    const sequences = new Map<string, number>();
    let lastOffset = -1;
    for await (const { offset, writer, sequence, value } of records) {
      if (offset <= lastOffset) this.#fault("outOfOrder", `${node}: offset ${offset} after ${lastOffset}`);
      const before = sequences.get(writer) ?? 0;
      if (sequence <= before) this.#fault("outOfOrder", `${node}: ${writer} ${sequence} after ${before}`);
      lastOffset = offset;
      sequences.set(writer, sequence);
      this.#identify(node, { writer, sequence, value });
      this.#judge(node, value, writer, seen);
    }
    this.#logs.set(node, seen);
  }

  /** A record that was acknowledged: every node must hold it, as what it was acknowledged as. Once all logs were read. */
  readAcknowledged(producer: string, number: number, writer: string, sequence: number): void {
    this.#acknowledged++;
    for (const [node, seen] of this.#logs) {
      if (!seen.has(producer, number))
        this.#fault("lost", `${node} lacks ${producer}:${number}, ${writer} ${sequence}`);
    }
    const value = this.#identities.get(writer)?.[sequence];
    // A producer that sent again was told of one of two: only what a node delivers under that name can be compared.
    if (value !== undefined && !value.startsWith(`${producer}:${number}|`)) {
      this.#fault("unlike", `${producer}:${number} was acknowledged as ${writer} ${sequence}, which is ${value}`);
    }
  }

  /** What a consumer was given, in order, as `a:17`; everything unless it left before. Once all logs were read. */
  readDelivered(consumer: string, names: Iterable<string>, { isWhole }: { readonly isWhole: boolean }): void {
    const seen = new Seen();
    for (const name of names) {
      const causes = this.#causes.get(name);
      // What was read of a disk that was lost before anybody copied it is in no log.
      this.#judge(consumer, `${name}|${causes ?? ""}`, this.#writers.get(name) ?? several, seen);
    }
    this.#consumers++;
    this.#delivered += seen.count;
    for (const name of isWhole ? this.#causes.keys() : []) {
      if (!seen.has(...readName(name))) this.#fault("notDelivered", `${consumer} was not given ${name}`);
    }
  }

  /** Once all was read. */
  verdict(): Verdict {
    const counts = [...this.#logs.values()].map(({ count }) => count);
    const held = this.#causes.size;
    for (const [node, seen] of this.#logs) {
      // Records that were not acknowledged stand on all nodes or on none, once these converged.
      if (seen.count < held) this.#fault("unlike", `${node} holds ${seen.count} of ${held} records`);
    }
    return {
      nodes: counts.length,
      consumers: this.#consumers,
      held,
      acknowledged: this.#acknowledged,
      delivered: this.#delivered,
      causesChecked: this.#causesChecked,
      faults: this.#faults,
      examples: this.#examples,
    };
  }

  #identify(node: string, { writer, sequence, value }: Pick<RawRecord, "writer" | "sequence" | "value">): void {
    const values = this.#identities.get(writer) ?? [];
    this.#identities.set(writer, values);
    const known = values[sequence];
    if (known === undefined) values[sequence] = value;
    else if (known !== value) this.#fault("unlike", `${node}: ${writer} ${sequence} is ${value}, elsewhere ${known}`);
    const [name = "", causes = ""] = value.split("|", 2);
    this.#causes.set(name, causes);
    const before = this.#writers.get(name);
    this.#writers.set(name, before === undefined || before === writer ? writer : several);
  }

  /** One record in its place in a log, or in what a consumer was given. */
  #judge(where: string, text: string, writer: string, seen: Seen): void {
    const { producer, number, causes } = readStatement(text);
    if (seen.has(producer, number)) this.#fault("repeated", `${where}: ${producer}:${number} stands there twice`);
    else if (writer !== several && number < seen.last(producer, writer)) {
      const last = seen.last(producer, writer);
      this.#fault("outOfOrder", `${where}: ${producer}:${number} after ${producer}:${last}, both of ${writer}`);
    }
    for (const [cause, last] of causes) {
      this.#causesChecked++;
      if (!seen.has(cause, last)) {
        this.#fault(
          "outOfCausalOrder",
          `${where}: ${producer}:${number} stands before ${cause}:${last}, which it names`,
        );
      }
    }
    seen.add(producer, number, writer);
  }

  #fault(kind: FaultKind, example: string): void {
    this.#faults[kind]++;
    if (this.#examples.length < examplesMax) this.#examples.push(`${kind}: ${example}`);
  }
}

/** What came out in words. */
export function describeVerdict(verdict: Verdict): string {
  const { nodes, consumers, held, acknowledged, delivered, causesChecked, faults } = verdict;
  const { lost, repeated, outOfOrder, outOfCausalOrder, unlike, notDelivered } = faults;
  return [
    `${acknowledged} records acknowledged, ${held} held by each of ${nodes} nodes, ${delivered} given to ${consumers} consumers`,
    `${lost} lost, ${repeated} repeated, ${outOfOrder} out of order, ${outOfCausalOrder} of ${causesChecked} causes out of order`,
    `${unlike} unlike elsewhere, ${notDelivered} not delivered`,
  ].join("; ");
}

/** Whether everything is as it should be, and anything was looked at. */
export function isGood({ acknowledged, delivered, causesChecked, faults }: Verdict): boolean {
  return acknowledged > 0 && delivered > 0 && causesChecked > 0 && faultKinds.every((kind) => faults[kind] === 0);
}
