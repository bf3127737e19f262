import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  FrameBuilder,
  headersBytes,
  isProducerId,
  isStamped,
  producerStampFault,
  readProducerStamp,
  scanFrame,
  scanHeaders,
  stampBatch,
  writeProducerStamp,
} from "../../src/base/mod.ts";

function frameOf(value: string): Uint8Array {
  const builder = new FrameBuilder();
  builder.add({ value }, 1_000);
  return builder.finish();
}

const writer = "00000000000000aa";

test("stands in the frame's header, which stays sound, and in the feed's hash", () => {
  const stamp = { producer: "fedcba9876543210", epoch: 4_294_967_295, sequence: 2 ** 53 - 1 };
  const plain = frameOf("paid");
  const frame = frameOf("paid");
  assert.is(readProducerStamp(frame), undefined);
  writeProducerStamp(frame, stamp);
  assert.equal(readProducerStamp(frame), stamp);
  assert.is(scanFrame(frame, 0).type, "frame");
  const batch = { writer, baseSequence: 1, lamport: 1, generation: 1, previousChain: { high: 0, low: 0 } };
  assert.not.equal(stampBatch(frame, batch), stampBatch(plain, batch));
  assert.equal(readProducerStamp(frame), stamp);
});

test("tells producer ids from other texts", () => {
  assert.ok(isProducerId("fedcba9876543210"));
  for (const text of ["", "0000000000000000", "FEDCBA9876543210", "fedcba987654321", "fedcba98765432100"]) {
    assert.not.ok(isProducerId(text), text);
  }
});

test("says why a stamp is nothing to know a batch by", () => {
  const producer = "fedcba9876543210";
  const stamped = (stamp: { producer: string; epoch: number; sequence: number }): Uint8Array => {
    const frame = frameOf("paid");
    writeProducerStamp(frame, stamp);
    return frame;
  };
  assert.not.ok(isStamped(frameOf("paid")));
  assert.is(producerStampFault(frameOf("paid"), 1), undefined);
  const sound = stamped({ producer, epoch: 1, sequence: 2 ** 53 - 1 });
  assert.ok(isStamped(sound));
  assert.is(producerStampFault(sound, 1), undefined);
  assert.match(producerStampFault(sound, 2) ?? "", "above 2^53");
  assert.match(producerStampFault(stamped({ producer, epoch: 1, sequence: 0 }), 1) ?? "", "count from 1");
  const anonymous = stamped({ producer: "0000000000000000", epoch: 1, sequence: 7 });
  assert.match(producerStampFault(anonymous, 1) ?? "", "no producer id");
  assert.is(readProducerStamp(anonymous), undefined);
  assert.match(producerStampFault(stamped({ producer, epoch: 0, sequence: 2 ** 53 }), 1) ?? "", "above 2^53");
});

test("scanHeaders() reads a frame whose payload is not there as the whole one, and no damaged header", () => {
  const frame = frameOf("paid".repeat(100));
  const whole = scanFrame(frame, 0);
  assert.equal(scanHeaders(frame, 0), whole);
  for (const length of [headersBytes, headersBytes + 5]) {
    assert.is(scanFrame(frame.subarray(0, length), 0).type, "cut");
    assert.equal(scanHeaders(frame.subarray(0, length), 0), whole);
  }
  assert.is(scanHeaders(frame.subarray(0, headersBytes - 1), 0).type, "cut");
  const damaged = frame.slice(0, headersBytes);
  damaged[50] = (damaged[50] as number) ^ 1;
  assert.is(scanHeaders(damaged, 0).type, "bad");
});

test.run();
