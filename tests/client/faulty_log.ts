/** Servers that keep what is produced, know a batch again by its stamp, and break off before or after they stored it. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import {
  crc32,
  encodeToken,
  type HotReceiver,
  type HotTransport,
  headersBytes,
  Random,
  readProducerStamp,
  readRecords,
  scanFrame,
} from "../../src/base/mod.ts";
import { LogClient, type ServerTransport } from "../../src/client/mod.ts";
import {
  Log,
  ProduceManyRequestSchema,
  ProduceManyResponseSchema,
  type ProduceResponse,
  ProduceResponseSchema,
} from "../../src/gen/log/v1/log_pb.ts";
import { IdleClock } from "./idle_clock.ts";

export type Way = "many" | "stream" | "unary";

export interface FaultPlan {
  readonly seed: number;
  readonly servers: number;
  readonly way: Way;
  /** One request in so many breaks the connection. */
  readonly breaksEvery: number;
  /** One request in so many is refused alone; 0: none. Only where requests are answered one by one. */
  readonly refusesEvery: number;
  readonly refusal: Code;
}

export class FaultyLogs {
  readonly clock = new IdleClock();
  readonly servers: FaultyLog[];
  readonly random: Random;
  readonly plan: FaultPlan;
  faults = 0;

  constructor(plan: FaultPlan) {
    this.plan = plan;
    this.random = new Random(plan.seed);
    this.servers = Array.from({ length: plan.servers }, (_, index) => new FaultyLog(this, index));
  }

  client(): LogClient {
    const urls = this.servers.map((_, index) => `http://server-${index}.invalid:1`);
    const openTransport = (url: string): ServerTransport =>
      (this.servers[Number(/server-(\d+)/.exec(url)?.[1])] as FaultyLog).transport();
    return new LogClient(urls, { openTransport, clock: this.clock });
  }

  /** True once in so many times. */
  happens(every: number): boolean {
    if (every === 0 || this.random.below(every) > 0) return false;
    this.faults++;
    return true;
  }
}

/** What a request is refused with; whatever else goes wrong breaks the connection. */
const refusalMessage = "Cannot append: not now";

export class FaultyLog {
  /** In the order in which they were stored. */
  readonly values: string[] = [];
  duplicates = 0;
  readonly #logs: FaultyLogs;
  readonly #writer: string;
  readonly #stored = new Map<string, ProduceResponse>();

  constructor(logs: FaultyLogs, index: number) {
    this.#logs = logs;
    this.#writer = `00000000000000${index}1`;
  }

  transport(): ServerTransport {
    const transport = createRouterTransport((router) => {
      const produceStream = this.#stream.bind(this);
      router.service(Log, { produce: ({ frame }) => this.#produce(frame), produceStream });
    });
    const { way } = this.#logs.plan;
    const hot: HotTransport = {
      open: (_, receiver) => this.#openMany(receiver),
      unary: () => Promise.reject(new Error("none")),
    };
    return { transport, bidirectional: way !== "unary", ...(way === "many" && { hot }), close() {} };
  }

  async *#stream(requests: AsyncIterable<{ readonly frame: Uint8Array }>): AsyncGenerator<ProduceResponse> {
    for await (const { frame } of requests) yield await this.#produce(frame);
  }

  /** A call of ProduceMany, without bytes on a wire. */
  #openMany(receiver: HotReceiver): ReturnType<HotTransport["open"]> {
    let isOver = false;
    let turn: Promise<void> = Promise.resolve();
    const over = (error: unknown): void => {
      if (!isOver) {
        isOver = true;
        receiver.ended(error);
      }
    };
    const answer = async (bytes: Uint8Array): Promise<void> => {
      if (isOver) return;
      const { id, produce } = fromBinary(ProduceManyRequestSchema, bytes);
      try {
        const produced = await this.#produce(produce?.frame ?? new Uint8Array(0));
        const outcome = { case: "produced", value: produced } as const;
        if (!isOver)
          receiver.message(toBinary(ProduceManyResponseSchema, create(ProduceManyResponseSchema, { id, outcome })));
      } catch (error) {
        const { code, rawMessage: message } = ConnectError.from(error);
        if (message !== refusalMessage) return over(error);
        const outcome = { case: "failed", value: { code, message } } as const;
        if (!isOver)
          receiver.message(toBinary(ProduceManyResponseSchema, create(ProduceManyResponseSchema, { id, outcome })));
      }
    };
    return {
      send: (...parts) => {
        const whole = Uint8Array.from(parts.flatMap((part) => [...part]));
        turn = turn.then(() => answer(whole));
      },
      end: () => over(undefined),
      resume() {},
      cancel: () => over(new ConnectError("canceled", Code.Canceled)),
    };
  }

  async #produce(frame: Uint8Array): Promise<ProduceResponse> {
    const { random, clock, plan } = this.#logs;
    const breaks = this.#logs.happens(plan.breaksEvery) ? random.below(4) : undefined;
    if (breaks === 0) throw ConnectError.from(new Error("connect ECONNREFUSED"), Code.Unavailable);
    if (this.#logs.happens(plan.refusesEvery)) throw new ConnectError(refusalMessage, plan.refusal);
    if (random.below(3) === 0) await clock.sleep(random.below(50));
    const response = this.#store(frame);
    // It is stored, and nobody hears of it: at once, or after a long time.
    if (breaks === 1 || breaks === 2) throw new ConnectError("the connection broke", Code.Unavailable);
    if (breaks === 3) await clock.sleep(200_000);
    return response;
  }

  #store(frame: Uint8Array): ProduceResponse {
    const scan = scanFrame(frame, 0, crc32);
    const stamp = readProducerStamp(frame);
    if (scan.type !== "frame" || stamp === undefined) throw new ConnectError("no stamped frame", Code.InvalidArgument);
    const key = `${stamp.producer}/${stamp.epoch}/${stamp.sequence}/${scan.header.count}`;
    const known = this.#stored.get(key);
    if (known !== undefined) {
      this.duplicates++;
      return create(ProduceResponseSchema, { ...known, duplicate: true });
    }
    const offset = this.values.length;
    readRecords(frame.subarray(headersBytes), scan.header, (record) => this.values.push(record.text()));
    const token = encodeToken({ topic: "t", generation: 1, vector: new Map() }) as Uint8Array<ArrayBuffer>;
    const place = { offset: BigInt(offset), writer: this.#writer, firstSequence: BigInt(offset + 1) };
    const response = create(ProduceResponseSchema, { ...place, count: scan.header.count, token });
    this.#stored.set(key, response);
    return response;
  }
}
