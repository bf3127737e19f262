import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  FrameBuilder,
  headersBytes,
  Random,
  readRecords,
  scanFrame,
  toText,
  writeProducerStamp,
} from "../../src/base/mod.ts";
import { LatestKeys } from "../../src/log/latest_keys.ts";
import type { Ack, RecordIdentity, TopicLog } from "../../src/log/mod.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, openLog } from "./log_kit.ts";

function keyed(...records: readonly (readonly [key: string | undefined, value: string])[]): Uint8Array {
  const builder = new FrameBuilder();
  for (const [key, value] of records) builder.add({ key, value, timestampMs: 1_000 }, 1_000);
  return builder.finish();
}

async function outcomeOf(promise: Promise<unknown>): Promise<{ code?: string; message: string; latest?: unknown }> {
  try {
    await promise;
  } catch (error) {
    return error as { code?: string; message: string };
  }
  return { message: "" };
}

async function openTopic(
  disk = new SimulatedDisk(),
  seed = 1,
): Promise<{ topic: TopicLog; close: () => Promise<void> }> {
  const { log } = await openLog(disk.mount(), { fsync: "never" }, environment(new Random(seed)));
  return { topic: await log.openTopic("accounts"), close: () => log[Symbol.asyncDispose]() };
}

test("a record is appended only if the latest with its key is the expected one", async () => {
  const disk = new SimulatedDisk();
  let { topic, close } = await openTopic(disk);
  const none = { expected: undefined };
  const first = await topic.produce(keyed(["a", "1"]), none);
  const clash = await outcomeOf(topic.produce(keyed(["a", "2"]), none));
  assert.is(clash.code, "EXPECTED_SEQUENCE");
  assert.equal(clash.latest, { writer: first.writer, sequence: first.sequence });
  assert.match(clash.message, `the latest record of the key is sequence 1 of writer ${first.writer}, expected is none`);
  const second = await topic.produce(keyed(["a", "2"]), { expected: first });
  assert.is((await outcomeOf(topic.produce(keyed(["a", "3"]), { expected: first }))).code, "EXPECTED_SEQUENCE");
  // Records that expect nothing count as well, in whatever batch they are.
  await topic.produce(keyed(["b", "x"], ["a", "3"], ["c", "y"]));
  assert.is((await outcomeOf(topic.produce(keyed(["a", "4"]), { expected: second }))).code, "EXPECTED_SEQUENCE");
  await topic.produce(keyed(["c", "z"]), { expected: { writer: first.writer, sequence: 5 } });
  await close();
  // It is found again from the log alone.
  ({ topic, close } = await openTopic(disk));
  await topic.produce(keyed(["a", "4"]), { expected: { writer: first.writer, sequence: 4 } });
  await close();
});

test("the latest is that of rule R7, whatever came last", async () => {
  const [ours, theirs] = [await openTopic(), await openTopic(new SimulatedDisk(), 2)];
  const older = await theirs.topic.produce(keyed(["a", "theirs"]));
  for (const value of ["1", "2"]) await ours.topic.produce(keyed(["a", value]));
  const latest = { writer: (await ours.topic.produce(keyed(["a", "3"]))).writer, sequence: 3 };
  const { frames } = await theirs.topic.read(0, 1_000_000);
  await ours.topic.apply(frames.slice());
  assert.equal((await outcomeOf(ours.topic.produce(keyed(["a", "4"]), { expected: older }))).latest, latest);
  await ours.topic.produce(keyed(["a", "4"]), { expected: latest });
  await ours.close();
  await theirs.close();
});

test("what is no single record with a key cannot depend on one", async () => {
  const { topic, close } = await openTopic();
  for (const [frame, words] of [
    [keyed(["a", "1"], ["a", "2"]), "this is 2 records"],
    [keyed([undefined, "1"]), "this is a record without a key"],
  ] as const) {
    const { code, message } = await outcomeOf(topic.produce(frame, { expected: undefined }));
    assert.is(code, "INVALID_FRAME");
    assert.match(message, words);
  }
  assert.is(topic.nextOffset, 0);
  await close();
});

test("a repeated record is answered as the first was, though it is the latest itself by now", async () => {
  const { topic, close } = await openTopic();
  const produce = (sequence: number, expected: RecordIdentity | undefined) => {
    const frame = keyed(["a", "1"]);
    writeProducerStamp(frame, { producer: "00000000000000aa", epoch: 0, sequence });
    return topic.produce(frame, { expected });
  };
  const [first, repeated] = await Promise.all([produce(1, undefined), produce(1, undefined)]);
  assert.is(repeated.sequence, first.sequence);
  assert.ok(repeated.duplicate);
  assert.is((await produce(1, undefined)).sequence, first.sequence);
  assert.is((await outcomeOf(produce(2, undefined))).code, "EXPECTED_SEQUENCE");
  assert.is(topic.nextOffset, 1);
  await close();
});

test("of those that expect the same at once, one is appended; what is on its way counts", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = new Random(seed);
    const { topic, close } = await openTopic();
    const known = new Map<string, RecordIdentity | undefined>();
    let appended = 0;
    for (let round = 0; round < 10; round++) {
      const attempts = Array.from({ length: 12 }, () => {
        const key = random.pick(["a", "b", "c"]) as string;
        if (random.chance(0.2)) return topic.produce(keyed([key, "free"])).then(() => undefined);
        return topic.produce(keyed([key, "bound"]), { expected: known.get(key) }).then(
          () => key,
          (error: { code: string; latest?: RecordIdentity }) => {
            assert.is(error.code, "EXPECTED_SEQUENCE");
            return undefined;
          },
        );
      });
      const won = (await Promise.all(attempts)).filter((key) => key !== undefined);
      assert.is(new Set(won).size, won.length, `seed ${seed}: two won with one expectation`);
      appended += won.length;
      for (const [key, identity] of await latestOf(topic)) known.set(key, identity);
    }
    assert.ok(appended > 5, `seed ${seed}: ${appended}`);
    await close();
  }
});

test("a disk that fails the first that depends on a record fails that one alone", async () => {
  const disk = new SimulatedDisk();
  const { log } = await openLog(disk.mount(), {});
  const topic = await log.openTopic("accounts");
  const none = { expected: undefined };
  disk.failNext("write", "EIO", { name: ".log" });
  const free = outcomeOf(topic.produce(keyed(["b", "1"])));
  assert.is((await outcomeOf(topic.produce(keyed(["a", "1"]), none))).code, "LOG_WRITE_FAILED");
  assert.is((await free).code, "LOG_WRITE_FAILED");
  assert.is((await topic.produce(keyed(["a", "1"]), none)).sequence, 1);
  await log[Symbol.asyncDispose]();
});

test("keys whose records retention took make room for others", async () => {
  const { log } = await openLog(new SimulatedDisk().mount(), { fsync: "never", segmentBytesMax: 65_536 });
  const topic = await log.openTopic("accounts");
  const keys = new LatestKeys(topic, { codecs: undefined, settled: () => Promise.resolve(), keysMax: 2 });
  const produceIf = (key: string): Promise<Ack> => {
    const frame = keyed([key, "x".repeat(70_000)]);
    const scan = scanFrame(frame, 0);
    if (scan.type !== "frame") throw new RangeError("Cannot test: a frame is needed");
    return keys.passIf(frame, scan.header, { expected: undefined, append: () => topic.produce(frame) });
  };
  for (const key of ["a", "b", "c"]) await produceIf(key);
  assert.is((await outcomeOf(produceIf("d"))).code, "TOO_MANY_KEYS");
  topic.setRetention({ segmentsMax: 1 });
  await topic.retain();
  assert.ok(topic.firstOffset >= 2);
  await produceIf("d");
  await produceIf("a");
  await log[Symbol.asyncDispose]();
});

/** The latest record of each key; one writer alone makes the order of the log that of rule R7. */
async function latestOf(topic: TopicLog): Promise<Map<string, RecordIdentity>> {
  const latest = new Map<string, RecordIdentity>();
  for (let offset = 0; offset < topic.nextOffset; ) {
    const { frames, nextOffset } = await topic.read(offset, 1_000_000);
    for (let at = 0; at < frames.length; ) {
      const scan = scanFrame(frames, at);
      assert.is(scan.type, "frame");
      if (scan.type !== "frame") break;
      const { header } = scan;
      readRecords(frames.subarray(at + headersBytes, at + header.frameBytes), header, (record) => {
        latest.set(toText(record.key as Uint8Array), { writer: record.writer, sequence: record.sequence });
      });
      at += header.frameBytes;
    }
    offset = nextOffset;
  }
  return latest;
}

test.run();
