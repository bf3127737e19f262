/** Random lives of one log, with crashes of every kind under every policy, against what was promised to callers. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random, sameBytes, type Vector, type WriterId } from "../../src/base/mod.ts";
import type { Ack, FsyncPolicy, Log, LogOptions, TopicLog } from "../../src/log/mod.ts";
import { type CrashMode, SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, frameOf, ManualTimers, naiveMissing, openLog, readAll, type Seen, seeds } from "./log_kit.ts";

const policies: readonly FsyncPolicy[] = ["always", "interval", "never"];
const modes: readonly CrashMode[] = ["keep", "lose-unsynced", "reorder-unsynced", "tear-last-write"];
const livesMax = 5;
const stepsMax = 12;

interface Acknowledged {
  readonly ack: Ack;
  readonly texts: readonly string[];
}

/** One random history of a disk. */
class History {
  readonly random: Random;
  readonly disk = new SimulatedDisk();
  readonly timers = new ManualTimers();
  readonly options: LogOptions;
  /** What the log acknowledged and may not forget. */
  promises: Acknowledged[] = [];
  /** The frames that stood in the log when it was last looked at, without their place. */
  before: Seen[] = [];
  durable: Vector = new Map();
  /** Text of each record that anybody could have read, by writer and sequence: it never changes. */
  readonly published = new Map<string, string>();
  #counter = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
    this.options = {
      fsync: this.random.pick(policies),
      segmentBytesMax: 65_536,
      indexEveryBytes: this.random.between(512, 8_192),
      pendingBytesMax: 1_048_576,
      // Every small group goes to the journal, in half of the histories.
      journalTopicsMin: this.random.pick([1, 8]),
      journalBytesMax: 65_536,
    };
  }

  async live(crash: boolean, foreign: TopicLog): Promise<void> {
    const { log } = await openLog(this.disk.mount(), this.options, environment(this.random, this.timers));
    const topic = await log.openTopic("t");
    await this.checkOpened(log, topic);
    this.disk.pause = () => this.turns(this.random.below(8));
    const running: Promise<unknown>[] = [];
    for (let step = this.random.below(stepsMax); step > 0; step--) {
      running.push(...this.act(topic, foreign));
      if (this.random.chance(0.5)) await this.turns(this.random.below(30));
      if (this.random.chance(0.2)) await Promise.allSettled(running);
      if (this.random.chance(0.2)) this.timers.fire();
      if (this.random.chance(0.3)) await this.look(topic);
    }
    if (!crash) {
      await Promise.all(running);
      await this.look(topic);
      await log[Symbol.asyncDispose]();
      this.durable = topic.have;
      return;
    }
    await this.turns(this.random.below(60));
    this.durable = topic.durable;
    const mode = this.random.pick(modes) as CrashMode;
    this.disk.crash(mode, this.random);
    await Promise.allSettled(running);
    await log[Symbol.asyncDispose]();
    // What the policy does not promise may be gone: then only what was synced must be there.
    const promised = this.options.fsync === "always" || mode === "keep";
    if (!promised) this.promises = [];
    if (!promised) this.before = [];
  }

  act(topic: TopicLog, foreign: TopicLog): Promise<unknown>[] {
    if (this.random.chance(0.3)) return [this.pull(topic, foreign)];
    return Array.from({ length: this.random.between(1, 8) }, () => {
      const texts = Array.from({ length: this.random.between(1, 4) }, () => this.text());
      return topic.produce(frameOf(texts, this.random.between(0, 5_000))).then((ack) => {
        this.promises.push({ ack, texts });
      });
    });
  }

  async pull(topic: TopicLog, foreign: TopicLog): Promise<void> {
    const have = new Map(topic.have);
    // An older vector than ours, as a pull that overlaps another one has.
    if (this.random.chance(0.3)) for (const writer of have.keys()) have.delete(writer);
    const missing = await foreign.readMissing(have, this.random.between(1, 20_000));
    const applied = await topic.apply(missing.frames);
    assert.is(applied.stopped, undefined);
  }

  /** Everything that can be read now is published: it can have reached peers and consumers. */
  async look(topic: TopicLog): Promise<void> {
    this.before = await readAll(topic, this.random.between(1, 50_000));
    for (const frame of this.before) this.publish(frame);
  }

  publish({ header, texts }: Seen): void {
    for (const [index, text] of texts.entries()) {
      const id = `${header.writer}/${header.baseSequence + index}`;
      assert.is(this.published.get(id) ?? text, text, `record ${id} changed`);
      this.published.set(id, text);
    }
  }

  async checkOpened(log: Log, topic: TopicLog): Promise<void> {
    const frames = await readAll(topic, this.random.between(1, 50_000));
    checkFeeds(frames, topic);
    for (const [index, frame] of this.before.entries()) {
      assert.equal(frames[index]?.texts, frame.texts, `frame ${index} that was served is there`);
      assert.is(frames[index]?.header.baseOffset, frame.header.baseOffset);
    }
    for (const [writer, sequence] of this.durable) {
      assert.ok((topic.have.get(writer) ?? 0) >= sequence, "what was durable is there");
    }
    const texts = frames.flatMap((frame) => frame.texts);
    assert.is(new Set(texts).size, texts.length, "no record is there twice");
    for (const { ack, texts } of this.promises) {
      const frame = frames.find(({ header }) => header.baseOffset === ack.offset);
      assert.equal(frame?.texts, texts, `acknowledged offset ${ack.offset} is there`);
      assert.is(frame?.header.writer, ack.writer);
      assert.is(frame?.header.baseSequence, ack.sequence);
    }
    for (const frame of frames) this.publish(frame);
    assert.equal(topic.durable, topic.have, "what recovery found is synced");
    assert.match(log.writer, /^[0-9a-f]{16}$/);
    await this.checkReads(topic, frames);
  }

  async checkReads(topic: TopicLog, frames: readonly Seen[]): Promise<void> {
    for (let round = 0; round < 6; round++) {
      const have = new Map<WriterId, number>();
      for (const [writer, sequence] of topic.have) {
        if (this.random.chance(0.8)) have.set(writer, this.random.below(sequence + 2));
      }
      const credit = this.random.between(1, 30_000);
      const missing = await topic.readMissing(have, credit);
      const expected = naiveMissing(frames, have);
      let bytes = 0;
      const fitting = expected.filter((frame, index) => {
        bytes += frame.bytes.length;
        return index === 0 || bytes <= credit;
      });
      assert.ok(sameBytes(missing.frames, joined(fitting)), "what is missing, as far as the credit goes");
      assert.is(missing.complete, fitting.length === expected.length);
      await this.checkTime(topic, frames);
    }
  }

  async checkTime(topic: TopicLog, frames: readonly Seen[]): Promise<void> {
    const header = this.random.pick(frames)?.header;
    // Half of the times are exactly those of a record: there the comparisons decide.
    const exact = header === undefined ? 0 : header.baseTimestampMs + this.random.below(2);
    const time = this.random.chance(0.5) ? exact : this.random.between(0, 6_000);
    const first = frames.find(({ header }) => header.baseTimestampMs + header.timestampDeltaMaxMs >= time);
    assert.is(await topic.offsetAt(time), first?.header.baseOffset ?? topic.nextOffset, "offset of a time");
  }

  text(): string {
    const padding = this.random.chance(0.2) ? "x".repeat(this.random.below(9_000)) : "";
    return `${this.#counter++}${padding}`;
  }

  async turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn++) await undefined;
  }
}

function joined(frames: readonly Seen[]): Uint8Array {
  const bytes = new Uint8Array(frames.reduce((sum, frame) => sum + frame.bytes.length, 0));
  let at = 0;
  for (const frame of frames) {
    bytes.set(frame.bytes, at);
    at += frame.bytes.length;
  }
  return bytes;
}

/** Offsets and every feed are without holes, and the vectors say what is there. */
function checkFeeds(frames: readonly Seen[], topic: TopicLog): void {
  let offset = 0;
  const have = new Map<WriterId, number>();
  for (const { header } of frames) {
    assert.is(header.baseOffset, offset);
    assert.is(header.baseSequence, (have.get(header.writer) ?? 0) + 1);
    have.set(header.writer, header.baseSequence + header.count - 1);
    offset += header.count;
  }
  assert.is(topic.nextOffset, offset);
  assert.equal(topic.have, have);
}

/** Another node's log with feeds of two writers. */
async function foreignTopic(seed: number): Promise<TopicLog> {
  const random = new Random(`foreign ${seed}`);
  const { log } = await openLog(new SimulatedDisk().mount(), { segmentBytesMax: 65_536 }, environment(random));
  const topic = await log.openTopic("t");
  for (let frame = 0; frame < 60; frame++) {
    if (frame === 30) await log.mintWriter("the test wants two feeds");
    await topic.produce(frameOf([`f${frame}`, `f${frame}-2 ${"y".repeat(random.below(3_000))}`], random.below(5_000)));
  }
  return topic;
}

for (const policy of policies) {
  test(`Log keeps its promises under ${policy}, whatever crashes come`, async () => {
    const foreign = await foreignTopic(1);
    for (const seed of seeds(25)) {
      const history = new History(seed);
      Object.assign(history.options, { fsync: policy });
      try {
        for (let life = 0; life < livesMax; life++) await history.live(history.random.chance(0.8), foreign);
        await history.live(false, foreign);
      } catch (error) {
        throw new Error(`SEED=${seed}: ${error instanceof Error ? error.stack : error}`);
      }
    }
  });
}

test.run();
