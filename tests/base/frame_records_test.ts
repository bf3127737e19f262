import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  chainStart,
  compactedFrame,
  crc32,
  FrameBuilder,
  type FrameHeader,
  headersBytes,
  nextChain,
  packedRecordsFault,
  readPackedRecords,
  readRecords,
  sameChain,
  scanFrame,
  stampBatch,
  withoutRecords,
} from "../../src/base/mod.ts";

function frameOf(values: readonly string[]): Uint8Array {
  const builder = new FrameBuilder();
  for (const [index, value] of values.entries()) builder.add({ value, key: `${index}`, timestampMs: 1_000 }, 1_000);
  const frame = builder.finish();
  stampBatch(frame, {
    ...{ writer: "00000000000000ab", baseSequence: 7, lamport: 3, generation: 1 },
    previousChain: chainStart,
  });
  return frame;
}

function headerOf(frame: Uint8Array): FrameHeader {
  const scan = scanFrame(frame, 0, crc32);
  if (scan.type !== "frame") throw new Error(JSON.stringify(scan));
  return scan.header;
}

/** Sequence and value of each record, or what is wrong. */
function recordsIn(frame: Uint8Array): [number, string][] | string {
  const records: [number, string][] = [];
  const header = headerOf(frame);
  const fault = readRecords(frame.subarray(headersBytes), header, (record) => {
    assert.is(record.offset - header.baseOffset, record.sequence - header.baseSequence);
    records.push([record.sequence, record.text()]);
  });
  return fault ?? records;
}

function without(frame: Uint8Array, removed: ReadonlySet<number>): Uint8Array | undefined {
  const payload = withoutRecords(frame.subarray(headersBytes), (index) => removed.has(index));
  return payload && compactedFrame(frame, payload, { compression: "none", checksum: crc32 });
}

test("compactedFrame() keeps sequence, count and chain hash, and the places of what remains", () => {
  const frame = frameOf(["a", "b", "c", "d", "e"]);
  const compacted = without(frame, new Set([0, 2, 3])) as Uint8Array;
  assert.equal(recordsIn(compacted), [
    [8, "b"],
    [11, "e"],
  ]);
  const { frameBytes, payloadChecksum, compacted: isCompacted, ...kept } = headerOf(compacted);
  const before = headerOf(frame);
  assert.ok(isCompacted);
  assert.not(before.compacted);
  assert.equal({ ...before, ...kept, frameBytes, payloadChecksum, compacted: true }, headerOf(compacted));
  assert.is(kept.producedChecksum, before.payloadChecksum);
  assert.ok(sameChain(nextChain(chainStart, compacted), nextChain(chainStart, frame)));
  assert.is(scanFrame(compacted, 0, crc32).type, "frame");
});

test("withoutRecords() in any steps gives what all of them at once give, and never grows", () => {
  const places = fc.uniqueArray(fc.nat(39), { maxLength: 40 });
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 20 }), { minLength: 1, maxLength: 40 }), places, places, (...drawn) => {
      const [values, first, second] = drawn;
      const frame = frameOf(values);
      const step = without(frame, new Set(first)) ?? frame;
      const twice = without(step, new Set(second)) ?? step;
      const once = without(frame, new Set([...first, ...second])) ?? frame;
      assert.equal(twice, once);
      assert.ok(step === frame || step.length < frame.length);
      const left = values.map((value, index): [number, string] => [7 + index, value]);
      const gone = new Set([...first, ...second]);
      assert.equal(
        recordsIn(twice),
        left.filter((_, index) => !gone.has(index)),
      );
    }),
    { numRuns: 300 },
  );
});

test("a batch without any record left is a hole as large as the batch", () => {
  const frame = frameOf(["a", "b", "c"]);
  const empty = without(frame, new Set([0, 1, 2])) as Uint8Array;
  assert.equal([...empty.subarray(headersBytes)], [0, 3]);
  assert.equal(recordsIn(empty), []);
  assert.is(without(empty, new Set([0, 1, 2])), undefined);
});

test("holes are for compacted batches alone, and their counts are judged", () => {
  const rows: readonly [readonly number[], string][] = [
    [[0], "record 0 does not fit its batch"],
    [[0, 0], "record 0 does not fit its batch"],
    [[2, 0, 0, 0, 0x80], "record 1 does not fit its batch"],
    [[0, 0xff, 0xff, 0xff, 0xff, 0x7f], "record 0 does not fit its batch"],
    [[0, 2, 1, 0], "record 2 does not fit its batch"],
  ];
  for (const [bytes, fault] of rows) {
    const payload = Uint8Array.from(bytes);
    assert.is(
      readPackedRecords(payload, 0, payload.length, () => undefined),
      fault,
    );
  }
  const hole = Uint8Array.of(0, 1);
  assert.is(packedRecordsFault(hole, 0, 2, 1), "record 0 does not fit its batch");
});

test.run();
