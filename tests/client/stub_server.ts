import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport, type HandlerContext } from "@connectrpc/connect";
import {
  type ChainHash,
  chainStart,
  concat,
  crc32,
  decodeCursor,
  encodeCursor,
  encodeToken,
  type Place,
  placeFrame,
  scanFrame,
  stampBatch,
} from "../../src/base/mod.ts";
import { LogClient, type ServerTransport } from "../../src/client/mod.ts";
import { Cluster, MemberChange, MemberStatus } from "../../src/gen/grapevine/v1/cluster_pb.ts";
import {
  type ConsumeRequest,
  type ConsumeResponse,
  ConsumeResponseSchema,
  Log,
  type ProduceRequest,
  type ProduceResponse,
  ProduceResponseSchema,
} from "../../src/gen/log/v1/log_pb.ts";

/** The smallest server that keeps what is produced: one writer, one topic, frames in memory. */
export class StubServer {
  readonly writer = "00112233445566ff";
  readonly frames: { readonly bytes: Uint8Array; readonly offset: number; readonly count: number }[] = [];
  nextOffset = 0;
  /** Requests that came, as counts of records. */
  readonly batchSizes: number[] = [];
  /** Requests answered at a time at most. */
  inFlightMax = 0;
  /** Streams of ConsumeStream and WatchMembers that are open. */
  openStreams = 0;
  /** Called when a consumer's start has been fixed. */
  onConsume: () => void = () => {};
  /** Called before a batch is stored; throw to refuse it. */
  beforeStore: (batchIndex: number) => Promise<void> | void = () => {};
  /** Breaks the stored bytes on their way to consumers. */
  damage = false;
  #inFlight = 0;
  #chain: ChainHash = chainStart;
  #wakes: (() => void)[] = [];

  client(options: { bidirectional?: boolean } = {}): LogClient {
    return new LogClient(["http://stub.invalid:1"], {
      openTransport: () => this.transport(options.bidirectional ?? true),
    });
  }

  transport(bidirectional: boolean): ServerTransport {
    const transport = createRouterTransport((router) => {
      const produceStream = this.#produceStream.bind(this);
      router.service(Log, {
        produce: (request) => this.#produce(request),
        produceStream,
        consume: (request) => this.#consume(request),
        consumeStream: (request, context) => this.#consumeStream(request, context),
        describeTopic: () => ({
          topic: {
            name: "t",
            nextOffset: BigInt(this.nextOffset),
            feeds: [{ writer: this.writer, have: BigInt(this.nextOffset) }],
          },
        }),
      });
      router.service(Cluster, {
        members: () => ({
          members: [{ name: "a", address: "127.0.0.1:7946", status: MemberStatus.ALIVE, tags: { k: "v" } }],
        }),
        watchMembers: (_, context) => this.#watchMembers(context),
      });
    });
    return { transport, bidirectional, close() {} };
  }

  async #produce(request: ProduceRequest): Promise<ProduceResponse> {
    this.inFlightMax = Math.max(this.inFlightMax, ++this.#inFlight);
    try {
      return await this.#store(request);
    } finally {
      this.#inFlight--;
    }
  }

  async *#produceStream(requests: AsyncIterable<ProduceRequest>): AsyncGenerator<ProduceResponse> {
    for await (const request of requests) yield await this.#produce(request);
  }

  async #store(request: ProduceRequest): Promise<ProduceResponse> {
    await this.beforeStore(this.batchSizes.length);
    const frame = request.frame.slice();
    const scan = scanFrame(frame, 0, crc32);
    if (scan.type !== "frame") throw new ConnectError("Cannot produce: no frame", Code.InvalidArgument);
    const { count } = scan.header;
    const offset = this.nextOffset;
    this.#chain = stampBatch(frame, {
      writer: this.writer,
      baseSequence: offset + 1,
      lamport: 1,
      generation: 1,
      previousChain: this.#chain,
    });
    placeFrame(frame, { baseOffset: offset, durableBefore: 0 });
    this.batchSizes.push(count);
    this.frames.push({ bytes: frame, offset, count });
    this.nextOffset += count;
    for (const wake of this.#wakes.splice(0)) wake();
    const firstSequence = BigInt(offset + 1);
    const token = encodeToken(this.#place(this.nextOffset));
    return create(ProduceResponseSchema, { offset: BigInt(offset), writer: this.writer, firstSequence, count, token });
  }

  #place(sequence: number): Place {
    return { topic: "t", generation: 1, vector: new Map([[this.writer, sequence]]) };
  }

  #startOf(request: ConsumeRequest): number {
    switch (request.start.case) {
      case "earliest":
        return 0;
      case "latest":
        return this.nextOffset;
      case "cursor": {
        // This stub's only writer numbers its records as the log does, plus one.
        return decodeCursor(request.start.value)?.vector.get(this.writer) ?? 0;
      }
      case "timestampMs":
        return 0;
      default:
        return Number(request.offset);
    }
  }

  #consume(request: ConsumeRequest): ConsumeResponse {
    if (this.#startOf(request) >= this.nextOffset)
      throw new ConnectError("Cannot consume: at the end", Code.OutOfRange);
    return create(ConsumeResponseSchema, {});
  }

  async *#consumeStream(request: ConsumeRequest, context: HandlerContext): AsyncGenerator<ConsumeResponse> {
    let offset = this.#startOf(request);
    this.openStreams++;
    this.onConsume();
    context.signal.addEventListener("abort", () => this.openStreams--, { once: true });
    yield create(ConsumeResponseSchema, { heartbeat: true });
    while (!context.signal.aborted) {
      const frames = this.frames.filter((frame) => frame.offset + frame.count > offset).slice(0, 2);
      const last = frames.at(-1);
      if (last === undefined) {
        await this.#grown(context.signal);
        continue;
      }
      offset = last.offset + last.count;
      const bytes = concat(frames.map((frame) => frame.bytes)).slice();
      if (this.damage) bytes[bytes.length - 1] = 255 - (bytes[bytes.length - 1] as number);
      const cursor = encodeCursor(this.#place(offset));
      yield create(ConsumeResponseSchema, {
        frames: bytes,
        cursor: cursor as Uint8Array<ArrayBuffer>,
        nextOffset: BigInt(offset),
      });
    }
  }

  async *#watchMembers(
    context: HandlerContext,
  ): AsyncGenerator<{ change?: MemberChange; member?: { name: string; status: MemberStatus }; heartbeat?: boolean }> {
    this.openStreams++;
    context.signal.addEventListener("abort", () => this.openStreams--, { once: true });
    yield { heartbeat: true };
    yield { change: MemberChange.JOIN, member: { name: "a", status: MemberStatus.ALIVE } };
    yield { change: MemberChange.FAILED, member: { name: "b", status: MemberStatus.FAILED } };
    await this.#grown(context.signal);
  }

  #grown(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#wakes.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}
