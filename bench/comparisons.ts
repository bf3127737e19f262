/** What is measured against whom, and what is expected of it: the table of targets, row by row. */
import type { Contender } from "./contenders/contender.ts";
import type { Contenders } from "./open_contenders.ts";
import {
  batches,
  calls,
  consumes,
  consumesBatches,
  delays,
  inTurn,
  type Load,
  nativeProduce,
  pipelines,
  publishesByGo,
  ranges,
  rawBatches,
  type Side,
  sends,
} from "./sides.ts";

/** Which figure of a round is compared. More is better for rates, less for delays. */
export type FigureName = "rate" | "p50Ms" | "p99Ms";

/** Ours divided by the peer's: what it has to be, and what we want it to be. */
export interface Target {
  readonly must: number;
  readonly aim: number;
}

export interface Comparison {
  readonly what: string;
  /** Bytes of a record's value. */
  readonly valueBytes: number;
  readonly figure: FigureName;
  /** Undefined where the row only informs. */
  readonly target: Target | undefined;
  readonly ours: Side;
  readonly peer: Side;
}

/** Records of a round, so that it takes from a third of a second to a few seconds. */
const [most, many, some, few, fewest] = [1_000_000, 400_000, 100_000, 30_000, 4_000];

const small = (records: number): Load => ({ value: new Uint8Array(100).fill(120), records });
const large = (records: number): Load => ({ value: new Uint8Array(1_024).fill(120), records });

/** A peer with what it does, the target beside it, and its side: undefined when it is not installed. */
type Against = readonly [what: string, target: Target | undefined, peer: Side | undefined, figure?: FigureName];

/** The rows whose peers are installed. */
export function comparisons({
  written,
  synced,
  raw,
  nats,
  natsGo,
  redis,
  redisAlways,
  replicated,
}: Contenders): Comparison[] {
  const flood = (peer: Contender | undefined, load: Load) => peer && sends(peer, load, 1_000);
  const single = (peer: Contender | undefined, load: Load) => peer && sends(peer, load, 1);
  return [
    ...rows("send(), 1,000 in flight", sends(written, small(many), 1_000), [
      ["NATS publish", at(10, 30), flood(nats, small(few))],
      ["ioredis, 1,000 in flight", at(3, 8), flood(redis, small(some))],
      ["ioredis, pipelines of 1,000", at(3, 8), redis && pipelines(redis, small(some))],
      ["redis-benchmark -P 100", at(1.2, 3), redis && nativeProduce(redis, small(many))],
    ]),
    ...rows("send(), 1,000 in flight", sends(written, large(some), 1_000), [
      ["NATS publish", at(3, 6), flood(nats, large(few))],
      ["NATS Go client, 1,000 in flight", at(1.2, 2), natsGo && publishesByGo(natsGo, large(some), 1_000)],
    ]),
    ...rows("batches of 1,000", batches(written, small(most)), [
      ["raw TCP framing", at(0.35, 0.7), rawBatches(raw, small(most))],
    ]),
    // NATS gives messages one by one, Redis arrays of them: each is held against what is like it, and shown beside both.
    ...rows("consume, for await", consumes(written, small(most)), [
      ["NATS consume", at(8, 18), nats && consumes(nats, small(some))],
      ["Redis XREAD", undefined, redis && consumes(redis, small(many))],
    ]),
    ...rows("consume, batches()", consumesBatches(written, small(most)), [
      ["NATS consume", undefined, nats && consumes(nats, small(some))],
      ["Redis XREAD", at(3, 6), redis && consumes(redis, small(many))],
    ]),
    ...rows("consume, for await", consumes(written, large(some)), [
      ["NATS consume", at(2, 4), nats && consumes(nats, large(some))],
      ["Redis XRANGE", undefined, redis && ranges(redis, large(some))],
    ]),
    ...rows("consume, batches()", consumesBatches(written, large(some)), [
      ["NATS consume", undefined, nats && consumes(nats, large(some))],
      ["Redis XRANGE", at(1, 1.5), redis && ranges(redis, large(some))],
    ]),
    ...rows("one record a call, 32 in flight", calls(written, small(few), 32), [
      ["NATS publish", at(0.7, 1.3), nats && sends(nats, small(few), 32)],
    ]),
    ...rows("one send() at a time", single(written, small(fewest)), [
      ["NATS publish", at(0.6, 1.1), single(nats, small(fewest))],
    ]),
    ...rows("send(), 1,000 in flight", flood(synced, small(many)), [
      ["ioredis, always", at(4, 10), flood(redisAlways, small(some))],
    ]),
    ...rows("one send() at a time", single(synced, small(fewest)), [
      ["ioredis, always", at(0.5, 1), single(redisAlways, small(fewest))],
    ]),
    ...rows("send(), 1,000 in flight", flood(synced, large(some)), [
      ["ioredis, always", undefined, flood(redisAlways, large(few))],
    ]),
    ...rows("one send() at a time", single(synced, large(fewest)), [
      ["ioredis, always", undefined, single(redisAlways, large(fewest))],
    ]),
    ...rows("1,000 topics in turn", inTurn(synced, small(some), 1_000), [
      ["one topic", at(0.3, 0.7), inTurn(synced, small(some), 1)],
    ]),
    ...rows("three nodes, replicated(2)", flood(replicated, small(some)), [
      ["one node", at(0.2, 0.4), flood(synced, small(some))],
    ]),
    ...rows("end to end at 1,000/s", delays(written, small(0)), [
      ["NATS", at(1.3, 0.6), nats && delays(nats, small(0)), "p50Ms"],
      ["NATS", at(4, 1.5), nats && delays(nats, small(0)), "p99Ms"],
    ]),
  ];
}

function at(must: number, aim: number): Target {
  return { must, aim };
}

function rows(what: string, ours: Side | undefined, against: readonly Against[]): Comparison[] {
  return against.flatMap(([peerDoes, target, peer, figure = "rate"]) =>
    ours && peer ? [{ what: `${what} / ${peerDoes}`, valueBytes: ours.valueBytes, figure, target, ours, peer }] : [],
  );
}
