/** The workloads: what a contender does in one round. */
import { type Contender, type ContenderTopic, sendInFlight } from "./contenders/contender.ts";
import type { Grapevine } from "./contenders/grapevine.ts";
import type { NatsGo } from "./contenders/nats_go.ts";
import type { RawTcp } from "./contenders/raw_tcp.ts";
import type { Redis } from "./contenders/redis.ts";
import { quantile, timed } from "./measure.ts";
import type { ServerProcess } from "./server_process.ts";

/** What one round gave: how long its records took, or how late each came. */
export interface Round {
  readonly records: number;
  readonly ms: number;
  readonly p50Ms?: number | undefined;
  readonly p99Ms?: number | undefined;
}

/** One of the two that are compared. */
export interface Side {
  readonly name: string;
  readonly durability: string;
  /** Whose processor time is counted. */
  readonly server: ServerProcess;
  /** Bytes of a record's value. */
  readonly valueBytes: number;
  /** The load comes from another program than this one, whose processor time is not known. */
  readonly isDrivenApart?: boolean;
  readonly round: () => Promise<Round>;
}

/** What a round moves: so many records of this value. */
export interface Load {
  readonly value: Uint8Array;
  readonly records: number;
}

const perPipeline = 1_000;
const recordsPerSecond = 1_000;
const delaysMs = 3_000;

function side(
  { name, durability, server }: Pick<Contender, "name" | "durability" | "server">,
  detail: string,
  { value }: Load,
  round: Side["round"],
): Side {
  const { length: valueBytes } = value;
  return { name: detail === "" ? name : `${name}, ${detail}`, durability, server, valueBytes, round };
}

async function counted(records: number, work: () => Promise<unknown>): Promise<Round> {
  return { records, ms: await timed(work) };
}

/** One record a call of the client, so many unanswered at a time. */
export function sends(contender: Contender, load: Load, window: number): Side {
  const { value, records } = load;
  return side(contender, "", load, async () => {
    const topic = await contender.createTopic();
    const round = await counted(records, () => sendInFlight(records, window, () => topic.send(value)));
    await topic.drop();
    return round;
  });
}

/** One unary call for each record. */
export function calls(contender: Grapevine, load: Load, window: number): Side {
  const { value, records } = load;
  return side(contender, "one record a call", load, async () => {
    const topic = await contender.createTopic();
    const round = await counted(records, () => sendInFlight(records, window, () => topic.call(value)));
    await topic.drop();
    return round;
  });
}

/** The topics take turns, a record each. */
export function inTurn(contender: Contender, load: Load, topicCount: number): Side {
  const { value, records } = load;
  return side(contender, topicCount === 1 ? "one topic" : `${topicCount} topics`, load, async () => {
    const topics: ContenderTopic[] = [];
    for (let index = 0; index < topicCount; index++) topics.push(await contender.createTopic());
    // Topics are made by their first record: that is not what is measured.
    await Promise.all(topics.map((topic) => topic.send(value)));
    let next = 0;
    const send = (): Promise<unknown> => (topics[next++ % topicCount] as ContenderTopic).send(value);
    const round = await counted(records, () => sendInFlight(records, 1_000, send));
    for (const topic of topics) await topic.drop();
    return round;
  });
}

/** Explicit pipelines, one after the other. */
export function pipelines(contender: Redis, load: Load): Side {
  const { value, records } = load;
  return side(contender, `pipelines of ${perPipeline}`, load, async () => {
    const topic = await contender.createTopic();
    const round = await counted(records, async () => {
      for (let sent = 0; sent < records; sent += perPipeline) await topic.sendPipeline(value, perPipeline);
    });
    await topic.drop();
    return round;
  });
}

/** The load generator that Redis brings. */
export function nativeProduce(contender: Redis, load: Load): Side {
  const { value, records } = load;
  const round = async (): Promise<Round> => {
    const rate = await contender.nativeProduce({
      ...{ records, pipeline: 100, connections: 10 },
      valueBytes: value.length,
    });
    return { records, ms: (records / rate) * 1_000 };
  };
  return { ...side(contender, "redis-benchmark (C)", load, round), isDrivenApart: true };
}

/** NATS's client in Go, which a program of its own drives. */
export function publishesByGo(contender: NatsGo, load: Load, window: number): Side {
  return { ...side(contender, "", load, () => contender.publish(load, window)), isDrivenApart: true };
}

/** Batches of a thousand records, a few of them unanswered at a time. */
export function batches(contender: Grapevine, load: Load): Side {
  const { value, records } = load;
  return side(contender, `batches of ${perPipeline}`, load, async () => {
    const topic = await contender.createTopic();
    const round = await counted(records, () => topic.sendBatches(value, perPipeline, records / perPipeline));
    await topic.drop();
    return round;
  });
}

/** Batches without a log around them. */
export function rawBatches(contender: RawTcp, load: Load): Side {
  const { value, records } = load;
  const batches = records / perPipeline;
  return side(contender, "", load, () => counted(records, () => contender.produce(value, perPipeline, batches)));
}

/** Reads a topic from its start, every value of it. The topic is filled before the first round. */
export function consumes(contender: Contender, load: Load): Side {
  return reading(contender, "", load, (topic, read) => topic.consume(load.records, read));
}

/** The same as many records at a time as came together. */
export function consumesBatches(contender: Grapevine, load: Load): Side {
  return reading(contender, "batches()", load, (topic, read) => topic.consumeBatches(load.records, read));
}

/** The same by ranges of ids. */
export function ranges(contender: Redis, load: Load): Side {
  return reading(contender, "XRANGE", load, (topic, read) => topic.consumeRange(load.records, read));
}

function reading<Topic extends ContenderTopic>(
  contender: Omit<Contender, "createTopic"> & { createTopic(): Promise<Topic> },
  detail: string,
  load: Load,
  consume: (topic: Topic, read: (value: Uint8Array) => void) => Promise<void>,
): Side {
  const { value, records } = load;
  let filled: Promise<Topic> | undefined;
  const fill = async (): Promise<Topic> => {
    const topic = await contender.createTopic();
    await sendInFlight(records, 1_000, () => topic.send(value));
    return topic;
  };
  return side(contender, detail, load, async () => {
    filled ??= fill();
    const topic = await filled;
    let bytes = 0;
    let sum = 0;
    const read = (got: Uint8Array): void => {
      bytes += got.length;
      sum += got[0] as number;
    };
    const round = await counted(records, () => consume(topic, read));
    if (bytes !== records * value.length || sum !== records * (value[0] as number)) {
      throw new Error(`${contender.name} gave ${bytes} bytes for ${records} records of ${value.length} bytes`);
    }
    return round;
  });
}

/** How late a record arrives at another connection when a thousand a second are sent one by one. */
export function delays(contender: Contender, load: Load): Side {
  const { value } = load;
  return side(contender, "", load, async () => {
    const topic = await contender.createTopic();
    const records = (recordsPerSecond * delaysMs) / 1_000;
    const sentAtMs = new Float64Array(records);
    const lateMs: number[] = [];
    let done = (): void => {};
    const allSeen = new Promise<void>((resolve) => {
      done = resolve;
    });
    // A topic is made by its first record: that is not what is measured, nor is the opening of the tail.
    await topic.send(numbered(records, value.length));
    let opened = (): void => {};
    const isOpen = new Promise<void>((resolve) => {
      opened = resolve;
    });
    const tail = await topic.tail((value) => {
      const index = new DataView(value.buffer, value.byteOffset).getUint32(0);
      if (index === records) return opened();
      lateMs.push(performance.now() - (sentAtMs[index] as number));
      if (lateMs.length === records) done();
    });
    await isOpen;
    const ms = await timed(async () => {
      await sendSteadily(topic, sentAtMs, value.length);
      await allSeen;
    });
    await tail[Symbol.asyncDispose]();
    await topic.drop();
    return { records, ms, p50Ms: quantile(lateMs, 0.5), p99Ms: quantile(lateMs, 0.99) };
  });
}

async function sendSteadily(topic: ContenderTopic, sentAtMs: Float64Array, valueBytes: number): Promise<void> {
  const sends: Promise<unknown>[] = [];
  const startMs = performance.now();
  for (let sent = 0; sent < sentAtMs.length; ) {
    const due = Math.min(sentAtMs.length, Math.floor(((performance.now() - startMs) * recordsPerSecond) / 1_000));
    for (; sent < due; sent++) {
      const value = numbered(sent, valueBytes);
      sentAtMs[sent] = performance.now();
      sends.push(topic.send(value));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(sends);
}

/** A value that says which one it is. */
function numbered(index: number, bytes: number): Uint8Array {
  const value = new Uint8Array(bytes);
  new DataView(value.buffer).setUint32(0, index);
  return value;
}
