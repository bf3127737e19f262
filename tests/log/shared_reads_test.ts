import { test } from "uvu";
import * as assert from "uvu/assert";
import { type ReadChunk, SharedReads } from "../../src/log/shared_reads.ts";

/** As many other places as make `reads` forget what was read before. */
const placesThatForget = 32;

/** A read of one byte that counts how often its memory came back. */
function countedRead(): { readonly chunk: () => Promise<ReadChunk>; readonly givenBack: () => number } {
  let givenBack = 0;
  const chunk = { frames: new Uint8Array(1), nextOffset: 1, giveBack: () => void givenBack++ };
  return { chunk: async () => chunk, givenBack: () => givenBack };
}

async function forgetAll(reads: SharedReads): Promise<void> {
  for (let index = 0; index < placesThatForget; index++) await reads.read(`other/${index}`, countedRead().chunk);
}

test("SharedReads gives memory back once the place is forgotten and every reader has released it", async () => {
  const reads = new SharedReads();
  const { chunk, givenBack } = countedRead();
  const first = await reads.read("place", chunk);
  const second = await reads.read("place", () => Promise.reject(new Error("it is read once")));
  assert.is(first, second);
  first.release();
  assert.is(givenBack(), 0, "one reader is left");
  await forgetAll(reads);
  assert.is(givenBack(), 0, "one reader is left, and nobody comes anew");
  second.release();
  assert.is(givenBack(), 1);
});

test("SharedReads keeps the memory of a place that it remembers, for readers to come", async () => {
  const reads = new SharedReads();
  const { chunk, givenBack } = countedRead();
  (await reads.read("place", chunk)).release();
  assert.is(givenBack(), 0);
  const later = await reads.read("place", () => Promise.reject(new Error("it is known")));
  await forgetAll(reads);
  assert.is(givenBack(), 0);
  later.release();
  assert.is(givenBack(), 1);
});

test("SharedReads counts those who wait for a read among its readers", async () => {
  const reads = new SharedReads();
  const { chunk, givenBack } = countedRead();
  const waiting = [reads.read("place", chunk), reads.read("place", chunk)];
  const forgetting = forgetAll(reads);
  const [first, second] = await Promise.all(waiting);
  first?.release();
  await forgetting;
  assert.is(givenBack(), 0);
  second?.release();
  assert.is(givenBack(), 1);
  assert.throws(() => second?.release(), /releases it once/);
});

test("ReadBuffers gives the memory that came back last, and none for reads that are too large", async () => {
  const { buffers } = new SharedReads();
  const buffer = buffers.take(1_000) as Uint8Array;
  assert.ok(buffer.length >= 262_144);
  assert.is.not(buffers.take(1_000), buffer);
  buffers.give(buffer);
  assert.is(buffers.take(1_000), buffer);
  assert.is(buffers.take(1_048_576), undefined);
});

test.run();
