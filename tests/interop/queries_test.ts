// timeout: 120
// needs: serf
// topics: discovery
/** Queries between our node and real `serf` agents: asked, answered, filtered, relayed; pings, votes, round trips. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MembershipNode, type NameConflict } from "../../src/agent/membership.ts";
import { formatAddress, toText } from "../../src/base/mod.ts";
import { interop, requireSerf } from "./numbered.ts";
import { ourOptions, Processes, type SerfAgent, until } from "./processes.ts";

requireSerf();

/** Agents that answer `uptime`, and our node, which answers `hello`. */
async function company(processes: Processes, names: readonly string[]) {
  const agents: SerfAgent[] = [];
  for (const name of names) {
    const join = agents[0] === undefined ? [] : ["-join", agents[0].address];
    // Each message is sent four times, not two: what is asked must arrive.
    const flags = ["-event-handler", `query:uptime=echo up-${name}`, ...join];
    agents.push(await processes.serf(name, { profile: "lan", flags }));
  }
  const [alpha] = agents as [SerfAgent];
  const options = ourOptions({ profile: "lan", tags: { role: "ts" }, join: [alpha.address] });
  const ours = await MembershipNode.start(options);
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

interop(15, async () => {
  await using processes = new Processes();
  const { alpha, ours } = await company(processes, ["alpha", "beta"]);
  await using _ = ours;
  const { Acks, Responses } = await ask(alpha, "-timeout=2s", "hello", "x");
  assert.equal([...(Acks ?? [])].sort(), ["alpha", "beta", "ours"]);
  assert.equal(Responses, { ours: "hello x from ours" });
  return "acks of all three, our answer as we gave it";
});

interop(16, async () => {
  await using processes = new Processes();
  const { alpha, ours } = await company(processes, ["alpha", "beta"]);
  await using _ = ours;
  const meant = await ask(alpha, "-timeout=1s", "-node=ours", "-tag=role=^t[a-s]{1}$", "hello");
  assert.equal([meant.Acks, meant.Responses], [["ours"], { ours: "hello  from ours" }]);
  const others = await ask(alpha, "-timeout=1s", "-tag=role=^web$", "hello");
  assert.equal([others.Acks ?? [], others.Responses], [[], {}]);
  return "by name and expression we alone ack, by another's tag nobody does";
});

interop(17, async () => {
  await using processes = new Processes();
  const { ours } = await company(processes, ["alpha", "beta"]);
  await using _ = ours;
  ours.onQuery("uptime", () => "up-ours\n");
  const startMs = Date.now();
  const run = ours.query("uptime", "", { timeoutMs: 10_000, relayFactor: 1 });
  const { type, silent, acks, responses } = await run.result;
  const tookMs = Date.now() - startMs;
  assert.equal([type, silent, [...acks].sort()], ["complete", [], ["alpha", "beta", "ours"]]);
  assert.equal(
    [...responses].map(([name, payload]) => [name, toText(payload)]).sort(),
    ["alpha", "beta", "ours"].map((name) => [name, `up-${name}\n`]),
  );
  assert.ok(tookMs < 5_000, "it did not wait for its timeout");
  const late = await ours.query("nobody-answers", "", { timeoutMs: 500, nodes: ["beta"] }).result;
  assert.equal([late.type, late.acks, late.silent, late.responses.size], ["timed-out", ["beta"], ["beta"], 0]);
  const tagged = await ours.query("uptime", "", { timeoutMs: 3_000, tags: { role: "^ts$" } }).result;
  assert.equal([tagged.type, [...tagged.responses.keys()]], ["complete", ["ours"]]);
  const said: string[] = [];
  for await (const { type, from } of ours.query("_serf_ping")) said.push(`${type} ${from}`);
  assert.equal(said.sort(), ["ack alpha", "ack beta", "ack ours"]);
  return `acks and answers of all three, complete after ${tookMs} ms of 10 s`;
});

interop(18, async () => {
  await using processes = new Processes();
  const { alpha, ours } = await company(processes, ["alpha", "beta"]);
  await using _ = ours;
  const relayed = await ask(alpha, "-timeout=1s", "-relay-factor=1", "hello");
  assert.equal(relayed.Responses, { ours: "hello  from ours" });
  for (let round = 0; round < 5 && ours.counters.messagesForwarded === 0; round++) {
    const { Responses } = await ask(alpha, "-timeout=1s", "-relay-factor=1", "uptime");
    assert.equal(Responses, { alpha: "up-alpha\n", beta: "up-beta\n" });
  }
  const { messagesForwarded } = ours.counters;
  assert.ok(messagesForwarded > 0, "we forward what others relay by us");
  return `one answer of each node, ${messagesForwarded} forwarded by us`;
});

interop(19, async () => {
  await using processes = new Processes();
  const { alpha, ours } = await company(processes, ["alpha"]);
  await using _ = ours;
  const said = await alpha.command("reachability", "-verbose");
  assert.match(said, /Ack from 'ours'/);
  assert.match(said, /Successfully contacted all live nodes/);
  return "our ack is among those of all live nodes";
});

interop(20, async () => {
  await using processes = new Processes();
  const { alpha, ours } = await company(processes, ["alpha"]);
  await using _ = ours;
  await until("we have probed the agent", () => ours.rttMs("alpha") !== undefined);
  let printed = "";
  await until("the agent has probed us", async () => {
    printed = await alpha.command("rtt", "alpha", "ours").catch(() => "");
    return printed !== "";
  });
  const [theirs, own] = [Number(/rtt: ([0-9.]+) ms/.exec(printed)?.[1]), ours.rttMs("alpha") ?? Number.NaN];
  for (const rttMs of [theirs, own]) assert.ok(rttMs > 0 && rttMs < 1_000, `${printed} ${rttMs}`);
  return `${theirs} ms as serf sees it, ${own.toFixed(3)} ms as we do`;
});

test("`serf keys` without encryption: we object as agents do", async () => {
  await using processes = new Processes();
  const { alpha, ours } = await company(processes, ["alpha"]);
  await using _ = ours;
  const failed = await alpha.command("keys", "-list").catch((error: Error) => error.message);
  assert.match(failed, /ours.*Keyring is empty \(encryption not enabled\)/s);
  const { errors, nodes, answered } = await ours.keys.list();
  assert.equal([nodes, answered], [2, 2]);
  for (const name of ["alpha", "ours"]) assert.match(errors.get(name) ?? "", /[Kk]eyring is empty/);
});

interop(29, async () => {
  await using processes = new Processes();
  const { alpha, ours } = await company(processes, ["alpha", "beta"]);
  await using _ = ours;
  const conflicts: NameConflict[] = [];
  ours.on("name-conflict", (conflict) => conflicts.push(conflict));
  // By way of us, so that we hear of it, too.
  const twin = await processes.serf("ours", { profile: "lan", flags: ["-join", formatAddress(ours.address)] });
  await until("the twin gives way", () => /minority in name conflict resolution/.test(twin.log), 30_000);
  await until("the twin ends", () => twin.hasEnded);
  assert.is((await alpha.member("ours"))?.addr, formatAddress(ours.address));
  await until("our vote is counted", () => conflicts.length > 0);
  const votes = conflicts.map(({ matching, responses, outcome }) => `${outcome} ${matching}/${responses}`);
  assert.ok(
    conflicts.every(({ outcome }) => outcome === "won"),
    votes.join(),
  );
  return `a second agent with our name lost its vote and exited, we won ours: ${votes[0]}`;
});

test("we lose the vote about a name that an agent has, say so, and stop", async () => {
  await using processes = new Processes();
  const { alpha, ours } = await company(processes, ["alpha", "beta", "gamma"]);
  await using _ = ours;
  const twin = await MembershipNode.start(ourOptions({ name: "beta", profile: "lan" }));
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
