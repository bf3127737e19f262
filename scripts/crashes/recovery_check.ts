/** What must be true of a log that is opened after a crash, and of what it is used for then. */
import {
  crc32,
  FrameBuilder,
  type ProducerStamp,
  type Random,
  readProducerStamp,
  sameBytes,
  writeProducerStamp,
} from "../../src/base/mod.ts";
import { dumpFile, Log, type LogEvent, type LogOptions, type TopicLog } from "../../src/log/mod.ts";
import type { SimulatedDisk } from "../../src/testing/mod.ts";
import { wallMs } from "./crash_world.ts";
import type { Debt, Ledger } from "./ledger.ts";
import { faultsOf, readAll, type Served } from "./reading.ts";
import type { Tables } from "./tables.ts";

export interface CrashedLog {
  readonly disk: SimulatedDisk;
  readonly options: LogOptions;
  readonly ledger: Ledger;
  readonly debt: Debt;
  readonly tables: Tables;
  readonly rows: ReadonlyMap<string, number>;
  /** The process was killed, and the disk forgot nothing. */
  readonly killed: boolean;
  readonly random: Random;
}

/** What an opening did. */
export interface Recovery {
  readonly tornTails: number;
  readonly replays: number;
  readonly rebuiltIndexes: number;
  readonly newWriters: number;
}

class Check {
  readonly #crashed: CrashedLog;
  readonly #faults: string[] = [];

  constructor(crashed: CrashedLog) {
    this.#crashed = crashed;
  }

  fault(text: string): void {
    this.#faults.push(text);
  }

  assertFaultless(): void {
    if (this.#faults.length > 0) throw new Error(this.#faults.slice(0, 5).join("; "));
  }

  async open(): Promise<{ readonly log: Log; readonly events: readonly LogEvent[] }> {
    const { disk, options, random } = this.#crashed;
    const environment = {
      randomBytes: (length: number) => random.bytes(length),
      wallMs: () => wallMs,
      after: () => () => undefined,
    };
    const log = await Log.open(disk.mount(), options, environment);
    const events: LogEvent[] = [];
    log.onEvent((event) => events.push(event));
    return { log, events };
  }

  /** The writer that must go on, by rule R5; undefined when a new one must be minted. */
  writerToKeep(): string | undefined {
    const { disk, options } = this.#crashed;
    const written = dumped(disk, "writer")?.fields;
    const isClean = dumped(disk, "clean-stop", "GVC1") !== undefined;
    const isKept = isClean || (written?.["fsync"] === "always" && (options.fsync ?? "always") === "always");
    return written !== undefined && isKept ? String(written["writer"]) : undefined;
  }

  /** Everything owed is there; nothing else is than what was produced, as it was. */
  async served(log: Log): Promise<Map<string, readonly Served[]>> {
    const { ledger, debt, killed, options } = this.#crashed;
    const all = new Map<string, readonly Served[]>();
    for (const topic of log.topics()) {
      const frames = await readAll(topic);
      all.set(topic.name, frames);
      for (const fault of faultsOf(topic, frames)) this.fault(`${topic.name}: ${fault}`);
      this.#table(topic, frames);
      // What deletes a key is empty each time.
      const texts = frames.flatMap((frame) => frame.texts).filter((text) => text !== "");
      if (new Set(texts).size !== texts.length) this.fault(`${topic.name}: a record stands there twice`);
      for (const text of texts) {
        if (!ledger.wasGiven(topic.name, text)) this.fault(`${topic.name}: ${text.slice(0, 20)} was never produced`);
      }
      this.#published(topic.name, frames);
      for (const [writer, sequence] of topic.have) {
        if (topic.durable.get(writer) !== sequence) this.fault(`${topic.name}: what was recovered is not durable`);
      }
      if (topic.firstOffset > 0 && options.retention?.segmentsMax === undefined) this.fault("records were forgotten");
    }
    for (const [topic, owed] of killed ? debt.whenKilled : debt.whenPowerFails) {
      for (const [writer, sequence] of owed) {
        const have = log.topic(topic)?.have.get(writer) ?? 0;
        if (have < sequence) this.fault(`${topic}: writer ${writer} goes to ${have}, ${sequence} was promised`);
      }
    }
    return all;
  }

  #published(topic: string, frames: readonly Served[]): void {
    const { ledger, debt } = this.#crashed;
    for (const { header, records } of frames) {
      for (const { sequence, text } of records) {
        const record = { sequence, text, published: debt.published };
        const fault = ledger.contradiction(topic, header.writer, record);
        if (fault !== undefined) this.fault(fault);
      }
    }
  }

  #table(topic: TopicLog, frames: readonly Served[]): void {
    const { tables, rows } = this.#crashed;
    if (!tables.isTable(topic.name)) return;
    const count = rows.get(topic.name) ?? 0;
    for (const fault of tables.faultsOf(topic.name, { frames, have: topic.have, count })) {
      this.fault(`${topic.name}: ${fault}`);
    }
  }

  /** Compacts what is compacted once more: it stays the same table. */
  async compact(log: Log): Promise<void> {
    for (const topic of log.topics()) {
      if (!this.#crashed.tables.isTable(topic.name)) continue;
      topic.setCompaction({ tombstoneGraceMs: 0 });
      await topic.compact();
      topic.setCompaction(undefined);
      const frames = await readAll(topic);
      for (const fault of faultsOf(topic, frames)) this.fault(`${topic.name}, compacted: ${fault}`);
      this.#table(topic, frames);
    }
  }

  /** What is held is known when it is sent again; what comes next is not, although a crash may have taken the same once. */
  async sendAgain(log: Log): Promise<void> {
    for (const topic of log.topics()) {
      let last: ProducerStamp | undefined;
      for (const { header, bytes, texts } of await readAll(topic)) {
        const stamp = readProducerStamp(bytes);
        if (stamp === undefined) continue;
        const { duplicate, writer, sequence } = await topic.produce(stampedFrame(texts, stamp));
        const isSame = duplicate === true && writer === header.writer && sequence === header.baseSequence;
        if (!isSame) this.fault(`${topic.name}: number ${stamp.sequence} sent again went to ${writer}/${sequence}`);
        if (last === undefined || stamp.sequence + header.count > last.sequence) {
          last = { ...stamp, sequence: stamp.sequence + header.count };
        }
      }
      if (last === undefined) continue;
      const { duplicate } = await topic.produce(stampedFrame(["next"], last));
      if (duplicate) this.fault(`${topic.name}: number ${last.sequence} is not held, and is called a duplicate`);
    }
  }

  /** A record for each topic and one for a new one: no number names two records, and all of it can be read. */
  async goOn(log: Log): Promise<void> {
    const { ledger, debt } = this.#crashed;
    await log.openTopic("later");
    for (const topic of log.topics()) {
      const builder = new FrameBuilder();
      builder.add({ value: "after" }, wallMs);
      const { writer, sequence, offset } = await topic.produce(builder.finish());
      const fault = ledger.contradiction(topic.name, writer, { sequence, text: "after", published: debt.published });
      if (fault !== undefined) this.fault(fault);
      const frames = await readAll(topic);
      for (const fault of faultsOf(topic, frames)) this.fault(`${topic.name}, later: ${fault}`);
      if (frames.at(-1)?.header.baseOffset !== offset) this.fault(`${topic.name}: the next record is not the last one`);
    }
  }
}

/**
 * Opens a crashed log three times and throws what is wrong: after the crash; after another one, which must find nothing to
 * do; and, after it was used and stopped, without its indexes, which must become the same again.
 */
export async function checkRecovery(crashed: CrashedLog): Promise<Recovery> {
  const { disk, random } = crashed;
  const check = new Check(crashed);
  const expectedWriter = check.writerToKeep();
  const { log, events } = await check.open();
  const served = await check.served(log);
  const isKept = expectedWriter === log.writer;
  if (isKept !== (expectedWriter !== undefined)) check.fault(`the writer is ${log.writer}, not ${expectedWriter}`);
  const torn = events.filter(({ type }) => type === "torn-tail");
  if (torn.length > log.topics().length) check.fault("a tail was cut more than once");
  for (const path of disk.paths()) if (isOrphan(path)) check.fault(`${path} was left`);
  check.assertFaultless();

  const before = lastingFiles(disk);
  disk.crash(random.pick(["keep", "lose-unsynced"] as const) ?? "keep", random);
  const again = await check.open();
  const undone = again.events.filter(({ type }) => type === "torn-tail" || type === "journal-replayed");
  if (undone.length > 0) check.fault(`the second opening found more to do: ${undone[0]?.type}`);
  const changed = firstDifference(before, lastingFiles(disk));
  if (changed !== undefined) check.fault(`the second opening changed ${changed}`);
  for (const topic of again.log.topics()) {
    const frames = (await readAll(topic)).map(({ bytes }) => bytes);
    const first = (served.get(topic.name) ?? []).map(({ bytes }) => bytes);
    if (!sameLists(frames, first)) check.fault(`${topic.name}: the second opening serves something else`);
  }
  await check.compact(again.log);
  await check.sendAgain(again.log);
  await check.goOn(again.log);
  await again.log[Symbol.asyncDispose]();
  check.assertFaultless();

  await checkIndexes(check, disk);
  check.assertFaultless();
  const count = (type: LogEvent["type"]) => events.filter((event) => event.type === type).length;
  return {
    tornTails: torn.length,
    replays: count("journal-replayed"),
    rebuiltIndexes: count("index-rebuilt"),
    newWriters: count("new-writer"),
  };
}

function stampedFrame(texts: readonly string[], stamp: ProducerStamp): Uint8Array {
  const builder = new FrameBuilder();
  for (const value of texts) builder.add({ value, timestampMs: wallMs }, wallMs);
  const frame = builder.finish();
  writeProducerStamp(frame, stamp);
  return frame;
}

/** What the indexes say is what a full scan of the segments says. */
async function checkIndexes(check: Check, disk: SimulatedDisk): Promise<void> {
  const indexes = disk.paths().filter((path) => path.endsWith(".index"));
  const segments = disk.paths().filter((path) => path.endsWith(".log"));
  if (indexes.length !== segments.length) check.fault(`${segments.length} segments have ${indexes.length} indexes`);
  const known = new Map(indexes.map((path) => [path, disk.peek(path)]));
  for (const path of indexes) disk.unlink(path);
  const { log, events } = await check.open();
  const rebuilt = events.filter(({ type }) => type === "index-rebuilt").length;
  if (rebuilt !== indexes.length) check.fault(`${rebuilt} of ${indexes.length} indexes were rebuilt`);
  const changed = firstDifference(known, new Map(indexes.map((path) => [path, disk.peek(path)])));
  if (changed !== undefined) check.fault(`a scan makes another index than ${changed}`);
  await log[Symbol.asyncDispose]();
}

/**
 * What an opening must leave as it is. Indexes, and what is known of producers, can be made again, an unclean stop may call for a new writer, and a journal
 * that a clean stop left is removed by the first opening that does not follow one.
 */
function lastingFiles(disk: SimulatedDisk): Map<string, Uint8Array> {
  const mayChange = (path: string): boolean =>
    /\.(index|producers)$/.test(path) || /^(former-)?writers?$/.test(path) || path.startsWith("journal/");
  const lasting = disk.paths().filter((path) => !mayChange(path));
  return new Map(lasting.map((path) => [path, disk.peek(path)]));
}

/** A file of a topic that nothing of the format is: what was begun before a crash, and neither finished nor removed. */
function isOrphan(path: string): boolean {
  return /^topics\//.test(path) && !/^topics\/[^/]+\/(\d{20}\.(log|index|producers)|floor)$/.test(path);
}

function firstDifference(left: ReadonlyMap<string, Uint8Array>, right: ReadonlyMap<string, Uint8Array>) {
  for (const path of new Set([...left.keys(), ...right.keys()])) {
    const [one, other] = [left.get(path), right.get(path)];
    if (one === undefined || other === undefined || !sameLists([one], [other])) return path;
  }
  return undefined;
}

function sameLists(left: readonly Uint8Array[], right: readonly Uint8Array[]): boolean {
  return left.length === right.length && left.every((bytes, index) => sameBytes(bytes, right[index] as Uint8Array));
}

/** The first item of a small file; undefined when it is missing, or damaged. */
function dumped(
  disk: SimulatedDisk,
  path: string,
  magic?: string,
): { readonly fields: Readonly<Record<string, string | number>> } | undefined {
  if (!disk.paths().includes(path)) return undefined;
  const bytes = disk.peek(path);
  const items = [...(dumpFile(bytes, crc32) ?? [])];
  const isWhole = items.every(({ kind }) => kind !== "damage");
  // A marker of no topics has no items.
  if (items.length === 0) return isWhole && magic !== undefined && bytes.length > 0 ? { fields: {} } : undefined;
  return isWhole ? items[0] : undefined;
}
