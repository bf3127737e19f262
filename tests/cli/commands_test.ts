// runtimes: bun, node (whoever installs it runs it on one of these; the library is tested on Deno)
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { connect } from "../../src/client/mod.ts";
import { AgentProcess, Running, run } from "./processes.ts";

let node: AgentProcess;
test.before(async () => {
  node = await AgentProcess.start(["--node-name", "alder", "--tag", "site=north"]);
});
test.after(() => node[Symbol.asyncDispose]());

/** Runs a command against the node. */
function ask(args: string, input: string | Uint8Array = ""): ReturnType<typeof run> {
  return run(args.split(" "), { input, env: { GRAPEVINE_SERVER: node.rpcUrl } });
}

test("consume gives back every line that produce was given, byte for byte", async () => {
  const input = "first\n\n  indented\r\nünïcode ✓\nlast without newline";
  const produced = await ask("produce lines", input);
  assert.is(produced.code, 0, produced.stderr);
  assert.match(produced.stdout, /^produced 5 records to lines: offsets 0 to 4, writer [0-9a-f]{16}\n$/);
  const consumed = await ask("consume lines");
  assert.is(consumed.code, 0, consumed.stderr);
  assert.is(consumed.stdout, `${input}\n`);
});

test("produce reads a file, and says in JSON where it went", async () => {
  const file = path.join(node.directory, "input.txt");
  writeFileSync(file, "a\nb\n");
  const { stdout, code } = await ask(`produce files ${file} --format json`);
  assert.is(code, 0);
  const { writer, ...rest } = JSON.parse(stdout);
  assert.match(writer, /^[0-9a-f]{16}$/);
  assert.equal(rest, { topic: "files", records: 2, firstOffset: 0, lastOffset: 1, firstSequence: 1, lastSequence: 2 });
  rmSync(file);
});

test("produce compresses with the codec that it is told, and consume gives the lines back", async () => {
  const input = "the same again\n".repeat(500);
  assert.is((await ask("produce packed --compression gzip", input)).code, 0);
  assert.is((await ask("consume packed")).stdout, input);
  const { bytes } = JSON.parse((await ask("topics describe packed --format json")).stdout);
  assert.ok(bytes < input.length / 4, `${bytes} bytes`);
  const unknown = await ask("produce packed --compression lz4", input);
  assert.is(unknown.code, 2);
  assert.match(unknown.stderr, "Allowed choices are none, gzip, zstd, brotli");
});

test("produce stops at a line that is too long, names it, and says what is stored", async () => {
  const input = Buffer.concat([Buffer.from("ok\n"), Buffer.alloc(1_048_577, "x"), Buffer.from("\nnever\n")]);
  const { code, stdout, stderr } = await ask("produce long", input);
  assert.is(code, 1);
  assert.is(stdout, "");
  assert.match(stderr, /line 2/);
  assert.match(stderr, /1048576/);
  assert.match(stderr, /produced 1 record to long/);
  assert.is((await ask("consume long")).stdout, "ok\n");
});

test("consume starts where it is told and stops after a count", async () => {
  await ask("produce starts", "0\n1\n2\n3\n");
  assert.is((await ask("consume starts --from 2")).stdout, "2\n3\n");
  assert.is((await ask("consume starts --from latest")).stdout, "");
  assert.is((await ask("consume starts --from 2020-01-01 --count 1")).stdout, "0\n");
  const lines = (await ask("consume starts --format json --count 3")).stdout.trim().split("\n");
  const last = JSON.parse(lines.at(-1) as string);
  assert.is(last.offset, 2);
  assert.is(last.value, "2");
  assert.is((await ask(`consume starts --from ${last.cursor}`)).stdout, "3\n");
});

test("consume fails on an offset past the end and on a topic that is not there", async () => {
  await ask("produce short", "0\n");
  const past = await ask("consume short --from 7");
  assert.is(past.code, 1);
  assert.match(past.stderr, /offset 7: it ends before offset 1/);
  const missing = await ask("consume nowhere");
  assert.is(missing.code, 1);
  assert.match(missing.stderr, /"nowhere"/);
});

test("consume --follow prints what comes later, and an interrupt ends it well", async () => {
  await ask("produce later", "before\n");
  const env = { GRAPEVINE_SERVER: node.rpcUrl };
  const following = new Running(["consume", "later", "--follow"], { env, input: "" });
  await following.printed(/before\n/);
  await ask("produce later", "after\n");
  await following.printed(/before\nafter\n/);
  following.signal("SIGINT");
  assert.equal(await following.finished, { code: 0, stdout: "before\nafter\n", stderr: "" });
});

test("topics create and set say what is kept from now on, and topics describe shows it", async () => {
  const created = await ask("topics create kept --retention-age 7d --retention-bytes 1GB --retention-segments 5");
  assert.is(created.code, 0, created.stderr);
  const retention = "older than 7d, beyond 1000000000 bytes, beyond 5 segments";
  assert.is(created.stdout, `created topic kept: retention ${retention}\n`);
  assert.match((await ask("topics describe kept")).stdout, new RegExp(`retention +${retention}\n`));
  assert.is((await ask("topics create kept")).code, 1);
  const changed = await ask("topics set kept --retention-bytes 0 --retention-age 1h30m --format json");
  assert.equal(JSON.parse(changed.stdout).retention, { ageMaxMs: 5_400_000, segmentsMax: 5 });
  const described = await ask("topics describe kept --format json");
  assert.equal(JSON.parse(described.stdout).retention, { ageMaxMs: 5_400_000, segmentsMax: 5 });
  const small = await ask("topics set kept --retention-bytes 1MB");
  assert.is(small.code, 1);
  assert.match(
    small.stderr,
    /retention.bytesMin is 1000000, allowed is 0 for none, or .* from 268435456 \(a segment\)/,
  );
  assert.not.match((await ask("topics")).stdout, /_topics/);
  assert.match((await ask("topics --internal")).stdout, /_topics/);
  assert.match((await ask("produce _topics", "x\n")).stderr, /names that begin with "_" are the cluster's own/);
});

test("topics create --compact has records without a key refused, and topics describe says so", async () => {
  const created = await ask("topics create prices --compact --tombstone-grace 7d");
  const compaction = "the latest of each key, tombstones for 7d";
  assert.is(created.stdout, `created topic prices: retention as each node is told; compaction ${compaction}\n`);
  assert.match((await ask("topics describe prices")).stdout, new RegExp(`compaction +${compaction}\n`));
  const refused = await ask("produce prices", "no key\n");
  assert.is(refused.code, 1);
  assert.match(refused.stderr, /record 0 has no key, and the topic is compacted by key/);
  await ask("topics set prices --tombstone-grace 0");
  assert.equal(JSON.parse((await ask("topics describe prices --format json")).stdout).tombstoneGraceMs, 86_400_000);
  assert.match(
    (await ask("topics set prices --no-compact")).stdout,
    /^set topic prices: retention as each node is told\n$/,
  );
  assert.is((await ask("produce prices", "no key\n")).code, 0);
});

test("topics and members print tables, and the same as JSON", async () => {
  await ask("produce tables", "a\nb\n");
  assert.match((await ask("topics")).stdout, /^TOPIC +SPAN +OFFSETS +BYTES +FEEDS\n(.*\n)*tables +2 +0\.\.2 +\d+ +1\n/);
  const described = (await ask("topics describe tables")).stdout;
  assert.match(described, /span +2\n/);
  assert.match(described, /NODE +RPC +SPAN +LAG\nalder +\S+ +2 +0\n/);
  const topic = JSON.parse((await ask("topics describe tables --format json")).stdout);
  assert.is(topic.nextOffset, 2);
  assert.is(topic.feeds[0].have, 2);
  assert.match((await ask("members")).stdout, /^alder +127[.\d]+:\d+ +alive +.*site=north/);
  const { members } = JSON.parse((await ask("members --format json")).stdout);
  assert.is(members[0].tags.site, "north");
  assert.is((await ask("members --status failed")).stdout, "\n");
});

test("topics delete deletes where it may, and a topic's generation is shown", async () => {
  await using client = connect(node.rpcUrl);
  await client.produce("doomed", { value: "old" });
  const unasked = await ask("topics delete doomed");
  assert.is(unasked.code, 2);
  assert.match(unasked.stderr, /topics delete needs --yes where nobody can be asked/);
  assert.is((await client.describeTopic("doomed")).records, 1);
  const deleted = await ask("topics delete doomed --yes");
  assert.is(deleted.stdout, "deleted topic doomed, generation 1\n", deleted.stderr);
  const late = await ask("produce doomed", "late\n");
  assert.is(late.code, 1);
  assert.match(late.stderr, /Cannot use topic "doomed": generation 1 of it was deleted/);
  await client.createTopic("doomed");
  assert.match((await ask("topics")).stdout, /^TOPIC .* GENERATION\n(.*\n)*doomed .* 2\n/);
});

test("join makes two nodes one cluster; leave makes the node stop with exit code 0", async () => {
  await using other = await AgentProcess.start(["--node-name", "birch"]);
  const joined = await run(["join", node.gossipAddress, "--server", other.rpcUrl]);
  assert.is(joined.stdout, "joined by contacting 1 node\n", joined.stderr);
  assert.match((await run(["members", "--server", other.rpcUrl])).stdout, /alder .*\nbirch /);
  const left = await run(["leave", "--server", other.rpcUrl]);
  assert.is(left.code, 0, left.stderr);
  assert.is((await other.running.finished).code, 0);
});

test("an interrupted agent leaves the cluster; a terminated one stops; both exit with 0", async () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    await using agent = await AgentProcess.start();
    agent.running.signal(signal);
    const { code, stderr } = await agent.running.finished;
    assert.is(code, 0, `${signal}: ${stderr}`);
  }
});

test("flags win over the environment, the environment over the file", async () => {
  const file = path.join(node.directory, "config.json");
  writeFileSync(file, JSON.stringify({ nodeName: "from-file", tags: { from: "file" }, bind: "nowhere at all" }));
  await using agent = await AgentProcess.start(["--config", file, "--node-name", "from-flag"]);
  assert.match((await run(["members", "--server", agent.rpcUrl])).stdout, /^from-flag .*from=file/);
});

test.run();
