// timeout: 300
// needs: serf
// topics: discovery
/** Our node and real `serf` agents find one another, whoever asks, and whatever they speak. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MembershipNode } from "../../src/agent/membership.ts";
import { formatAddress } from "../../src/base/mod.ts";
import { ownHost } from "../own_host.ts";
import { interop, requireSerf } from "./numbered.ts";
import { ourOptions, Processes, type SerfAgent, until } from "./processes.ts";

requireSerf();

/** Waits until all of these agents and nodes see so many members, all alive. */
async function meet(agents: readonly SerfAgent[], nodes: readonly MembershipNode[], withinMs?: number): Promise<void> {
  const all = agents.length + nodes.length;
  const areAlive = (members: readonly { status: string }[]) =>
    members.length === all && members.every(({ status }) => status === "alive");
  await until(
    "all see all",
    async () => {
      for (const agent of agents) if (!areAlive(await agent.members())) return false;
      return nodes.every((node) => areAlive(node.members()));
    },
    withinMs,
  );
}

const tagsOf = (node: MembershipNode, name: string) => Object.fromEntries(node.member(name)?.tags ?? []);

interop(1, async () => {
  await using processes = new Processes();
  const alpha = await processes.serf("alpha", { flags: ["-tag", "role=web", "-tag", "dc=eu1"] });
  const tags = { rpc_addr: "127.0.0.1:8400", gv: "1", w: "0123456789abcdef" };
  await using ours = await MembershipNode.start(ourOptions({ tags, join: [alpha.address] }));
  await meet([alpha], [ours]);
  const seen = await alpha.member("ours");
  assert.equal(seen?.tags, tags);
  assert.is(seen?.addr, formatAddress(ours.address));
  const detailed = await alpha.command("members", "-detailed", "-name=ours");
  assert.match(detailed, /alive .*Protocol Version: 4 +Available Protocol Range: \[2, 5\]/);
  assert.equal(tagsOf(ours, "alpha"), { role: "web", dc: "eu1" });
  return "alive there with three tags, protocol 4 of [2, 5]; it is alive here with two";
});

interop(2, async () => {
  await using processes = new Processes();
  await using ours = await MembershipNode.start(ourOptions());
  const alpha = await processes.serf("alpha");
  const said = await alpha.command("join", formatAddress(ours.address));
  assert.match(said, /Successfully joined cluster by contacting 1 nodes/);
  const beta = await processes.serf("beta", { flags: ["-join", formatAddress(ours.address)] });
  await until("the agent says so", () => beta.said(/joined: 1 nodes/).length === 1);
  await meet([alpha, beta], [ours]);
  return "serf join contacted 1 nodes, serf agent -join too; all alive on all sides";
});

interop(3, async () => {
  await using processes = new Processes();
  // The numbers of one machine send each message twice: five seconds would hang on every one of them.
  const profile = "lan";
  await using ours = await MembershipNode.start(ourOptions({ profile, tags: { role: "ts" } }));
  const flags = ["-join", formatAddress(ours.address)];
  const startMs = Date.now();
  const alpha = await processes.serf("alpha", { profile, flags: [...flags, "-tag", "role=web"] });
  const beta = await processes.serf("beta", { profile, flags });
  const joinedMs = Date.now();
  await meet([alpha, beta], [ours], 5_000);
  const own = ours.members().map(({ name, address, tags, status }) => {
    return [name, formatAddress(address), JSON.stringify(Object.fromEntries(tags)), status].join(" ");
  });
  for (const agent of [alpha, beta]) {
    const theirs = await agent.members();
    const lines = theirs.map(({ name, addr, tags, status }) => [name, addr, JSON.stringify(tags), status].join(" "));
    assert.equal(lines.sort(), own.sort());
  }
  return `three equal lists ${Date.now() - joinedMs} ms after the second start (${Date.now() - startMs} ms in all)`;
});

interop(31, async () => {
  await using processes = new Processes();
  await using ours = await MembershipNode.start(ourOptions({ bind: "[::1]:0", tags: { a: "1" } }));
  const six = await processes.serf("six", { host: "::1", flags: ["-join", formatAddress(ours.address)] });
  await using second = await MembershipNode.start(ourOptions({ name: "second", bind: "[::1]:0", join: [six.address] }));
  await meet([six], [ours, second]);
  assert.is((await six.member("ours"))?.addr, formatAddress(ours.address));
  assert.is(formatAddress(second.member("ours")?.address ?? { host: "", port: 0 }), formatAddress(ours.address));
  return "an agent joined us at [::1], and we joined it";
});

interop(32, async () => {
  await using processes = new Processes();
  // The numbers of one machine send each message twice: too few for so many nodes.
  const profile = "lan";
  const agents: SerfAgent[] = [];
  for (const protocol of [5, 4, 3, 2]) {
    const join = agents[0] === undefined ? [] : ["-join", agents[0].address];
    const flags = ["-protocol", String(protocol), "-tag", "role=web", "-tag", "dc=eu", ...join];
    const handler = ["-event-handler", `query:ask=echo ${protocol}`];
    agents.push(await processes.serf(`p${protocol}`, { profile, flags: [...flags, ...handler] }));
  }
  const [p5, , , p2] = agents as [SerfAgent, SerfAgent, SerfAgent, SerfAgent];
  await using ours = await MembershipNode.start(
    ourOptions({ profile, tags: { role: "ts", k: "v" }, join: [p2.address] }),
  );
  await meet(agents, [ours]);
  for (const name of ["p5", "p4", "p3"]) assert.equal(tagsOf(ours, name), { role: "web", dc: "eu" }, name);
  // The oldest protocol knows one tag: its meta is the bare role.
  assert.equal(tagsOf(ours, "p2"), { role: "web" });
  for (const agent of agents) assert.equal((await agent.member("ours"))?.tags, { role: "ts", k: "v" });
  await p2.command("tags", "-set", "role=db");
  await until("the role changed here", () => ours.member("p2")?.tags.get("role") === "db");
  const heard: string[] = [];
  ours.on("user-event", ({ name }) => heard.push(name));
  for (const [index, agent] of agents.entries()) await agent.command("event", "-coalesce=false", `from-${index}`);
  ours.event("from-us");
  await until("we heard all", () => heard.length === agents.length + 1);
  for (const agent of agents) await until("it heard us", () => /Received event: user-event: from-us/.test(agent.log));
  // A question travels by chance, four times from each who has it: now and then it misses one, and nothing repeats it.
  await until("all answer our question", async () => {
    const { responses } = await ours.query("ask", "", { timeoutMs: 5_000, relayFactor: 1 }).result;
    return [...responses.keys()].sort().join() === "p2,p3,p4,p5";
  });
  await until("p5 reaches all", async () => {
    return /Successfully contacted all live nodes/.test(await p5.command("reachability").catch(String));
  });
  // And we of any of them: with the oldest we, too, say the role alone.
  for (const protocol of [2, 3, 5]) {
    const name = `ours-${protocol}`;
    const tags = { role: "ts", k: "v" };
    await using node = await MembershipNode.start(ourOptions({ name, profile, protocol, tags, join: [p2.address] }));
    for (const agent of agents) {
      await until(`${name} is alive there`, async () => (await agent.member(name))?.status === "alive");
      assert.equal((await agent.member(name))?.tags, protocol === 2 ? { role: "ts" } : tags);
      assert.is((await agent.member(name))?.protocol.version, protocol);
    }
    await node.leave();
  }
  await ours.leave();
  for (const agent of agents) {
    await until("we left", async () => (await agent.member("ours"))?.status === "left");
    // Not that nobody ever failed: agents that exchange states during a leave may take it so until they exchange again.
    assert.equal(agent.said(/incompatible/), []);
  }
  return "agents of 5, 4, 3 and 2 (role only) in one cluster with us, of 4 and of all the others: tags, events, a query, leaves";
});

interop(33, async () => {
  await using processes = new Processes();
  const alpha = await processes.serf("alpha");
  const options = { join: [alpha.address], incarnation: 1 };
  const first = await processes.node({ ...options, tags: { life: "1" } });
  const bind = `${ownHost}:${first.port}`;
  const status = async (life: string): Promise<boolean> => {
    const member = await alpha.member("ours");
    return member?.status === "alive" && member.tags["life"] === life;
  };
  await until("we are alive there", () => status("1"));
  first.signal("SIGKILL");
  await until("the process is gone", () => first.hasEnded);
  const second = await processes.node({ ...options, bind, tags: { life: "2" } });
  await until("our second life is known", () => status("2"));
  second.signal("SIGKILL");
  await until("we failed", async () => (await alpha.member("ours"))?.status === "failed", 25_000);
  await processes.node({ ...options, bind, tags: { life: "3" } });
  await until("our third life is known", () => status("3"));
  return "restarted at incarnation 1 before it was noticed, and after it had failed: alive with new tags both times";
});

test.run();
