// timeout: 300
// needs: serf
// topics: discovery
// runtimes: bun (the script itself starts nodes of this project on all runtimes)
/** `npm run churn`, small and short: real agents of Serf and our nodes agree on who is there; and what the script counts. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ListedMember } from "../../scripts/churn/agent_client.ts";
import { compareLists, type KnownMember } from "../../scripts/churn/agreement.ts";
import { Ledger } from "../../scripts/churn/ledger.ts";
import { planChurn, type Step } from "../../scripts/churn/plan.ts";
import { Random } from "../../src/base/mod.ts";
import { runtimeCommand } from "../cluster/processes.ts";

const noTags: ReadonlyMap<string, string> = new Map();
const listed = (name: string, changes: Partial<ListedMember> = {}): ListedMember => ({
  ...{ name, address: `127.0.0.1:${7000 + name.length}`, tags: noTags, status: "alive" },
  ...changes,
});
const known = new Map<string, KnownMember>([
  ["a", { address: "127.0.0.1:7001", tags: noTags }],
  ["bb", { address: "127.0.0.1:7002", tags: new Map([["t", "1"]]) }],
]);
const tagged = listed("bb", { tags: new Map([["t", "1"]]) });

/** What `a` lists beside itself, and what is wrong with it. */
const lists: readonly (readonly [string, readonly ListedMember[], readonly string[]])[] = [
  ["all that is known", [tagged], []],
  [
    "one that left and one that failed",
    [tagged, listed("c", { status: "left" }), listed("d", { status: "failed" })],
    [],
  ],
  ["somebody who is gone", [tagged, listed("c")], ["a sees c alive, it is gone"]],
  ["nobody else", [], ["a does not list bb"]],
  ["one as leaving", [{ ...tagged, status: "leaving" }], ["a sees bb leaving"]],
  ["one elsewhere", [{ ...tagged, address: "127.0.0.1:1" }], ["a sees bb at 127.0.0.1:1, it is at 127.0.0.1:7002"]],
  [
    "one with old tags",
    [{ ...tagged, tags: new Map([["t", "0"]]) }],
    ["a sees bb with t=0, it has 1", "a sees bb with t=0, it says t=1 itself"],
  ],
];

for (const [what, others, faults] of lists) {
  test(`a list with ${what}: ${faults.length === 0 ? "agrees" : "differs"}`, () => {
    const all = new Map([
      ["a", [listed("a"), ...others]],
      ["bb", [tagged, listed("a")]],
    ]);
    const { right, differences, pairs, pairsAgreeing } = compareLists(all, known);
    assert.equal(differences, faults);
    assert.equal(right, faults.length === 0 ? ["a", "bb"] : ["bb"]);
    assert.equal([pairs, pairsAgreeing], [1, faults.length === 0 ? 1 : 0]);
  });
}

test("a seed gives one plan, in which everybody who goes comes back before the end", () => {
  const settings = { durationMs: 300_000, residents: ["a", "b", "c", "d", "e", "f"], guests: ["g", "h"] };
  const planOf = (seed: string): Step[] => planChurn({ ...settings, awayMsMax: 20_000, paceMs: 500 }, new Random(seed));
  for (const seed of ["1", "2", "3"]) {
    const plan = planOf(seed);
    assert.equal(planOf(seed), plan);
    for (const name of settings.residents) {
      const moves = plan.flatMap((step) => ("member" in step && step.member === name ? [step] : []));
      const types = moves.map(({ type }) => type).filter((type) => /^(start|kill|leave|pause|resume)$/.test(type));
      assert.match(types.join(" "), /^(((kill|leave) start|pause resume) ?)*$/, name);
    }
    assert.ok(plan.some(({ type }) => type === "rotate") && plan.some(({ type }) => type === "force-leave"));
  }
});

test("the ledger tells losses, repetitions and events from before apart", () => {
  const ledger = new Ledger();
  for (const member of ["a", "b"]) {
    ledger.started(member, 1, 0);
    ledger.joined(member, 1, 10);
  }
  ledger.sent("early", 20);
  ledger.started("c", 1, 30);
  ledger.joined("c", 1, 40);
  ledger.ended("b", 1, 50);
  ledger.sent("late", 60);
  for (const [member, event] of [
    ["a", "early"],
    ["a", "early"],
    ["c", "early"],
    ["a", "late"],
  ] as const) {
    ledger.told(member, 1, event);
  }
  assert.equal(ledger.report(), {
    ...{ sent: 2, expected: 3, delivered: 2 },
    ...{ lost: ["c/1 late"], repeated: ["a/1 early"], fromBefore: ["c/1 early"] },
  });
});

test("three agents of Serf and three of our nodes, churned for half a minute: all lists agree", () => {
  if (spawnSync("serf", ["version"]).status !== 0) {
    // The runner counts this file as skipped before it starts it; this line is for whoever runs it by hand.
    console.log("skipped: the program serf is not installed (Debian package serf)");
    return;
  }
  const script = fileURLToPath(new URL("../../scripts/mixed_cluster.ts", import.meta.url));
  const [command, ...flags] = runtimeCommand() as [string, ...string[]];
  const size = ["--minutes", "0.5", "--serf", "3", "--grapevine", "3", "--runtimes", "bun,node", "--seed", "3"];
  const { status, stdout, stderr } = spawnSync(command, [...flags, script, ...size], { encoding: "utf8" });
  assert.is(status, 0, `${stdout}\n${stderr}`);
  assert.match(stdout, /^6 of 6 lists agree \(15 of 15 pairs\)/m);
  for (const line of stdout.split("\n").filter((text) => /^(6 of 6|events:|queries:|keys:)/.test(text))) {
    console.log(`\nreport: ${line}`);
  }
});

test.run();
