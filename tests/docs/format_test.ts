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

/** Where each field of the two headers lies. Written anew here: these places are a promise to data that exists. */
const fields: ReadonlyMap<string, { readonly at: number; readonly bytes: number }> = placesOf([
  ["magic", 4],
  ["frameChecksum", 4],
  ["baseOffset", 8],
  ["durableBefore", 8],
  ["batchBytes", 4],
  ["headerChecksum", 4],
  ["version", 1],
  ["kind", 1],
  ["attributes", 2],
  ["count", 4],
  ["writer", 8],
  ["baseSequence", 8],
  ["lamport", 8],
  ["chain", 8],
  ["baseTimestamp", 8],
  ["timestampDeltaMax", 4],
  ["payloadChecksum", 4],
  ["producedChecksum", 4],
  ["generation", 4],
  ["producer", 8],
  ["producerSequence", 8],
  ["producerEpoch", 4],
  ["reserved", 4],
]);

function placesOf(sizes: readonly (readonly [name: string, bytes: number])[]): typeof fields {
  let at = 0;
  return new Map(
    sizes.map(([name, bytes]) => {
      const place = { at, bytes };
      at += bytes;
      return [name, place];
    }),
  );
}

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

/** The number that lies there. */
function fieldOf(frame: Uint8Array, name: string): bigint {
  const field = fields.get(name);
  if (field === undefined) throw new Error(`no field ${name}`);
  let value = 0n;
  for (let index = field.bytes - 1; index >= 0; index--) {
    value = value * 256n + BigInt(frame[field.at + index] as number);
  }
  return value;
}

test("docs/format.md draws both headers with every place where a field begins", () => {
  const drawings = text.slice(text.indexOf("frame header, "), text.indexOf("payload: packed records"));
  const drawn = new Set([...drawings.matchAll(/^ *\d+(?: +\d+)+ *$/gm)].flatMap(([line]) => line.trim().split(/ +/)));
  const places = [...fields.values()].map(({ at }) => String(at));
  assert.equal([...drawn].sort(), [...new Set([...places, String(headersBytes)])].sort());
  assert.match(text, `frame header, ${frameHeaderBytes} bytes`);
  assert.match(text, `batch header, ${batchHeaderBytes} bytes`);
  assert.match(text, `a frame ${frameBytesMax / 1_048_576} MiB`);
});

test("every field of a frame lies where it always lay", () => {
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
