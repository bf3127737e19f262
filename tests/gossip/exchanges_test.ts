import { test } from "uvu";
import * as assert from "uvu/assert";
import { concat } from "../../src/base/mod.ts";
import { encodeMsgpack, type GossipEffect, settingsOf } from "../../src/gossip/mod.ts";
import { StreamReader, streamBytesMax } from "../../src/gossip/stream_reader.ts";
import { encodeError, encodeMessage, encodePushPull, type PushPull } from "../../src/gossip/wire.ts";
import { bytesOf, vectorNamed } from "../vectors/serf_vectors.ts";
import { alive, LoneNode, peerAddress, versions } from "./lone_node.ts";

const noBytes = new Uint8Array(0);
const userState = Uint8Array.of(2, 0x80);
const push: PushPull = { type: "push-pull", join: true, nodes: [{ alive: alive("n"), state: "alive" }], userState };

/** Bytes written to a stream, in all. */
function writtenTo(effects: readonly GossipEffect[], stream: number): Uint8Array {
  return concat([noBytes, ...effects.flatMap((effect) => (isWrite(effect, stream) ? [effect.bytes] : []))]);
}

function isWrite(effect: GossipEffect, stream: number): effect is Extract<GossipEffect, { type: "stream-write" }> {
  return effect.type === "stream-write" && effect.stream === stream;
}

function isClosed(effects: readonly GossipEffect[], stream: number): boolean {
  return effects.some((effect) => effect.type === "stream-close" && effect.stream === stream);
}

/** What a node writes and does when a stream brings these bytes. */
function serve(node: LoneNode, bytes: Uint8Array): GossipEffect[] {
  return [
    ...node.step({ type: "stream-accepted", stream: 2, from: peerAddress(40_000) }),
    ...node.step({ type: "stream-bytes", stream: 2, bytes }),
  ];
}

test("a push/pull is answered with the state from before it, echoing the join, then merged", () => {
  for (const join of [true, false]) {
    const node = new LoneNode({ userState: () => Uint8Array.of(9) });
    const effects = serve(node, encodePushPull({ ...push, join }));
    const scan = new StreamReader().push(writtenTo(effects, 2));
    if (scan?.type !== "message" || scan.message.type !== "push-pull") throw new Error("Cannot read the reply");
    assert.is(scan.message.join, join);
    assert.equal(scan.message.userState, Uint8Array.of(9));
    assert.equal(
      scan.message.nodes.map((entry) => entry.alive.node),
      ["self"],
    );
    assert.ok(isClosed(effects, 2));
    assert.is(node.stateOf("n"), "alive");
    const states = effects.filter((effect) => effect.type === "user-state");
    assert.equal(states, [{ type: "user-state", bytes: userState, joining: false }]);
  }
});

test("a push/pull in pieces is answered when the last one is there, without waiting for the end", () => {
  const node = new LoneNode();
  const bytes = encodePushPull(push);
  node.step({ type: "stream-accepted", stream: 2, from: peerAddress(40_000) });
  for (const byte of bytes.subarray(0, -1)) {
    assert.equal(node.step({ type: "stream-bytes", stream: 2, bytes: Uint8Array.of(byte) }), []);
  }
  const effects = node.step({ type: "stream-bytes", stream: 2, bytes: bytes.subarray(-1) });
  assert.ok(writtenTo(effects, 2).length > 0);
});

test("streams of a real agent are understood, compressed or not", () => {
  for (const name of ["tcp_pushpull_join_request", "tcp_compressed_pushpull_join_request"]) {
    const node = new LoneNode();
    serve(node, bytesOf(vectorNamed(name).hex));
    assert.is(node.stateOf("beta"), "alive", name);
  }
});

test("states are compressed where that is asked for, in both directions", () => {
  const node = new LoneNode({ compress: true, userState: () => new Uint8Array(5_000).fill(3) });
  const dialled = writtenTo(node.step({ type: "push-pull", id: 5, to: peerAddress(7001) }), 1);
  const served = writtenTo(serve(node, encodePushPull(push)), 2);
  for (const bytes of [dialled, served]) {
    assert.is(bytes[0], 9);
    assert.ok(bytes.length < 500, `${bytes.length} bytes`);
    const scan = new StreamReader().push(bytes);
    assert.ok(scan?.type === "message" && scan.message.type === "push-pull");
  }
  const short = writtenTo(serve(new LoneNode({ compress: true }), ping()), 2);
  assert.is(short[0], 2, "what would grow is not compressed");
});

test("a join dials, writes the whole state and merges the reply", () => {
  const node = new LoneNode();
  const effects = node.step({ type: "push-pull", id: 5, to: peerAddress(7001) });
  const settings = settingsOf("lan");
  const dial = { type: "dial", stream: 1, to: peerAddress(7001), timeoutMs: settings.streamTimeoutMs };
  assert.equal(effects[0], dial as GossipEffect);
  const scan = new StreamReader().push(writtenTo(effects, 1));
  assert.ok(scan?.type === "message" && scan.message.type === "push-pull" && scan.message.join);
  const merged = node.step({ type: "stream-bytes", stream: 1, bytes: encodePushPull(push) });
  assert.is(node.stateOf("n"), "alive");
  assert.ok(isClosed(merged, 1));
  assert.equal(merged.at(-1), { type: "push-pulled", id: 5, error: undefined });
  const states = merged.filter((effect) => effect.type === "user-state");
  assert.equal(states, [{ type: "user-state", bytes: userState, joining: true }]);
});

const failures: [name: string, fail: (node: LoneNode) => void, error: RegExp][] = [
  [
    "it is refused",
    (node) => node.step({ type: "stream-closed", stream: 1, error: "connect ECONNREFUSED" }),
    /REFUSED/,
  ],
  ["it closes early", (node) => node.step({ type: "stream-closed", stream: 1 }), /closed it early/],
  ["nothing comes", (node) => node.run(10_100), /took too long/],
  ["it answers an error", (node) => reply(node, encodeError("no such key")), /it answered: no such key/],
  ["it answers a ping", (node) => reply(node, ping()), /it answered with ping/],
  ["it answers nonsense", (node) => reply(node, Uint8Array.of(99, 1, 2)), /cannot be read: .*type 99/],
  [
    "it encrypts",
    (node) => reply(node, Uint8Array.of(10, 0, 0, 0, 9)),
    /cannot be read: Remote state is encrypted and encryption is not configured/,
  ],
];

for (const [name, fail, error] of failures) {
  test(`a join fails with a reason when ${name}`, () => {
    const node = new LoneNode();
    node.step({ type: "push-pull", id: 5, to: peerAddress(7001) });
    node.forget();
    fail(node);
    const ends = node.effects.filter((effect) => effect.type === "push-pulled");
    assert.is(ends.length, 1);
    assert.match(ends[0]?.error as string, error);
    assert.ok(isClosed(node.effects, 1));
  });
}

test("a TCP ping for this node is acked, one for another closes without a word", () => {
  const acked = serve(new LoneNode(), ping());
  assert.equal(writtenTo(acked, 2), encodeMessage({ type: "ack", sequence: 3, payload: noBytes }));
  assert.ok(isClosed(acked, 2));
  const refused = serve(new LoneNode(), ping("other"));
  assert.equal(writtenTo(refused, 2), noBytes);
  assert.ok(isClosed(refused, 2));
});

test("a user message over TCP reaches the upper layer", () => {
  const message = Uint8Array.of(1, 0x80);
  const bytes = concat([Uint8Array.of(8), encodeMsgpack({ UserMsgLen: message.length }), message]);
  const effects = serve(new LoneNode(), bytes);
  assert.equal(
    effects.filter((effect) => effect.type === "user-message"),
    [{ type: "user-message", bytes: message }],
  );
});

test("an encrypted stream is answered with the reason", () => {
  const effects = serve(new LoneNode(), bytesOf(vectorNamed("tcp_encrypted_pushpull_request").hex));
  const scan = new StreamReader().push(writtenTo(effects, 2));
  assert.ok(scan?.type === "message" && scan.message.type === "error" && /not configured/.test(scan.message.text));
});

const bad: [string, Uint8Array][] = [
  ["of an unknown type", Uint8Array.of(77)],
  ["with more nodes than allowed", concat([Uint8Array.of(6), encodeMsgpack({ Join: true, Nodes: 1_048_577 })])],
  ["with a longer user state than allowed", concat([Uint8Array.of(6), encodeMsgpack({ UserStateLen: 20_971_521 })])],
  ["with a node that is no map", concat([Uint8Array.of(6), encodeMsgpack({ Nodes: 1 }), encodeMsgpack("n")])],
  ["of a map without end", concat([Uint8Array.of(0, 0xdf, 0, 1, 0, 0), new Uint8Array(600).fill(0xa0)])],
  ["with a wrong value", Uint8Array.of(0, 0xc1)],
];

for (const [name, bytes] of bad) {
  test(`a stream ${name} is closed, counted and not answered`, () => {
    const node = new LoneNode();
    const effects = serve(node, bytes);
    assert.equal(writtenTo(effects, 2), noBytes);
    assert.ok(isClosed(effects, 2));
    assert.is(node.gossip.counters.dropped.get("malformed-stream"), 1);
  });
}

const undecompressable: [string, Uint8Array][] = [
  ["unknown", concat([Uint8Array.of(9), encodeMsgpack({ Algo: 1, Buf: noBytes })])],
  ["broken", concat([Uint8Array.of(9), encodeMsgpack({ Algo: 0, Buf: Uint8Array.of(1) })])],
];

for (const [name, bytes] of undecompressable) {
  test(`a stream with ${name} compression is answered with the reason`, () => {
    const node = new LoneNode();
    const scan = new StreamReader().push(writtenTo(serve(node, bytes), 2));
    assert.ok(scan?.type === "message" && scan.message.type === "error" && /decompressed/.test(scan.message.text));
    assert.is(node.gossip.counters.dropped.get("refused-stream"), 1);
  });
}

test("one odd node of a push/pull is left out and counted, the others are taken over", () => {
  const node = new LoneNode();
  const fields = (changes: object) => {
    const Addr = Uint8Array.of(127, 0, 0, 1);
    return { Name: "n", Addr, Port: 7001, Meta: null, Incarnation: 1, State: 0, Vsn: versions, ...changes };
  };
  const odd = [
    { Name: Uint8Array.of(0xff) },
    { Name: "n".repeat(256) },
    { Addr: Uint8Array.of(1, 2, 3) },
    { State: 4 },
    { Meta: new Uint8Array(513) },
    { Port: 70_000 },
    { Incarnation: 2 ** 32 },
  ];
  const nodes = [...odd, { Name: "good", Hash: 2 ** 60 }].map((changes) => encodeMsgpack(fields(changes)));
  const effects = serve(node, concat([Uint8Array.of(6), encodeMsgpack({ Nodes: nodes.length }), ...nodes]));
  assert.is(node.gossip.counters.dropped.get("malformed-node"), odd.length);
  assert.equal(node.changes(), ["joined good"]);
  assert.ok(writtenTo(effects, 2).length > 0);
});

test("of more nodes than a node takes the rest is passed over, and the user state is found behind it", () => {
  const names = ["a", "b", "c", "d", "e"];
  const nodes = names.map((name) => ({ alive: alive(name), state: "alive" as const }));
  const bytes = encodePushPull({ type: "push-pull", join: true, nodes, userState });
  const reader = new StreamReader(undefined, "served", 2);
  for (const byte of bytes.subarray(0, -1)) assert.is(reader.push(Uint8Array.of(byte)), undefined);
  const scan = reader.push(bytes.subarray(-1));
  if (scan?.type !== "message" || scan.message.type !== "push-pull") throw new Error("Cannot read the push/pull");
  assert.equal(
    scan.message.nodes.map((node) => node.alive.node),
    ["a", "b"],
  );
  assert.equal([scan.message.nodesLeftOut, scan.message.userState], [3, userState]);
});

test("what a stream refuses for its length is not counted as held for ever", () => {
  const node = new LoneNode();
  const whole = new Uint8Array(33_554_432).fill(0xa0);
  whole.set([6, 0x81, 0xa1, 65, 0xdb, 0x7f, 0xff, 0xff, 0xff]);
  // A machine that forgot to give back what it refused would take no more after three of these.
  for (let count = 1; count <= 5; count++) {
    node.step({ type: "stream-accepted", stream: 2 * count, from: peerAddress(40_000) });
    node.step({ type: "stream-bytes", stream: 2 * count, bytes: whole });
    const effects = node.step({ type: "stream-bytes", stream: 2 * count, bytes: whole });
    assert.ok(isClosed(effects, 2 * count));
    assert.is(node.gossip.counters.dropped.get("malformed-stream"), count);
  }
});

test("a stream that brings nothing is closed after its time", () => {
  const node = new LoneNode();
  node.step({ type: "stream-accepted", stream: 2, from: peerAddress(40_000) });
  node.run(9_900);
  assert.not(isClosed(node.effects, 2));
  node.run(200);
  assert.ok(isClosed(node.effects, 2));
});

test("no more than 128 streams are served at once", () => {
  const node = new LoneNode();
  for (let count = 1; count <= 130; count++) {
    const effects = node.step({ type: "stream-accepted", stream: 2 * count, from: peerAddress(40_000) });
    assert.is(isClosed(effects, 2 * count), count > 128, `stream ${count}`);
  }
  node.step({ type: "stream-closed", stream: 2 });
  const effects = node.step({ type: "stream-accepted", stream: 400, from: peerAddress(40_000) });
  assert.not(isClosed(effects, 400));
});

test("a stream longer than allowed is refused without being kept", () => {
  const reader = new StreamReader();
  const header = concat([Uint8Array.of(6), encodeMsgpack({ UserStateLen: 20_000_000, Nodes: 1 })]);
  assert.is(reader.push(header), undefined);
  assert.is(reader.push(new Uint8Array(streamBytesMax))?.type, "malformed");
});

function reply(node: LoneNode, bytes: Uint8Array): void {
  node.step({ type: "stream-bytes", stream: 1, bytes });
}

function ping(node = "self"): Uint8Array {
  const source = { sourceAddress: noBytes, sourcePort: 0, sourceName: "" };
  return encodeMessage({ type: "ping", sequence: 3, node, ...source });
}

test.run();
