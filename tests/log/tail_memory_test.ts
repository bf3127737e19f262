import { test } from "uvu";
import * as assert from "uvu/assert";
import { knownBytes, TailBudget, TailCache } from "../../src/log/tail_cache.ts";
import { TailMemory } from "../../src/log/tail_memory.ts";

const place = { position: 0, frameBytes: 0, count: 1, lamport: 1, timestampMaxMs: 0 } as const;

function add(cache: TailCache, sequence: number, bytes: Uint8Array): void {
  const frame = { ...place, writer: "w", offset: sequence, baseSequence: sequence, chain: undefined, gap: false };
  cache.add({ ...frame, stamp: undefined }, bytes);
}

/** How much memory the frames of a cache keep alive. */
function keptBytes(cache: TailCache): number {
  const { parts } = cache.read(cache.firstOffset, Number.MAX_SAFE_INTEGER) ?? { parts: [] };
  return [...new Set(parts.map(({ buffer }) => buffer))].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

test("small frames of large messages keep alive little more than themselves", () => {
  const cache = new TailCache(new TailBudget(), new Map());
  const frameBytes = 150;
  for (let sequence = 1; sequence <= 1_000; sequence++) {
    const message = new Uint8Array(100_000).fill(sequence % 251);
    add(cache, sequence, message.subarray(50, 50 + frameBytes));
  }
  assert.ok(keptBytes(cache) < 1.2 * 1_000 * frameBytes, `${keptBytes(cache)} bytes`);
  const { parts } = cache.read(400, 3 * frameBytes) ?? { parts: [] };
  assert.equal(
    parts.map((part) => [part.length, new Set(part)]),
    [400, 401, 402].map((sequence) => [frameBytes, new Set([sequence % 251])]),
  );
});

test("a tail with one small frame keeps alive only that, and one without frames nothing", () => {
  const memory = new TailMemory();
  const owned = memory.own(new Uint8Array(8_192).subarray(0, 150), 0);
  assert.is(owned.buffer.byteLength, 150);
  memory.own(new Uint8Array(8_192).subarray(0, 150), 1_000_000);
  memory.release();
  assert.is(memory.own(new Uint8Array(8_192).subarray(0, 150), 0).buffer.byteLength, 150);
});

test("a frame that is most of its message stays where it is", () => {
  const message = new Uint8Array(1_000);
  const frame = message.subarray(20);
  assert.is(new TailMemory().own(frame, 0), frame);
});

test("what a runtime takes to know of a frame counts as well, where frames are small", () => {
  const cache = new TailCache(new TailBudget(), new Map());
  for (let sequence = 1; sequence <= 20_000; sequence++) add(cache, sequence, new Uint8Array(128));
  const countMax = (2 * 1_048_576) / (128 + knownBytes);
  assert.ok(cache.length <= countMax && cache.length > 0.9 * countMax, `${cache.length} frames`);
});

test("and in what all topics hold together", () => {
  const budget = new TailBudget();
  const caches = Array.from({ length: 40 }, () => new TailCache(budget, new Map()));
  const frame = new Uint8Array(128);
  for (const cache of caches) for (let sequence = 1; sequence <= 6_000; sequence++) add(cache, sequence, frame);
  const countMax = (64 * 1_048_576) / (frame.length + knownBytes);
  const held = caches.reduce((sum, { length }) => sum + length, 0);
  assert.ok(held <= countMax && held > 0.9 * countMax, `${held} frames`);
});

test.run();
