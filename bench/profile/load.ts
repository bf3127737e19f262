/** The client of a profile, a process of its own so that it has a profile, too: run by profile.ts, prints what it did. */
import { connect } from "../../src/client/mod.ts";
import { sendInFlight } from "../contenders/contender.ts";
import { GrapevineTopic } from "../contenders/grapevine.ts";
import type { ProfileName } from "./fold.ts";

/** What the load tells: the time in which it ran, without what warmed both sides up. */
export interface LoadReport {
  readonly fromMs: number;
  readonly toMs: number;
  readonly records: number;
  readonly userMicroseconds: number;
  readonly systemMicroseconds: number;
}

const valueBytes = 100;
const inFlight = 1_000;

async function produce(topic: GrapevineTopic, records: number): Promise<void> {
  const value = new Uint8Array(valueBytes).fill(120);
  await sendInFlight(records, inFlight, () => topic.send(value));
}

async function consume(topic: GrapevineTopic, records: number): Promise<void> {
  let sum = 0;
  await topic.consume(records, (value) => {
    sum += value[0] as number;
  });
  if (sum === 0) throw new Error("Cannot profile consuming: no values came");
}

async function main(url: string, name: ProfileName, records: number): Promise<void> {
  const client = connect(url);
  const topic = new GrapevineTopic(client, "profile", url, {});
  // Fills the topic and warms up the producer; one pass over it warms up the consumer.
  await produce(topic, records);
  const work = name === "produce" ? produce : consume;
  if (name === "consume") await consume(topic, records);
  console.log("warm");
  await new Promise((resolve) => process.stdin.once("data", resolve));
  const before = process.cpuUsage();
  const fromMs = Date.now();
  await work(topic, records);
  const toMs = Date.now();
  const { user, system } = process.cpuUsage(before);
  const report: LoadReport = { fromMs, toMs, records, userMicroseconds: user, systemMicroseconds: system };
  console.log(JSON.stringify(report));
  client.close();
  process.exit(0);
}

const [url = "", name = "produce", records = "0"] = process.argv.slice(2);
await main(url, name as ProfileName, Number(records));
