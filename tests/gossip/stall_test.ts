/** A node whose event loop stands still is slow to itself, not dead to others, and judges nobody by its own lateness. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { GossipOptions } from "../../src/gossip/mod.ts";
import { alive, LoneNode } from "./lone_node.ts";

/** A node that knows one other, and has just pinged it. */
function probing(options: Partial<GossipOptions> = {}): LoneNode {
  const node = new LoneNode(options);
  node.hear(alive("n"));
  node.forget();
  while (node.sentOf("ping").length === 0) node.run(10);
  return node;
}

/** The loop stands still, and then timers come before sockets, as in every event loop. */
function stall(node: LoneNode, durationMs: number): void {
  node.nowMs += durationMs;
  node.step({ type: "wake" });
}

test("a stall is counted, and nobody is judged by it; with forgiveness off somebody is", () => {
  for (const forgivesStalls of [true, false]) {
    const node = probing({ forgivesStalls });
    stall(node, 30_000);
    assert.is(node.stateOf("n"), forgivesStalls ? "alive" : "suspect");
    assert.ok(node.gossip.counters.stalledMs > 29_000);
  }
});

test.run();
