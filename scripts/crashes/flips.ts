/** Rot: each byte of each file of a small data directory is changed in turn, and the log opened, read and scrubbed. */
import { Random } from "../../src/base/mod.ts";
import { Log, LogCorruptError, type LogEvent, type LogOptions, type TopicLog } from "../../src/log/mod.ts";
import type { SimulatedDisk } from "../../src/testing/mod.ts";
import { CrashWorld, wallMs } from "./crash_world.ts";
import { framesIn, readAll, type Served } from "./reading.ts";

export const flipOutcomes = [
  "refused at opening",
  "refused at reading, found by the scrub",
  "cut off as a torn tail, told",
  "not replayed: looks like a commit that was cut off",
  "index made again",
  "new writer",
  "counts as an unclean stop",
  "says nothing that counts",
] as const;
export type FlipOutcome = (typeof flipOutcomes)[number];

/** What became of the flips of one file. */
export interface FlipRow {
  readonly file: string;
  readonly scene: string;
  readonly bytes: number;
  readonly outcomes: ReadonlyMap<FlipOutcome, number>;
}

export interface FlipOptions {
  /** One byte in so many is tried; 1 tries all. */
  readonly everyBytes: number;
  readonly onRow?: (row: FlipRow) => void;
}

/** A data directory at rest. */
interface Scene {
  readonly name: string;
  readonly disk: SimulatedDisk;
  readonly options: LogOptions;
  /** What each topic serves while nothing is damaged. */
  readonly served: ReadonlyMap<string, readonly Served[]>;
  readonly writer: string;
  /** Files to damage, and what may come of it. */
  readonly files: readonly { readonly path: string; readonly allowed: readonly FlipOutcome[] }[];
}

/** One bit, and all of them. */
const patterns: readonly number[] = [0x01, 0xff];
/** Of a file's bytes beyond these one in so many is tried: they are of one large value. */
const smallBytesMax = 4_096;
const largeStepBytes = 1_021;

const options: LogOptions = { segmentBytesMax: 65_536, indexEveryBytes: 512, journalTopicsMin: 1_000 };
const journaled: LogOptions = { ...options, journalTopicsMin: 1, journalBytesMax: 65_536 };

/** Changes every byte of every file. Throws at the first one that is served, or is noticed by nobody. */
export async function flipEveryByte(flip: FlipOptions): Promise<FlipRow[]> {
  const rows: FlipRow[] = [];
  for (const scene of [await stoppedScene(), await killedScene(), await journalScene()]) {
    for (const { path, allowed } of scene.files) {
      const row = await flipFile(scene, { path, allowed, everyBytes: flip.everyBytes });
      flip.onRow?.(row);
      rows.push(row);
    }
  }
  return rows;
}

/** A clean stop after retention took segments: a floor, a closed segment, the last one. */
async function stoppedScene(): Promise<Scene> {
  const retaining = { ...options, retention: { segmentsMax: 2 } };
  const world = new CrashWorld("flips", retaining);
  const topic = await (await world.open()).openTopic("t");
  for (let segment = 0; segment < 3; segment++) {
    for (let record = 0; record < 4; record++) await world.produce(topic, [world.text(), world.text(20)]);
    if (segment < 2) await world.produce(topic, [world.text(65_536)]);
  }
  await world.close();
  const [closed = "", last = ""] = world.disk.paths().filter((path) => path.endsWith(".log"));
  const indexOf = (path: string): string => path.replace(".log", ".index");
  return sceneOf("stopped", world.disk, retaining, [
    { path: closed, allowed: ["refused at reading, found by the scrub"] },
    { path: indexOf(closed), allowed: ["index made again"] },
    { path: last, allowed: ["refused at opening"] },
    { path: indexOf(last), allowed: ["index made again"] },
    { path: "topics/t/floor", allowed: ["refused at opening"] },
    { path: "writer", allowed: ["new writer"] },
    { path: "clean-stop", allowed: ["counts as an unclean stop"] },
  ]);
}

/** A killed process: only marks in frames say what was durable. */
async function killedScene(): Promise<Scene> {
  const world = new CrashWorld("flips", options);
  const topic = await (await world.open()).openTopic("t");
  for (let record = 0; record < 5; record++) await world.produce(topic, [world.text(), world.text(20)]);
  world.crash("keep");
  const [last = ""] = world.disk.paths().filter((path) => path.endsWith(".log"));
  return sceneOf("killed", world.disk, options, [
    { path: last, allowed: ["refused at opening", "cut off as a torn tail, told"] },
    { path: "writer", allowed: ["new writer"] },
  ]);
}

/** A killed process whose records are in the journal only. */
async function journalScene(): Promise<Scene> {
  const world = new CrashWorld("flips", journaled);
  const log = await world.open();
  const topics = [await log.openTopic("t"), await log.openTopic("u")];
  for (let round = 0; round < 4; round++) {
    await Promise.all(topics.map((topic) => world.produce(topic, [world.text(), world.text(20)])));
  }
  world.crash("keep");
  return sceneOf("killed, with a journal", world.disk, journaled, [
    {
      path: "journal/0",
      allowed: [
        "refused at opening",
        "not replayed: looks like a commit that was cut off",
        // One of two headers, and what fills their sectors.
        "says nothing that counts",
      ],
    },
    { path: "journal/1", allowed: ["says nothing that counts"] },
  ]);
}

async function sceneOf(name: string, original: SimulatedDisk, used: LogOptions, files: Scene["files"]): Promise<Scene> {
  const disk = original.copy();
  const { log } = await open(disk.fork(), used, []);
  const served = new Map<string, readonly Served[]>();
  for (const topic of log.topics()) served.set(topic.name, await readAll(topic));
  return { name, disk, options: used, served, writer: log.writer, files };
}

async function flipFile(
  scene: Scene,
  target: { readonly path: string; readonly allowed: readonly FlipOutcome[]; readonly everyBytes: number },
): Promise<FlipRow> {
  const bytes = scene.disk.peek(target.path);
  const outcomes = new Map<FlipOutcome, number>();
  for (
    let at = 0;
    at < bytes.length;
    at += at < smallBytesMax ? target.everyBytes : largeStepBytes * target.everyBytes
  ) {
    for (const pattern of patterns) {
      const disk = scene.disk.fork();
      disk.damage(target.path, at, Uint8Array.of((bytes[at] as number) ^ pattern));
      const place = `${scene.name}: ${target.path}, byte ${at} xor ${pattern}`;
      const outcome = await judge(scene, disk, target.path).catch((error: unknown) => {
        throw new Error(`${place}: ${error instanceof Error ? error.stack : error}`);
      });
      if (!target.allowed.includes(outcome)) throw new Error(`${place}: ${outcome}`);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  }
  return { file: target.path, scene: scene.name, bytes: bytes.length, outcomes };
}

/** Opens and reads everything; throws when something is served that is not what was stored. */
async function judge(scene: Scene, disk: SimulatedDisk, path: string): Promise<FlipOutcome> {
  const timers: (() => void)[] = [];
  let opened: Awaited<ReturnType<typeof open>>;
  try {
    opened = await open(disk, { ...scene.options, scrubBytesPerSecond: 1_048_576 }, timers);
  } catch (error) {
    if (!(error instanceof LogCorruptError)) throw error;
    if (error.file !== path) throw new Error(`the damage is told of ${error.file}`);
    return "refused at opening";
  }
  const { log, events } = opened;
  let missing = 0;
  let refused = 0;
  for (const [name, frames] of scene.served) {
    const topic = log.topic(name);
    if (topic === undefined) throw new Error(`topic ${name} is gone`);
    for (const frame of frames) {
      const found = await readOne(topic, frame, path);
      if (found === "missing") missing++;
      if (found === "refused") refused++;
    }
  }
  const told = (type: LogEvent["type"]): boolean => events.some((event) => event.type === type);
  if (refused > 0) {
    if (missing > 0 || !(await scrubFinds(events, timers))) throw new Error("the scrub does not find what reading did");
    return "refused at reading, found by the scrub";
  }
  if (missing > 0) {
    return told("torn-tail") ? "cut off as a torn tail, told" : "not replayed: looks like a commit that was cut off";
  }
  if (told("index-rebuilt")) return "index made again";
  if (log.writer !== scene.writer) return "new writer";
  return path === "clean-stop" ? "counts as an unclean stop" : "says nothing that counts";
}

async function readOne(topic: TopicLog, frame: Served, path: string): Promise<"served" | "refused" | "missing"> {
  const { baseOffset } = frame.header;
  if (baseOffset >= topic.nextOffset) return "missing";
  try {
    const [first] = framesIn((await topic.read(baseOffset, 1)).frames);
    if (first === undefined || !equal(first.bytes, frame.bytes))
      throw new Error(`offset ${baseOffset} is another frame`);
    return "served";
  } catch (error) {
    if (error instanceof LogCorruptError && error.file === path) return "refused";
    throw error;
  }
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

/** Lets the scrub look at everything. */
async function scrubFinds(events: readonly LogEvent[], timers: (() => void)[]): Promise<boolean> {
  for (let burst = 0; burst < 4; burst++) {
    for (const ring of timers.splice(0)) ring();
    for (let turn = 0; turn < 500; turn++) await undefined;
  }
  return events.some(({ type }) => type === "corrupt");
}

async function open(disk: SimulatedDisk, used: LogOptions, timers: (() => void)[]) {
  const random = new Random("the machine that finds it");
  const environment = {
    randomBytes: (length: number) => random.bytes(length),
    wallMs: () => wallMs,
    after: (_delayMs: number, callback: () => void) => {
      timers.push(callback);
      return () => timers.splice(timers.indexOf(callback) >>> 0, 1);
    },
  };
  const log = await Log.open(disk.mount(), used, environment);
  const events: LogEvent[] = [];
  log.onEvent((event) => events.push(event));
  return { log, events };
}
