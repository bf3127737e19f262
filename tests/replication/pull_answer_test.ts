import { test } from "uvu";
import * as assert from "uvu/assert";
import { chainStart, concat, FrameBuilder, stampBatch } from "../../src/base/mod.ts";
import { PullAnswer, pullResponseBytesMax } from "../../src/replication/mod.ts";
import { vector, writers } from "./builders.ts";

function frameOf(writer: string, baseSequence: number, count: number): Uint8Array {
  const builder = new FrameBuilder();
  for (let index = 0; index < count; index++) builder.add({ value: "x" }, 1);
  const frame = builder.finish();
  stampBatch(frame, { writer, baseSequence, lamport: 1, generation: 1, previousChain: chainStart });
  return frame;
}

test("PullAnswer reads on from the vector that the puller will have", () => {
  const answer = new PullAnswer(vector("a3"), 1_000_000);
  assert.is(answer.bytesMax, pullResponseBytesMax);
  answer.sent({ frames: concat([frameOf(writers.a, 4, 2), frameOf(writers.b, 1, 3)]), complete: false });
  assert.equal(answer.have, vector("a5 b3"));
  assert.not.ok(answer.isOver);
  answer.sent({ frames: frameOf(writers.b, 4, 1), complete: true });
  assert.equal(answer.have, vector("a5 b4"));
  assert.ok(answer.isOver);
});

test("PullAnswer is over when the credit is used up, but not before the first frame", () => {
  const answer = new PullAnswer(new Map(), 0);
  assert.not.ok(answer.isOver);
  assert.is(answer.bytesMax, 0);
  answer.sent({ frames: frameOf(writers.a, 1, 1), complete: false });
  assert.ok(answer.isOver);
});

test("PullAnswer is over when nothing was read or what was read is no frame", () => {
  for (const frames of [new Uint8Array(0), new Uint8Array(500)]) {
    const answer = new PullAnswer(new Map(), 1_000_000);
    answer.sent({ frames, complete: false });
    assert.ok(answer.isOver);
  }
});

test.run();
