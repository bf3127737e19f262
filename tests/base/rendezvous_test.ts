import { test } from "uvu";
import * as assert from "uvu/assert";
import { rendezvousPick, rendezvousRank, slotOf, toBytes } from "../../src/base/mod.ts";

const names = ["a", "b", "c", "d", "e"];
const keys = Array.from({ length: 10_000 }, (_, index) => `order-${index}`);

test("picks what ranks first, in whatever order the names come", () => {
  for (const key of keys.slice(0, 500)) {
    const ranked = rendezvousRank(key, names);
    assert.equal([...ranked].sort(), names);
    assert.is(rendezvousPick(key, names), ranked[0]);
    assert.equal(rendezvousRank(key, [...names].reverse()), ranked);
  }
  assert.is(rendezvousPick("key", []), undefined);
});

test("gives each name an even share, and moves only the keys of a name that goes", () => {
  const shares = new Map<string, number>();
  for (const key of keys) {
    const home = rendezvousPick(key, names) as string;
    shares.set(home, (shares.get(home) ?? 0) + 1);
    const without = rendezvousPick(
      key,
      names.filter((name) => name !== "c"),
    );
    if (home !== "c") assert.is(without, home);
  }
  for (const name of names) {
    const share = shares.get(name) ?? 0;
    assert.ok(share > 1_800 && share < 2_200, `${name} has ${share} of 10,000`);
  }
});

test("spreads keys over slots", () => {
  const shares = new Array<number>(64).fill(0);
  for (const key of keys) shares[slotOf(toBytes(key), 64)] = (shares[slotOf(toBytes(key), 64)] as number) + 1;
  assert.ok(Math.min(...shares) > 100 && Math.max(...shares) < 220, `${Math.min(...shares)} to ${Math.max(...shares)}`);
});

test("is the same on every runtime", () => {
  assert.equal(rendezvousRank("order-42", names).join(""), "acebd");
});

test.run();
