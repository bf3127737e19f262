import { test } from "uvu";
import * as assert from "uvu/assert";
import { settingsOf } from "../../src/gossip/options.ts";
import { Suspicion, suspicionTimeoutMs, suspicionTimes } from "../../src/gossip/suspicion.ts";

test("suspicionTimes() follows memberlist's formula for each profile and size", () => {
  const rows: ["lan" | "wan" | "local", number, number, number, number][] = [
    // profile, nodes, min, max, confirmations wanted
    ["lan", 1, 4_000, 24_000, 0],
    ["lan", 2, 4_000, 24_000, 0],
    ["lan", 3, 4_000, 24_000, 0],
    ["lan", 4, 4_000, 24_000, 2],
    ["lan", 10, 4_000, 24_000, 2],
    ["lan", 100, 8_000, 48_000, 2],
    ["lan", 50, 6_792, 40_752, 2],
    ["wan", 6, 30_000, 180_000, 4],
    ["local", 2, 3_000, 18_000, 0],
    ["local", 3, 3_000, 18_000, 1],
  ];
  for (const [profile, nodes, minMs, maxMs, confirmationsWanted] of rows) {
    const expected = { minMs, maxMs, confirmationsWanted };
    assert.equal(suspicionTimes(settingsOf(profile), nodes), expected, `${profile}, ${nodes} nodes`);
  }
});

test("suspicionTimeoutMs() falls from the maximum to the minimum with each confirmation", () => {
  const lan = suspicionTimes(settingsOf("lan"), 10);
  assert.is(suspicionTimeoutMs(lan, 0), 24_000);
  assert.is(suspicionTimeoutMs(lan, 1), 11_381);
  assert.is(suspicionTimeoutMs(lan, 2), 4_000);
  const wan = suspicionTimes(settingsOf("wan"), 10);
  const expected = [0, 1, 2, 3, 4].map((count) =>
    Math.max(30_000, Math.floor(180_000 - (Math.log(count + 1) / Math.log(5)) * 150_000)),
  );
  assert.equal(
    [0, 1, 2, 3, 4].map((count) => suspicionTimeoutMs(wan, count)),
    expected,
  );
  assert.is(suspicionTimeoutMs(suspicionTimes(settingsOf("lan"), 2), 0), 4_000);
});

test("Suspicion counts each accuser once, not the first one again, and no more than wanted", () => {
  const never = { atMs: 0, cancel: () => {} };
  const suspicion = new Suspicion(suspicionTimes(settingsOf("lan"), 10), 1_000, "first", never);
  assert.is(suspicion.deadlineMs, 25_000);
  const rows: [string, boolean][] = [
    ["first", false],
    ["second", true],
    ["second", false],
    ["third", true],
    ["fourth", false],
  ];
  for (const [accuser, counts] of rows) assert.is(suspicion.confirm(accuser), counts, accuser);
  assert.is(suspicion.deadlineMs, 5_000);
});

test.run();
