import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  FrameBuilder,
  frameRecordsMax,
  gapFrame,
  headersBytes,
  LogRecord,
  type PackedRecord,
  packedBytesMax,
  packedRecordsFault,
  packRecord,
  type RecordInput,
  readPackedRecords,
  recordBytesMax,
  recordHeadersMax,
  scanFrame,
  toBytes,
  writeVarint,
} from "../../src/base/mod.ts";

const bytesOrText = fc.oneof(fc.string({ unit: "grapheme" }), fc.uint8Array({ maxLength: 200 }));
const header = fc.record({ name: fc.string({ unit: "grapheme" }), value: bytesOrText });
const record: fc.Arbitrary<RecordInput> = fc.record(
  { value: bytesOrText, key: bytesOrText, headers: fc.array(header, { maxLength: 5 }) },
  { requiredKeys: ["value"] },
);
const deltaMs = fc.integer({ min: -(2 ** 48), max: 2 ** 48 });

/** What a reader must see of a record that was packed. */
function expected(input: RecordInput, timestampDeltaMs: number): PackedRecord {
  const headers = (input.headers ?? []).map(({ name, value }) => ({ name, value: toBytes(value).slice() }));
  const key = input.key === undefined ? undefined : toBytes(input.key).slice();
  return { timestampDeltaMs, key, headers, value: toBytes(input.value).slice() };
}

function pack(inputs: readonly { input: RecordInput; delta: number }[]): Uint8Array {
  const bytes = new Uint8Array(inputs.reduce((total, { input }) => total + packedBytesMax(input), 0));
  let at = 0;
  for (const { input, delta } of inputs) {
    const end = packRecord(bytes, at, input, delta);
    assert.ok(end - at <= packedBytesMax(input), "packedBytesMax is a promise");
    at = end;
  }
  return bytes.slice(0, at);
}

function unpack(bytes: Uint8Array): PackedRecord[] | string {
  const records: PackedRecord[] = [];
  const fault = readPackedRecords(bytes, 0, bytes.length, ({ timestampDeltaMs, key, headers, value }) => {
    const copied = headers.map((each) => ({ name: each.name, value: each.value.slice() }));
    records.push({ timestampDeltaMs, key: key?.slice(), headers: copied, value: value.slice() });
  });
  return fault ?? records;
}

test("readPackedRecords() gives back what packRecord() wrote", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ input: record, delta: deltaMs }), { maxLength: 20 }), (inputs) => {
      const bytes = pack(inputs);
      assert.equal(
        unpack(bytes),
        inputs.map(({ input, delta }) => expected(input, delta)),
      );
      if (inputs.length > 0) {
        assert.is(packedRecordsFault(bytes, 0, bytes.length, inputs.length), undefined);
      }
    }),
  );
});

test("packRecord() writes the bytes that the format promises", () => {
  assert.equal([...pack([{ input: { value: "ab" }, delta: 3 }])], [4, 0, 6, 97, 98]);
  assert.equal(
    [...pack([{ input: { value: "v", key: "k", headers: [{ name: "n", value: "x" }] }, delta: -1 }])],
    [10, 3, 1, 1, 107, 1, 1, 110, 1, 120, 118],
  );
});

test("readPackedRecords() and packedRecordsFault() are total over any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(5), (bytes, count) => {
      const read = unpack(bytes);
      const fault = packedRecordsFault(bytes, 0, bytes.length, count);
      if (fault === undefined) assert.is((read as PackedRecord[]).length, count);
    }),
    { numRuns: 2000 },
  );
});

test("readPackedRecords() says of every cut that it is one", () => {
  const bytes = pack([
    { input: { value: "first" }, delta: 0 },
    { input: { value: "second", key: "k", headers: [{ name: "n", value: "x" }] }, delta: 1 },
  ]);
  const boundary = pack([{ input: { value: "first" }, delta: 0 }]).length;
  for (let length = 1; length < bytes.length; length++) {
    if (length !== boundary) assert.type(unpack(bytes.subarray(0, length)), "string", `length ${length}`);
    assert.type(packedRecordsFault(bytes, 0, length, 2), "string", `length ${length}`);
  }
});

test("packedRecordsFault() names the rule that is broken", () => {
  const one = pack([{ input: { value: "a" }, delta: 0 }]);
  const large = pack([{ input: { value: new Uint8Array(recordBytesMax) }, delta: 0 }]);
  const strangeFlags = Uint8Array.from([3, 4, 0, 0]);
  const rows: readonly [Uint8Array, number, string][] = [
    [one, 2, "counts 2 records, the batch holds 1"],
    [new Uint8Array(0), 0, `1 to ${frameRecordsMax} records`],
    [large, 1, `allowed are ${recordBytesMax}`],
    [strangeFlags, 1, "not well-formed"],
    [Uint8Array.from([9, 0, 0]), 1, "does not fit"],
    [Uint8Array.from([1, 0]), 1, "does not fit"],
  ];
  for (const [bytes, count, message] of rows) {
    assert.match(packedRecordsFault(bytes, 0, bytes.length, count) ?? "", message);
  }
});

test("readPackedRecords() refuses more headers than allowed, before it reads any", () => {
  const body = new Uint8Array(16);
  body[0] = 2;
  const end = writeVarint(body, 2, recordHeadersMax + 1);
  const bytes = Uint8Array.from([end, ...body.subarray(0, end)]);
  assert.match(unpack(bytes) as string, "not well-formed");
});

test("readPackedRecords() takes as many headers as allowed", () => {
  const headers = Array.from({ length: recordHeadersMax }, () => ({ name: "n", value: "x" }));
  const records = unpack(pack([{ input: { value: "v", headers }, delta: 0 }]));
  assert.is(typeof records === "string" ? records : records[0]?.headers.length, recordHeadersMax);
});

test("readPackedRecords() refuses a key or a header that goes on beyond its record", () => {
  const rows: readonly number[][] = [
    [4, 1, 0, 2, 107], // a key of two bytes, one is there
    [4, 1, 0, 128, 107], // a length that never ends
    [6, 2, 0, 1, 1, 110, 9], // a header's value of nine bytes, none is there
  ];
  for (const row of rows) {
    const bytes = Uint8Array.from([...row, 1, 1, 1, 1, 1, 1, 1, 1, 1]).subarray(0, row.length);
    assert.type(unpack(bytes), "string", `${row}`);
  }
});

test("LogRecord reads its value as text and as JSON", () => {
  const fields = { offset: 1, writer: "00".repeat(8), sequence: 1, timestampMs: 0, key: undefined, headers: [] };
  assert.is(new LogRecord({ ...fields, value: toBytes("✓") }).text(), "✓");
  assert.equal(new LogRecord({ ...fields, value: toBytes('{"a":1}') }).json(), { a: 1 });
  assert.throws(
    () => new LogRecord({ ...fields, value: toBytes("{") }).json(),
    (error: unknown) => error instanceof SyntaxError,
  );
});

test("FrameBuilder.add() says false and changes nothing when the frame would outgrow its limit", () => {
  const builder = new FrameBuilder();
  const value = new Uint8Array(recordBytesMax - 20);
  let added = 0;
  while (builder.add({ value, timestampMs: 1 }, 0)) added++;
  assert.is(added, 7);
  const { bytes, count } = builder;
  assert.is(builder.add({ value }, 0), false);
  assert.equal([builder.bytes, builder.count], [bytes, count]);
  const scan = scanFrame(builder.finish(), 0);
  assert.is(scan.type === "frame" && scan.header.count, added);
});

test("FrameBuilder can be used again after finish()", () => {
  const builder = new FrameBuilder();
  builder.add({ value: "a", timestampMs: 5 }, 0);
  builder.add({ value: "b", timestampMs: 50 }, 0);
  builder.finish();
  assert.equal([builder.count, builder.bytes], [0, headersBytes]);
  builder.add({ value: "c" }, 7);
  const scan = scanFrame(builder.finish(), 0);
  if (scan.type !== "frame") throw new Error("no frame");
  assert.equal([scan.header.count, scan.header.baseTimestampMs, scan.header.timestampDeltaMaxMs], [1, 7, 0]);
});

test("gapFrame() makes a frame that scans as a gap", () => {
  const frame = gapFrame({ writer: "00112233445566ff", baseSequence: 7, count: 5, generation: 2 });
  const scan = scanFrame(frame, 0);
  if (scan.type !== "frame") throw new Error("no frame");
  const { kind, writer, baseSequence, count, generation } = scan.header;
  assert.equal([kind, writer, baseSequence, count, generation], ["gap", "00112233445566ff", 7, 5, 2]);
  assert.is(frame.length, headersBytes);
});

test.run();
