import { test } from "uvu";
import * as assert from "uvu/assert";
import { ipToBytes } from "../../src/base/mod.ts";
import type { GossipEffect } from "../../src/gossip/mod.ts";
import { decodeMessage, encodeMessage, type Ping } from "../../src/gossip/wire.ts";
import { alive, LoneNode, peerAddress, selfAddress, suspect, versions } from "./lone_node.ts";

const noPayload = new Uint8Array(0);
const loopback = ipToBytes("127.0.0.1") as Uint8Array;
const noSource = { sourceAddress: noPayload, sourcePort: 0, sourceName: "" };

/** A node that knows these others, at ports from 7001 on, and has just pinged one of them. */
function probing(...names: string[]): { node: LoneNode; ping: Ping; target: string; port: number } {
  const node = new LoneNode();
  for (const [index, name] of names.entries()) node.hear(alive(name, { port: 7001 + index }));
  node.forget();
  while (node.sentOf("ping").length === 0) node.run(10);
  const [ping] = node.sentOf("ping");
  if (ping === undefined) throw new Error("Cannot find the ping");
  const port = 7001 + names.indexOf(ping.node);
  return { node, ping, target: ping.node, port };
}

test("a ping says who asks and where the answer goes, and carries news", () => {
  const { node, ping, port } = probing("n");
  const sent = node.sent().find(({ messages }) => messages.some((message) => message.type === "ping"));
  assert.equal(sent?.to, peerAddress(port));
  assert.equal([ping.sourceAddress, ping.sourcePort, ping.sourceName], [loopback, selfAddress.port, "self"]);
  assert.ok(sent?.messages.some((message) => message.type === "alive"));
});

test("an ack in time ends the probe", () => {
  const { node, ping, target, port } = probing("n", "p");
  node.hearFrom(peerAddress(port), { type: "ack", sequence: ping.sequence, payload: noPayload });
  node.forget();
  node.run(900);
  assert.equal(node.sentOf("indirect-ping"), []);
  assert.is(node.stateOf(target), "alive");
  assert.is(node.gossip.counters.probesFailed, 0);
});

test("an ack with another number does not end the probe", () => {
  const { node, ping, target } = probing("n");
  node.hear({ type: "ack", sequence: ping.sequence + 1, payload: noPayload });
  node.run(1_010);
  assert.is(node.stateOf(target), "suspect");
});

test("without an ack helpers are asked, and a dial tries TCP", () => {
  const { node, ping, target, port } = probing("n", "p", "q", "r", "s");
  node.forget();
  node.run(510);
  const asked = node.sent().filter(({ messages }) => messages.some((message) => message.type === "indirect-ping"));
  assert.is(asked.length, 3);
  assert.not(asked.some(({ to }) => to.port === port));
  const [request] = node.sentOf("indirect-ping");
  assert.equal([request?.sequence, request?.node, request?.port, request?.nack], [ping.sequence, target, port, true]);
  assert.equal(dialsOf(node), [{ ...peerAddress(port) }]);
});

test("an ack that a helper forwards ends the probe, without suspicion", () => {
  const { node, ping, target } = probing("n", "p");
  node.run(700);
  node.hear({ type: "ack", sequence: ping.sequence, payload: noPayload });
  node.run(320);
  assert.is(node.stateOf(target), "alive");
  assert.is(node.gossip.health, 0);
});

test("an ack over TCP keeps the member alive, and four in a row ask which way datagrams pass", () => {
  const { node, ping, target } = probing("n");
  node.run(600);
  const dial = node.effects.find((effect) => effect.type === "dial");
  if (dial?.type !== "dial") throw new Error("Cannot find the dial");
  const write = node.effects.find((effect) => effect.type === "stream-write" && effect.stream === dial.stream);
  assert.equal(write?.type === "stream-write" && write.bytes, encodeMessage(ping));
  const bytes = encodeMessage({ type: "ack", sequence: ping.sequence, payload: noPayload });
  node.step({ type: "stream-bytes", stream: dial.stream, bytes });
  node.run(420);
  assert.is(node.stateOf(target), "alive");
  assert.is(node.gossip.peerHealth(target)?.verdict, "unknown");
  assert.not(node.effects.some((effect) => effect.type === "path-unclear"));
  answerOverTcp(node);
  assert.is(node.stateOf(target), "alive");
  assert.is(node.gossip.peerHealth(target)?.verdict, "tcp-only");
  answerOverTcp(node);
  assert.not(node.effects.some((effect) => effect.type === "path-unclear"));
  answerOverTcp(node);
  assert.is(node.effects.filter((effect) => effect.type === "path-unclear").length, 1);
  assert.equal(toldOfUdp(node), []);
});

test("what came of the test of a path is told once", () => {
  for (const [arrived, verdict, cause] of [
    [true, "udp-in", /arrive there, those of it do not arrive here/],
    [false, "tcp-only", /in either direction/],
  ] as const) {
    const { node, target } = probing("n");
    for (let missed = 0; missed < 4; missed++) answerOverTcp(node);
    node.step({ type: "path-tested", name: target, arrived });
    assert.is(toldOfUdp(node).length, 1);
    assert.match(toldOfUdp(node)[0] as string, cause);
    assert.is(node.gossip.peerHealth(target)?.verdict, verdict);
    for (let round = 0; round < 20; round++) {
      answerOverTcp(node);
      assert.equal(toldOfUdp(node), []);
    }
  }
});

function toldOfUdp(node: LoneNode): string[] {
  const warnings = node.effects.flatMap((effect) => (effect.type === "warn" ? [effect.message] : []));
  return warnings.filter((message) => message.includes("by UDP"));
}

/** Runs until the next probe has fallen back to TCP, answers there, and lets the probe end. */
function answerOverTcp(node: LoneNode): void {
  node.forget();
  for (let waitedMs = 0; waitedMs < 5_000; waitedMs += 10) {
    for (const effect of node.effects) {
      const message = effect.type === "stream-write" ? decodeMessage(effect.bytes) : undefined;
      if (effect.type !== "stream-write" || message?.type !== "ping") continue;
      const bytes = encodeMessage({ type: "ack", sequence: message.sequence, payload: noPayload });
      node.step({ type: "stream-bytes", stream: effect.stream, bytes });
      node.run(500);
      return;
    }
    node.run(10);
  }
  throw new Error("Cannot find a ping over TCP");
}

test("news from a node that answers over TCP only tells that its datagrams arrive", () => {
  const { node, target, port } = probing("n");
  answerOverTcp(node);
  answerOverTcp(node);
  assert.is(node.gossip.peerHealth(target)?.udpIn, "lost");
  node.hearFrom(peerAddress(port), alive("q", { port: 7050 }));
  assert.equal([node.gossip.peerHealth(target)?.verdict, node.gossip.peerHealth(target)?.udpIn], ["udp-out", "works"]);
  assert.is(node.gossip.peerHealth(target)?.datagramsReceived, 1);
});

test("answers that come late make a path slow, not broken", () => {
  const { node, target, port } = probing("n");
  for (let round = 0; round < 3; round++) {
    const ping = node.sentOf("ping").at(-1) as Ping;
    node.run(600);
    node.hearFrom(peerAddress(port), { type: "ack", sequence: ping.sequence, payload: noPayload });
    node.forget();
    while (node.sentOf("ping").length === 0) node.run(10);
  }
  const health = node.gossip.peerHealth(target);
  assert.equal([health?.verdict, health?.pingsLate, health?.missedInRow], ["slow", 3, 0]);
});

test("a failed probe makes a node feel as much worse as helpers stayed silent", () => {
  const rows: [nacks: number, health: number][] = [
    [0, 3],
    [1, 2],
    [3, 0],
  ];
  for (const [nacks, health] of rows) {
    const { node, ping, target } = probing("n", "p", "q", "r");
    node.run(700);
    for (let count = 0; count < nacks; count++) node.hear({ type: "nack", sequence: ping.sequence });
    node.run(310);
    assert.is(node.stateOf(target), "suspect");
    assert.is(node.gossip.health, health, `${nacks} nacks`);
  }
});

test("without helpers a failed probe counts one, and probes of an unwell node take longer", () => {
  const { node } = probing("n");
  node.run(1_010);
  assert.is(node.gossip.health, 1);
  assert.is(node.gossip.counters.probes, 2);
  node.run(1_500);
  assert.is(node.gossip.counters.probes, 2);
});

test("a suspect is pinged together with the accusation, under a checksum", () => {
  const node = new LoneNode();
  node.hear(alive("n"));
  node.hear(suspect("n", 1, "p"));
  node.forget();
  while (node.sentOf("ping").length === 0) node.run(10);
  const sent = node.sent().find(({ messages }) => messages[0]?.type === "ping");
  assert.equal(
    sent?.messages.map((message) => message.type),
    ["ping", "suspect"],
  );
  const bytes = node.effects.find((effect) => effect.type === "send" && effect.bytes[0] === 12);
  assert.ok(bytes);
});

test("a ping for this node is acked to where it says, one for another is not", () => {
  const rows: [node: string, source: Partial<Ping>, expected: number | undefined][] = [
    ["self", {}, 7999],
    ["", {}, 7999],
    ["self", { sourceAddress: loopback, sourcePort: 7005 }, 7005],
    ["self", { sourceAddress: loopback, sourcePort: 0 }, 7999],
    ["other", {}, undefined],
  ];
  for (const [name, source, expected] of rows) {
    const node = new LoneNode();
    node.forget();
    node.hear({ type: "ping", sequence: 9, node: name, ...noSource, ...source });
    const acks = node.sent().filter(({ messages }) => messages.some((message) => message.type === "ack"));
    assert.equal(
      acks.map(({ to }) => to.port),
      expected === undefined ? [] : [expected],
      `for ${name}`,
    );
  }
});

test("a helper pings the target under a number of its own, and forwards the ack under the asker's", () => {
  const { node, request, inner } = helping();
  node.forget();
  node.hear({ type: "ack", sequence: inner.sequence, payload: Uint8Array.of(1, 2, 3) });
  const sent = node.sent().find(({ messages }) => messages[0]?.type === "ack");
  assert.equal(sent?.to, peerAddress(7005));
  assert.equal(sent?.messages[0], { type: "ack", sequence: request.sequence, payload: noPayload });
  node.forget();
  node.run(600);
  assert.equal(node.sentOf("nack"), []);
});

test("a helper that hears nothing tells so, when it was asked to, while the asker still listens", () => {
  // The asker was silent to itself for 500 ms and listens for 500 more: the nack has 100 ms to get there.
  for (const nack of [true, false]) {
    const { node, request } = helping(nack);
    node.forget();
    node.run(399);
    assert.equal(node.sentOf("nack"), []);
    node.run(2);
    assert.equal(node.sentOf("nack"), nack ? [{ type: "nack", sequence: request.sequence }] : []);
    node.run(500);
    assert.is(node.sentOf("nack").length, nack ? 1 : 0);
  }
});

test("a helper forwards an ack that comes after its nack", () => {
  const { node, request, inner } = helping();
  node.run(450);
  node.forget();
  node.hear({ type: "ack", sequence: inner.sequence, payload: noPayload });
  assert.equal(
    node.sentOf("ack").map(({ sequence }) => sequence),
    [request.sequence],
  );
  node.run(600);
  node.forget();
  node.hear({ type: "ack", sequence: inner.sequence, payload: noPayload });
  assert.equal(node.sentOf("ack"), []);
});

test("help is bounded", () => {
  const node = new LoneNode();
  node.forget();
  for (let sequence = 0; sequence < 300; sequence++) {
    const target = { target: loopback, port: 7009, node: "t" };
    node.hear({ type: "indirect-ping", sequence, nack: true, ...target, ...noSource });
  }
  assert.is(node.sentOf("ping").length, 256);
  assert.is(node.gossip.counters.dropped.get("too-many-indirect-pings"), 44);
});

test("a peer of old protocols is neither dialled nor asked for nacks", () => {
  const node = new LoneNode();
  node.hear(alive("n", { versions: Uint8Array.of(1, 2, 2, 2, 4, 4) }));
  node.hear(
    alive("p", { port: 7002, versions: Uint8Array.of(1, 2, 2, 2, 4, 4) }),
    alive("q", { port: 7003, versions }),
  );
  node.forget();
  while (node.sentOf("indirect-ping").length === 0) node.run(10);
  for (const { to, messages } of node.sent()) {
    for (const message of messages) {
      if (message.type === "indirect-ping") assert.is(message.nack, to.port === 7003);
    }
  }
  const [ping] = node.sentOf("ping");
  assert.is(dialsOf(node).length, ping?.node === "q" ? 1 : 0);
});

test("a late wake judges nobody before what waits in the sockets is heard", () => {
  const { node, ping, target, port } = probing("n");
  // The loop stands still for longer than any deadline; timers come before sockets, as in every event loop.
  node.nowMs += 30_000;
  node.step({ type: "wake" });
  assert.is(node.stateOf(target), "alive");
  node.hearFrom(peerAddress(port), { type: "ack", sequence: ping.sequence, payload: noPayload });
  node.run(100);
  assert.ok(node.gossip.counters.stalledMs > 29_000);
  assert.is(node.gossip.counters.probesFailed, 0);
  assert.is(node.stateOf(target), "alive");
});

test("a node that always wakes late still judges", () => {
  const { node, target } = probing("n");
  for (let wake = 0; wake < 2_000 && node.stateOf(target) !== "dead"; wake++) {
    node.nowMs = Math.max(node.nowMs, node.gossip.wakeAtMs + 150);
    node.step({ type: "wake" });
  }
  assert.is(node.stateOf(target), "dead");
});

test("early wakes change nothing", () => {
  const quiet = probing("n", "p").node;
  const woken = probing("n", "p").node;
  quiet.forget();
  woken.forget();
  for (let tick = 0; tick < 300; tick++) {
    quiet.run(10);
    woken.run(10);
    for (let wake = 0; wake < 3; wake++) woken.step({ type: "wake" });
  }
  assert.equal(woken.effects, quiet.effects);
});

/** A node that was asked for help, and the ping that it sent for it. */
function helping(nack = true): { node: LoneNode; request: { sequence: number }; inner: Ping } {
  const node = new LoneNode();
  node.forget();
  const source = { sourceAddress: loopback, sourcePort: 7005, sourceName: "asker" };
  const request = { sequence: 77, target: loopback, port: 7009, node: "target", nack, ...source };
  node.hear({ type: "indirect-ping", ...request });
  const sent = node.sent().find(({ messages }) => messages[0]?.type === "ping");
  assert.equal(sent?.to, peerAddress(7009));
  const inner = sent?.messages[0] as Ping;
  assert.is(inner.node, "target");
  assert.is.not(inner.sequence, 77);
  return { node, request, inner };
}

function dialsOf(node: LoneNode): { host: string; port: number }[] {
  return node.effects.flatMap((effect: GossipEffect) => (effect.type === "dial" ? [effect.to] : []));
}

test.run();
