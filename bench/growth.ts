/** What becomes of speed as a node's log, its readers and its topics grow. */
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { Grapevine, type GrapevineTopic } from "./contenders/grapevine.ts";
import { median, timed } from "./measure.ts";
import { inTurn } from "./sides.ts";

/** One point of a chart. */
export interface GrowthPoint {
  readonly series: string;
  readonly at: number;
  /** Median of the rounds. */
  readonly value: number;
  readonly unit: string;
}

const valueBytes = 1_024;
const recordsPerRound = 100_000;
const rounds = 5;
const tailRecords = 20_000;

/** All of it, with logs of at most so many bytes. */
export async function growth(bytesMax: number, onProgress: (line: string) => void): Promise<GrowthPoint[]> {
  const points: GrowthPoint[] = [];
  for (const part of [bySize, byTails, byTopics]) {
    const directory = await mkdtemp(path.join(os.tmpdir(), "grapevine-growth-"));
    try {
      for await (const point of part(directory, bytesMax)) {
        onProgress(`${point.series} at ${point.at.toLocaleString("en-US")}: ${point.value.toFixed(1)} ${point.unit}`);
        points.push(point);
      }
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
  return points;
}

/** One topic that grows: producing at its end, reading its newest megabytes, and opening it again. */
async function* bySize(directory: string, bytesMax: number): AsyncGenerator<GrowthPoint> {
  let held = 0;
  for (const bytes of [10_000_000, 1_000_000_000, 10_000_000_000]) {
    if (bytes > bytesMax) return;
    await using node = await Grapevine.start(directory, "interval");
    const topic = await node.createTopic();
    const value = new Uint8Array(valueBytes).fill(120);
    const fill = Math.floor((bytes - held) / valueBytes);
    await topic.sendAll(value, fill);
    const rates: number[] = [];
    for (let round = 0; round < rounds; round++) {
      rates.push(rateOf(await timed(() => topic.sendAll(value, recordsPerRound))));
    }
    held += (fill + rounds * recordsPerRound) * valueBytes;
    yield { series: "produce, by bytes of the log", at: bytes, value: median(rates), unit: "records/s" };
    const reads: number[] = [];
    for (let round = 0; round < rounds; round++) {
      reads.push(rateOf(await timed(() => topic.consumeLast(recordsPerRound))));
    }
    yield { series: "consume the newest, by bytes of the log", at: bytes, value: median(reads), unit: "records/s" };
    await node[Symbol.asyncDispose]();
    const openings: number[] = [];
    for (let round = 0; round < rounds; round++) {
      openings.push(
        await timed(async () => {
          // Killed before: this is the opening after a crash.
          await using reopened = await Grapevine.start(directory, "interval");
          await (await reopened.createTopic()).consumeLast(1);
        }),
      );
    }
    yield { series: "open after a kill, by bytes of the log", at: bytes, value: median(openings), unit: "ms" };
  }
}

/** Readers of one topic that all wait at its end. */
async function* byTails(directory: string): AsyncGenerator<GrowthPoint> {
  for (const tails of [1, 10, 100]) {
    await using node = await Grapevine.start(path.join(directory, `${tails}`), "interval");
    const value = new Uint8Array(valueBytes).fill(120);
    const rates: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const topic = await node.createTopic();
      const before = await node.server.usage();
      await deliver(topic, value, tails);
      const cpuMs = (await node.server.usage()).cpuMs - before.cpuMs;
      rates.push((tails * tailRecords * valueBytes) / 1_000 / Math.max(1, cpuMs));
    }
    yield { series: "delivered, by tails", at: tails, value: median(rates), unit: "MB per CPU second of the server" };
  }
}

async function deliver(topic: GrapevineTopic, value: Uint8Array, tails: number): Promise<void> {
  let left = tails * tailRecords;
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
  await topic.sendAll(value, tailRecords);
  await all;
  for (const tail of opened) await tail[Symbol.asyncDispose]();
}

/** Topics that take turns, with fsync before every acknowledgement. */
async function* byTopics(directory: string): AsyncGenerator<GrowthPoint> {
  await using node = await Grapevine.start(directory, "always");
  for (const topics of [1, 100, 1_000]) {
    const side = inTurn(node, new Uint8Array(100).fill(120), recordsPerRound, topics);
    const rates: number[] = [];
    for (let round = 0; round < rounds; round++) rates.push(rateOf((await side.round()).ms));
    yield { series: "produce with fsync, by topics in turn", at: topics, value: median(rates), unit: "records/s" };
  }
}

function rateOf(ms: number): number {
  return (recordsPerRound / ms) * 1_000;
}
