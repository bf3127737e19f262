/** Nodes on real sockets. */
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  GossipBindError,
  InvalidAddressError,
  JoinFailedError,
  MembershipNode,
  type MembershipNodeOptions,
  TagsTooLargeError,
} from "../../src/agent/membership.ts";
import { DisposalStack, formatAddress, Random } from "../../src/base/mod.ts";
import { ownAddress, ownHost } from "../own_host.ts";

/** Starts nodes for one test, on free ports, and stops them with it. */
class Nodes extends DisposalStack {
  async start(name: string, options: MembershipNodeOptions = {}): Promise<MembershipNode> {
    return this.use(await MembershipNode.start({ name, bind: ownAddress, profile: "local", ...options }));
  }
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 10_000;
  while (!isSo()) {
    if (Date.now() > deadlineMs) throw new Error(`Cannot see that ${what}: 10 s are over`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("a node starts alone on a free port and is its own member", async () => {
  await using nodes = new Nodes();
  const node = await nodes.start("a", { tags: { gv: "1" } });
  assert.ok(node.address.port > 0);
  assert.equal(node.advertised, node.address);
  assert.is(node.localName, "a");
  assert.is(node.member("a")?.tags.get("gv"), "1");
});

test("nodes join, see one another's tags and their changes, and tell of it", async () => {
  await using nodes = new Nodes();
  const events: string[] = [];
  const onEvent = ({ type, member }: { type: string; member: { name: string } }) =>
    events.push(`${type} ${member.name}`);
  const a = await nodes.start("a", { tags: { of: "a" }, onEvent });
  const b = await nodes.start("b", { tags: { of: "b" } });
  const c = await nodes.start("c", { join: [formatAddress(a.address)] });
  const joined: string[] = [];
  const stop = b.on("member-join", (member) => joined.push(member.name));
  const result = await b.join([formatAddress(a.address)]);
  assert.equal(result, { contacted: [formatAddress(a.address)], failed: [] });
  await until("all see all", () => [a, b, c].every((node) => node.members().length === 3));
  stop();
  assert.is(b.member("a")?.tags.get("of"), "a");
  assert.equal([...joined].sort(), ["a", "c"]);
  a.setTags({ of: "A" });
  await until("the change is seen", () => c.member("a")?.tags.get("of") === "A");
  assert.equal([...events].sort(), ["member-join b", "member-join c", "member-update a"]);
});

test("leave() makes a node left for the others, and disposing of it makes it silent", async () => {
  await using nodes = new Nodes();
  const a = await nodes.start("a");
  const b = await nodes.start("b");
  await b.join([formatAddress(a.address)]);
  const gone: string[] = [];
  a.on("member-leave", (member) => gone.push(`${member.name} ${member.status}`));
  a.on("member-failed", (member) => gone.push(`${member.name} ${member.status}`));
  await Promise.all([b.leave(), b.leave()]);
  assert.is(a.member("b")?.status, "left");
  await b[Symbol.asyncDispose]();
  await b[Symbol.asyncDispose]();
  assert.equal(gone, ["b left"]);
});

test("disposing of a node ends a leave and a join that are under way", async () => {
  await using nodes = new Nodes();
  const a = await nodes.start("a");
  const b = await nodes.start("b");
  await b.join([formatAddress(a.address)]);
  const leaving = b.leave();
  const joining = b.join(["127.0.0.1:9"]).catch((error: Error) => error);
  await b[Symbol.asyncDispose]();
  await leaving;
  assert.instance(await joining, JoinFailedError);
});

test("a node joins by name, and over IPv6", async () => {
  await using nodes = new Nodes();
  const a = await nodes.start("a", { bind: "127.0.0.1:0" });
  const b = await nodes.start("b");
  await b.join([`localhost:${a.address.port}`]);
  assert.is(b.member("a")?.status, "alive");
  const c = await nodes.start("c", { bind: "[::1]:0" });
  const d = await nodes.start("d", { bind: "[::1]:0" });
  await d.join([formatAddress(c.address)]);
  assert.is(d.member("c")?.status, "alive");
  assert.is(c.member("d")?.address.host, "::1");
});

test("a join that reaches nobody rejects with the reason for each address, and the node goes on", async () => {
  await using nodes = new Nodes();
  const a = await nodes.start("a");
  try {
    await a.join(["127.0.0.1:1", "no-such-host.invalid:7946"]);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, JoinFailedError);
    const { code, failed } = error as JoinFailedError;
    assert.is(code, "JOIN_FAILED");
    assert.equal(failed.map(({ address }) => address).sort(), ["127.0.0.1:1", "no-such-host.invalid:7946"]);
    assert.match((error as Error).message, /^Cannot join: .*127\.0\.0\.1:1: .*REFUSED/);
  }
  assert.equal(await a.join([]), { contacted: [], failed: [] });
});

test("a join at the start that reaches nobody is told as a warning", async () => {
  await using nodes = new Nodes();
  const warnings: string[] = [];
  await nodes.start("a", { join: ["127.0.0.1:1"], onWarn: (message) => warnings.push(message) });
  await until("the warning came", () => warnings.length > 0);
  assert.match(warnings[0] as string, /^Cannot join: 127\.0\.0\.1:1/);
});

test("bad addresses are refused before anything is opened", async () => {
  const rows: [MembershipNodeOptions, RegExp][] = [
    [{ bind: "localhost:0" }, /^Cannot bind gossip to "localhost:0": allowed are IP:PORT and \[IPV6\]:PORT$/],
    [{ bind: "127.0.0.1:70000" }, /^Cannot bind gossip to "127\.0\.0\.1:70000"/],
    [{ bind: ownAddress, advertise: "0.0.0.0" }, /^Cannot advertise "0\.0\.0\.0"/],
    [{ bind: ownAddress, advertise: "name" }, /^Cannot advertise "name"/],
  ];
  for (const [options, message] of rows) {
    const error = await MembershipNode.start(options).catch((caught: Error) => caught);
    assert.instance(error, InvalidAddressError);
    assert.match((error as Error).message, message);
  }
  const error = await MembershipNode.start({ bind: "192.0.2.1:0" }).catch((caught: Error) => caught);
  assert.instance(error, GossipBindError);
  assert.is((error as GossipBindError).code, "ADDRESS_NOT_AVAILABLE");
});

test("joining an address that cannot be reached from a loopback one is refused with the reason", async () => {
  await using nodes = new Nodes();
  const a = await nodes.start("a");
  const error = await a.join(["192.0.2.1:7946"]).catch((caught: Error) => caught);
  assert.match(
    (error as Error).message,
    /Cannot join "192\.0\.2\.1:7946": this node is bound to 127\.\d+\.\d+\.\d+:\d+/,
  );
  const nonsense = await a.join(["no port:x"]).catch((caught: Error) => caught);
  assert.match((nonsense as Error).message, /^Cannot join "no port:x": allowed are HOST, HOST:PORT and \[IPV6\]:PORT$/);
});

test("a port that is taken is said, for TCP as for UDP, and nothing stays open", async () => {
  await using nodes = new Nodes();
  const a = await nodes.start("a");
  const taken = await MembershipNode.start({ bind: formatAddress(a.address) }).catch((caught: Error) => caught);
  assert.instance(taken, GossipBindError);
  assert.is((taken as GossipBindError).code, "ADDRESS_IN_USE");
  assert.match((taken as Error).message, /^Cannot bind gossip to 127\.\d+\.\d+\.\d+:\d+: the port is taken$/);
  const udp = createSocket("udp4");
  await new Promise<void>((resolve) => udp.bind(0, ownHost, resolve));
  const { port } = udp.address();
  const halfTaken = await MembershipNode.start({ bind: `${ownHost}:${port}` }).catch((caught: Error) => caught);
  assert.is((halfTaken as GossipBindError).code, "ADDRESS_IN_USE");
  await new Promise<void>((resolve) => udp.close(() => resolve()));
  const free = await nodes.start("b", { bind: `${ownHost}:${port}` });
  assert.is(free.address.port, port);
});

test("tags that are too large change nothing", async () => {
  await using nodes = new Nodes();
  const a = await nodes.start("a", { tags: { v: "1" } });
  assert.throws(
    () => a.setTags({ v: "x".repeat(600) }),
    (error: Error) => error instanceof TagsTooLargeError,
  );
  assert.is(a.member("a")?.tags.get("v"), "1");
});

test("bound to any address, a node advertises one that others can reach", async () => {
  await using nodes = new Nodes();
  const a = await nodes.start("a", { bind: "0.0.0.0:0" });
  assert.not.equal(a.advertised.host, "0.0.0.0");
  assert.is(a.advertised.port, a.address.port);
  const b = await nodes.start("b", { bind: "0.0.0.0:0", advertise: "127.0.0.1" });
  assert.equal(b.advertised, { host: "127.0.0.1", port: b.address.port });
});

test("garbage on both sockets is dropped and counted, and the node goes on", async () => {
  await using nodes = new Nodes();
  const a = await nodes.start("a");
  const random = new Random("garbage");
  const udp = createSocket("udp4");
  for (let count = 0; count < 200; count++) {
    udp.send(random.bytes(random.between(1, 300)), a.address.port, ownHost);
  }
  for (let count = 0; count < 10; count++) await sendGarbage(a.address.port, random.bytes(200));
  await until("packets were counted", () => a.counters.gossip.packetsReceived > 50);
  await new Promise<void>((resolve) => udp.close(() => resolve()));
  const b = await nodes.start("b");
  await b.join([formatAddress(a.address)]);
  assert.is(a.member("b")?.status, "alive");
  assert.ok([...a.counters.gossip.dropped.values()].some((count) => count > 0));
});

/** Resolves when the other side has closed. */
function sendGarbage(port: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, ownHost, () => socket.end(bytes));
    socket.on("error", () => {});
    socket.on("close", () => resolve());
    socket.resume();
  });
}

test.run();
