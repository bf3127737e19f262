import { test } from "uvu";
import * as assert from "uvu/assert";
import { concat, ipToBytes, ipToText, toHex } from "../../src/base/mod.ts";
import { StreamReader } from "../../src/gossip/stream_reader.ts";
import { encodePushPull } from "../../src/gossip/wire.ts";
import { bytesOf, vectorNamed } from "../vectors/serf_vectors.ts";
import { alive, LoneNode, peerAddress } from "./lone_node.ts";

const mapped = bytesOf(vectorNamed("addr_v4_mapped_when_bound_to_any").hex);

const addresses: [text: string, hex: string][] = [
  ["127.0.0.1", "7f000001"],
  ["255.255.255.255", "ffffffff"],
  ["::", "00000000000000000000000000000000"],
  ["::1", "00000000000000000000000000000001"],
  ["fe80::1:0:0:2", "fe800000000000000001000000000002"],
  ["2001:db8:0:1:1:1:1:1", "20010db8000000010001000100010001"],
];

for (const [text, hex] of addresses) {
  test(`${text} is ${hex} and back`, () => {
    assert.is(toHex(ipToBytes(text) as Uint8Array), hex);
    assert.is(ipToText(bytesOf(hex)), text);
  });
}

test("other forms of an address are read", () => {
  assert.is(toHex(ipToBytes("2001:DB8::") as Uint8Array), "20010db8000000000000000000000000");
  assert.equal(ipToBytes("::ffff:10.9.8.7"), mapped);
});

for (const text of [
  "",
  "1.2.3",
  "1.2.3.4.5",
  "01.2.3.4",
  "256.1.1.1",
  ":::",
  "1::2::3",
  "1:2:3:4:5:6:7",
  "12345::",
  "::1.2.3",
]) {
  test(`${JSON.stringify(text)} is no address`, () => {
    assert.is(ipToBytes(text), undefined);
  });
}

test("no text stands for bytes of another length", () => {
  for (const length of [0, 3, 5, 15, 17]) assert.is(ipToText(new Uint8Array(length)), undefined);
});

test("an agent bound to any address is reached over IPv4, told of as it told, and at odds with the shorter form", () => {
  assert.is(ipToText(mapped), "10.9.8.7");
  const node = new LoneNode();
  node.hear(alive("any", { address: mapped }));
  assert.equal(node.gossip.nodes().find(({ name }) => name === "any")?.address, { host: "10.9.8.7", port: 7001 });
  node.run(500);
  const told = node.sentOf("alive").filter((message) => message.node === "any");
  assert.ok(told.length > 0);
  for (const message of told) assert.equal(message.address, mapped);
  node.hear(alive("any", { address: ipToBytes("10.9.8.7") as Uint8Array, incarnation: 2 }));
  assert.is(node.gossip.counters.conflicts, 1);
  assert.equal(exchanged(node), mapped);
});

/** The address of node `any` in a push/pull. */
function exchanged(node: LoneNode): Uint8Array | undefined {
  node.step({ type: "stream-accepted", stream: 8, from: peerAddress(40_000) });
  const request = encodePushPull({ type: "push-pull", join: false, nodes: [], userState: new Uint8Array(0) });
  const effects = node.step({ type: "stream-bytes", stream: 8, bytes: request });
  const bytes = effects.flatMap((effect) => (effect.type === "stream-write" ? [effect.bytes] : []));
  const scan = new StreamReader().push(concat([new Uint8Array(0), ...bytes]));
  if (scan?.type !== "message" || scan.message.type !== "push-pull") return undefined;
  return scan.message.nodes.find((entry) => entry.alive.node === "any")?.alive.address;
}

test.run();
