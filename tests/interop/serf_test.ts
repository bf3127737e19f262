// timeout: 180
// needs: serf
// topics: discovery
/** Our node among real `serf` agents: a full member, in both directions. */
import { spawnSync } from "node:child_process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type NodeProcess, observe, Processes, type SerfAgent, until } from "./processes.ts";

if (spawnSync("serf", ["version"]).status !== 0) {
  // The runner counts this file as skipped before it starts it; this line is for whoever runs it by hand.
  console.log("skipped: the program serf is not installed (Debian package serf)");
  process.exit(0);
}

interface Cluster {
  readonly processes: Processes;
  readonly alpha: SerfAgent;
  readonly beta: SerfAgent;
  readonly ours: NodeProcess;
}

/** Two agents, one of which compresses, and our node, all joined. */
async function cluster(processes: Processes): Promise<Cluster> {
  const alpha = await processes.serf("alpha", { flags: ["-tag", "role=web", "-tag", "dc=eu1"] });
  const beta = await processes.serf("beta", { flags: ["-disable-compression", "-join", alpha.address] });
  const tags = { rpc_addr: "127.0.0.1:8400", gv: "1", w: "0123456789abcdef" };
  const ours = await processes.node({ name: "ours", join: [alpha.address], tags });
  await until("all see all alive", async () => {
    for (const agent of [alpha, beta]) {
      const members = await agent.members();
      if (members.filter((member) => member.status === "alive").length !== 3) return false;
    }
    return (await ours.member("alpha"))?.status === "alive" && (await ours.member("beta"))?.status === "alive";
  });
  return { processes, alpha, beta, ours };
}

function scenario(name: string, run: (cluster: Cluster) => Promise<void>): void {
  test(name, async () => {
    await using processes = new Processes();
    await run(await cluster(processes));
  });
}

const failedLine = /EventMemberFailed: ours/;

scenario("we are alive in `serf members` with our tags and versions, and see theirs", async ({ alpha, beta, ours }) => {
  for (const agent of [alpha, beta]) {
    const seen = await agent.member("ours");
    assert.equal(seen?.tags, { rpc_addr: "127.0.0.1:8400", gv: "1", w: "0123456789abcdef" });
    assert.is(seen?.addr, `127.0.0.1:${ours.port}`);
    assert.is(seen?.protocol.version, 4);
  }
  assert.equal((await ours.member("alpha"))?.tags, { role: "web", dc: "eu1" });
  assert.equal((await ours.member("beta"))?.tags, {});
  await alpha.command("tags", "-set", "dc=us2", "-delete", "role");
  ours.tell('tags {"gv":"2"}');
  await until("our tags changed there", async () => (await beta.member("ours"))?.tags["gv"] === "2");
  await until("their tags changed here", async () => (await ours.member("alpha"))?.tags["dc"] === "us2");
  assert.equal(ours.saw("member-update").sort(), ["alpha", "ours"]);
  assert.match(await alpha.command("reachability"), /Successfully contacted all live nodes/);
});

scenario("our process, stopped for 3 s, is not failed by anybody and fails nobody", async ({ alpha, beta, ours }) => {
  ours.signal("SIGSTOP");
  await observe(3_000);
  ours.signal("SIGCONT");
  await observe(6_000);
  assert.is((await alpha.member("ours"))?.status, "alive");
  for (const agent of [alpha, beta]) assert.not.match(agent.log, failedLine);
  assert.equal(ours.saw("member-failed"), []);
});

scenario("a serf agent, stopped for 3 s, is not failed by us", async ({ alpha, ours }) => {
  alpha.signal("SIGSTOP");
  await observe(3_000);
  alpha.signal("SIGCONT");
  await observe(6_000);
  assert.equal(ours.saw("member-failed"), []);
  assert.is((await ours.member("alpha"))?.status, "alive");
  assert.not.match(alpha.log, failedLine);
});

scenario("after our leave we are `left` there and were never failed", async ({ alpha, beta, ours }) => {
  ours.tell("leave");
  await until("we have left", () => ours.lines.some((line) => line.left));
  for (const agent of [alpha, beta]) {
    // A goodbye may get lost: then the agent finds out by probing, and still says `left`, as the leave was announced.
    await until("we are left there", async () => (await agent.member("ours"))?.status === "left", 40_000);
  }
  await observe(2_000);
  for (const agent of [alpha, beta]) {
    assert.match(agent.log, /EventMemberLeave: ours/);
    assert.not.match(agent.log, failedLine);
  }
});

scenario("a serf agent that leaves is left here and was never failed", async ({ beta, ours }) => {
  await beta.command("leave");
  await until("beta is left here", async () => (await ours.member("beta"))?.status === "left");
  assert.equal(ours.saw("member-leave"), ["beta"]);
  assert.equal(ours.saw("member-failed"), []);
});

scenario("killed processes are failed on the other side, theirs here and ours there", async ({ alpha, beta, ours }) => {
  beta.signal("SIGKILL");
  await until("beta is failed here", async () => (await ours.member("beta"))?.status === "failed", 20_000);
  assert.equal(ours.saw("member-failed"), ["beta"]);
  ours.signal("SIGKILL");
  await until("we are failed there", async () => (await alpha.member("ours"))?.status === "failed", 20_000);
  assert.match(alpha.log, failedLine);
});

test("an agent joins through us, over IPv6", async () => {
  await using processes = new Processes();
  const ours = await processes.node({ name: "ours", bind: "[::1]:0", tags: { a: "1" } });
  const flags = ["-join", `[::1]:${ours.port}`];
  const agent = await processes.serf("six", { host: "::1", flags });
  await until("we are alive there", async () => (await agent.member("ours"))?.status === "alive");
  await until("it is alive here", async () => (await ours.member("six"))?.status === "alive");
  assert.is((await agent.member("ours"))?.addr, `[::1]:${ours.port}`);
});

test.run();
