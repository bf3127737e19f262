import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  batchHeaderBytes,
  chainStart,
  crc32,
  FrameBuilder,
  frameBytesMax,
  frameHeaderBytes,
  headersBytes,
  placeFrame,
  scanFrame,
  stampBatch,
  viewOf,
} from "../../src/base/mod.ts";

const text = readFileSync(new URL("../../docs/format.md", import.meta.url), "utf8");

/** The rows of the two tables: where each field lies. */
const fields = new Map(
  [...text.matchAll(/^\| (\d+) \| (\d) \| (\w+) \|/gm)].map(([, at, bytes, name]) => [
    name as string,
    { at: Number(at), bytes: Number(bytes) },
  ]),
);

function stampedFrame(): Uint8Array {
  const builder = new FrameBuilder();
  builder.add({ value: "first", timestampMs: 1_700_000_000_000 }, 0);
  builder.add({ value: "second", timestampMs: 1_700_000_000_009 }, 0);
  const frame = builder.finish();
  const writer = "0123456789abcdef";
  stampBatch(frame, { writer, baseSequence: 7, lamport: 11, generation: 3, previousChain: chainStart });
  placeFrame(frame, { baseOffset: 42, durableBefore: 4096 });
  return frame;
}

/** The field as the document says it lies. */
function fieldOf(frame: Uint8Array, name: string): bigint {
  const field = fields.get(name);
  if (field === undefined) throw new Error(`docs/format.md does not name ${name}`);
  let value = 0n;
  for (let index = field.bytes - 1; index >= 0; index--) {
    value = value * 256n + BigInt(frame[field.at + index] as number);
  }
  return value;
}

test("docs/format.md draws both headers without a hole", () => {
  let next = 0;
  for (const [name, field] of fields) {
    assert.is(field.at, next, name);
    next += field.bytes;
  }
  assert.is(next, headersBytes);
  assert.is(fields.get("batchBytes")?.at, frameHeaderBytes);
  assert.match(text, `frame header, ${frameHeaderBytes}`);
  assert.match(text, `batch header, ${batchHeaderBytes}`);
  assert.match(text, `at most ${frameBytesMax / 1_048_576} MiB`);
});

test("docs/format.md says where every field of a frame lies", () => {
  const frame = stampedFrame();
  const scan = scanFrame(frame, 0, crc32);
  if (scan.type !== "frame") throw new Error("no frame");
  const { header } = scan;
  const expected: Readonly<Record<string, number | bigint>> = {
    magic: viewOf(new TextEncoder().encode("GVF1")).getUint32(0, true),
    frameChecksum: crc32(frame.subarray(8, 24)),
    baseOffset: header.baseOffset,
    durableBefore: header.durableBefore,
    batchBytes: frame.length - frameHeaderBytes,
    headerChecksum: crc32(frame.subarray(32, 120)),
    version: 1,
    kind: 0,
    attributes: 0,
    count: header.count,
    baseSequence: header.baseSequence,
    lamport: header.lamport,
    chain: (BigInt(header.chain.high) << 32n) + BigInt(header.chain.low),
    baseTimestamp: header.baseTimestampMs,
    timestampDeltaMax: header.timestampDeltaMaxMs,
    payloadChecksum: header.payloadChecksum,
    producedChecksum: header.producedChecksum,
    generation: header.generation,
    producer: 0,
    producerSequence: 0,
    producerEpoch: 0,
    reserved: 0,
  };
  for (const [name, value] of Object.entries(expected)) assert.is(fieldOf(frame, name), BigInt(value), name);
  const writer = fields.get("writer");
  assert.equal(
    [...frame.subarray(writer?.at, (writer?.at ?? 0) + 8)],
    [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef],
  );
});

test.run();
