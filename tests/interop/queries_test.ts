// timeout: 120
// needs: serf
// topics: discovery
/** Queries between our node and real `serf` agents: asked, answered, filtered, relayed; pings, votes. */
import { spawnSync } from "node:child_process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MembershipNode, type NameConflict } from "../../src/agent/membership.ts";
import { toText } from "../../src/base/mod.ts";
import { Processes, type SerfAgent, until } from "./processes.ts";

if (spawnSync("serf", ["version"]).status !== 0) {
  // The runner counts this file as skipped before it starts it; this line is for whoever runs it by hand.
  console.log("skipped: the program serf is not installed (Debian package serf)");
  process.exit(0);
}

const bind = "127.0.0.1:0";

/** Agents that answer `uptime`, and our node, which answers `hello`. */
async function company(processes: Processes, names: readonly string[]) {
  const agents: SerfAgent[] = [];
  for (const name of names) {
    const join = agents[0] === undefined ? [] : ["-join", agents[0].address];
    agents.push(await processes.serf(name, { flags: ["-event-handler", `query:uptime=echo up-${name}`, ...join] }));
  }
  const [alpha] = agents as [SerfAgent];
  const ours = await MembershipNode.start({ name: "ours", bind, tags: { role: "ts" }, join: [alpha.address] });
  ours.onQuery("hello", (query) => `hello ${toText(query.payload)} from ours`);
  const all = names.length + 1;
  await until("all see all", async () => {
    for (const agent of agents) if ((await agent.members()).length !== all) return false;
    return ours.members().length === all;
  });
  return { alpha, agents, ours };
}

interface SerfAnswer {
  readonly Acks: readonly string[] | null;
  readonly Responses: { readonly [name: string]: string };
}

async function ask(agent: SerfAgent, ...flags: string[]): Promise<SerfAnswer> {
  return JSON.parse(await agent.command("query", "-format=json", ...flags)) as SerfAnswer;
}

test("we acknowledge and answer an agent's query, when its filters mean us, and once with relays", async () => {
  await using processes = new Processes();
  const { alpha, ours } = await company(processes, ["alpha", "beta"]);
  await using _ = ours;
  const all = await ask(alpha, "-timeout=1s", "hello", "x");
  assert.equal([...(all.Acks ?? [])].sort(), ["alpha", "beta", "ours"]);
  assert.equal(all.Responses, { ours: "hello x from ours" });
  const filtered = await ask(alpha, "-timeout=1s", "-node=ours", "-tag=role=^t[a-s]{1}$", "hello");
  assert.equal([filtered.Acks, filtered.Responses], [["ours"], { ours: "hello  from ours" }]);
  const others = await ask(alpha, "-timeout=1s", "-tag=role=^web$", "hello");
  assert.equal([others.Acks ?? [], others.Responses], [[], {}]);
  const relayed = await ask(alpha, "-timeout=1s", "-relay-factor=1", "hello");
  assert.equal(relayed.Responses, { ours: "hello  from ours" });
  for (let round = 0; round < 5 && ours.counters.messagesForwarded === 0; round++) {
    await ask(alpha, "-timeout=1s", "-relay-factor=1", "uptime");
  }
  assert.ok(ours.counters.messagesForwarded > 0, "we forward what others relay by us");
});

test("agents answer our query, which ends when all have, and by its timeout when one does not", async () => {
  await using processes = new Processes();
  const { ours } = await company(processes, ["alpha", "beta"]);
  await using _ = ours;
  ours.onQuery("uptime", () => "up-ours\n");
  const startMs = Date.now();
  const run = ours.query("uptime", "", { timeoutMs: 10_000, relayFactor: 1 });
  const { type, silent, acks, responses } = await run.result;
  assert.equal([type, silent, [...acks].sort()], ["complete", [], ["alpha", "beta", "ours"]]);
  assert.equal(
    [...responses].map(([name, payload]) => [name, toText(payload)]).sort(),
    ["alpha", "beta", "ours"].map((name) => [name, `up-${name}\n`]),
  );
  assert.ok(Date.now() - startMs < 5_000, "it did not wait for its timeout");
  const late = await ours.query("nobody-answers", "", { timeoutMs: 500, nodes: ["beta"] }).result;
  assert.equal([late.type, late.acks, late.silent, late.responses.size], ["timed-out", ["beta"], ["beta"], 0]);
  const tagged = await ours.query("uptime", "", { timeoutMs: 3_000, tags: { role: "^ts$" } }).result;
  assert.equal([tagged.type, [...tagged.responses.keys()]], ["complete", ["ours"]]);
  const said: string[] = [];
  for await (const { type, from } of ours.query("_serf_ping")) said.push(`${type} ${from}`);
  assert.equal(said.sort(), ["ack alpha", "ack beta", "ack ours"]);
});

test("`serf reachability` and `serf keys` reach us like any agent", async () => {
  await using processes = new Processes();
  const { alpha, ours } = await company(processes, ["alpha"]);
  await using _ = ours;
  assert.match(await alpha.command("reachability", "-verbose"), /Successfully contacted all live nodes/);
  const failed = await alpha.command("keys", "-list").catch((error: Error) => error.message);
  assert.match(failed, /ours.*Keyring is empty \(encryption not enabled\)/s);
  const { errors, nodes, answered } = await ours.keys.list();
  assert.equal([nodes, answered], [2, 2]);
  for (const name of ["alpha", "ours"]) assert.match(errors.get(name) ?? "", /[Kk]eyring is empty/);
});

test("an agent that takes our name asks, loses the vote and exits, and we stay", async () => {
  await using processes = new Processes();
  const { alpha, ours } = await company(processes, ["alpha", "beta"]);
  await using _ = ours;
  const conflicts: NameConflict[] = [];
  ours.on("name-conflict", (conflict) => conflicts.push(conflict));
  const twin = await processes.serf("ours", { flags: ["-join", alpha.address] });
  await until("the twin gives way", () => /minority in name conflict resolution/.test(twin.log), 30_000);
  assert.is((await alpha.member("ours"))?.addr, `127.0.0.1:${ours.address.port}`);
  assert.not(conflicts.some(({ outcome }) => outcome === "lost"));
});

test("we lose the vote about a name that an agent has, say so, and stop", async () => {
  await using processes = new Processes();
  const { alpha, ours } = await company(processes, ["alpha", "beta", "gamma"]);
  await using _ = ours;
  const twin = await MembershipNode.start({ name: "beta", bind });
  await using __ = twin;
  const lost = new Promise<NameConflict>((resolve) => {
    twin.on("name-conflict", (conflict) => conflict.outcome === "lost" && resolve(conflict));
  });
  await twin.join([alpha.address]);
  const { matching, responses } = await lost;
  assert.is(matching, 0);
  assert.ok(responses >= 2, `${responses} answers`);
  assert.is((await alpha.member("beta"))?.status, "alive");
});

test.run();
