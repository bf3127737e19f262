import { test } from "uvu";
import * as assert from "uvu/assert";
import { concat, crc32, Random, viewOf } from "../../src/base/mod.ts";
import { compressLzw } from "../../src/gossip/lzw.ts";
import { encodeMsgpack, MsgpackReader } from "../../src/gossip/mod.ts";
import { openPacket, sealPacket } from "../../src/gossip/packet.ts";
import { encodeMessage } from "../../src/gossip/wire.ts";
import { alive, LoneNode, peerAddress } from "./lone_node.ts";

const messages = [Uint8Array.of(4, 1), Uint8Array.of(5), Uint8Array.of(8, 9, 9)];
const compressed = (bytes: Uint8Array): Uint8Array =>
  concat([Uint8Array.of(9), encodeMsgpack({ Algo: 0, Buf: compressLzw(bytes) })]);

test("openPacket() inverts sealPacket(), with and without checksum", () => {
  for (const checksum of [true, false]) {
    assert.equal(openPacket(sealPacket(messages, checksum)), { messages, faults: [] });
    assert.equal(openPacket(sealPacket(messages.slice(0, 1), checksum)), { messages: [messages[0]], faults: [] });
  }
});

test("sealPacket() compresses what becomes shorter by it, and nothing else", () => {
  const long = [new Uint8Array(300).fill(4), new Uint8Array(300).fill(5)];
  for (const checksum of [true, false]) {
    const packet = sealPacket(long, checksum, { compress: true });
    assert.ok(packet.length < 200, `${packet.length} bytes`);
    assert.is(packet[checksum ? 5 : 0], 9);
    assert.equal(openPacket(packet), { messages: long, faults: [] });
    assert.equal(sealPacket(messages, checksum, { compress: true }), sealPacket(messages, checksum));
  }
});

test("openPacket() takes compression and compounds within one another", () => {
  const inner = compressed(sealPacket(messages, false));
  const packet = sealPacket([inner, sealPacket(messages, false)], true);
  assert.equal(openPacket(packet), { messages: [...messages, ...messages], faults: [] });
});

const faulty: [name: string, packet: Uint8Array, faults: string[]][] = [
  ["empty", new Uint8Array(0), ["empty"]],
  ["with a wrong checksum", Uint8Array.of(12, 1, 2, 3, 4, 5), ["checksum"]],
  ["of which only the lengths fit", Uint8Array.of(7, 9, 0, 1), ["cut-compound"]],
  [
    "of broken compression",
    concat([Uint8Array.of(9), encodeMsgpack({ Algo: 0, Buf: Uint8Array.of(7) })]),
    ["compression"],
  ],
  ["of unknown compression", concat([Uint8Array.of(9), encodeMsgpack({ Algo: 3 })]), ["compression"]],
];

for (const [name, packet, faults] of faulty) {
  test(`a packet ${name} is dropped and named`, () => {
    assert.equal(openPacket(packet), { messages: [], faults });
  });
}

test("a packet cut short still yields the parts that fit", () => {
  const packet = sealPacket(messages, false);
  assert.equal(openPacket(packet.subarray(0, -1)), { messages: messages.slice(0, 2), faults: ["cut-compound"] });
});

test("wrappers without end are given up", () => {
  let packet: Uint8Array = messages[0] as Uint8Array;
  for (let depth = 0; depth < 30; depth++) packet = sealPacket([packet, new Uint8Array(0)], false);
  const { faults } = openPacket(packet);
  assert.ok(faults.includes("nesting"));
});

test("a small packet that unpacks to very much is dropped", () => {
  const bomb = compressed(new Uint8Array(5_000_000));
  assert.ok(bomb.length < 65_507);
  assert.equal(openPacket(bomb).faults, ["compression"]);
});

test("what a packet unpacks to is bounded in all, not part by part", () => {
  const part = compressed(new Uint8Array(2_000_000).fill(4));
  const { messages: unpacked, faults } = openPacket(sealPacket([part, part, part], false));
  assert.is(unpacked.length, 2);
  assert.equal(faults, ["compression"]);
});

test("msgpack: what both generations write is read alike", () => {
  const rows: [number[], unknown][] = [
    [[0xcc, 5], 5],
    [[0xd0, 5], 5],
    [[0xd1, 0x01, 0x00], 256],
    [[0xd2, 0, 0, 1, 0], 256],
    [[0xd3, 0, 0, 0, 0, 0, 0, 1, 0], 256],
    [[0xcf, 0, 0, 0, 1, 0, 0, 0, 0], 2 ** 32],
    [[0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], -1],
    [[0xe0], -32],
    [[0xa1, 65], Uint8Array.of(65)],
    [[0xd9, 1, 65], Uint8Array.of(65)],
    [[0xda, 0, 1, 65], Uint8Array.of(65)],
    [[0xdb, 0, 0, 0, 1, 65], Uint8Array.of(65)],
    [[0xc4, 1, 65], Uint8Array.of(65)],
    [[0xc5, 0, 1, 65], Uint8Array.of(65)],
    [[0xc6, 0, 0, 0, 1, 65], Uint8Array.of(65)],
    [[0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], 1.5],
    [[0xca, 0x3f, 0xc0, 0, 0], 1.5],
    [[0xc0], null],
    [[0xde, 0, 1, 0xa1, 65, 0xc3], new Map([["A", true]])],
    [[0xdc, 0, 1, 0xc2], [false]],
    // What only a newer peer could send, in fields that this node does not know.
    [[0xcf, 0xff, 0, 0, 0, 0, 0, 0, 0], Number.POSITIVE_INFINITY],
    [[0xd3, 0x7f, 0xff, 0, 0, 0, 0, 0, 0], Number.POSITIVE_INFINITY],
    [[0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], Number.NEGATIVE_INFINITY],
    [[0xcf, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Number.MAX_SAFE_INTEGER],
    [[0xd6, 0xff, 1, 2, 3, 4], null],
    [[0xc7, 3, 5, 1, 2, 3], null],
    [[0xc9, 0, 0, 0, 1, 5, 9], null],
    [[0x82, 7, 1, 0xa1, 65, 2], new Map([["A", 2]])],
  ];
  for (const [bytes, expected] of rows) {
    const reader = new MsgpackReader(Uint8Array.from(bytes));
    assert.equal(reader.value(), expected, bytes.join(" "));
    assert.is(reader.fault, undefined);
    assert.is(reader.at, bytes.length);
  }
});

test("msgpack: of more values than are allowed none is made, whatever the bytes claim", () => {
  const nested = Uint8Array.from([0x93, 0x90, 0x90, 0x90]);
  const [fits, exceeds] = [new MsgpackReader(nested, 0, 4), new MsgpackReader(nested, 0, 3)];
  assert.equal(fits.value(), [[], [], []]);
  assert.is(exceeds.value(), null);
  assert.is(exceeds.fault, "malformed");
});

test("msgpack: every value is passed over to where reading it ends, and what is cut or too much is told apart", () => {
  const random = new Random("skip");
  const bytes = encodeMsgpack({
    a: [1, 300, 70_000, 2 ** 40, -0.5, null, true],
    b: { c: new Uint8Array(40), d: "x".repeat(300) },
  });
  const [read, passed] = [new MsgpackReader(bytes), new MsgpackReader(bytes)];
  read.value();
  passed.passOver();
  assert.equal([passed.at, passed.fault], [read.at, undefined]);
  for (let round = 0; round < 2_000; round++) {
    const other = bytes.slice();
    for (let flips = random.between(1, 4); flips > 0; flips--) other[random.below(other.length)] = random.below(256);
    const [one, two] = [new MsgpackReader(other), new MsgpackReader(other)];
    one.value();
    two.passOver();
    if (one.fault === undefined) assert.equal([two.at, two.fault], [one.at, undefined]);
  }
  const many = new MsgpackReader(Uint8Array.of(0x93, 1, 2, 3), 0, 3);
  many.passOver();
  assert.is(many.fault, "malformed");
});

test("a datagram of parts that unpack to very much, or to nothing, is given up early", () => {
  const [bomb, empty] = [compressMessage(new Uint8Array(3_000_000)), Uint8Array.of(7, 255, ...new Uint8Array(510))];
  // Three megabytes fit once, and what a part cost that was not unpacked to its end cannot be had again.
  const thrice = openPacket(sealPacket([bomb, bomb, bomb], false));
  assert.equal(thrice.faults, ["compression", "compression"]);
  assert.equal(openPacket(sealPacket([bomb.subarray(0, 200), bomb], false)).faults, ["compression", "compression"]);
  assert.is(openPacket(sealPacket(new Array<Uint8Array>(100).fill(empty), false)).faults.length, 256);
});

function compressMessage(plain: Uint8Array): Uint8Array {
  return sealPacket([plain], false, { compress: true });
}

test("msgpack: what is cut, too deep, too large or no value is told apart", () => {
  const rows: [number[], string][] = [
    [[0xdb, 0xff, 0xff, 0xff, 0xff], "cut"],
    [[0xdd, 0xff, 0xff, 0xff, 0xff, 1], "cut"],
    [[0xdf, 0xff, 0xff, 0xff, 0xff], "cut"],
    [new Array<number>(20).fill(0x91), "malformed"],
    [[0xc9, 0xff, 0xff, 0xff, 0xff, 1], "cut"],
    [[0xc1], "malformed"],
    [[0xdd, 0, 0, 0x20, 0, ...new Array<number>(8_192).fill(0x90)], "malformed"],
  ];
  for (const [bytes, expected] of rows) {
    const reader = new MsgpackReader(Uint8Array.from(bytes));
    assert.is(reader.value(), null);
    assert.is(reader.fault, expected, bytes.join(" "));
  }
});

test("no packet leaves with more than 127 parts or more bytes than a datagram should have", () => {
  const node = new LoneNode();
  node.hear(alive("n"));
  node.forget();
  for (let count = 0; count < 400; count++) {
    node.step({ type: "broadcast", class: "event", bytes: Uint8Array.of(3, count & 255) });
  }
  for (let count = 0; count < 40; count++) {
    node.step({ type: "broadcast", class: "query", bytes: new Uint8Array(100).fill(count) });
  }
  node.run(3_000);
  let fullest = 0;
  let longest = 0;
  for (const effect of node.effects) {
    if (effect.type !== "send") continue;
    fullest = Math.max(fullest, openPacket(effect.bytes).messages.length);
    longest = Math.max(longest, effect.bytes.length);
  }
  assert.is(fullest, 127);
  assert.ok(longest > 1_300 && longest <= 1_405, `${longest} bytes`);
});

test("a checksum is added for peers that know it, and not for others", () => {
  for (const [highest, isSealed] of [
    [5, true],
    [4, false],
  ] as const) {
    const node = new LoneNode();
    node.hear(alive("n", { versions: Uint8Array.of(1, highest, 2, 2, 5, 4) }));
    node.forget();
    node.run(190);
    for (const effect of node.effects) {
      if (effect.type !== "send") continue;
      const { bytes } = effect;
      assert.is(bytes[0] === 12, isSealed);
      if (isSealed) assert.is(viewOf(bytes).getUint32(1), crc32(bytes.subarray(5)));
    }
  }
});

test("openPacket() and a node return on any datagram", () => {
  const random = new Random("packets");
  const node = new LoneNode();
  const good = sealPacket([encodeMessage(alive("n")), compressed(encodeMessage(alive("m", { port: 7002 })))], true);
  for (let round = 0; round < 5_000; round++) {
    const bytes = round % 2 === 0 ? random.bytes(random.below(120)) : good.slice(0, random.between(1, good.length));
    for (let flips = random.below(4); flips > 0; flips--) {
      const at = random.below(Math.max(1, bytes.length));
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    }
    node.step({ type: "datagram", from: peerAddress(random.between(1, 65_535)), bytes });
    if (round % 50 === 0) node.run(20);
  }
  assert.is(node.stateOf("self"), "alive");
});

test.run();
