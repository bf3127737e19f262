import { FrameBuilder, Random, writeProducerStamp } from "../../src/base/mod.ts";
import { Log, type LogOptions, type TopicLog } from "../../src/log/mod.ts";
import { type CrashMode, type DiskStep, SimulatedDisk } from "../../src/testing/mod.ts";
import { type Debt, Ledger } from "./ledger.ts";
import { readAll } from "./reading.ts";
import { Tables } from "./tables.ts";

/** The wall clock of these worlds: it stands still. */
export const wallMs = 1_000_000;

/** The disk at a moment at which the machine may stop. */
export interface Moment {
  readonly disk: SimulatedDisk;
  /** What is about to happen; undefined where something was just served, or answered. */
  readonly step: DiskStep | undefined;
  readonly debt: Debt;
  /** How many rows each topic of keys was known to have. */
  readonly rows: ReadonlyMap<string, number>;
}

/** One log on a simulated disk, whose every step is a moment at which it may crash. */
export class CrashWorld {
  readonly disk: SimulatedDisk = new SimulatedDisk();
  readonly random: Random;
  readonly options: LogOptions;
  readonly ledger: Ledger = new Ledger();
  readonly tables: Tables = new Tables();
  readonly moments: Moment[] = [];
  /** Who produces from now on, and numbers batches as their texts are numbered; nobody while it is undefined. */
  producer: string | undefined;
  readonly #isWanted: (step: DiskStep | undefined) => boolean;
  #log: Log | undefined;
  #timers = new Set<() => void>();
  #counter = 0;

  /** `isWanted` says which moments are remembered: each costs a copy of the disk. */
  constructor(seed: string, options: LogOptions, isWanted: (step: DiskStep | undefined) => boolean = () => true) {
    this.random = new Random(seed);
    this.options = options;
    this.#isWanted = isWanted;
    this.disk.onStep = (step) => this.#remember(step);
  }

  async open(more: LogOptions = {}): Promise<Log> {
    this.disk.pause = () => this.turns(this.random.below(4));
    const environment = {
      randomBytes: (length: number) => this.random.bytes(length),
      wallMs: () => wallMs,
      after: (_delayMs: number, callback: () => void) => {
        const entry = () => callback();
        this.#timers.add(entry);
        return () => this.#timers.delete(entry);
      },
    };
    const log = await Log.open(this.disk.mount(), { ...this.options, ...more }, environment);
    this.#log = log;
    for (const topic of log.topics()) await this.look(topic);
    log.onGrow(() => this.#remember(undefined));
    return log;
  }

  /** Produces a batch of texts; what it is answered is in the ledger from then on. */
  async produce(topic: TopicLog, texts: readonly string[], timestampMs = wallMs): Promise<void> {
    const builder = new FrameBuilder();
    for (const value of texts) builder.add({ value, timestampMs }, timestampMs);
    this.ledger.give(topic.name, texts);
    const frame = builder.finish();
    if (this.producer !== undefined) {
      writeProducerStamp(frame, { producer: this.producer, epoch: 0, sequence: 1 + Number(texts[0]?.slice(0, 4)) });
    }
    const ack = await topic.produce(frame);
    for (const [index, text] of texts.entries()) this.#publish(topic, ack.writer, ack.sequence + index, text);
    if ((topic.have.get(ack.writer) ?? 0) < ack.sequence + ack.count - 1) throw new Error("acknowledged, not held");
    this.#remember(undefined);
  }

  /** Produces a batch of records with keys, once all before it were acknowledged; an empty text deletes its key. */
  async put(topic: TopicLog, rows: readonly { readonly key: string; readonly text: string }[]): Promise<void> {
    const builder = new FrameBuilder();
    for (const { key, text: value } of rows) builder.add({ key, value, timestampMs: wallMs }, wallMs);
    this.ledger.give(
      topic.name,
      rows.map(({ text }) => text),
    );
    const { writer, sequence } = await topic.produce(builder.finish());
    for (const [index, { key, text }] of rows.entries()) {
      this.#publish(topic, writer, sequence + index, text);
      this.tables.acknowledged(topic.name, { key, text, writer, sequence: sequence + index });
    }
    this.#remember(undefined);
  }

  /** A text that no other record has: five bytes and so many more. */
  text(padding = 0): string {
    return `${String(this.#counter++).padStart(4, "0")} ${"x".repeat(padding)}`;
  }

  /** Everything that can be read now is published. */
  async look(topic: TopicLog): Promise<void> {
    for (const { header, records } of await readAll(topic)) {
      for (const { sequence, text } of records) this.#publish(topic, header.writer, sequence, text);
    }
  }

  /** Lets all timers that wait ring. */
  ring(): void {
    const due = [...this.#timers];
    this.#timers.clear();
    for (const callback of due) callback();
  }

  async turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn++) await undefined;
  }

  async close(): Promise<void> {
    await this.#log?.[Symbol.asyncDispose]();
    this.#remember(undefined);
    this.#log = undefined;
  }

  /** The machine stops; `open` again. */
  crash(mode: CrashMode): void {
    this.#log = undefined;
    this.#timers.clear();
    this.disk.crash(mode, this.random);
    if (mode !== "keep") this.ledger.powerFailed();
    this.#remember(undefined);
  }

  #publish(topic: TopicLog, writer: string, sequence: number, text: string): void {
    const fault = this.ledger.publish(topic.name, writer, sequence, text);
    if (fault !== undefined) throw new Error(fault);
  }

  #remember(step: DiskStep | undefined): void {
    if (this.#log !== undefined) this.ledger.update(this.#log);
    if (!this.#isWanted(step)) return;
    const bytes = step === undefined || step.bytes.length === 0 ? undefined : step.bytes.slice();
    const kept = step === undefined || bytes === undefined ? step : { ...step, bytes };
    this.moments.push({ disk: this.disk.fork(), step: kept, debt: this.ledger.debt(), rows: this.tables.counts() });
  }
}
