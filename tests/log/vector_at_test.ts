// runtimes: bun (what is counted and compared is the same on all)
/** What stands below a place in the log, and how little of the log is read to know it. */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  type ChainHash,
  chainStart,
  concat,
  crc32,
  placeFrame,
  Random,
  stampBatch,
  type Vector,
  type WriterId,
} from "../../src/base/mod.ts";
import type { Log, LogEvent, LogOptions, TopicLog } from "../../src/log/mod.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, frameOf, framesIn, naiveMissing, openLog, readAll, rejection, type Seen } from "./log_kit.ts";

const options: LogOptions = { segmentBytesMax: 65_536, indexEveryBytes: 1_024 };
const compaction = { tombstoneGraceMs: 0 };

/** Nodes that write, and one that pulls from all and writes as well: its log is looked at. */
class Nodes {
  readonly disk = new SimulatedDisk();
  readonly others: TopicLog[] = [];
  log!: Log;
  topic!: TopicLog;
  events: readonly LogEvent[] = [];
  readonly #options: LogOptions;

  constructor(given: LogOptions = options) {
    this.#options = given;
  }

  async open(): Promise<void> {
    ({ log: this.log, events: this.events } = await openLog(
      this.disk.mount(),
      this.#options,
      environment(new Random(1)),
    ));
    this.topic = await this.log.openTopic("t");
  }

  async reopen(): Promise<void> {
    await this.log[Symbol.asyncDispose]();
    await this.open();
  }

  /** Where segments begin. */
  segments(): number[] {
    const names = this.disk.paths().flatMap((path) => /(\d{20})\.log$/.exec(path)?.[1] ?? []);
    return names.map(Number);
  }

  /** One more writer, on a disk of its own. */
  async addWriter(): Promise<void> {
    const env = environment(new Random(100 + this.others.length));
    const { log } = await openLog(new SimulatedDisk().mount(), { fsync: "never" }, env);
    this.others.push(await log.openTopic("t"));
  }

  /** A batch of another's feed arrives. */
  async pull(writer: number, values: readonly string[]): Promise<void> {
    const source = this.others[writer] as TopicLog;
    await source.produce(frameOf(values));
    const { frames } = await source.readMissing(this.topic.have, 1_000_000);
    assert.is((await this.topic.apply(frames)).stopped, undefined);
  }
}

/** By the book: every frame below, one by one, above what retention took. */
function naiveVector(frames: readonly Seen[], below: Vector, offset: number): Map<WriterId, number> {
  const vector = new Map(below);
  for (const { header } of frames) {
    const count = Math.min(header.count, offset - header.baseOffset);
    if (count > 0) vector.set(header.writer, header.baseSequence + count - 1);
  }
  return vector;
}

/** What stands below the first record: all that is known of each feed less what its frames hold. */
function belowFirst(frames: readonly Seen[], have: Vector): Map<WriterId, number> {
  const below = new Map(have);
  for (const { header } of frames.toReversed()) below.set(header.writer, header.baseSequence - 1);
  for (const [writer, sequence] of below) if (sequence === 0) below.delete(writer);
  return below;
}

async function checkAll(topic: TopicLog, offsets: readonly number[]): Promise<void> {
  const frames = await readAll(topic);
  const below = belowFirst(frames, topic.have);
  for (const offset of offsets) {
    const found = new Map([...(await topic.vectorAt(offset))].filter(([, sequence]) => sequence > 0));
    const have = naiveVector(frames, below, offset);
    assert.equal(found, have, `below offset ${offset}`);
    await checkMissing(topic, frames, have);
    // Of one feed something else is missing, perhaps what retention took.
    const writer = [...have.keys()][offset % have.size];
    if (writer !== undefined)
      await checkMissing(topic, frames, have.set(writer, (7 * offset) % (have.get(writer) ?? 1)));
  }
}

async function checkMissing(topic: TopicLog, frames: readonly Seen[], have: Vector): Promise<void> {
  const { frames: first } = await topic.readMissing(have, 1);
  const [expected] = naiveMissing(frames, have);
  assert.is(framesIn(first)[0]?.header.baseOffset, expected?.header.baseOffset, "what a vector lacks first");
}

type Step =
  | { readonly kind: "produce"; readonly batches: number; readonly records: number; readonly bytes: number }
  | { readonly kind: "pull"; readonly writer: number; readonly batches: number; readonly bytes: number }
  | { readonly kind: "gap"; readonly writer: number; readonly count: number }
  | { readonly kind: "retain" | "compact" | "reopen" | "rebuild" };

const writers = 4;
const bytes = fc.constantFrom(20, 400, 3_000);
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("produce"), batches: fc.integer({ min: 1, max: 30 }), records: fc.integer({ min: 1, max: 4 }), bytes }) }, // biome-ignore format: a table
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("pull"), writer: fc.nat(writers - 1), batches: fc.integer({ min: 1, max: 20 }), bytes }) }, // biome-ignore format: a table
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("gap"), writer: fc.nat(writers - 1), count: fc.integer({ min: 1, max: 50 }) }) }, // biome-ignore format: a table
  { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: "retain" }, { kind: "compact" }, { kind: "reopen" }, { kind: "rebuild" }) }, // biome-ignore format: a table
);

async function take(nodes: Nodes, step: Step): Promise<void> {
  const { topic } = nodes;
  switch (step.kind) {
    case "produce":
      for (let batch = 0; batch < step.batches; batch++) {
        await topic.produce(frameOf(Array.from({ length: step.records }, () => "x".repeat(step.bytes))));
      }
      return;
    case "pull":
      for (let batch = 0; batch < step.batches; batch++) await nodes.pull(step.writer, ["y".repeat(step.bytes)]);
      return;
    case "gap": {
      // Feeds that nobody else has anything of, so that no record stands behind a gap.
      const writer = `00000000000000a${step.writer}`;
      await topic.applyGap(writer, (topic.have.get(writer) ?? 0) + step.count);
      return;
    }
    case "retain":
      topic.setRetention({ segmentsMax: 2 });
      await topic.retain();
      topic.setRetention(undefined);
      return;
    case "compact":
      topic.setCompaction(compaction);
      await topic.compact();
      topic.setCompaction(undefined);
      return;
    case "reopen":
      return nodes.reopen();
    case "rebuild":
      for (const path of nodes.disk.paths()) if (path.endsWith(".index")) nodes.disk.unlink(path);
      return nodes.reopen();
    default:
      throw step satisfies never;
  }
}

test("vectorAt() says what a look at every frame says, over gaps, retention, compaction, reopening and lost indexes", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(steps, { minLength: 3, maxLength: 25 }),
      fc.infiniteStream(fc.nat()),
      async (life, picks) => {
        const nodes = new Nodes();
        await nodes.open();
        for (let writer = 0; writer < writers; writer++) await nodes.addWriter();
        for (const step of life) await take(nodes, step);
        const { topic } = nodes;
        const span = topic.nextOffset - topic.firstOffset + 1;
        const offsets = Array.from({ length: 20 }, () => topic.firstOffset + (picks.next().value % span));
        const heads = nodes.segments().flatMap((offset) => [offset - 1, offset, offset + 1]);
        const held = heads.filter((offset) => offset >= topic.firstOffset && offset <= topic.nextOffset);
        await checkAll(topic, [...held, ...offsets, topic.nextOffset]);
      },
    ),
    { numRuns: 50, seed: 1 },
  );
});

test("vectorAt() reaches into batches and gaps, and refuses offsets that are not held", async () => {
  const nodes = new Nodes();
  await nodes.open();
  const { topic } = nodes;
  await topic.produce(frameOf(["a", "b", "c"]));
  await topic.applyGap("00000000000000b2", 4);
  const at = async (offset: number) => [...(await topic.vectorAt(offset)).values()];
  assert.equal(await Promise.all([0, 2, 3, 5, 7].map(at)), [[], [2], [3], [3, 2], [3, 4]]);
  for (const offset of [-1, 8, 0.5, Number.NaN]) {
    assert.is((await rejection(topic.vectorAt(offset))).code, "OFFSET_OUT_OF_RANGE");
  }
});

const batchesAtOnce = 20;

/** The most bytes read for one resumption in the middle of a log of so many small batches of two writers. */
async function bytesReadAmong(batches: number): Promise<{ at: number; missing: number; segments: number }> {
  const nodes = new Nodes({ segmentBytesMax: 131_072, indexEveryBytes: 4_096, fsync: "never" });
  await nodes.open();
  await nodes.addWriter();
  const own = () => Array.from({ length: batchesAtOnce }, () => frameOf(["x".repeat(300)]));
  for (let batch = 0; batch < batches; batch += 2 * batchesAtOnce) {
    await Promise.all(own().map((frame) => nodes.topic.produce(frame)));
    await Promise.all(own().map((frame) => nodes.others[0]?.produce(frame)));
    await nodes.pull(0, ["y"]);
  }
  // So that nothing is in memory.
  await nodes.reopen();
  const { counts } = nodes.disk;
  let [at, missing] = [0, 0];
  for (let part = 1; part < 40; part++) {
    const offset = Math.floor((nodes.topic.nextOffset * part) / 40);
    const before = counts.bytesRead;
    const vector = await nodes.topic.vectorAt(offset);
    const between = counts.bytesRead;
    const { frames } = await nodes.topic.readMissing(vector, 1);
    assert.is(framesIn(frames)[0]?.header.baseOffset, offset);
    at = Math.max(at, between - before);
    missing = Math.max(missing, counts.bytesRead - between);
  }
  const segments = nodes.disk.paths().filter((path) => path.endsWith(".log")).length;
  await nodes.log[Symbol.asyncDispose]();
  return { at, missing, segments };
}

test("resuming in the middle reads no more of a log of forty segments than of one of five", async () => {
  const small = await bytesReadAmong(1_600);
  const large = await bytesReadAmong(12_800);
  const counted = JSON.stringify({ small, large });
  assert.ok(small.segments >= 5 && large.segments >= 40, counted);
  for (const { at, missing } of [small, large]) {
    // Behind a checkpoint, to the next entry; and what a search reads at once.
    assert.ok(at <= 2 * (4_096 + 450), `bytes for what stands below an offset: ${counted}`);
    assert.ok(missing <= 65_536, `bytes for where a vector goes on: ${counted}`);
  }
});

/** Damages that a checksum does not tell. */
const others: { name: string; change: (view: DataView) => void; reason: string }[] = [
  { name: "of the version before", change: (view) => view.setUint8(3, 0x31), reason: "it is of an older version" },
  {
    name: "that says something else of what stands below",
    change: (view) => view.setUint32(80, view.getUint32(80, true) + 1, true),
    reason: "what stands below is not what it says",
  },
];

for (const { name, change, reason } of others) {
  test(`an index ${name} is made again`, async () => {
    const nodes = new Nodes();
    await nodes.open();
    for (let batch = 0; batch < 200; batch++) await nodes.topic.produce(frameOf(["x".repeat(600)]));
    await nodes.log[Symbol.asyncDispose]();
    const path = nodes.disk.paths().filter((one) => one.endsWith(".index"))[1] as string;
    const intact = nodes.disk.peek(path);
    const bytes = intact.slice();
    const view = new DataView(bytes.buffer);
    change(view);
    view.setUint32(4, crc32(bytes.subarray(8)), true);
    nodes.disk.damage(path, 0, bytes);
    await nodes.open();
    const [event, ...more] = nodes.events.filter(({ type }) => type === "index-rebuilt");
    assert.equal([event?.type === "index-rebuilt" && [event.file, event.reason], more], [[path, reason], []]);
    assert.equal(nodes.disk.peek(path), intact);
    await checkAll(nodes.topic, [0, 50, 100, 150, 200]);
  });
}

test("an index stays small where a thousand write to one topic, and finds all the same", async () => {
  const nodes = new Nodes({ segmentBytesMax: 4_194_304, indexEveryBytes: 4_096, fsync: "never" });
  await nodes.open();
  const count = 1_000;
  const chains: ChainHash[] = new Array(count).fill(chainStart);
  for (let baseSequence = 1; baseSequence <= 30; baseSequence++) {
    const frames = chains.map((previousChain, index) => {
      const frame = frameOf(["z".repeat(20)]);
      const writer = index.toString(16).padStart(16, "0");
      const stamp = { writer, baseSequence, lamport: baseSequence, generation: nodes.topic.generation };
      chains[index] = stampBatch(frame, { ...stamp, previousChain });
      placeFrame(frame, { baseOffset: 0, durableBefore: 0 });
      return frame;
    });
    assert.is((await nodes.topic.apply(concat(frames))).appended, count);
  }
  const offsets = Array.from({ length: 6 }, (_, part) => Math.floor((nodes.topic.nextOffset * part) / 6));
  await checkAll(nodes.topic, offsets);
  await nodes.log[Symbol.asyncDispose]();
  const path = nodes.disk.paths().find((one) => one.endsWith("0.index")) as string;
  const indexBytes = nodes.disk.peek(path).length;
  const segmentBytes = nodes.disk.peek(path.replace(".index", ".log")).length;
  // The feeds themselves, 64 bytes each; an entry of each a hundredth of what it tells of; and one each 4,096 bytes.
  const bound = 72 + 64 * count + segmentBytes / 100 + (segmentBytes / 4_096) * 32 + 16 * count;
  assert.ok(indexBytes <= bound, `${indexBytes} bytes of index, ${segmentBytes} of segment, allowed are ${bound}`);
});

test.run();
