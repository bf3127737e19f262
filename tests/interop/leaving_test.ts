// timeout: 240
// needs: serf
// topics: discovery
// runtimes: bun, node (the third runtime has the same sockets, and each second of this costs)
/** Our node and real `serf` agents go, in every way there is: each side calls it by the same name. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MembershipNode } from "../../src/agent/membership.ts";
import { FilteredNode } from "./filtered_node.ts";
import { interop, requireSerf } from "./numbered.ts";
import { type NodeProcess, observe, ourOptions, Processes, type SerfAgent, until } from "./processes.ts";

requireSerf();

type Profile = "lan" | "local";

interface Cluster {
  readonly alpha: SerfAgent;
  readonly beta: SerfAgent;
  readonly ours: NodeProcess;
}

/** Two agents and our node in a process of its own, all of whom know one another. */
async function cluster(processes: Processes, profile: Profile): Promise<Cluster> {
  const alpha = await processes.serf("alpha", { profile });
  const beta = await processes.serf("beta", { profile, flags: ["-join", alpha.address] });
  const ours = await processes.node({ profile, join: [alpha.address] });
  await until("all see all alive", async () => {
    const lists = [await alpha.members(), await beta.members(), await ours.members()];
    return lists.every((members) => members.filter(({ status }) => status === "alive").length === 3);
  });
  return { alpha, beta, ours };
}

const statusAt = async (agent: SerfAgent, name = "ours") => (await agent.member(name))?.status;
const failedLine = /EventMemberFailed: ours/;

/**
 * The least and the most time in which a silent node is failed with the numbers of one machine: the shortest suspicion,
 * and the longest with a few probes before it, which a busy machine comes near to.
 */
const detectedMs = { least: 3_000, most: 18_000 + 4 * 1_000 };

interop(4, async () => {
  await using processes = new Processes();
  const { alpha, beta, ours } = await cluster(processes, "lan");
  ours.tell("leave");
  await until("we have left", () => ours.lines.some((line) => line.left));
  for (const agent of [alpha, beta]) await until("we are left there", async () => (await statusAt(agent)) === "left");
  await observe(1_000);
  for (const agent of [alpha, beta]) {
    assert.match(agent.log, /EventMemberLeave: ours/);
    assert.equal(agent.said(failedLine), []);
  }
  return "left at both agents, never failed";
});

interop(5, async () => {
  await using processes = new Processes();
  const { beta, ours } = await cluster(processes, "lan");
  await beta.command("leave");
  await until("beta is left here", async () => (await ours.member("beta"))?.status === "left");
  assert.equal([ours.saw("member-leave"), ours.saw("member-failed")], [["beta"], []]);
  return "one leave event, status left";
});

interop(6, async () => {
  await using processes = new Processes();
  const alpha = await processes.serf("alpha");
  await using ours = await MembershipNode.start(ourOptions({ join: [alpha.address] }));
  await until("it is alive here", () => ours.member("alpha")?.status === "alive");
  await until("we are alive there", async () => (await statusAt(alpha)) === "alive");
  const failed = new Promise<number>((resolve) => ours.on("member-failed", () => resolve(Date.now())));
  const killedMs = Date.now();
  alpha.signal("SIGKILL");
  const tookMs = (await failed) - killedMs;
  // A process that is stopped for a while finds out later: that is told, and no fault.
  const { stalledMs } = ours.counters.gossip;
  assert.ok(
    tookMs >= detectedMs.least && tookMs <= detectedMs.most + stalledMs,
    `${tookMs} ms, stalled ${stalledMs} ms`,
  );
  return `failed here after ${tookMs} ms (${detectedMs.least} to ${detectedMs.most} are right)`;
});

interop(7, async () => {
  await using processes = new Processes();
  const alpha = await processes.serf("alpha");
  const ours = await processes.node({ join: [alpha.address] });
  await until("we are alive there", async () => (await statusAt(alpha)) === "alive");
  const killedMs = Date.now();
  ours.signal("SIGKILL");
  await until("we failed", async () => /^ours /m.test(await alpha.command("members", "-status=failed")), 20_000);
  const tookMs = Date.now() - killedMs;
  assert.match(alpha.log, failedLine);
  return `serf members -status failed lists us after ${tookMs} ms`;
});

interop(8, async () => {
  await using processes = new Processes();
  const alpha = await processes.serf("alpha", { profile: "lan" });
  await using ours = await MembershipNode.start(ourOptions({ profile: "lan", join: [alpha.address] }));
  await until("we are alive there", async () => (await statusAt(alpha)) === "alive");
  const failed: string[] = [];
  ours.on("member-failed", ({ name }) => failed.push(name));
  alpha.signal("SIGSTOP");
  await observe(3_000);
  alpha.signal("SIGCONT");
  assert.ok(ours.counters.gossip.suspicions > 0, "we suspect it");
  await until("it refutes", () => (ours.member("alpha")?.incarnation ?? 0) > 1);
  await observe(2_000);
  assert.equal(failed, []);
  assert.equal(alpha.said(failedLine), []);
  return "stopped for 3 s: suspected, refuted with a higher incarnation, never failed";
});

interop(9, async () => {
  await using processes = new Processes();
  const alpha = await processes.serf("alpha", { profile: "lan" });
  await using ours = await FilteredNode.start(ourOptions({ profile: "lan" }));
  await ours.join(alpha.address);
  await until("we are alive there", async () => (await statusAt(alpha)) === "alive");
  // Nothing of ours goes out, over TCP neither: with TCP alone nobody would even suspect us.
  ours.filter = ({ direction }) => direction === "in";
  await until("it suspects us", () => /Suspect ours has failed/.test(alpha.log));
  // What we say meanwhile is lost, the refutation too, until it is all said.
  await observe(1_300);
  ours.filter = () => true;
  await until("we are believed", () => ours.machine.member("ours")?.incarnation !== 1);
  await observe(6_000);
  assert.is(await statusAt(alpha), "alive");
  assert.equal(alpha.said(failedLine), []);
  const { refutations } = ours.machine.counters.gossip;
  return `mute for more than 2 s: ${refutations} refutation(s), alive there, never failed`;
});

interop(28, async () => {
  await using processes = new Processes();
  const alpha = await processes.serf("alpha");
  const victim = await processes.node({ name: "victim", join: [alpha.address] });
  await using ours = await MembershipNode.start(ourOptions({ join: [alpha.address] }));
  const seen: string[] = [];
  ours.onEvent(({ type, member }) => member.name === "victim" && seen.push(type));
  await until("we know the victim", () => ours.member("victim")?.status === "alive");
  victim.signal("SIGKILL");
  await until("it failed", () => ours.member("victim")?.status === "failed", 30_000);
  await until("it failed there", async () => (await statusAt(alpha, "victim")) === "failed", 30_000);
  await alpha.command("force-leave", "victim");
  await until("it is left", () => ours.member("victim")?.status === "left");
  // Said again until it is heard: Serf's agent tells it twice, and may tell it to the dead node alone.
  await until("it is forgotten", async () => {
    await alpha.command("force-leave", "-prune", "victim");
    await observe(500);
    return ours.member("victim") === undefined;
  });
  assert.is(await alpha.member("victim"), undefined);
  assert.equal(seen.slice(-3), ["member-failed", "member-leave", "member-reap"]);
  return "failed, left, reaped here as there";
});

test("a killed agent is forced to leave, and pruned, by ours", async () => {
  await using processes = new Processes();
  const alpha = await processes.serf("alpha");
  const beta = await processes.serf("beta", { flags: ["-join", alpha.address] });
  // Told more often than on one machine's numbers: one who is dead must not swallow all of it.
  const settings = { retransmitMult: 8 };
  await using ours = await MembershipNode.start(ourOptions({ settings, join: [alpha.address] }));
  await until("we meet", async () => (await statusAt(alpha)) === "alive" && ours.member("beta") !== undefined);
  beta.signal("SIGKILL");
  await until("it failed here", () => ours.member("beta")?.status === "failed", 30_000);
  await until("it failed there", async () => (await statusAt(alpha, "beta")) === "failed", 30_000);
  ours.forceLeave("beta");
  await until("it is left there", async () => (await statusAt(alpha, "beta")) === "left");
  ours.forceLeave("beta", { prune: true });
  await until("it is forgotten there", async () => (await alpha.member("beta")) === undefined);
  assert.is(ours.member("beta"), undefined);
});

test("our process, stopped for 3 s, is not failed by anybody and fails nobody", async () => {
  await using processes = new Processes();
  const { alpha, beta, ours } = await cluster(processes, "lan");
  ours.signal("SIGSTOP");
  await observe(3_000);
  ours.signal("SIGCONT");
  await observe(6_000);
  assert.is(await statusAt(alpha), "alive");
  for (const agent of [alpha, beta]) assert.equal(agent.said(failedLine), []);
  assert.equal(ours.saw("member-failed"), []);
});

test.run();
