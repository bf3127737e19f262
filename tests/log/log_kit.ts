/** What the tests of the log share: an environment without a runtime, builders, and naive readers to compare with. */
import process from "node:process";
import {
  type ChainHash,
  chainStart,
  FrameBuilder,
  type FrameHeader,
  headersBytes,
  placeFrame,
  Random,
  readRecords,
  scanFrame,
  stampBatch,
  type Vector,
  type WriterId,
} from "../../src/base/mod.ts";
import {
  type Directory,
  Log,
  type LogEnvironment,
  type LogEvent,
  type LogOptions,
  type TopicLog,
} from "../../src/log/mod.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";

/** Timers that run when the test says so. */
export class ManualTimers {
  #callbacks = new Set<() => void>();

  readonly after = (_delayMs: number, callback: () => void): (() => void) => {
    const entry = () => callback();
    this.#callbacks.add(entry);
    return () => this.#callbacks.delete(entry);
  };

  get waiting(): number {
    return this.#callbacks.size;
  }

  fire(): void {
    const due = [...this.#callbacks];
    this.#callbacks.clear();
    for (const callback of due) callback();
  }
}

export function environment(random = new Random(1), timers = new ManualTimers()): LogEnvironment {
  return { randomBytes: (length) => random.bytes(length), wallMs: () => 1_000, after: timers.after };
}

/** An open log and everything it said. */
export async function openLog(
  directory: Directory,
  options: LogOptions = {},
  env: LogEnvironment = environment(),
): Promise<{ log: Log; events: LogEvent[] }> {
  const log = await Log.open(directory, options, env);
  const events: LogEvent[] = [];
  log.onEvent((event) => events.push(event));
  return { log, events };
}

/** One blank frame of records with these values. */
export function frameOf(values: readonly string[], timestampMs = 1_000): Uint8Array {
  const builder = new FrameBuilder();
  for (const value of values) builder.add({ value, timestampMs }, timestampMs);
  return builder.finish();
}

/** A frame as another writer stamped it, and the hash of its feed up to there. */
export function foreignFrame(
  writer: WriterId,
  baseSequence: number,
  values: readonly string[],
  previousChain: ChainHash = chainStart,
): { readonly frame: Uint8Array; readonly chain: ChainHash } {
  const frame = frameOf(values);
  const chain = stampBatch(frame, { lamport: 7, generation: 1, writer, baseSequence, previousChain });
  placeFrame(frame, { baseOffset: 99_999, durableBefore: 77 });
  return { frame, chain };
}

/** A frame of a topic, decoded. */
export interface Seen {
  readonly header: FrameHeader;
  readonly bytes: Uint8Array;
  readonly texts: readonly string[];
}

/** Decodes whole frames. */
export function framesIn(bytes: Uint8Array): Seen[] {
  const seen: Seen[] = [];
  for (let at = 0; at < bytes.length; ) {
    const scan = scanFrame(bytes, at);
    if (scan.type !== "frame") throw new Error(`no frame at ${at}: ${JSON.stringify(scan)}`);
    const frame = bytes.slice(at, at + scan.header.frameBytes);
    const texts: string[] = [];
    readRecords(frame.subarray(headersBytes), scan.header, (record) => texts.push(record.text()));
    seen.push({ header: scan.header, bytes: frame, texts });
    at += frame.length;
  }
  return seen;
}

/** Every frame of a topic, read from the start in steps of so many bytes. */
export async function readAll(topic: TopicLog, bytesMax = 100_000): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (let offset = topic.firstOffset; offset < topic.nextOffset; ) {
    const chunk = await topic.read(offset, bytesMax);
    seen.push(...framesIn(chunk.frames));
    offset = chunk.nextOffset;
  }
  return seen;
}

/** Every value of a topic, in local-log order. */
export async function textsOf(topic: TopicLog): Promise<string[]> {
  return (await readAll(topic)).flatMap((frame) => frame.texts);
}

/** What a puller with this vector lacks, by the book: every frame, one by one. */
export function naiveMissing(frames: readonly Seen[], have: Vector): Seen[] {
  return frames.filter(({ header }) => header.baseSequence + header.count - 1 > (have.get(header.writer) ?? 0));
}

/** What it rejects with; fails when it does not. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("it was expected to be rejected");
}

/** The seeds to run: `SEED=n` replays one, `SEEDS=n` runs so many. */
export function seeds(count: number): number[] {
  const one = process.env["SEED"];
  if (one !== undefined) return [Number(one)];
  return Array.from({ length: Number(process.env["SEEDS"] ?? count) }, (_, index) => index + 1);
}

/** A topic on a new simulated disk. */
export async function newTopic(options: LogOptions = {}, timers = new ManualTimers()) {
  const disk = new SimulatedDisk();
  const { log, events } = await openLog(disk.mount(), options, environment(new Random(1), timers));
  return { disk, log, events, topic: await log.openTopic("t"), timers };
}

export function typesOf(events: readonly LogEvent[]): string[] {
  return events.map((event) => event.type);
}
