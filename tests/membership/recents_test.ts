import { test } from "uvu";
import * as assert from "uvu/assert";
import { Recents } from "../../src/membership/recents.ts";

const identity = (text: string): Uint8Array => new TextEncoder().encode(text);
const bytes = (length: number): Uint8Array => new Uint8Array(length);

test("add() takes each message of a time once, and tells them apart by identity", () => {
  const recents = new Recents<string>();
  const place = { lamport: 3, now: 4 };
  assert.ok(recents.add("a", { ...place, identity: identity("a") }));
  assert.ok(recents.add("b", { ...place, identity: identity("b") }));
  assert.not(recents.add("a", { ...place, identity: identity("a") }));
  assert.equal(recents.all(), ["a", "b"]);
});

test("a later time takes the slot of one 512 before, whose messages then count as old", () => {
  const recents = new Recents<string>();
  assert.ok(recents.add("old", { lamport: 5, now: 6, identity: identity("x") }));
  assert.ok(recents.add("new", { lamport: 517, now: 518, identity: identity("x") }));
  assert.equal(recents.all(), ["new"]);
  assert.not(recents.add("old", { lamport: 5, now: 518, identity: identity("x") }));
});

test("what is older than 512 times, or from before the join, counts as seen", () => {
  const recents = new Recents<number>();
  const at = (lamport: number, now: number) =>
    recents.add(lamport, { lamport, now, identity: identity(String(lamport)) });
  assert.equal([at(1, 512), at(88, 600), at(87, 600)], [true, true, false]);
  recents.ignoreBelow(590);
  assert.equal([at(589, 600), at(590, 600)], [false, true]);
});

test("messages of one time and bytes of all are bounded, and room comes back", () => {
  const crowded = new Recents<number>();
  const taken = Array.from({ length: 100 }, (_, id) =>
    crowded.add(id, { lamport: 1, now: 2, identity: identity(`${id}`) }),
  );
  assert.is(taken.filter((isNew) => isNew).length, 64);
  const heavy = new Recents<number>();
  const half = 2_097_152;
  assert.ok(heavy.add(1, { lamport: 1, now: 1, identity: bytes(half) }));
  assert.ok(heavy.add(2, { lamport: 2, now: 2, identity: bytes(half) }));
  assert.not(heavy.add(3, { lamport: 3, now: 3, identity: bytes(1) }));
  assert.ok(heavy.add(513, { lamport: 513, now: 513, identity: bytes(half) }));
});

test.run();
