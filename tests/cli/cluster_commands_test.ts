// runtimes: bun (commands_test.ts has the command line on all three)
// timeout: 180
// topics: discovery
/** The commands that operators of Serf know, against two nodes. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { AgentProcess, Running, run } from "./processes.ts";

let alder: AgentProcess;
let birch: AgentProcess;
test.before(async () => {
  alder = await AgentProcess.start(["--node-name", "alder", "--tag", "site=north"]);
  birch = await AgentProcess.start(["--node-name", "birch", "--join", alder.gossipAddress]);
  for (let attempt = 1; ; attempt++) {
    const { stdout } = await ask("members --status alive --format json");
    if (JSON.parse(stdout).members.length === 2) return;
    if (attempt >= 20) throw new Error(`Cannot go on: the nodes do not meet: ${stdout}`);
  }
});
test.after(async () => {
  await birch[Symbol.asyncDispose]();
  await alder[Symbol.asyncDispose]();
});

/** Runs a command against the first node. */
function ask(args: string): ReturnType<typeof run> {
  return run(args.split(" "), { env: { GRAPEVINE_SERVER: alder.rpcUrl } });
}

test("keygen prints 32 bytes in base64, different ones each time", async () => {
  const keys = [(await run(["keygen"])).stdout, (await run(["keygen"])).stdout];
  for (const key of keys) assert.is(Buffer.from(key.trim(), "base64").length, 32);
  assert.is.not(keys[0], keys[1]);
});

test("event dispatches, and monitor shows it as it happens, in text and in JSON", async () => {
  const env = { GRAPEVINE_SERVER: birch.rpcUrl };
  const text = new Running(["monitor"], { env });
  const json = new Running(["monitor", "--format", "json"], { env });
  try {
    await Promise.all([text.printed(/watching the cluster/), json.printed(/watching the cluster/)]);
    const sent = await ask("event --coalesce=false deploy v1");
    assert.equal([sent.code, sent.stdout], [0, "Event 'deploy' dispatched! Coalescing enabled: false\n"], sent.stderr);
    await text.printed(
      /Event Info:\n\tEvent: "user"\n\tLTime: \d+\n\tName: "deploy"\n\tPayload: "v1"\n\tCoalesce: false/,
    );
    await json.printed(/\{"type":"user","lamport":\d+,"name":"deploy","payload":"v1","coalesce":false\}/);
    const coalesced = await ask("event deploy v2");
    assert.is(coalesced.stdout, "Event 'deploy' dispatched! Coalescing enabled: true\n");
    await text.printed(/Payload: "v2"\n\tCoalesce: true/);
  } finally {
    text.signal("SIGTERM");
    json.signal("SIGTERM");
    await Promise.all([text.finished, json.finished]);
  }
});

test("monitor --log-level shows what the node has logged lately, then what it logs, from that level on", async () => {
  const env = { GRAPEVINE_SERVER: birch.rpcUrl };
  const debug = new Running(["monitor", "--log-level", "debug"], { env });
  const info = new Running(["monitor", "--log-level", "info", "--format", "json"], { env });
  try {
    // Both joined long before: these lines were kept.
    await debug.printed(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[INFO\] serf: EventMemberJoin: alder 127[.\d]+$/m);
    await info.printed(/\{"type":"log","line":"[^"]* \[INFO\] serf: EventMemberJoin: alder 127[.\d]+"\}/);
    await ask("event --coalesce=false watched");
    await debug.printed(/\[DEBUG\] agent: Received event: user-event: watched$/m);
    await debug.printed(/Event Info:\n\tEvent: "user"/);
    await info.printed(/"name":"watched"/);
  } finally {
    debug.signal("SIGTERM");
    info.signal("SIGTERM");
  }
  const [, toldInfo] = await Promise.all([debug.finished, info.finished]);
  assert.not.match(toldInfo.stdout, /\[DEBUG\]/);
  const refused = await ask("monitor --log-level loud");
  assert.is(refused.code, 2);
  assert.match(refused.stderr, /trace, debug, info, warn, error/);
});

test("an event that can never be spread is refused with its bytes, exit code 1", async () => {
  const { code, stderr } = await ask(`event big ${"x".repeat(600)}`);
  assert.is(code, 1);
  assert.match(stderr, /Cannot send user event "big": name and payload have 603 bytes, allowed are 512/);
});

test("query shows acknowledgements, and names in JSON who said them", async () => {
  const text = await ask("query --timeout 1s hello x");
  assert.is(text.code, 0, text.stderr);
  assert.match(
    text.stdout,
    /^Query 'hello' dispatched\n(Ack from '(alder|birch)'\n){2}Total Acks: 2\nTotal Responses: 0\n$/,
  );
  const json = JSON.parse((await ask("query --timeout 500ms --node birch --format json hello")).stdout);
  assert.equal(json, { Acks: ["birch"], Responses: {} });
  const tagged = JSON.parse((await ask("query --timeout 500ms --tag site=^nor --format json hello")).stdout);
  assert.equal(tagged.Acks, ["alder"]);
  const silent = await ask("query --timeout 300ms --no-ack hello");
  assert.match(silent.stdout, /^Query 'hello' dispatched\nTotal Responses: 0\n$/);
  assert.match(silent.stderr, /No answer in time from (alder, birch|birch, alder)/);
});

test("health names what is wrong with the way to each member, with the evidence when asked", async () => {
  for (let attempt = 1; ; attempt++) {
    const { code, stdout, stderr } = await ask("health");
    assert.is(code, 0, stderr);
    if (/^birch {4}alive {4}ok {4}it answers\n$/.test(stdout)) break;
    assert.match(stdout, /^birch {4}alive {4}unknown /);
    assert.ok(attempt < 20, stdout);
  }
  const verbose = await ask("health --verbose birch");
  assert.match(verbose.stdout, /\n\nbirch\n {2}UDP to it, UDP from it, TCP +works, works, unknown\n/);
  assert.match(verbose.stdout, /round trip +\d+\.\d ms\n/);
  const { healthScore, peers } = JSON.parse((await ask("health --format json")).stdout);
  assert.type(healthScore, "number");
  assert.equal([peers.length, peers[0].name, peers[0].verdict, peers[0].udpIn], [1, "birch", "ok", "works"]);
  assert.ok(peers[0].counts.pingsAnswered >= 1);
  const nobody = await ask("health nobody");
  assert.is(nobody.code, 1);
  assert.match(nobody.stderr, /Cannot tell the way to nobody: the asked node knows no such other member/);
});

test("reachability reaches all, and ends as soon as it has", async () => {
  const { code, stdout } = await ask("reachability --verbose");
  assert.is(code, 0);
  assert.match(stdout, /^Total members: 2, live members: 2\nStarting reachability test...\n(\tAck from '\w+'\n){2}/);
  assert.match(stdout, /Query time: [0-2]\.\d\d sec.*\nSuccessfully contacted all live nodes\n$/);
  const json = JSON.parse((await ask("reachability --format json")).stdout);
  assert.equal([json.members, json.missing, [...json.reached].sort()], [2, [], ["alder", "birch"]]);
});

test("tags are set and deleted, but not those that nodes know one another by", async () => {
  const set = await ask("tags --set role=web --delete site");
  assert.equal([set.code, set.stdout], [0, "Successfully updated agent tags\n"], set.stderr);
  const { members } = JSON.parse((await ask("members --name alder --format json")).stdout);
  assert.is(members[0].tags.role, "web");
  assert.is(members[0].tags.site, undefined);
  assert.ok(members[0].tags.rpc_addr);
  await ask("tags --delete role --set site=north");
  const reserved = await ask("tags --delete rpc_addr");
  assert.is(reserved.code, 1);
  assert.match(reserved.stderr, /Cannot change tag "rpc_addr": the node sets it itself/);
  const large = await ask(`tags --set a=${"x".repeat(500)}`);
  assert.match(large.stderr, /Cannot use these tags: they take \d+ bytes encoded, allowed are 512/);
  assert.is((await ask("tags")).code, 2);
});

test("info shows what Serf's operators look for", async () => {
  const { stdout } = await ask("info");
  assert.match(
    stdout,
    /^agent:\n\tname = alder\nevent_handlers:\nruntime:\n\tarch = .*\n\tcpu_count = \d+\n.*serf:\n\tcoordinate_resets = 0\n\tencrypted = false\n\tevent_queue = \d+\n/s,
  );
  const json = JSON.parse((await ask("info --format json")).stdout);
  assert.equal([json.agent.name, json.serf.members, json.serf.failed], ["alder", "2", "0"]);
});

test("rtt estimates, or says for whom it cannot", async () => {
  const nobody = await ask("rtt nobody");
  assert.is(nobody.code, 1);
  assert.match(nobody.stderr, /Cannot estimate the round trip: it is not known yet where nobody and alder stand/);
  for (let attempt = 1; attempt <= 20; attempt++) {
    const { code, stdout } = await ask("rtt birch");
    if (code !== 0) continue;
    assert.match(stdout, /^Estimated birch <-> alder rtt: \d+\.\d{3} ms\n$/);
    return;
  }
  assert.unreachable("no estimate after 20 tries");
});

test("keys name the nodes that object, exit code 1, and take one order at a time", async () => {
  const { code, stdout, stderr } = await ask("keys --list");
  assert.is(code, 1);
  assert.match(stdout, /failed:\s+birch\s+Keyring is empty \(encryption not enabled\)/);
  assert.match(stderr, /Cannot list keys: 2\/2 nodes reported failure/);
  const install = await ask("keys --install MDEyMzQ1Njc4OWFiY2RlZg==");
  assert.match(install.stdout, /failed:\s+alder\s+No keyring to modify \(encryption not enabled\)/);
  const bad = await ask("keys --use short");
  assert.match(bad.stderr, /Cannot use the encryption key/);
  assert.is((await ask("keys")).code, 2);
  assert.is((await ask("keys --list --use a")).code, 2);
});

test("force-leave refuses whom it does not know; a member that is alive contradicts", async () => {
  const nobody = await ask("force-leave nobody");
  assert.equal([nobody.code, nobody.stderr.includes('Cannot force "nobody" to leave: no such member')], [1, true]);
  assert.is((await ask("force-leave birch")).code, 0);
  const { stdout } = await ask("members --name birch --status alive|leaving --format json");
  assert.is(JSON.parse(stdout).members.length, 1);
});

test.run();
