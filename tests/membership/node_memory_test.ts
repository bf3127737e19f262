// timeout: 60
// topics: discovery
/** Nodes on real sockets that remember their cluster in a file. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MembershipNode, type MembershipNodeOptions, SnapshotFileError } from "../../src/agent/membership.ts";
import { DisposalStack, formatAddress } from "../../src/base/mod.ts";
import { readSnapshotFile, SnapshotFile, type SnapshotSource } from "../../src/io/snapshot_file.ts";
import { ownAddress } from "../own_host.ts";

const test = suite<{ directory: string }>("node memory");

test.before.each(async (context) => {
  context.directory = await mkdtemp(join(tmpdir(), "grapevine-memory-"));
});
test.after.each(async (context) => {
  await rm(context.directory, { recursive: true, force: true });
});

/** Starts nodes for one test, each with its file, and stops them with it. */
class Nodes extends DisposalStack {
  readonly #directory: string;

  constructor(directory: string) {
    super();
    this.#directory = directory;
  }

  path(name: string): string {
    return join(this.#directory, name);
  }

  async start(name: string, options: MembershipNodeOptions = {}): Promise<MembershipNode> {
    // Failures are found within a second.
    const settings = { probeIntervalMs: 100, probeTimeoutMs: 50 };
    const common = { name, bind: ownAddress, profile: "local", settings, snapshot: this.path(name) } as const;
    return this.use(await MembershipNode.start({ ...common, ...options }));
  }
}

async function until(what: string, isSo: () => unknown): Promise<void> {
  const deadlineMs = Date.now() + 10_000;
  while (!(await isSo())) {
    if (Date.now() > deadlineMs) throw new Error(`Cannot see that ${what}: 10 s are over`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const addressOf = (node: MembershipNode): string => formatAddress(node.address);
const statusOf = (node: MembershipNode, name: string): string | undefined => node.member(name)?.status;
const stop = (node: MembershipNode): Promise<void> => node[Symbol.asyncDispose]();

/** All start again at the addresses that they had. */
const again = (nodes: Nodes, name: string, bind: string): Promise<MembershipNode> => nodes.start(name, { bind });

test("a node that was stopped finds its cluster by its file, and is told no event twice", async ({ directory }) => {
  await using nodes = new Nodes(directory);
  const a = await nodes.start("a");
  const b = await nodes.start("b", { join: [addressOf(a)] });
  await until("they see one another", () => statusOf(a, "b") === "alive" && statusOf(b, "a") === "alive");
  const heard: string[] = [];
  b.on("user-event", ({ name }) => heard.push(name));
  a.event("before");
  await until("the event is told", () => heard.length === 1);
  const { member, event } = b.counters.lamport;
  const bind = addressOf(b);
  await stop(b);
  a.event("meanwhile");
  const late: string[] = [];
  const back = await nodes.start("b", { bind });
  back.on("user-event", ({ name }) => late.push(name));
  assert.is(await back.rejoined, true);
  await until("the event of meanwhile is told", () => late.length > 0);
  assert.equal([heard, late], [["before"], ["meanwhile"]]);
  assert.ok(back.counters.lamport.member >= member && back.counters.lamport.event >= event);
  await until("it is alive for the other", () => statusOf(a, "b") === "alive");
});

test("a cluster that was down as a whole is found again, in any order, from nodes that saw one another fail", async ({
  directory,
}) => {
  await using nodes = new Nodes(directory);
  const a = await nodes.start("a");
  const b = await nodes.start("b", { join: [addressOf(a)] });
  const c = await nodes.start("c", { join: [addressOf(a)] });
  const all = [a, b, c];
  await until("all see all", () => all.every((node) => node.members().length === 3));
  const [atA, atB, atC] = all.map(addressOf) as [string, string, string];
  await stop(b);
  await until("b failed", () => statusOf(a, "b") === "failed" && statusOf(c, "b") === "failed");
  await stop(c);
  await until("c failed", () => statusOf(a, "c") === "failed");
  await stop(a);
  const file = await readFile(nodes.path("a"), "utf8");
  for (const [name, address] of [
    ["b", atB],
    ["c", atC],
  ])
    assert.ok(file.includes(`# failed: ${name} ${address}\n`));
  const warnings: string[] = [];
  const first = await nodes.start("a", { bind: atA, onWarn: (message) => warnings.push(message) });
  assert.is(await first.rejoined, false);
  assert.match(warnings.join(), /none of 2 nodes of snapshot file .* answers; trying on/);
  const last = [await again(nodes, "c", atC), await again(nodes, "b", atB)];
  await until("all see all again", () =>
    [first, ...last].every((node) => ["a", "b", "c"].every((name) => statusOf(node, name) === "alive")),
  );
});

test("a node whose nodes come back later finds them then", async ({ directory }) => {
  await using nodes = new Nodes(directory);
  const a = await nodes.start("a", { snapshot: undefined });
  const atA = addressOf(a);
  const b = await nodes.start("b", { join: [atA] });
  await until("they see one another", () => statusOf(b, "a") === "alive");
  await stop(b);
  await stop(a);
  const early = await nodes.start("b");
  assert.is(await early.rejoined, false);
  await nodes.start("a", { bind: atA, snapshot: undefined });
  await until("it is found", () => statusOf(early, "a") === "alive");
});

test("the incarnation outlasts the process, so that nobody keeps the restarted for dead", async ({ directory }) => {
  await using nodes = new Nodes(directory);
  const first = await nodes.start("a");
  assert.is(first.member("a")?.incarnation, 1);
  first.setTags({ v: "2" });
  const reached = first.member("a")?.incarnation ?? 0;
  assert.ok(reached > 1);
  await stop(first);
  const second = await nodes.start("a");
  assert.is(second.member("a")?.incarnation, reached + 1);
  // A life that ends before anything happens counts too.
  await stop(second);
  assert.is((await nodes.start("a", { incarnation: 2 })).member("a")?.incarnation, reached + 2);
});

test("after a leave the cluster is forgotten, unless the option says to rejoin", async ({ directory }) => {
  await using nodes = new Nodes(directory);
  const a = await nodes.start("a");
  const b = await nodes.start("b", { join: [addressOf(a)] });
  await until("they see one another", () => statusOf(a, "b") === "alive" && statusOf(b, "a") === "alive");
  const bind = addressOf(b);
  await b.leave();
  await stop(b);
  assert.match(await readFile(nodes.path("b"), "utf8"), /^leave$/m);
  const stranger = await nodes.start("b", { bind });
  assert.is(await stranger.rejoined, false);
  assert.equal(stranger.members().length, 1);
  await stop(stranger);
  const back = await nodes.start("b", { bind, rejoinAfterLeave: true });
  assert.is(await back.rejoined, true);
  await until("it is alive again", () => statusOf(a, "b") === "alive");
});

test("a file that cannot be read or is none fails the start, and garbage in it does not", async ({ directory }) => {
  await using nodes = new Nodes(directory);
  await mkdir(nodes.path("folder"));
  for (const snapshot of [nodes.path("folder"), nodes.path("missing/file")]) {
    try {
      await nodes.start("a", { snapshot });
      assert.unreachable("it started");
    } catch (error) {
      assert.instance(error, SnapshotFileError);
      assert.is((error as SnapshotFileError).code, "SNAPSHOT_FILE");
      assert.ok((error as Error).message.startsWith(`Cannot use snapshot file ${snapshot}: `));
    }
  }
  await writeFile(nodes.path("a"), "what is this\nclock: 41\nalive: b 127.0.0.1:1\nalive: c 127.0.0.1:");
  const warnings: string[] = [];
  const a = await nodes.start("a", { onWarn: (message) => warnings.push(message) });
  assert.ok(a.counters.lamport.member > 41);
  await a.rejoined;
  assert.match(warnings.join(), /1 lines of snapshot file .* cannot be read/);
  await stop(a);
  // The torn line is gone, and what was read stands.
  const text = await readFile(nodes.path("a"), "utf8");
  assert.match(text, /^alive: b 127\.0\.0\.1:1\nclock: 4\d\n# incarnation: 1\n(clock: 4\d\n)?$/);
});

/** A source whose lines and text a test decides. */
class Lines implements SnapshotSource {
  lines = "";
  whole = "whole\n";
  bytesMax = 1_000;
  readonly warnings: string[] = [];
  takeLines(): string {
    const lines = this.lines;
    this.lines = "";
    return lines;
  }
  text(): string {
    return this.whole;
  }
  isTooLong(bytes: number): boolean {
    return bytes > this.bytesMax;
  }
  warn(message: string): void {
    this.warnings.push(message);
  }
}

test("SnapshotFile appends, rewrites what has grown too long, and goes on after it", async ({ directory }) => {
  const path = join(directory, "file");
  const source = new Lines();
  const text = (): Promise<string> => readFile(path, "utf8");
  await using file = await SnapshotFile.open(path, source);
  source.lines = "one\n";
  await until("it is written by itself", async () => (await text()) === "one\n");
  source.lines = `${"x".repeat(1_000)}\n`;
  await file.flush();
  assert.is(await text(), "whole\n");
  source.lines = "two\n";
  await file.sync();
  assert.is(await text(), "whole\ntwo\n");
  assert.equal(await readdir(directory), ["file"]);
  source.lines = "last\n";
  await file[Symbol.asyncDispose]();
  await file[Symbol.asyncDispose]();
  assert.is(await text(), "whole\ntwo\nlast\n");
  assert.equal(source.warnings, []);
});

test("SnapshotFile warns once when it cannot write, and writes everything as soon as it can", async ({ directory }) => {
  const path = join(directory, "file");
  const source = new Lines();
  await using file = await SnapshotFile.open(path, source);
  // Something stands where the new file must be written first.
  await mkdir(`${path}.compact`);
  await writeFile(join(`${path}.compact`, "x"), "");
  source.lines = `${"x".repeat(1_001)}\n`;
  await file.flush();
  await file.sync();
  await file.sync();
  assert.is(source.warnings.length, 1);
  assert.ok(source.warnings[0]?.startsWith(`Cannot write snapshot file ${path}: `));
  await rm(`${path}.compact`, { recursive: true });
  await file.sync();
  assert.is(await readFile(path, "utf8"), "whole\n");
  source.lines = "more\n";
  await file.flush();
  assert.is(await readFile(path, "utf8"), "whole\nmore\n");
});

test("readSnapshotFile() reads the last 16 MiB of a larger file, whole lines only", async ({ directory }) => {
  const path = join(directory, "file");
  const line = `${"l".repeat(99)}\n`;
  await writeFile(path, line.repeat(170_000));
  assert.is((await stat(path)).size, 17_000_000);
  const bytes = await readSnapshotFile(path);
  assert.is(bytes.length, 16_777_200);
  assert.is(String.fromCharCode(...bytes.subarray(0, 100)), line);
});

test("nothing is written any more once a node was stopped, not even by a leave", async ({ directory }) => {
  await using nodes = new Nodes(directory);
  const a = await nodes.start("a");
  await stop(a);
  await rm(nodes.path("a"));
  await a.leave();
  const source: SnapshotSource = {
    takeLines: () => "line\n",
    text: () => "text\n",
    isTooLong: () => true,
    warn: () => {},
  };
  const file = await SnapshotFile.open(nodes.path("b"), source);
  await file[Symbol.asyncDispose]();
  await rm(nodes.path("b"));
  await file.flush();
  await file.sync();
  assert.equal(await readdir(directory), []);
});

test.run();
