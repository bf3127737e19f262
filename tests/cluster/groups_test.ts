// runtimes: bun (it is about processes that die, whatever runs them)
// timeout: 180
/** Members of a group in processes of their own: one is killed, then a node; every record is handled by somebody. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { connect, type LogClient } from "../../src/client/mod.ts";
import { Running, run } from "../cli/processes.ts";
import { type NodeProcess, NodeProcesses } from "./processes.ts";

const topic = "orders";

async function produce(log: LogClient, from: number, count: number): Promise<void> {
  const records = Array.from({ length: count }, (_, index) => {
    return { key: `customer ${(from + index) % 97}`, value: `order ${from + index}` };
  });
  await log.produce(topic, records, { acks: { replicated: 2 } });
}

/** A member that prints what it gets. */
class MemberProcess {
  readonly running: Running;
  #seen: readonly string[] = [];

  constructor(name: string, servers: readonly NodeProcess[]) {
    const flags = servers.flatMap(({ rpcUrl }) => ["--server", rpcUrl]);
    const args = ["consume", topic, "--group", "shipping", "--member", name, "--follow", ...flags];
    this.running = new Running(args, { endless: true });
    let text = "";
    this.running.child.stdout?.on("data", (more: string) => {
      text += more;
      this.#seen = text.split("\n").slice(0, -1);
    });
  }

  get seen(): readonly string[] {
    return this.#seen;
  }
}

function handled(members: readonly MemberProcess[]): Set<string> {
  return new Set(members.flatMap(({ seen }) => seen));
}

/** Resolves once so many different records are handled. */
async function allHandled(members: readonly MemberProcess[], count: number): Promise<void> {
  const untilMs = Date.now() + 60_000;
  while (handled(members).size < count) {
    assert.ok(Date.now() < untilMs, `${handled(members).size} of ${count} are handled`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test("a member is killed, then the group's home: each record is handled, and the others have its slots", async () => {
  await using nodes = await NodeProcesses.create();
  const first = await nodes.start("a");
  const others = [
    await nodes.start("b", { "--join": first.gossipAddress }),
    await nodes.start("c", { "--join": first.gossipAddress }),
  ];
  const all = [first, ...others];
  const log = connect(all.map(({ rpcUrl }) => rpcUrl));
  const members: MemberProcess[] = [];
  try {
    await produce(log, 0, 500);
    members.push(...["ada", "bob", "cyd"].map((name) => new MemberProcess(name, all)));
    await allHandled(members, 500);
    // By now each has its share: what comes is handled by all three.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const before = members.map(({ seen }) => seen.length);
    await produce(log, 500, 500);
    await allHandled(members, 1_000);
    for (const [index, { seen }] of members.entries()) {
      assert.ok(seen.length > (before[index] as number), `member ${index} has a share`);
    }
    members[0]?.running.child.kill("SIGKILL");
    await produce(log, 1_000, 500);
    await allHandled(members, 1_500);
    // Whichever node is the home, one of these is it, or none has to move.
    const home = await homeOf(log);
    const victim = all.find(({ name }) => name === home);
    assert.ok(victim);
    await victim?.end("SIGKILL");
    const left = connect(all.filter((node) => node !== victim).map(({ rpcUrl }) => rpcUrl));
    await produce(left, 1_500, 500);
    await allHandled(members, 2_000);
    left.close();
    const repeated = members.flatMap(({ seen }) => seen).length - 2_000;
    console.log(`report: 2,000 records, a member and the home killed: 0 lost, ${repeated} handled twice`);
    for (const member of members.slice(1)) {
      member.running.signal("SIGINT");
      const { code, stderr } = await member.running.finished;
      assert.is(code, 0, stderr);
    }
    // They left: nothing is handled again, and nobody waits for a lease.
    const alive = all.filter((node) => node !== victim).flatMap(({ rpcUrl }) => ["--server", rpcUrl]);
    const rest = await run(["consume", topic, "--group", "shipping", ...alive]);
    assert.equal([rest.code, rest.stdout.split("\n").length - 1], [0, 0]);
  } finally {
    for (const { running } of members) running.child.kill("SIGKILL");
    log.close();
  }
});

/** Asked as a member would, without becoming one. */
async function homeOf(log: LogClient): Promise<string> {
  const { createClient } = await import("@connectrpc/connect");
  const { createConnectTransport } = await import("@connectrpc/connect-node");
  const { Log } = await import("../../src/gen/log/v1/log_pb.ts");
  const transport = createConnectTransport({ baseUrl: log.server, httpVersion: "1.1" });
  const asked = { topic, group: "shipping", member: "nobody", session: 7n, call: 1n, leave: true };
  return (await createClient(Log, transport).workInGroup(asked)).home;
}

test.run();
