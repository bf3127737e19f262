/** What is measured against whom, and what is expected of it: the table of targets, row by row. */
import type { Contenders } from "./open_contenders.ts";
import {
  batches,
  calls,
  consumes,
  delays,
  inTurn,
  nativeProduce,
  pipelines,
  ranges,
  rawBatches,
  type Side,
  sends,
} from "./sides.ts";

/** Which figure of a round is compared. More is better for rates, less for delays. */
export type FigureName = "rate" | "p50Ms" | "p99Ms";

export interface Comparison {
  readonly what: string;
  /** Bytes of a record's value. */
  readonly valueBytes: number;
  readonly figure: FigureName;
  /** Ours divided by the peer's: what it has to be, and what we want it to be. */
  readonly must: number;
  readonly aim: number;
  readonly ours: Side;
  readonly peer: Side;
}

/** Records of a round, so that it takes from a third of a second to a few seconds. */
const counts = { batches: 1_000_000, fast: 400_000, medium: 100_000, slow: 30_000, few: 4_000 } as const;

/** The rows whose peers are installed. */
export function comparisons({ written, synced, raw, nats, redis, redisAlways }: Contenders): Comparison[] {
  const small = new Uint8Array(100).fill(120);
  const large = new Uint8Array(1_024).fill(120);
  const rows = [
    row(
      "send(), 1,000 in flight / NATS publish",
      100,
      "rate",
      [10, 30],
      sends(written, small, counts.fast, 1_000),
      nats && sends(nats, small, counts.slow, 1_000),
    ),
    row(
      "send(), 1,000 in flight / ioredis, 1,000 in flight",
      100,
      "rate",
      [3, 8],
      sends(written, small, counts.fast, 1_000),
      redis && sends(redis, small, counts.medium, 1_000),
    ),
    row(
      "send(), 1,000 in flight / ioredis, pipelines of 1,000",
      100,
      "rate",
      [3, 8],
      sends(written, small, counts.fast, 1_000),
      redis && pipelines(redis, small, counts.medium),
    ),
    row(
      "send(), 1,000 in flight / redis-benchmark -P 100",
      100,
      "rate",
      [1.2, 3],
      sends(written, small, counts.fast, 1_000),
      redis && nativeProduce(redis, small.length, counts.fast),
    ),
    row(
      "send(), 1,000 in flight / NATS publish",
      1_024,
      "rate",
      [3, 6],
      sends(written, large, counts.medium, 1_000),
      nats && sends(nats, large, counts.slow, 1_000),
    ),
    row(
      "batches of 1,000 / raw TCP framing",
      100,
      "rate",
      [0.35, 0.7],
      batches(written, small, counts.batches),
      rawBatches(raw, small, counts.batches),
    ),
    row(
      "consume / NATS consume",
      100,
      "rate",
      [8, 18],
      consumes(written, small, counts.batches),
      nats && consumes(nats, small, counts.medium),
    ),
    row(
      "consume / Redis XREAD",
      100,
      "rate",
      [3, 6],
      consumes(written, small, counts.batches),
      redis && consumes(redis, small, counts.fast),
    ),
    row(
      "consume / NATS consume",
      1_024,
      "rate",
      [2, 4],
      consumes(written, large, counts.medium),
      nats && consumes(nats, large, counts.medium),
    ),
    row(
      "consume / Redis XRANGE",
      1_024,
      "rate",
      [1, 1.5],
      consumes(written, large, counts.medium),
      redis && ranges(redis, large, counts.medium),
    ),
    row(
      "one record a call, 32 in flight / NATS publish",
      100,
      "rate",
      [0.7, 1.3],
      calls(written, small, counts.slow, 32),
      nats && sends(nats, small, counts.slow, 32),
    ),
    row(
      "one send() at a time / NATS publish",
      100,
      "rate",
      [0.6, 1.1],
      sends(written, small, counts.few, 1),
      nats && sends(nats, small, counts.few, 1),
    ),
    row(
      "send(), 1,000 in flight / ioredis, always",
      100,
      "rate",
      [4, 10],
      sends(synced, small, counts.fast, 1_000),
      redisAlways && sends(redisAlways, small, counts.medium, 1_000),
    ),
    row(
      "one send() at a time / ioredis, always",
      100,
      "rate",
      [0.5, 1],
      sends(synced, small, counts.few, 1),
      redisAlways && sends(redisAlways, small, counts.few, 1),
    ),
    row(
      "1,000 topics in turn / one topic",
      100,
      "rate",
      [0.3, 0.7],
      inTurn(synced, small, counts.medium, 1_000),
      inTurn(synced, small, counts.medium, 1),
    ),
    row(
      "end to end at 1,000/s / NATS",
      100,
      "p50Ms",
      [1.3, 0.6],
      delays(written, small.length),
      nats && delays(nats, small.length),
    ),
    row(
      "end to end at 1,000/s / NATS",
      100,
      "p99Ms",
      [4, 1.5],
      delays(written, small.length),
      nats && delays(nats, small.length),
    ),
  ];
  return rows.filter((row) => row !== undefined);
}

function row(
  what: string,
  valueBytes: number,
  figure: FigureName,
  [must, aim]: readonly [number, number],
  ours: Side,
  peer: Side | undefined,
): Comparison | undefined {
  return peer && { what, valueBytes, figure, must, aim, ours, peer };
}
