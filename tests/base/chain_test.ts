import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  type BatchStamp,
  chainStart,
  crc32,
  FrameBuilder,
  frameBytesMax,
  frameHeaderBytes,
  headersBytes,
  nextChain,
  placeFrame,
  type RecordInput,
  readPlace,
  recordBytesMax,
  scanFrame,
  stampBatch,
  viewOf,
} from "../../src/base/mod.ts";

const stamp: BatchStamp = {
  writer: "00112233445566ff",
  baseSequence: 41,
  lamport: 9,
  generation: 1,
  previousChain: chainStart,
};

function stamped(changes: Partial<BatchStamp> = {}, records: readonly RecordInput[] = [{ value: "a" }]): Uint8Array {
  const builder = new FrameBuilder();
  for (const record of records) builder.add({ timestampMs: 1_700_000_000_000, ...record }, 0);
  const frame = builder.finish();
  stampBatch(frame, { ...stamp, ...changes });
  return frame;
}

function chainOf(frame: Uint8Array): string {
  const scan = scanFrame(frame, 0);
  if (scan.type !== "frame") throw new Error("no frame");
  const { high, low } = scan.header.chain;
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}

test("nextChain() is the same number on every runtime, for ever", () => {
  // Golden: nodes of different versions compare these.
  assert.is(chainOf(stamped()), "00174b775122854a");
  assert.is(chainOf(stamped({ previousChain: { high: 1, low: 2 } })), "cb769024122be0ad");
});

test("nextChain() changes with everything that a batch says of its feed", () => {
  const chains = [
    stamped(),
    stamped({ writer: "00112233445566fe" }),
    stamped({ writer: "80112233445566ff" }),
    stamped({ baseSequence: 42 }),
    stamped({ baseSequence: 41 + 2 ** 32 }),
    stamped({ lamport: 10 }),
    stamped({ lamport: 9 + 2 ** 32 }),
    stamped({ generation: 2 }),
    stamped({ previousChain: { high: 0, low: 1 } }),
    stamped({ previousChain: { high: 1, low: 0 } }),
    stamped({}, [{ value: "b" }]),
    stamped({}, [{ value: "a", timestampMs: 1 }]),
    stamped({}, [{ value: "a" }, { value: "a" }]),
  ].map(chainOf);
  assert.is(new Set(chains).size, chains.length);
});

test("nextChain() does not change with what is one node's own", () => {
  const frame = stamped();
  placeFrame(frame, { baseOffset: 7, durableBefore: 8 });
  assert.equal(nextChain(chainStart, frame), nextChain(chainStart, stamped()));
});

test("readPlace() reads the frame header alone, and only an intact one", () => {
  const frame = stamped();
  placeFrame(frame, { baseOffset: 2 ** 40, durableBefore: 4096 });
  const header = frame.slice(0, frameHeaderBytes);
  assert.equal(readPlace(header, 0), { baseOffset: 2 ** 40, durableBefore: 4096 });
  assert.is(readPlace(header.subarray(0, frameHeaderBytes - 1), 0), undefined);
  for (let at = 0; at < frameHeaderBytes; at++) {
    const damaged = header.slice();
    damaged[at] = (damaged[at] as number) ^ 1;
    assert.is(readPlace(damaged, 0), undefined, `byte ${at}`);
  }
});

test("readPlace() and scanFrame() refuse numbers above 2^53, one as well as both", () => {
  for (const position of [8, 16]) {
    const frame = stamped();
    viewOf(frame).setBigUint64(position, 2n ** 53n, true);
    viewOf(frame).setUint32(4, crc32(frame.subarray(8, frameHeaderBytes)), true);
    assert.is(readPlace(frame, 0), undefined);
    assert.equal(scanFrame(frame, 0), { type: "bad", reason: "a number is above 2^53" });
  }
});

/** A frame whose header claims a length, sealed so that only the length can be wrong. */
function claiming(frameBytes: number): Uint8Array {
  const frame = stamped();
  viewOf(frame).setUint32(24, frameBytes - frameHeaderBytes, true);
  viewOf(frame).setUint32(28, crc32(frame.subarray(32, headersBytes)), true);
  return frame;
}

test("scanFrame() takes lengths from the headers alone up to the limit, and no others", () => {
  assert.is(scanFrame(claiming(headersBytes), 0).type, "frame");
  assert.equal(scanFrame(claiming(frameBytesMax), 0), { type: "cut", bytesNeeded: frameBytesMax });
  assert.is(scanFrame(claiming(headersBytes - 1), 0).type, "bad");
  assert.is(scanFrame(claiming(frameBytesMax + 1), 0).type, "bad");
});

test("FrameBuilder.add() fills a frame to the last byte", () => {
  const builder = new FrameBuilder();
  // What may be written is reserved before: length, flags, time, and the value.
  const overhead = 17;
  const full = { value: new Uint8Array(recordBytesMax - overhead), timestampMs: 0 };
  while (builder.add(full, 0)) assert.ok(builder.bytes <= frameBytesMax);
  const left = frameBytesMax - builder.bytes - overhead;
  assert.is(builder.add({ value: new Uint8Array(left + 1), timestampMs: 0 }, 0), false);
  assert.is(builder.add({ value: new Uint8Array(left), timestampMs: 0 }, 0), true);
  assert.is(scanFrame(builder.finish(), 0, crc32).type, "frame");
});

test.run();
