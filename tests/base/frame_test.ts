import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  chainStart,
  crc32,
  FrameBuilder,
  headersBytes,
  type LogRecord,
  nextChain,
  packedRecordsFault,
  placeFrame,
  readRecords,
  scanFrame,
  stampBatch,
  toBytes,
} from "../../src/base/mod.ts";

const writer = "00112233445566ff";

function stampedFrame(): Uint8Array {
  const builder = new FrameBuilder();
  builder.add({ value: "first", timestampMs: 1_700_000_000_000 }, 0);
  builder.add({ key: "k", value: "second ✓", headers: [{ name: "h", value: "v" }], timestampMs: 1_700_000_000_007 }, 0);
  builder.add({ value: "", timestampMs: 1_699_999_999_999 }, 0);
  const frame = builder.finish();
  stampBatch(frame, { writer, baseSequence: 41, lamport: 9, generation: 1, previousChain: chainStart });
  placeFrame(frame, { baseOffset: 2 ** 40 + 3, durableBefore: 4096 });
  return frame;
}

test("scanFrame() gives back what the builder, the stamp and the place put in", () => {
  const frame = stampedFrame();
  const scan = scanFrame(frame, 0, crc32);
  if (scan.type !== "frame") throw new Error(`no frame: ${JSON.stringify(scan)}`);
  const { header } = scan;
  assert.is(header.frameBytes, frame.length);
  assert.is(header.baseOffset, 2 ** 40 + 3);
  assert.is(header.durableBefore, 4096);
  assert.is(header.writer, writer);
  assert.is(header.baseSequence, 41);
  assert.is(header.count, 3);
  assert.is(header.lamport, 9);
  assert.is(header.timestampDeltaMaxMs, 7);
  assert.equal(header.chain, nextChain(chainStart, frame));
  const records: LogRecord[] = [];
  assert.is(
    readRecords(frame.subarray(headersBytes), header, (record) => records.push(record)),
    undefined,
  );
  assert.equal(
    records.map((record) => [record.offset, record.sequence, record.timestampMs, record.text()]),
    [
      [2 ** 40 + 3, 41, 1_700_000_000_000, "first"],
      [2 ** 40 + 4, 42, 1_700_000_000_007, "second ✓"],
      [2 ** 40 + 5, 43, 1_699_999_999_999, ""],
    ],
  );
  assert.equal(records[1]?.key, toBytes("k"));
  assert.is(records[1]?.headers[0]?.name, "h");
  assert.is(packedRecordsFault(frame, headersBytes, frame.length, 3), undefined);
  assert.match(packedRecordsFault(frame, headersBytes, frame.length, 4) ?? "", "counts 4 records");
});

test("scanFrame() finds every single flipped bit and every cut", () => {
  const frame = stampedFrame();
  for (let bit = 0; bit < frame.length * 8; bit++) {
    const damaged = frame.slice();
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
    assert.is.not(scanFrame(damaged, 0, crc32).type, "frame", `bit ${bit}`);
  }
  for (let length = 0; length < frame.length; length++) {
    assert.is(scanFrame(frame.subarray(0, length), 0, crc32).type, "cut", `length ${length}`);
  }
});

test("crc32() equals the published check value", () => {
  assert.is(crc32(toBytes("123456789")), 0xcbf43926);
  assert.is(crc32(toBytes("6789"), crc32(toBytes("12345"))), 0xcbf43926);
});

test.run();
