/**
 * The interop tests by number: what a node must do beside real agents of Serf. Each number is tested exactly once, which
 * `numbers_test.ts` proves; whatever else the files here test has no number.
 */
import { spawnSync } from "node:child_process";
import { test } from "uvu";
import { isCompressed } from "./processes.ts";

export const interopTitles: { readonly [number: number]: string } = {
  1: "we join an agent",
  2: "agents join us",
  3: "two agents know one another through us",
  4: "we leave",
  5: "an agent leaves",
  6: "an agent is killed",
  7: "we are killed",
  8: "an agent is paused",
  9: "we refute",
  10: "tags of an agent reach us",
  11: "our tags reach an agent",
  12: "an agent's user event reaches us",
  13: "our user event reaches agents",
  14: "payloads are empty, or any bytes",
  15: "we answer an agent's query",
  16: "filters of queries",
  17: "agents answer our query",
  18: "answers are relayed",
  19: "serf reachability",
  20: "serf rtt",
  21: "encrypted clusters",
  22: "a wrong key, and none",
  23: "serf keys rotates, and we with it",
  24: "we rotate, and agents with us",
  25: "three thousand members in one push/pull",
  26: "no UDP, only TCP",
  27: "indirect pings and nacks",
  28: "serf force-leave, and prune",
  29: "two nodes of one name",
  30: "addresses of sixteen bytes",
  31: "IPv6",
  32: "protocols 2 to 5",
  33: "we come back under our name",
  34: "snapshot files",
  35: "bad bytes",
  36: "serf drives us as it drives an agent",
};

/** Registers a test by its number. It returns what it saw, in a few words, which the test runner shows. */
export function interop(number: number, run: () => Promise<string>): void {
  const way = isCompressed() ? "" : ", uncompressed";
  const name = `interop ${number}: ${interopTitles[number]}${way}`;
  test(name, async () => {
    const saw = await run();
    // On a line of its own: the marks of the test before it stand on this one.
    console.log(`\nreport: ${name}: ${saw}`);
  });
}

/** Ends a file that is run by hand where there is no `serf`. The runner counts it as skipped before it starts it. */
export function requireSerf(): void {
  if (spawnSync("serf", ["version"]).status === 0) return;
  console.log("skipped: the program serf is not installed (Debian package serf)");
  process.exit(0);
}
