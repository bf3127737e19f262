/**
 * A consumer in a process of its own, that goes on at another node when its own dies. Reads a command a line: `counts`;
 * `finish` writes down what it was given.
 */
import { createInterface } from "node:readline";
import { connect } from "../../src/client/mod.ts";
import { NumberTable } from "./number_table.ts";
import { givenFile, producersCount, type RushGiven, type RushOptions } from "./rush_types.ts";
import { readValue } from "./rush_value.ts";

const { topic, urls, ledger } = JSON.parse(process.argv[2] ?? "{}") as RushOptions;
const tables = Array.from({ length: producersCount }, () => new NumberTable());
const counts = { given: 0, repeated: 0, altered: 0, failovers: 0 };
/** Told to whoever asks next. */
let failure: Error | undefined;

async function consume(): Promise<void> {
  const onFailover = (): void => void counts.failovers++;
  for await (const records of connect(urls).consume(topic, { onFailover }).batches()) {
    for (const { value } of records) {
      const name = readValue(value);
      const table = name === undefined ? undefined : tables[name.producer];
      if (name === undefined || table === undefined) {
        counts.altered++;
        continue;
      }
      if (table.get(name.number) === 0) counts.given++;
      else counts.repeated++;
      table.set(name.number, 1);
    }
  }
}

const commands: Readonly<Record<string, () => RushGiven>> = {
  counts: () => counts,
  finish: () => {
    for (const [producer, table] of tables.entries()) table.write(givenFile(ledger, producer));
    return counts;
  },
};
void consume().catch((error: Error) => {
  failure = error;
});
for await (const line of createInterface({ input: process.stdin })) {
  if (failure === undefined) console.log(JSON.stringify({ answer: commands[line]?.() }));
  else console.log(JSON.stringify({ error: failure.message }));
  if (line === "finish") break;
}
process.exit(0);
