// runtimes: bun (commands_test.ts has the command line on all three)
// timeout: 300
// topics: discovery
/** What the flags of a node, its file and signals do: read, kept, changed while it runs, and at its end. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { connect, type MemberDescription } from "../../src/client/mod.ts";
import { ownAddress } from "../own_host.ts";
import { AgentProcess, Running, run } from "./processes.ts";

const test = suite<{ directory: string }>("agent settings");

test.before.each((context) => {
  context.directory = mkdtempSync(path.join(os.tmpdir(), "grapevine-settings-"));
});
test.after.each(({ directory }) => rmSync(directory, { recursive: true, force: true }));

async function until(what: string, isSo: () => unknown): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  while (!(await isSo())) {
    if (Date.now() > deadlineMs) throw new Error(`Cannot see that ${what}: 20 s are over`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A member as a node sees it. */
async function member(agent: AgentProcess, name: string): Promise<MemberDescription | undefined> {
  await using client = connect([agent.rpcUrl]);
  return (await client.members()).find((each) => each.name === name);
}

test("SIGHUP takes log level, tags and event handlers from the file, and nothing from one that is broken", async ({
  directory,
}) => {
  const [file, script] = [path.join(directory, "config.json"), path.join(directory, "told.sh")];
  const write = (settings: object): void => writeFileSync(file, JSON.stringify(settings));
  const output = (): string => {
    try {
      return readFileSync(`${script}.out`, "utf8");
    } catch {
      return "";
    }
  };
  writeFileSync(script, 'cat >> "$0.out"');
  write({ nodeName: "alder", tags: { stage: "one", gone: "soon" } });
  await using agent = await AgentProcess.start(["--config", file]);
  write({ nodeName: "birch", tags: { stage: "two" }, eventHandlers: [`user=sh ${script}`], logLevel: "debug" });
  agent.running.signal("SIGHUP");
  await agent.running.printed(/reloaded log level, tags and event handlers; a change of nodeName needs a restart/);
  const { tags = {} } = (await member(agent, "alder")) ?? {};
  assert.is(tags["stage"], "two");
  assert.is(tags["gone"], undefined);
  assert.ok(tags["rpc_addr"]);
  await run(["event", "deploy", "v2", "--server", agent.rpcUrl]);
  await until("the new handler has run", () => output() === "v2\n");
  for (const [broken, reason] of [
    ["{", /cannot reload, and goes on as before: .*is not JSON/],
    ['{"tags": {"w": "1"}, "eventHandlers": []}', /cannot reload, and goes on as before: .*rpc_addr, gv, w/],
    ['{"colour": "red"}', /cannot reload, and goes on as before: .*"colour".* is unknown/],
  ] as const) {
    writeFileSync(file, broken);
    agent.running.signal("SIGHUP");
    await agent.running.printed(reason);
  }
  await run(["event", "deploy", "v3", "--server", agent.rpcUrl]);
  await until("the handler still runs", () => output() === "v2\nv3\n");
  assert.is((await member(agent, "alder"))?.tags["stage"], "two");
});

test("every flag that an operator of Serf may look for starts a node, as do the keys of a file", async ({
  directory,
}) => {
  const snapshot = path.join(directory, "remembered");
  // The address that the interface names.
  const bind = ["--bind", "127.0.0.1:0"];
  const words = [
    "--iface lo --retry-interval 2s --retry-max 0 --replay --discover shop-of-tests --mdns-iface lo --role web",
    "--no-verify-incoming --no-verify-outgoing --label blue --coalesce-window 500ms --coalesce-quiet 0",
    "--reclaim-after 0 --reconnect-interval 10s --reconnect-timeout 72h --tombstone-timeout 1h30m",
    "--broadcast-timeout 2s --user-event-size-limit 1024 --query-size-limit 900 --query-response-size-limit 800",
    "--no-compress --no-resolve-name-conflicts --leave-on-terminate --skip-leave-on-interrupt --rejoin",
  ];
  {
    await using agent = await AgentProcess.start([...bind, ...words.join(" ").split(" "), "--snapshot", snapshot]);
    assert.match(agent.gossipAddress, /^127\.0\.0\.1:\d+$/);
    const { stdout } = await run(["members", "--server", agent.rpcUrl, "--format", "json"]);
    assert.match(stdout, /"role": ?"web"/);
    assert.ok(statSync(snapshot).isFile());
    const large = await run(["event", "deploy", "x".repeat(900), "--server", agent.rpcUrl]);
    assert.is(large.code, 0, large.stderr);
  }
  const file = path.join(directory, "config.json");
  const settings = {
    ...{ iface: "lo", joinIntervalMs: "2s", joinAttemptsMax: 0, replay: true, discover: "shop-of-tests", role: "db" },
    ...{ verifyIncoming: false, verifyOutgoing: false, label: "blue", coalesceWindowMs: 500, coalesceQuietMs: "0" },
    ...{ deadNodeReclaimMs: "0", reconnectIntervalMs: "10s", reconnectTimeoutMs: "72h", tombstoneTimeoutMs: 60_000 },
    ...{ broadcastTimeoutMs: "2s", userEventBytesMax: 1_024, queryBytesMax: 900, queryResponseBytesMax: 800 },
    ...{ compress: false, resolveNameConflicts: false, leaveOnTerminate: true, skipLeaveOnInterrupt: true, snapshot },
  };
  writeFileSync(file, JSON.stringify(settings));
  await using agent = await AgentProcess.start([...bind, "--config", file]);
  const { stdout } = await run(["members", "--server", agent.rpcUrl, "--format", "json"]);
  assert.match(stdout, /"role": ?"db"/);
});

test("a node that may try to join so often only gives up with exit code 1, and says why", async ({ directory }) => {
  const running = new Running([
    ...["agent", "--data-dir", directory, "--bind", ownAddress, "--rpc-addr", ownAddress],
    ...["--join", "127.0.0.1:1", "--retry-max", "2", "--retry-interval", "200ms"],
  ]);
  const { code, stderr } = await running.finished;
  assert.is(code, 1, stderr);
  assert.match(stderr, /Cannot join after 2 tries: .*127\.0\.0\.1:1/);
});

test("nodes of one name on one network become a cluster", async () => {
  const name = `test-${process.pid}-${Date.now()}`;
  // An address that an interface names: it is looked for on all of them.
  const words = ["--bind", "127.0.0.1:0", "--discover", name, "--profile", "local"];
  await using first = await AgentProcess.start([...words, "--node-name", "first"]);
  await using _ = await AgentProcess.start([...words, "--node-name", "second"]);
  await until("they know each other", async () => (await member(first, "second"))?.status === "alive");
});

test("--tags-file keeps what is changed, for its owner's eyes, over a restart", async ({ directory }) => {
  const [file, dataDir] = [path.join(directory, "tags.json"), path.join(directory, "data")];
  const flags = ["--node-name", "alder", "--tags-file", file, "--data-dir", dataDir];
  {
    await using agent = await AgentProcess.start(flags);
    const changed = await run(["tags", "--set", "dc=eu", "--server", agent.rpcUrl]);
    assert.is(changed.code, 0, changed.stderr);
  }
  assert.equal(JSON.parse(readFileSync(file, "utf8")), { dc: "eu" });
  assert.is(statSync(file).mode & 0o777, 0o600);
  {
    await using agent = await AgentProcess.start(flags);
    assert.is((await member(agent, "alder"))?.tags["dc"], "eu");
  }
  writeFileSync(file, '{"w": "mine"}');
  const refused = await run(["agent", ...flags]);
  assert.is(refused.code, 2, refused.stderr);
  assert.match(refused.stderr, /'--tags-file'.*rpc_addr, gv, w/);
});

test("how a node parts: politely on an interrupt, promptly on SIGTERM, or the other way when told so", async () => {
  await using watcher = await AgentProcess.start(["--node-name", "watcher", "--profile", "local"]);
  // One after the other, the polite ones first: a goodbye that goes to the dead gets lost.
  for (const [name, signal, flags, isPolite] of [
    ["polite", "SIGINT", [], true],
    ["polite-told", "SIGTERM", ["--leave-on-terminate"], true],
    ["prompt", "SIGTERM", [], false],
    ["prompt-told", "SIGINT", ["--skip-leave-on-interrupt"], false],
  ] as const) {
    await using agent = await AgentProcess.start(["--node-name", name, "--join", watcher.gossipAddress, ...flags]);
    const seen = async (): Promise<string | undefined> => (await member(watcher, name))?.status;
    await until(`${name} is alive`, async () => (await seen()) === "alive");
    agent.running.signal(signal);
    assert.is((await agent.running.finished).code, 0, name);
    if (isPolite) await until(`${name} has left`, async () => (await seen()) === "left");
    // Nobody was told: the others have to find out.
    else assert.ok(["alive", "failed"].includes((await seen()) ?? ""), name);
  }
});

test("a second interrupt ends a node that is leaving at once", async () => {
  await using watcher = await AgentProcess.start(["--node-name", "watcher"]);
  await using agent = await AgentProcess.start(["--node-name", "hasty", "--join", watcher.gossipAddress]);
  await until("it is alive", async () => (await member(watcher, "hasty"))?.status === "alive");
  agent.running.signal("SIGINT");
  await agent.running.printed(/leaving the cluster; interrupt again to stop at once/);
  agent.running.signal("SIGINT");
  assert.is((await agent.running.finished).code, 1);
});

test.run();
