/** What is measured. All of it with fsync before every acknowledgement, the default. */
import { randomBytes } from "node:crypto";
import { connect, type LogClient } from "../src/client/mod.ts";
import { type Figure, medianOf, quantile, timed } from "./measure.ts";
import type { BenchNodes, NodeProcess } from "./nodes.ts";

const rounds = 5;
/** Bytes of values that a round of a throughput measurement moves, about. */
const roundBytes = 16_000_000;
const recordsMax = 100_000;
const callsPerRound = 5_000;
const callsInFlight = 1_000;
const recordsPerSecondPropagated = 1_000;
const propagationMs = 4_000;

/** Incompressible, so that no layer can cheat. */
function randomValue(bytes: number): Uint8Array {
  return new Uint8Array(randomBytes(bytes));
}

function recordsOf(valueBytes: number): number {
  return Math.min(recordsMax, Math.floor(roundBytes / valueBytes));
}

/** Producing to and consuming from a node in the same process. */
export async function inProcess(nodes: BenchNodes, valueBytes: number): Promise<Figure[]> {
  const agent = await nodes.startHere();
  const value = randomValue(valueBytes);
  const count = recordsOf(valueBytes);
  const appended = await medianOf(rounds, async (round) => {
    const topic = agent.topic(`append-${round}`);
    return rate(count, () => Promise.all(Array.from({ length: count }, () => topic.produce({ value }))));
  });
  const read = await medianOf(rounds, async (round) =>
    rate(count, () => drain(agent.topic(`append-${round}`).consume({ follow: false }), count)),
  );
  return [
    { what: "in process: produce", valueBytes, recordsPerSecond: appended },
    { what: "in process: consume", valueBytes, recordsPerSecond: read },
  ];
}

/** Producing to and consuming from a node in a process of its own, over Connect on HTTP/2. */
export async function byRpc(nodes: BenchNodes, valueBytes: number): Promise<Figure[]> {
  const node = await nodes.startApart();
  await using client = connect(node.rpcUrl);
  const value = randomValue(valueBytes);
  const count = recordsOf(valueBytes);
  const produced = await medianOf(rounds, (round) =>
    rate(count, () => produceAll(client, `stream-${round}`, value, count)),
  );
  const single = await medianOf(rounds, (round) =>
    rate(callsPerRound, () => callOneByOne(client, `call-${round}`, value)),
  );
  const consumed = await medianOf(rounds, (round) =>
    rate(count, () => drain(client.consume(`stream-${round}`, { follow: false }), count)),
  );
  return [
    { what: "RPC: produce, batched stream", valueBytes, recordsPerSecond: produced },
    { what: `RPC: produce, one record a call, ${callsInFlight} in flight`, valueBytes, recordsPerSecond: single },
    { what: "RPC: consume", valueBytes, recordsPerSecond: consumed },
  ];
}

/** From the moment a record is given to one of three nodes until another node's consumer has it. */
export async function propagation(nodes: BenchNodes, valueBytes: number): Promise<Figure[]> {
  const first = await nodes.startApart();
  const others = [await nodes.startApart(first), await nodes.startApart(first)];
  await using producerClient = connect(first.rpcUrl);
  const producer = producerClient.producer("propagation");
  const value = randomValue(valueBytes);
  await producer.send({ key: "0", value });
  const sentAtMs = new Map<string, number>();
  const delays: number[] = [];
  const expected = (recordsPerSecondPropagated * propagationMs) / 1_000;
  const readers = others.map((node) => measureDelays(node, { sentAtMs, delays, expected }));
  const sends: Promise<unknown>[] = [];
  const startMs = performance.now();
  for (let sent = 0; sent < expected; ) {
    const due = Math.min(expected, Math.floor(((performance.now() - startMs) * recordsPerSecondPropagated) / 1_000));
    for (; sent < due; sent++) {
      const key = String(sent + 1);
      sentAtMs.set(key, performance.now());
      sends.push(producer.send({ key, value }));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all([...sends, ...readers]);
  const what = `three nodes: propagation at ${recordsPerSecondPropagated} records/s`;
  return [{ what, valueBytes, p50Ms: quantile(delays, 0.5), p99Ms: quantile(delays, 0.99) }];
}

async function measureDelays(
  node: NodeProcess,
  run: { readonly sentAtMs: ReadonlyMap<string, number>; readonly delays: number[]; readonly expected: number },
): Promise<void> {
  await using client = connect(node.rpcUrl);
  const decoder = new TextDecoder();
  let seen = 0;
  for await (const record of client.consume("propagation", { from: "earliest" })) {
    const sentAtMs = run.sentAtMs.get(decoder.decode(record.key));
    if (sentAtMs === undefined) continue;
    run.delays.push(performance.now() - sentAtMs);
    if (++seen === run.expected) return;
  }
}

async function produceAll(client: LogClient, topic: string, value: Uint8Array, count: number): Promise<void> {
  const producer = client.producer(topic);
  await Promise.all(Array.from({ length: count }, () => producer.send({ value })));
  await producer[Symbol.asyncDispose]();
}

/** Each record is a call of its own; the node packs and groups them. */
async function callOneByOne(client: LogClient, topic: string, value: Uint8Array): Promise<void> {
  let left = callsPerRound;
  const caller = async (): Promise<void> => {
    while (left-- > 0) await client.produce(topic, { value });
  };
  await Promise.all(Array.from({ length: callsInFlight }, caller));
}

async function drain(records: AsyncIterable<{ readonly value: Uint8Array }>, count: number): Promise<void> {
  let seen = 0;
  let bytes = 0;
  for await (const record of records) {
    bytes += record.value.length;
    seen++;
  }
  if (seen !== count || bytes === 0) throw new Error(`consumed ${seen} records of ${bytes} bytes, expected ${count}`);
}

async function rate(records: number, work: () => Promise<unknown>): Promise<number> {
  return (records / (await timed(work))) * 1_000;
}
