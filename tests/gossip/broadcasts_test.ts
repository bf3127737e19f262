import { test } from "uvu";
import * as assert from "uvu/assert";
import { BroadcastQueue, transmitLimit } from "../../src/gossip/broadcasts.ts";

const message = (text: string, key?: string, onFinished?: () => void) => ({
  key,
  bytes: new TextEncoder().encode(text),
  onFinished,
});

/** Takes one packet's worth, as texts. */
function take(
  queue: BroadcastQueue,
  bytesMax: number,
  limits: { countMax?: number; transmitsMax?: number } = {},
): string[] {
  const { countMax = 127, transmitsMax = 100 } = limits;
  const taken = queue.take(bytesMax, { overheadBytes: 2, countMax, transmitsMax });
  return taken.map((bytes) => new TextDecoder().decode(bytes));
}

test("take() prefers fewest transmits, then longest, then newest", () => {
  const queue = new BroadcastQueue(10);
  for (const text of ["bb", "old", "new", "a"]) queue.add(message(text));
  assert.equal(take(queue, 5), ["new"]);
  assert.equal(take(queue, 5), ["old"]);
  assert.equal(take(queue, 1_000), ["bb", "a", "new", "old"]);
});

test("take() fills what is left with the largest that fits, and charges the overhead of each part", () => {
  const queue = new BroadcastQueue(10);
  for (const text of ["12345678", "123456", "1234", "1"]) queue.add(message(text));
  assert.equal(take(queue, 13), ["12345678", "1"]);
  assert.equal(take(queue, 14), ["123456", "1234"]);
  assert.equal(take(queue, 2), []);
});

test("take() stops at the number of parts", () => {
  const queue = new BroadcastQueue(10);
  for (const text of ["a", "b", "c"]) queue.add(message(text));
  assert.equal(take(queue, 1_000, { countMax: 2 }), ["c", "b"]);
});

test("a message is finished once it was sent often enough, and tells so once", () => {
  const queue = new BroadcastQueue(10);
  let finished = 0;
  queue.add(message("a", undefined, () => finished++));
  for (const expected of [0, 0, 1]) {
    assert.equal(take(queue, 100, { transmitsMax: 3 }), ["a"]);
    assert.is(finished, expected);
  }
  assert.equal(take(queue, 100, { transmitsMax: 3 }), []);
  assert.is(queue.depth, 0);
});

test("newer news about a node takes the place of older, which is finished by that", () => {
  const queue = new BroadcastQueue(10);
  let finished = 0;
  queue.add(message("suspect n", "n", () => finished++));
  queue.add(message("alive n", "n"));
  queue.add(message("alive m", "m"));
  assert.is(finished, 1);
  assert.equal(take(queue, 100).sort(), ["alive m", "alive n"]);
});

test("a full queue prunes the most transmitted, then the shortest", () => {
  const queue = new BroadcastQueue(2);
  assert.is(queue.add(message("sent often")), 0);
  take(queue, 100);
  assert.is(queue.add(message("short")), 0);
  assert.is(queue.add(message("longer one")), 1);
  assert.equal(take(queue, 100), ["longer one", "short"]);
  assert.is(queue.add(message("x")), 1);
});

test("transmitLimit() grows with the digits of the cluster's size", () => {
  const rows: [number, number][] = [
    [1, 4],
    [9, 4],
    [10, 8],
    [99, 8],
    [100, 12],
  ];
  for (const [nodes, expected] of rows) assert.is(transmitLimit(4, nodes), expected, String(nodes));
});

test.run();
