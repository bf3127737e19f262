/** Servers that hold the same batches in different orders, get them late, and break off in every way. */
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport, type HandlerContext } from "@connectrpc/connect";
import {
  chainStart,
  concat,
  decodeCursor,
  encodeCursor,
  FrameBuilder,
  placeFrame,
  Random,
  stampBatch,
  writeProducerStamp,
} from "../../src/base/mod.ts";
import { LogClient, type ServerTransport } from "../../src/client/mod.ts";
import { type ConsumeRequest, type ConsumeResponse, ConsumeResponseSchema, Log } from "../../src/gen/log/v1/log_pb.ts";
import { IdleClock } from "./idle_clock.ts";

/** A batch as all servers hold it. */
export interface SharedBatch {
  readonly writer: string;
  readonly baseSequence: number;
  readonly values: readonly string[];
  readonly frame: Uint8Array;
  /** Batches that its writer had when it wrote this one. */
  readonly causes: readonly SharedBatch[];
}

export interface ClusterPlan {
  readonly seed: number;
  readonly servers: number;
  readonly batches: number;
  /** One batch in so many was sent again to another node; 0: none. */
  readonly twinsEvery: number;
  /** Messages of a stream before it breaks, at most. */
  readonly messagesMax: number;
}

const writers = ["00000000000000a1", "00000000000000b2", "00000000000000c3"];
const producer = "1122334455667788";
const heartbeatMs = 15_000;

export class FaultyCluster {
  readonly clock = new IdleClock();
  readonly batches: SharedBatch[] = [];
  readonly servers: FaultyServer[];
  readonly random: Random;
  /** How often a stream broke. */
  breaks = 0;
  /** What a server had when one was first asked where it ends. */
  firstEnd: ReadonlyMap<string, number> | undefined;
  /** What stood before the latest record when a server was first asked for what comes after it. */
  latest: ReadonlyMap<string, number> | undefined;

  constructor(plan: ClusterPlan) {
    this.random = new Random(plan.seed);
    for (let index = 0; index < plan.batches; index++) this.#write(index, plan);
    this.servers = Array.from({ length: plan.servers }, (_, index) => new FaultyServer(this, index, plan));
  }

  client(): LogClient {
    const urls = this.servers.map((_, index) => `http://server-${index}.invalid:1`);
    const openTransport = (url: string): ServerTransport =>
      (this.servers[Number(/server-(\d+)/.exec(url)?.[1])] as FaultyServer).transport();
    return new LogClient(urls, { openTransport, clock: this.clock });
  }

  #write(index: number, { twinsEvery }: ClusterPlan): void {
    const count = 1 + this.random.below(3);
    const values = Array.from({ length: count }, (_, record) => `${index}.${record}`);
    const causes = this.batches.filter(() => this.random.below(4) === 0);
    const stamp = { producer, epoch: 0, sequence: 10 * index + 1 };
    const first = this.random.below(writers.length);
    this.#append(writers[first] as string, { values, causes, stamp });
    if (twinsEvery > 0 && this.random.below(twinsEvery) === 0) {
      this.#append(writers[(first + 1) % writers.length] as string, { values, causes, stamp });
    }
  }

  #append(
    writer: string,
    batch: Pick<SharedBatch, "values" | "causes"> & { readonly stamp: Parameters<typeof writeProducerStamp>[1] },
  ): void {
    const before = this.batches.findLast((one) => one.writer === writer);
    const baseSequence = before === undefined ? 1 : before.baseSequence + before.values.length;
    const builder = new FrameBuilder();
    for (const value of batch.values) builder.add({ value }, 1_000);
    const frame = builder.finish();
    writeProducerStamp(frame, batch.stamp);
    stampBatch(frame, { writer, baseSequence, lamport: 1, generation: 1, previousChain: chainStart });
    const causes = before === undefined ? batch.causes : [...batch.causes, before];
    this.batches.push({ writer, baseSequence, values: batch.values, frame, causes });
  }
}

/** How a stream ends before its time. */
type Break = "unavailable" | "ended" | "silent" | "internal" | "cut";

class FaultyServer {
  readonly #cluster: FaultyCluster;
  readonly #plan: ClusterPlan;
  readonly #index: number;
  /** All batches, causes first. */
  readonly #order: readonly SharedBatch[];
  /** How many of them it has. */
  #held: number;

  constructor(cluster: FaultyCluster, index: number, plan: ClusterPlan) {
    this.#cluster = cluster;
    this.#plan = plan;
    this.#index = index;
    this.#order = shuffled(cluster.batches, cluster.random);
    this.#held = index === 0 ? this.#order.length : cluster.random.below(this.#order.length + 1);
  }

  transport(): ServerTransport {
    const transport = createRouterTransport((router) => {
      router.service(Log, {
        consume: (request) => this.#consume(request),
        consumeStream: (request, context) => this.#consumeStream(request, context),
        describeTopic: () => ({ topic: this.#describe() }),
      });
    });
    return { transport, bidirectional: false, close() {} };
  }

  #describe() {
    const have = this.#vectorAt(this.#held);
    this.#cluster.firstEnd ??= have;
    const nextOffset = BigInt(this.#offsetAt(this.#held));
    return { name: "t", nextOffset, feeds: [...have].map(([writer, last]) => ({ writer, have: BigInt(last) })) };
  }

  /** A server catches up a little whenever it is asked. */
  #catchUp(): void {
    this.#held = Math.min(this.#order.length, this.#held + this.#cluster.random.below(8));
  }

  #consume(request: ConsumeRequest): ConsumeResponse {
    this.#mayRefuse();
    if (this.#missing(readOf(request)).length === 0)
      throw new ConnectError("Cannot consume: at the end", Code.OutOfRange);
    return create(ConsumeResponseSchema, {});
  }

  #mayRefuse(): void {
    if (this.#cluster.random.below(4) > 0) return;
    this.#cluster.breaks++;
    throw ConnectError.from(new Error("connect ECONNREFUSED"), Code.Unavailable);
  }

  async *#consumeStream(request: ConsumeRequest, { signal }: HandlerContext): AsyncGenerator<ConsumeResponse> {
    const { random, clock } = this.#cluster;
    this.#mayRefuse();
    const read = readOf(request);
    if (request.start.case === "latest") {
      this.#cluster.latest ??= this.#vectorAt(this.#held);
      for (const [writer, last] of this.#vectorAt(this.#held)) read.set(writer, last);
    }
    yield this.#answer(read, { heartbeat: true });
    for (let left = random.below(this.#plan.messagesMax + 1); !signal.aborted; left--) {
      this.#catchUp();
      const batches = this.#missing(read).slice(0, 1 + random.below(3));
      if (left === 0) yield* this.#break(batches, read, signal);
      for (const { writer, baseSequence, values } of batches) read.set(writer, baseSequence + values.length - 1);
      if (batches.length > 0) {
        yield this.#answer(read, { frames: this.#framesOf(batches) });
      } else {
        await clock.sleep(heartbeatMs);
        yield this.#answer(read, { heartbeat: true });
      }
    }
  }

  async *#break(
    batches: readonly SharedBatch[],
    read: Map<string, number>,
    signal: AbortSignal,
  ): AsyncGenerator<ConsumeResponse> {
    const { random } = this.#cluster;
    this.#cluster.breaks++;
    // A server that answers wrongly is not asked again until there was progress: one of them may be so.
    const ways: Break[] =
      this.#index === 0 ? ["unavailable", "ended", "silent", "internal", "cut"] : ["unavailable", "ended", "silent"];
    const way = ways[random.below(ways.length)] as Break;
    if (way === "cut" && batches.length > 0) {
      const frames = this.#framesOf(batches);
      yield this.#answer(read, { frames: frames.slice(0, 1 + random.below(frames.length - 1)) });
    }
    if (way === "silent") await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    if (way === "internal") throw new ConnectError("Internal error", Code.Internal);
    throw new ConnectError("the stream broke off", way === "ended" ? Code.Canceled : Code.Unavailable);
  }

  #answer(
    read: ReadonlyMap<string, number>,
    answer: { readonly frames?: Uint8Array; readonly heartbeat?: boolean },
  ): ConsumeResponse {
    const cursor = encodeCursor({ topic: "t", generation: 1, vector: read }) as Uint8Array<ArrayBuffer>;
    const frames = (answer.frames ?? new Uint8Array(0)) as Uint8Array<ArrayBuffer>;
    const last = this.#order.slice(0, this.#held).findLastIndex((one) => covers(read, one));
    return create(ConsumeResponseSchema, { ...answer, frames, cursor, nextOffset: BigInt(this.#offsetAt(last + 1)) });
  }

  #framesOf(batches: readonly SharedBatch[]): Uint8Array {
    return concat(
      batches.map((batch) => {
        const frame = batch.frame.slice();
        placeFrame(frame, { baseOffset: this.#offsetAt(this.#order.indexOf(batch)), durableBefore: 0 });
        return frame;
      }),
    );
  }

  #missing(read: ReadonlyMap<string, number>): SharedBatch[] {
    return this.#order.slice(0, this.#held).filter((batch) => !covers(read, batch));
  }

  #offsetAt(index: number): number {
    // Other servers' offsets lie far away, so that a mistaken one is noticed.
    return this.#order.slice(0, index).reduce((offset, { values }) => offset + values.length, 1_000 * this.#index);
  }

  #vectorAt(index: number): Map<string, number> {
    return new Map(
      this.#order.slice(0, index).map(({ writer, baseSequence, values }) => [writer, baseSequence + values.length - 1]),
    );
  }
}

function readOf(request: ConsumeRequest): Map<string, number> {
  return new Map(request.start.case === "cursor" ? decodeCursor(request.start.value)?.vector : []);
}

/** True when all of the batch was read. */
export function covers(read: ReadonlyMap<string, number>, { writer, baseSequence, values }: SharedBatch): boolean {
  return (read.get(writer) ?? 0) >= baseSequence + values.length - 1;
}

/** In an order of its own, in which each comes after its causes. */
function shuffled(batches: readonly SharedBatch[], random: Random): SharedBatch[] {
  const left = [...batches];
  const placed = new Set<SharedBatch>();
  while (left.length > 0) {
    const ready = left.filter(({ causes }) => causes.every((cause) => placed.has(cause)));
    const next = ready[random.below(ready.length)] as SharedBatch;
    left.splice(left.indexOf(next), 1);
    placed.add(next);
  }
  return [...placed];
}
