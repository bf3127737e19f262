// topics: discovery
/** Multicast DNS on real sockets of the loopback interface: nodes of one host find each other, and bytes of anybody do no harm. */
import { createSocket } from "node:dgram";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeServiceMessage, encodeServiceMessage } from "../../src/agent/discovery_codec.ts";
import { Mdns } from "../../src/agent/mdns.ts";
import { MembershipNode, type MembershipNodeOptions } from "../../src/agent/membership.ts";
import { DisposalStack, fromHex, Random, toHex } from "../../src/base/mod.ts";
import { MulticastSockets, multicastInterfaces } from "../../src/io/multicast_socket.ts";
import { Discovery, discoveryPort, type ServiceMessage } from "../../src/membership/mod.ts";

/** What a real agent of Serf 0.9.4, asked for cluster `foo`, answered. */
const answerOfSerf =
  "0000840000000004000000000" +
  "95f736572665f666f6f045f746370056c6f63616c00000c000100000078000a05616c7068610178c00cc02c00210001000000780" +
  "00a000a00011f0a02766d00c04800010001000000780004 0a4d0001c02c001000010000007800131253657266202766 6f6f2720636c7573746572".replaceAll(
    " ",
    "",
  );

const message: ServiceMessage = {
  id: 513,
  isResponse: true,
  questions: [{ name: "_serf_foo._tcp.local", type: "PTR", wantsUnicast: false }],
  records: [
    { type: "PTR", name: "_serf_foo._tcp.local", ttlSeconds: 120, target: "alpha._serf_foo._tcp.local" },
    { type: "SRV", name: "alpha._serf_foo._tcp.local", ttlSeconds: 120, target: "host.local", port: 7946 },
    { type: "A", name: "host.local", ttlSeconds: 120, address: "10.0.0.1" },
    { type: "AAAA", name: "host.local", ttlSeconds: 120, address: "fd00::1" },
  ],
};

/** A name that no other test, and nobody else on this machine, looks for. */
function freshName(): string {
  return `test-${process.pid}-${Math.floor(Math.random() * 1e9)}`;
}

async function until(what: string, isSo: () => unknown, withinMs = 10_000): Promise<void> {
  const deadlineMs = Date.now() + withinMs;
  while (!(await isSo())) {
    if (Date.now() > deadlineMs) throw new Error(`Cannot see that ${what}: ${withinMs} ms are over`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("decodeServiceMessage() reads what a real agent answered", () => {
  const found = decodeServiceMessage(fromHex(answerOfSerf) ?? new Uint8Array(0));
  assert.is(found?.isResponse, true);
  assert.equal(found?.records, [
    { type: "PTR", name: "_serf_foo._tcp.local", ttlSeconds: 120, target: "alpha.x._serf_foo._tcp.local" },
    { type: "SRV", name: "alpha.x._serf_foo._tcp.local", ttlSeconds: 120, target: "vm", port: 7946 },
    { type: "A", name: "vm", ttlSeconds: 120, address: "10.77.0.1" },
  ]);
});

test("decodeServiceMessage() inverts encodeServiceMessage(), and sees who wants to be answered alone", () => {
  const bytes = encodeServiceMessage(message);
  assert.equal(decodeServiceMessage(bytes), message);
  const alone = bytes.slice();
  const classAt = 12 + "_serf_foo._tcp.local".length + 2 + 2;
  alone[classAt] = 0x80;
  assert.is(decodeServiceMessage(alone)?.questions[0]?.wantsUnicast, true);
});

test("decodeServiceMessage() returns on any bytes, and on claims of many entries", () => {
  const random = new Random(4);
  const base = encodeServiceMessage(message);
  const options = { cluster: "foo", nodeName: "n", address: { host: "10.0.0.9", port: 7946 }, isKnown: () => false };
  const machine = new Discovery(options, new Random(5));
  const from = { address: { host: "10.0.0.8", port: 5_000 }, through: "eth0" };
  let sent = 0;
  const startMs = performance.now();
  for (let round = 0; round < 20_000; round++) {
    const bytes = round % 3 === 0 ? random.bytes(random.below(200)) : base.slice(0, random.between(0, base.length));
    for (let flips = random.below(6); flips > 0 && bytes.length > 0; flips--) {
      bytes[random.below(bytes.length)] = random.below(256);
    }
    const heard = decodeServiceMessage(bytes);
    if (heard !== undefined) sent += machine.step({ type: "heard", from, message: heard }, round).length;
    sent += machine.step({ type: "wake" }, round).length;
  }
  // Twenty seconds of it: what goes out stays within what a second may send.
  assert.ok(sent <= 20 * 33 + 20, `${sent} things were sent`);
  const claims = new Uint8Array(9_000).fill(0xff, 4, 12);
  for (let round = 0; round < 1_000; round++) assert.is(decodeServiceMessage(claims), undefined);
  assert.is(decodeServiceMessage(new Uint8Array(9_001)), undefined);
  assert.ok(performance.now() - startMs < 10_000);
});

test("nodes of one host that discover the same name become one cluster; another name stays apart", async () => {
  await using stack = new DisposalStack();
  const discover = freshName();
  const node = async (name: string, options: MembershipNodeOptions): Promise<MembershipNode> =>
    stack.use(await MembershipNode.start({ name, bind: "127.0.0.1:0", profile: "local", ...options }));
  const first = await node("first", { discover });
  const stranger = await node("stranger", { discover: freshName() });
  const second = await node("second", { discover });
  const third = await node("third", { discover });
  for (const each of [first, second, third]) {
    await until("all three are members", () => each.members().length === 3);
  }
  assert.is(stranger.members().length, 1);
  assert.ok((third.discovery?.found ?? 0) >= 1 && (first.discovery?.answered ?? 0) >= 1);
});

test("garbage sent to the group is dropped and counted, and the node goes on answering", async () => {
  await using stack = new DisposalStack();
  const discover = freshName();
  const node = stack.use(await MembershipNode.start({ name: "ours", bind: "127.0.0.1:0", profile: "local" }));
  const warnings: string[] = [];
  const mdns = await Mdns.start(node, { discover, onWarn: (warning) => warnings.push(warning) });
  if (mdns === undefined) throw new Error("it was asked for");
  stack.use(mdns);
  const answers: ServiceMessage[] = [];
  const [loopback] = multicastInterfaces({ boundTo: "127.0.0.1", family: 4 });
  if (loopback === undefined) throw new Error("there is no loopback interface");
  const client = stack.use(
    await MulticastSockets.open({
      interfaces: [loopback],
      group: "224.0.0.251",
      port: discoveryPort,
      onDatagram: (bytes) => {
        const answer = decodeServiceMessage(bytes);
        if (answer?.isResponse && answer.id === 99) answers.push(answer);
      },
      onError: () => {},
    }),
  );
  const random = new Random(9);
  for (let times = 0; times < 200; times++) client.ask(random.bytes(random.below(400)));
  client.ask(new Uint8Array(0));
  const name = `_serf_${discover}._tcp.local`;
  const question = { name, type: "PTR", wantsUnicast: false } as const;
  await until("it is answered", () => {
    client.ask(encodeServiceMessage({ id: 99, isResponse: false, questions: [question], records: [] }));
    return answers.length > 0;
  });
  assert.is(answers[0]?.records[0]?.name, name);
  assert.ok(mdns.counters.datagramsDropped > 100, toHex(Uint8Array.of(mdns.counters.datagramsDropped)));
  assert.equal(warnings, []);
});

test("what cannot be discovered fails the start by name, and leaves nothing open", async () => {
  const rows: [MembershipNodeOptions, string, RegExp][] = [
    [{ discover: "a.b" }, "INVALID_DISCOVER_NAME", /"a\.b".*1 to 57/],
    [{ discover: "" }, "INVALID_DISCOVER_NAME", /1 to 57/],
    [{ discover: "x", mdnsIface: "nowhere0" }, "MULTICAST_UNAVAILABLE", /interface nowhere0.*no such interface, but/],
  ];
  const port = await new Promise<number>((resolve) => {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1", () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
  for (const [options, code, words] of rows) {
    const bind = `127.0.0.1:${port}`;
    const error = await MembershipNode.start({ name: "ours", bind, ...options }).then(
      () => undefined,
      (reason: Error & { code: string }) => reason,
    );
    assert.is(error?.code, code);
    assert.match(error?.message ?? "", words);
  }
  await using node = await MembershipNode.start({ name: "ours", bind: `127.0.0.1:${port}` });
  assert.is(node.address.port, port);
});

test.run();
