/** A node whose event loop stands still is slow to itself, not dead to others, and judges nobody by its own lateness. */

import { test } from "uvu";
import * as assert from "uvu/assert";
import { ipToBytes } from "../../src/base/mod.ts";
import type { GossipOptions } from "../../src/gossip/mod.ts";
import type { Ping } from "../../src/gossip/wire.ts";
import { alive, LoneNode, peerAddress, suspect } from "./lone_node.ts";

const noPayload = new Uint8Array(0);

/** A node that knows one other, and has just pinged it. */
function probing(options: Partial<GossipOptions> = {}): { node: LoneNode; ping: Ping } {
  const node = new LoneNode(options);
  node.hear(alive("n"));
  node.forget();
  while (node.sentOf("ping").length === 0) node.run(10);
  return { node, ping: node.sentOf("ping")[0] as Ping };
}

/** The loop stands still, and then timers come before sockets, as in every event loop. */
function stall(node: LoneNode, durationMs: number): void {
  node.nowMs += durationMs;
  node.step({ type: "wake" });
}

test("a stall is counted, and nobody is judged by it; with forgiveness off somebody is", () => {
  for (const forgivesStalls of [true, false]) {
    const { node } = probing({ forgivesStalls });
    stall(node, 30_000);
    assert.is(node.stateOf("n"), forgivesStalls ? "alive" : "suspect");
    assert.ok(node.gossip.counters.stalledMs > 29_000);
  }
});

test("a stall makes a node feel worse: by one, and by one more for each probe interval that it was late", () => {
  const rows: [stalledMs: number, health: number][] = [
    [90, 0],
    [400, 1],
    [1_300, 2],
    [3_300, 4],
    [60_000, 7],
  ];
  for (const [stalledMs, health] of rows) {
    const { node } = probing();
    stall(node, stalledMs);
    assert.is(node.gossip.health, health, `${stalledMs} ms`);
  }
});

test("with forgiveness off a stall changes nobody's health", () => {
  const node = new LoneNode({ forgivesStalls: false });
  stall(node, 60_000);
  assert.is(node.gossip.health, 0);
});

test("one stall counts once, however many inputs follow it, and answered probes heal the node", () => {
  const { node, ping } = probing();
  stall(node, 400);
  for (let wake = 0; wake < 3; wake++) node.step({ type: "wake" });
  node.hear({ type: "ack", sequence: ping.sequence + 1, payload: noPayload });
  assert.is(node.gossip.health, 1);
  node.answered = true;
  node.hear({ type: "ack", sequence: ping.sequence, payload: noPayload });
  assert.is(node.gossip.health, 0);
});

test("a node that stalls again and again gives others more time, up to the worst health there is", () => {
  const node = new LoneNode();
  node.hear(alive("n"));
  node.answered = true;
  for (let second = 0; second < 60; second++) {
    node.run(700);
    stall(node, 300);
  }
  assert.ok(node.gossip.health >= 3, `health ${node.gossip.health}`);
  assert.is(node.gossip.counters.suspicions, 0);
  node.run(20_000);
  assert.is(node.gossip.health, 0);
});

test("a suspect whose refutation waits in the sockets during a stall is not declared dead", () => {
  const node = new LoneNode();
  node.hear(alive("n"));
  node.hear(suspect("n", 1, "p"));
  stall(node, 120_000);
  assert.is(node.stateOf("n"), "suspect");
  node.hear(alive("n", { incarnation: 2 }));
  node.answered = true;
  node.run(30_000);
  assert.is(node.stateOf("n"), "alive");
});

test("a helper that stalls forwards the ack that waits in its sockets, and no nack", () => {
  const node = new LoneNode();
  const asker = { sourceAddress: ipToBytes("127.0.0.1") as Uint8Array, sourcePort: 7005, sourceName: "asker" };
  const target = { target: asker.sourceAddress, port: 7009, node: "target" };
  node.forget();
  node.hear({ type: "indirect-ping", sequence: 77, nack: true, ...target, ...asker });
  const [ping] = node.sentOf("ping");
  node.forget();
  stall(node, 5_000);
  node.hearFrom(peerAddress(7009), { type: "ack", sequence: ping?.sequence ?? 0, payload: noPayload });
  node.run(1_000);
  assert.equal(
    node.sentOf("ack").map(({ sequence }) => sequence),
    [77],
  );
  assert.equal(node.sentOf("nack"), []);
});

test.run();
