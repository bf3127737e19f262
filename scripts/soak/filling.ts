/**
 * Brings a node's bounded tables to their bounds before anything is judged: what would take hours to fill by what comes and
 * goes looks like a leak until then.
 */
import { connect } from "../../src/client/mod.ts";
import { producersMax } from "../../src/log/producers.ts";
import { largeTopic, patience, soakTopic } from "./loads.ts";
import type { SoakNodeFacts } from "./node_process.ts";

/** Producers that are open at the same time. */
const producersAtOnce = 200;
/** Beyond what is remembered, so that the oldest are being forgotten. */
const producersCount = 1.1 * producersMax;
/** What slow readers are slow with: more than sockets take in. */
const largeBytes = 12 * 1_048_576;
const recordBytes = 65_536;
/** Segments of 128 KiB. */
const largeSegments = 128;
/** More than the arrays for reading that a node keeps. */
const readersCount = 40;

export async function fill({ rpcUrl }: SoakNodeFacts): Promise<void> {
  await using client = connect(rpcUrl, patience);
  await client.createTopic(soakTopic, { retention: { segmentsMax: 2 } });
  await client.createTopic(largeTopic, { retention: { segmentsMax: largeSegments } });
  await using large = client.producer(largeTopic);
  const value = new Uint8Array(recordBytes).fill(120);
  for (let bytes = 0; bytes < largeBytes; bytes += recordBytes) await large.send({ value });
  for (let count = 0; count < producersCount; count += producersAtOnce) {
    await Promise.all(Array.from({ length: producersAtOnce }, () => produceOnce(client)));
  }
  await Promise.all(Array.from({ length: readersCount }, () => readSome(rpcUrl)));
}

/** Whom the topic knows from then on. */
async function produceOnce(client: ReturnType<typeof connect>): Promise<void> {
  await using producer = client.producer(soakTopic);
  await producer.send({ value: "filling" });
}

async function readSome(rpcUrl: string): Promise<void> {
  await using client = connect(rpcUrl, patience);
  let bytes = 0;
  for await (const { value } of client.consume(largeTopic, { from: "earliest" })) {
    bytes += value.length;
    if (bytes >= largeBytes / 2) return;
  }
}
