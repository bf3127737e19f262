import { test } from "uvu";
import * as assert from "uvu/assert";
import { at, sealHeader } from "../../src/base/frame.ts";
import {
  type Codecs,
  compressFrame,
  crc32,
  FrameBuilder,
  type FrameHeader,
  frameBytesMax,
  headersBytes,
  scanFrame,
  unpackPayload,
  viewOf,
} from "../../src/base/mod.ts";

/** Bytes whose packing is half of them, so that nothing here depends on a real codec. */
const halving: Codecs & { asked: number[] } = {
  names: ["gzip"],
  asked: [],
  compress: (_codec, bytes) => Promise.resolve(bytes.slice(0, bytes.length / 2)),
  decompress(_codec, bytes, bytesMax) {
    this.asked.push(bytesMax);
    return Promise.resolve(new Uint8Array([...bytes, ...bytes]));
  },
};

function frameOf(count: number): Uint8Array {
  const builder = new FrameBuilder();
  for (let index = 0; index < count; index++) builder.add({ value: new Uint8Array([7]) }, 1_000);
  return builder.finish();
}

function headerOf(frame: Uint8Array): FrameHeader {
  const scan = scanFrame(frame, 0, crc32);
  if (scan.type !== "frame") throw new Error(JSON.stringify(scan));
  return scan.header;
}

test("compressFrame() changes the payload, its checksums, the lengths and the codec, and nothing else", async () => {
  const plain = frameOf(10);
  const frame = await compressFrame(plain, { codec: "gzip", codecs: halving, checksum: crc32 });
  const before = headerOf(plain);
  const payload = frame.subarray(headersBytes);
  assert.is(payload.length, 20);
  assert.equal(headerOf(frame), {
    ...before,
    compression: "gzip",
    frameBytes: headersBytes + 20,
    payloadChecksum: crc32(payload),
    producedChecksum: crc32(payload),
  });
  assert.equal(await unpackPayload(halving, headerOf(frame), payload), plain.subarray(headersBytes));
});

test("compressFrame() gives the frame itself when the payload does not get shorter", async () => {
  const plain = frameOf(3);
  for (const more of [0, 1]) {
    const longer = {
      ...halving,
      compress: (_: unknown, bytes: Uint8Array) => Promise.resolve(new Uint8Array(bytes.length + more)),
    };
    assert.is(await compressFrame(plain, { codec: "gzip", codecs: longer, checksum: crc32 }), plain);
  }
});

test("unpackPayload() allows what so many records may have, and never more than a frame", async () => {
  for (const [count, allowed] of [
    [1, 1_048_584],
    [7, 7_340_088],
    [8, frameBytesMax - headersBytes],
    [1_000_000, frameBytesMax - headersBytes],
    [0, 1],
  ] as const) {
    halving.asked = [];
    const header: FrameHeader = { ...headerOf(frameOf(1)), compression: "gzip", count };
    await unpackPayload(halving, header, new Uint8Array(2));
    assert.equal(halving.asked, [allowed], `${count} records`);
  }
});

test("unpackPayload() leaves plain payloads alone, and does not count what compaction took out", async () => {
  const frame = frameOf(2);
  const payload = frame.subarray(headersBytes);
  assert.is(await unpackPayload(halving, headerOf(frame), payload), payload);
  const header: FrameHeader = { ...headerOf(frame), compression: "gzip", count: 9 };
  const half = payload.slice(0, payload.length / 2);
  assert.is(await unpackPayload(halving, header, half), "the header counts 9 records, the batch holds 2");
  assert.equal(await unpackPayload(halving, { ...header, compacted: true }, half), payload);
});

test("scanFrame() refuses codecs that it does not know, by number", () => {
  for (const number of [0, 1, 2, 3, 4, 5, 6, 7]) {
    const frame = frameOf(1);
    const view = viewOf(frame);
    view.setUint16(at.attributes, number, true);
    sealHeader(frame, view);
    const scan = scanFrame(frame, 0, crc32);
    if (number < 4) assert.is(scan.type, "frame");
    else assert.equal(scan, { type: "bad", reason: `compression ${number} is unknown` });
  }
});

test.run();
