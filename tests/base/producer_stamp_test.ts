import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  FrameBuilder,
  isProducerId,
  readProducerStamp,
  scanFrame,
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

test.run();
