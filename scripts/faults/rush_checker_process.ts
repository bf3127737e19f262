/**
 * Judges what all nodes hold after a rush, in a process of its own: it knows what producers were told and what the consumer
 * was given from their files alone. Answers each line with its verdict.
 */
import { createInterface } from "node:readline";
import { NumberTable } from "./number_table.ts";
import { RawNode } from "./raw_node.ts";
import { rawValues } from "./raw_stream.ts";
import { fates, fatesFile, givenFile, producersCount, type RushOptions, type RushVerdict } from "./rush_types.ts";
import { readValue } from "./rush_value.ts";

const { topic, urls, ledger } = JSON.parse(process.argv[2] ?? "{}") as RushOptions;

/** What one node holds. */
interface Held {
  readonly tables: readonly NumberTable[];
  count: number;
  repeated: number;
  altered: number;
  outOfOrder: number;
}

async function readNode(url: string): Promise<Held> {
  const tables = Array.from({ length: producersCount }, () => new NumberTable());
  const held = { tables, count: 0, repeated: 0, altered: 0, outOfOrder: 0 };
  /** The last number by writer and producer. */
  const last = new Map<string, number[]>();
  const { nextOffset } = await new RawNode(url).describe(topic);
  for await (const records of rawValues(url, topic, nextOffset)) {
    for (const { writer, value } of records) {
      const name = readValue(value);
      const table = name === undefined ? undefined : tables[name.producer];
      if (name === undefined || table === undefined) {
        held.altered++;
        continue;
      }
      const { producer, number } = name;
      if (table.get(number) > 0) held.repeated++;
      else held.count++;
      table.set(number, 1);
      const lasts = last.get(writer) ?? [];
      if ((lasts[producer] ?? -1) >= number) held.outOfOrder++;
      lasts[producer] = number;
      last.set(writer, lasts);
    }
  }
  return held;
}

/** One producer's records over all nodes. */
function compare(
  producer: number,
  nodes: readonly Held[],
  verdict: { -readonly [Key in keyof RushVerdict]: RushVerdict[Key] },
) {
  const told = NumberTable.read(fatesFile(ledger, producer));
  const given = NumberTable.read(givenFile(ledger, producer));
  const tables = nodes.map(({ tables }) => tables[producer] as NumberTable);
  const length = Math.max(told.length, given.length, ...tables.map((table) => table.length));
  for (let number = 0; number < length; number++) {
    let holders = 0;
    for (const table of tables) holders += table.get(number);
    const fate = told.get(number);
    if (fate === fates.acknowledged && holders < tables.length) verdict.lost++;
    if (holders === 0) continue;
    if (holders < tables.length) verdict.unlike++;
    if (fate === fates.refused) verdict.refusedAndHeld++;
    if (fate === fates.unknown) verdict.unknownAndHeld++;
    if (given.get(number) === 0) verdict.notGiven++;
  }
}

async function check(): Promise<RushVerdict> {
  const nodes: Held[] = [];
  for (const url of urls) nodes.push(await readNode(url));
  const sum = (key: "repeated" | "altered" | "outOfOrder"): number => nodes.reduce((all, held) => all + held[key], 0);
  const verdict = {
    ...{ held: nodes.map(({ count }) => count), repeated: sum("repeated"), altered: sum("altered") },
    ...{ outOfOrder: sum("outOfOrder"), lost: 0, unlike: 0, refusedAndHeld: 0, unknownAndHeld: 0, notGiven: 0 },
  };
  for (let producer = 0; producer < producersCount; producer++) compare(producer, nodes, verdict);
  return verdict;
}

for await (const _ of createInterface({ input: process.stdin })) {
  try {
    console.log(JSON.stringify({ answer: await check() }));
  } catch (error) {
    console.log(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
  }
}
