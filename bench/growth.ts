/** What becomes of speed as a node's log, its readers and its topics grow. */
import path from "node:path";
import { Grapevine, type GrapevineTopic } from "./contenders/grapevine.ts";
import { median, timed } from "./measure.ts";
import { meshRatio } from "./mesh.ts";
import { withScratch } from "./scratch.ts";
import { inTurn } from "./sides.ts";

/** One point of a chart. */
export interface GrowthPoint {
  readonly series: string;
  readonly at: number;
  /** Median of the rounds, and the least and the most of them. */
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly unit: string;
}

const valueBytes = 1_024;
const recordsPerRound = 100_000;
const tailRecords = 10_000;
const sizes = [10_000_000, 1_000_000_000, 10_000_000_000] as const;

/** Room for what a round adds to the logs, in bytes. */
const roundBytesMax = 1_000_000_000;

export interface GrowthOptions {
  /** The largest log. */
  readonly bytesMax: number;
  /** After one that does not count. */
  readonly rounds: number;
  readonly onProgress: (line: string) => void;
}

type GrowthPart = (directory: string, options: GrowthOptions) => AsyncGenerator<GrowthPoint>;

/** All of it. */
export async function growth(options: GrowthOptions): Promise<GrowthPoint[]> {
  const points: GrowthPoint[] = [];
  const { bytesMax, rounds, onProgress } = options;
  const bytesNeeded = sizes.reduce((sum, bytes) => sum + (bytes <= bytesMax ? bytes : 0), (rounds + 1) * roundBytesMax);
  const parts: readonly GrowthPart[] = [byTails, byTopics, byNodes, bySize];
  for (const part of parts) {
    await withScratch(bytesNeeded, async (directory) => {
      for await (const point of part(directory, options)) {
        onProgress(
          `${point.series} at ${point.at.toLocaleString("en-US")}: ${point.value.toFixed(point.unit === "ratio" ? 3 : 1)} ${point.unit}`,
        );
        points.push(point);
      }
    });
  }
  return points;
}

function pointOf(series: string, at: number, values: readonly number[], unit: string): GrowthPoint {
  return { series, at, value: median(values), least: Math.min(...values), most: Math.max(...values), unit };
}

/**
 * A topic of each size on one node: producing at their ends and reading their newest records in turn, so that what the
 * disk still has to write of one slows all alike; then the node is killed again and again, and opens each.
 */
async function* bySize(directory: string, options: GrowthOptions): AsyncGenerator<GrowthPoint> {
  const { bytesMax, rounds, onProgress } = options;
  const value = new Uint8Array(valueBytes).fill(120);
  const measured = sizes
    .filter((bytes) => bytes <= bytesMax)
    .map((bytes) => ({ bytes, produced: [] as number[], consumed: [] as number[], opened: [] as number[] }));
  {
    await using node = await Grapevine.start(directory, "interval");
    const topics: GrapevineTopic[] = [];
    for (const { bytes } of measured) {
      const topic = node.openTopic(`size-${bytes}`);
      const ms = await timed(() => topic.sendAll(value, Math.floor(bytes / valueBytes)));
      onProgress(`filled ${(bytes / 1e6).toLocaleString("en-US")} MB in ${(ms / 1_000).toFixed(1)} s`);
      topics.push(topic);
    }
    for (let round = 0; round <= rounds; round++) {
      onProgress(`by size: round ${round} of ${rounds}`);
      for (const [index, topic] of topics.entries()) {
        const produceMs = await timed(() => topic.sendAll(value, recordsPerRound));
        const consumeMs = await timed(() => topic.consumeLast(recordsPerRound));
        // The first round warms up.
        if (round === 0) continue;
        measured[index]?.produced.push(rateOf(produceMs));
        measured[index]?.consumed.push(rateOf(consumeMs));
      }
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const { bytes, opened } of measured) {
      // The node before was killed: this is the opening after a crash.
      await using node = await Grapevine.start(directory, "interval");
      opened.push(await timed(() => node.openTopic(`size-${bytes}`).consumeLast(1)));
    }
  }
  for (const { bytes, produced, consumed, opened } of measured) {
    yield pointOf("produce, by bytes of the log", bytes, produced, "records/s");
    yield pointOf("consume the newest, by bytes of the log", bytes, consumed, "records/s");
    yield pointOf("open after a kill, by bytes of the log", bytes, opened, "ms");
  }
}

/** Readers of one topic that all wait at its end. */
async function* byTails(directory: string, { rounds, onProgress }: GrowthOptions): AsyncGenerator<GrowthPoint> {
  const value = new Uint8Array(valueBytes).fill(120);
  const measured = [1, 10, 100].map((tails) => ({ tails, perCpuSecond: [] as number[] }));
  await using node = await Grapevine.start(path.join(directory, "tails"), "interval");
  for (let round = 0; round <= rounds; round++) {
    onProgress(`by tails: round ${round} of ${rounds}`);
    for (const { tails, perCpuSecond } of measured) {
      const topic = await node.createTopic();
      // Few readers are given more records, so that the processor time is more than its unit of a hundredth of a second.
      const records = Math.max(tailRecords, Math.floor((tailRecords * 20) / tails));
      const before = await node.server.usage();
      await deliver(topic, value, { tails, records });
      const cpuMs = (await node.server.usage()).cpuMs - before.cpuMs;
      await topic.drop();
      if (round > 0) perCpuSecond.push((tails * records * valueBytes) / 1_000 / Math.max(1, cpuMs));
    }
  }
  for (const { tails, perCpuSecond } of measured) {
    yield pointOf("delivered, by tails", tails, perCpuSecond, "MB per CPU second of the server");
  }
}

async function deliver(
  topic: GrapevineTopic,
  value: Uint8Array,
  { tails, records }: { readonly tails: number; readonly records: number },
): Promise<void> {
  let left = tails * records;
  let done = (): void => {};
  const all = new Promise<void>((resolve) => {
    done = resolve;
  });
  const opened: AsyncDisposable[] = [];
  for (let index = 0; index < tails; index++) {
    opened.push(
      await topic.tail(() => {
        if (--left === 0) done();
      }),
    );
  }
  await topic.sendAll(value, records);
  await all;
  for (const tail of opened) await tail[Symbol.asyncDispose]();
}

/** Topics that take turns, with fsync before every acknowledgement. */
async function* byTopics(directory: string, { rounds, onProgress }: GrowthOptions): AsyncGenerator<GrowthPoint> {
  await using node = await Grapevine.start(directory, "always");
  const load = { value: new Uint8Array(100).fill(120), records: recordsPerRound };
  const measured = [1, 100, 1_000].map((topics) => ({ topics, rates: [] as number[] }));
  for (let round = 0; round <= rounds; round++) {
    onProgress(`by topics: round ${round} of ${rounds}`);
    for (const { topics, rates } of measured) {
      const { ms } = await inTurn(node, load, topics).round();
      if (round > 0) rates.push(rateOf(ms));
    }
  }
  for (const { topics, rates } of measured) {
    yield pointOf("produce with fsync, by topics in turn", topics, rates, "records/s");
  }
}

/** Nodes that all produce to one topic and follow each other. Each round has nodes of its own: none warms up. */
async function* byNodes(_directory: string, { rounds, onProgress }: GrowthOptions): AsyncGenerator<GrowthPoint> {
  for (const nodes of [3, 5]) {
    const ratios: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      onProgress(`by nodes, ${nodes}: round ${round} of ${rounds}`);
      ratios.push(await meshRatio(nodes));
    }
    yield pointOf("bytes replicated ÷ ideal (aim ≤ 1.05), by nodes that all produce", nodes, ratios, "ratio");
  }
}

function rateOf(ms: number): number {
  return (recordsPerRound / ms) * 1_000;
}
