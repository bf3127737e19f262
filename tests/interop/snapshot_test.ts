// timeout: 120
// needs: serf
// topics: discovery
// runtimes: bun, node (the third runtime has the same sockets, and each second of this costs)
/** Snapshot files go both ways between our node and real `serf` agents, and programs of ours hear of their events. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { EventHandlers, parseEventHandler } from "../../src/agent/event_handlers.ts";
import { MembershipNode, type MembershipNodeOptions } from "../../src/agent/membership.ts";
import { formatAddress } from "../../src/base/mod.ts";
import { ownHost } from "../own_host.ts";
import { interop, requireSerf } from "./numbered.ts";
import { ourOptions, Processes, until } from "./processes.ts";

requireSerf();

const start = (options: MembershipNodeOptions): Promise<MembershipNode> => MembershipNode.start(ourOptions(options));

const addressOf = (node: MembershipNode): string => formatAddress(node.address);

async function inDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "grapevine-snapshot-"));
  try {
    await run(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interop(34, async () => {
  await inDirectory(agentReadsOurs);
  await inDirectory(weReadTheirs);
  return "an agent reads our file and rejoins by it, we read theirs: members, clocks, its leave";
});

async function agentReadsOurs(directory: string): Promise<void> {
  await using processes = new Processes();
  const snapshot = join(directory, "ours");
  const alpha = await processes.serf("alpha");
  const ours = await start({ snapshot });
  await ours.join([alpha.address]);
  const gone = await start({ name: "gone", join: [addressOf(ours)] });
  await until("all are there", () => ["alpha", "gone"].every((name) => ours.member(name)?.status === "alive"));
  const goneAddress = addressOf(gone);
  await gone[Symbol.asyncDispose]();
  await until("one failed", () => ours.member("gone")?.status === "failed", 25_000);
  await alpha.command("event", "deploy", "1");
  await until("its event is told", () => ours.counters.eventsDelivered === 1);
  const { event } = ours.counters.lamport;
  await ours[Symbol.asyncDispose]();
  const text = await readFile(snapshot, "utf8");
  for (const line of [
    `alive: alpha ${alpha.address}`,
    `not-alive: gone\n# failed: gone ${goneAddress}`,
    `event-clock: ${event - 1}`,
    "# incarnation: 1",
  ]) {
    assert.ok(text.includes(`${line}\n`), line);
  }
  const heir = await processes.serf("heir", { flags: ["-snapshot", snapshot] });
  await until("it has rejoined", async () => (await alpha.member("heir"))?.status === "alive");
  await until("it says so", () => heir.said(/Re-joined to previously known node: alpha/).length > 0);
  assert.not.match(heir.log, /Unrecognized snapshot line|Failed to convert|Failed to parse/);
  assert.not.match(heir.log, /gone: /);
  // What the agent appends to our lines is ours to read again.
  heir.signal("SIGKILL");
  const again = await start({ snapshot });
  assert.is(await again.rejoined, true);
  assert.ok((again.member("ours")?.incarnation ?? 0) >= 2);
  await until("we are back", async () => (await alpha.member("ours"))?.status === "alive");
  await again[Symbol.asyncDispose]();
}

async function weReadTheirs(directory: string): Promise<void> {
  await using processes = new Processes();
  const snapshot = join(directory, "theirs");
  const alpha = await processes.serf("alpha");
  const flags = ["-snapshot", snapshot, "-join", alpha.address];
  const beta = await processes.serf("beta", { flags });
  await until("they see one another", async () => (await beta.member("alpha"))?.status === "alive");
  await alpha.command("event", "-coalesce=false", "before", "1");
  await until("it has the event", () => /Received event: user-event: before/.test(beta.log));
  // An agent holds its last lines back until it writes the next or ends.
  beta.signal("SIGTERM");
  await until("the event is written", async () => /^event-clock: [1-9]/m.test(await readFile(snapshot, "utf8")));
  await alpha.command("event", "-coalesce=false", "after", "2");
  const heard: string[] = [];
  await using ours = await start({ snapshot });
  ours.on("user-event", ({ name }) => heard.push(name));
  assert.is(await ours.rejoined, true);
  await until("we are alive for it", async () => (await alpha.member("ours"))?.status === "alive");
  await until("we hear of what came after", () => heard.length > 0);
  assert.equal(heard, ["after"]);
  const left = await processes.serf("gamma", {
    flags: ["-snapshot", join(directory, "left"), "-join", alpha.address],
  });
  await until("it is there", async () => (await left.member("alpha"))?.status === "alive");
  await left.command("leave");
  await until("it wrote its leave", async () => /^leave$/m.test(await readFile(join(directory, "left"), "utf8")));
  await using stranger = await start({ name: "stranger", snapshot: join(directory, "left") });
  assert.is(await stranger.rejoined, false);
}

test("our programs hear of a real agent's events and answer its queries", () => inDirectory(runPrograms));

async function runPrograms(directory: string): Promise<void> {
  await using processes = new Processes();
  const script = join(directory, "handler.sh");
  const dump = 'env | grep -E "^SERF_(EVENT|USER|QUERY)" | sort | tr "\\n" " "';
  await writeFile(script, `(${dump}; cat) >> "$0.out"; [ "$SERF_EVENT" != query ] || echo "load 1; $SERF_SELF_NAME"`);
  const agent = await processes.serf("alpha", { flags: ["-tag", "role=web"] });
  await using ours = await start({});
  const warnings: string[] = [];
  const handlers = [`member-join,user:deploy,query=sh ${script}`].map(parseEventHandler);
  await using _ = new EventHandlers({ handlers, node: ours, onWarn: (message) => void warnings.push(message) });
  await ours.join([agent.address]);
  const output = (): Promise<string> => readFile(`${script}.out`, "utf8").catch(() => "");
  const joined = `SERF_EVENT=member-join alpha\t${ownHost}\tweb\trole=web\n`;
  await until("the join is told", async () => (await output()) === joined);
  await agent.command("event", "-coalesce=false", "deploy", "v1 $(touch /nowhere)");
  const deployed = /SERF_EVENT=user SERF_USER_EVENT=deploy SERF_USER_LTIME=\d+ v1 \$\(touch \/nowhere\)\n$/;
  await until("the event is told", async () => deployed.test(await output()));
  const answer = await agent.command("query", "-timeout=2s", "load", "now");
  assert.match(answer, /Response from 'ours': load 1; ours/);
  assert.match(await output(), /SERF_EVENT=query SERF_QUERY_LTIME=\d+ SERF_QUERY_NAME=load now\n$/);
  assert.equal(warnings, []);
}

test.run();
