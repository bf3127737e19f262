// timeout: 900
// needs: serf iproute2 namespaces
// topics: discovery
// runtimes: bun, node (the third runtime has the same sockets, and each second of this costs)
// long
/** What takes minutes beside real agents: the numbers of a data centre, long partitions, many leaves, many bad bytes. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MembershipNode } from "../../src/agent/membership.ts";
import { fuzz } from "./fuzzing.ts";
import { requireSerf } from "./numbered.ts";
import { partition } from "./partitions.ts";
import { ourOptions, Processes, until } from "./processes.ts";

requireSerf();

/** On a line of its own: the marks of the tests before stand on this one. */
const report = (text: string): void => console.log(`\nreport: ${text}`);

test("leaves in a row: each is left at both agents, and none failed", async () => {
  const rounds = 40;
  await using processes = new Processes();
  const alpha = await processes.serf("alpha");
  const beta = await processes.serf("beta", { flags: ["-join", alpha.address] });
  for (let round = 1; round <= rounds; round++) {
    await using ours = await MembershipNode.start(ourOptions({ join: [alpha.address] }));
    const areAll = async (status: string): Promise<boolean> => {
      for (const agent of [alpha, beta]) if ((await agent.member("ours"))?.status !== status) return false;
      return true;
    };
    await until("we are alive there", () => areAll("alive"));
    await ours.leave();
    await ours[Symbol.asyncDispose]();
    await until(`we are left there in round ${round}`, () => areAll("left"));
  }
  for (const agent of [alpha, beta]) assert.equal(agent.said(/EventMemberFailed: ours/), []);
  report(`${rounds} leaves in a row: left at both agents each time, never failed`);
});

test("with the numbers of a data centre: killed agents and nodes of a cluster of four are failed in time", async () => {
  await using processes = new Processes();
  const profile = "lan" as const;
  const alpha = await processes.serf("alpha", { profile });
  const beta = await processes.serf("beta", { profile, flags: ["-join", alpha.address] });
  await using ours = await MembershipNode.start(ourOptions({ profile, join: [alpha.address] }));
  const victim = await processes.node({ name: "victim", profile, join: [alpha.address] });
  await until("all are there", () => ours.members().length === 4);
  await until("all are there", async () => (await alpha.members()).length === 4);
  const took: string[] = [];
  for (const [name, kill] of [
    ["beta", () => beta.signal("SIGKILL")],
    ["victim", () => victim.signal("SIGKILL")],
  ] as const) {
    const killedMs = Date.now();
    kill();
    await until(`${name} is failed here`, () => ours.member(name)?.status === "failed", 60_000);
    const hereMs = Date.now() - killedMs;
    await until(`${name} is failed there`, async () => (await alpha.member(name))?.status === "failed", 60_000);
    // Nobody is given up before the shortest suspicion is over, and the longest takes six times as long.
    assert.ok(hereMs >= 4_000 && hereMs <= 24_000 + 8_000, `${name} after ${hereMs} ms`);
    took.push(`${name} ${hereMs} ms here, ${Date.now() - killedMs} ms there`);
  }
  report(`failed with the numbers of a data centre: ${took.join("; ")}`);
});

for (const [profile, cutMs] of [
  ["local", 0],
  ["lan", 45_000],
] as const) {
  test(`a cut cable, ${profile}: each side calls the other failed and goes on; mended, all are one cluster again`, async () => {
    await using processes = new Processes();
    const healedMs = await partition(processes, { profile, cutMs });
    report(`a cable cut until both sides gave up, and ${cutMs} ms more (${profile}): one cluster after ${healedMs} ms`);
  });
}

test("bad bytes, very many", async () => {
  await using processes = new Processes();
  report(await fuzz(processes, { seed: "long", datagrams: 200_000, streams: 5_000 }));
});

test.run();
