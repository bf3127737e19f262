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
/** Beyond what is remembered, so that the oldest are being forgotten, and tables have the size for that. */
const producersCount = 2.2 * producersMax;
/** What slow readers are slow with: more than sockets take in. */
const largeBytes = 12 * 1_048_576;
const recordBytes = 65_536;
const largeRecords = largeBytes / recordBytes;
/** From disk: only newer ones are in memory. */
const readFromOffset = 100;
/** Segments of 128 KiB. */
const largeSegments = 128;
/** More than the chunks that a node keeps for who reads the same places: it keeps arrays for other places, too. */
const readersCount = 60;
/** More than the newest batches of a topic that a node keeps in memory, of one change each. */
const changesCount = 6_000;

export async function fill(facts: SoakNodeFacts): Promise<void> {
  const { rpcUrl } = facts;
  await using client = connect(rpcUrl, patience);
  await client.createTopic(soakTopic, { retention: { segmentsMax: 2 } });
  await client.createTopic(largeTopic, { retention: { segmentsMax: largeSegments } });
  await using large = client.producer(largeTopic);
  const value = new Uint8Array(recordBytes).fill(120);
  for (let count = 0; count < largeRecords; count++) await large.send({ value });
  for (let count = 0; count < producersCount; count += producersAtOnce) {
    await Promise.all(Array.from({ length: producersAtOnce }, () => produceOnce(client)));
  }
  await readAtOnce(facts);
  // What `_topics` and `_services` keep: changes at the same time would come in one batch.
  for (let count = 0; count < changesCount; count++) {
    await Promise.all([
      client.setTopic(largeTopic, { retention: { ageMaxMs: 1e9 + count } }),
      client.services.register({ name: "filling", id: "filling", port: 1 + count }),
    ]);
  }
  await client.services.deregister("filling");
}

/** Whom the topic knows from then on. */
async function produceOnce(client: ReturnType<typeof connect>): Promise<void> {
  await using producer = client.producer(soakTopic);
  await producer.send({ value: "filling" });
}

/**
 * Afterwards a node keeps about as many arrays for reading as each time: everybody reads from a place of their own, and to the
 * end, for the arrays of who leaves in the middle are not kept.
 */
export async function readAtOnce({ rpcUrl }: SoakNodeFacts): Promise<void> {
  await Promise.all(Array.from({ length: readersCount }, (_, reader) => readFrom(rpcUrl, readFromOffset + reader)));
}

async function readFrom(rpcUrl: string, from: number): Promise<void> {
  await using client = connect(rpcUrl, patience);
  for await (const { offset } of client.consume(largeTopic, { from })) if (offset === largeRecords - 1) return;
}
