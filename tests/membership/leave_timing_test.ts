// topics: discovery
import { test } from "uvu";
import * as assert from "uvu/assert";
import { VirtualCluster, type VirtualNode } from "./virtual_cluster.ts";

test("a leave that nobody hears ends within the times that each step may take", () => {
  for (const [broadcastTimeoutMs, withinMs] of [
    [1_000, 3_500],
    [5_000, 11_500],
  ] as const) {
    const cluster = new VirtualCluster("unheard");
    // So many retransmits that only the time ends them.
    const settings = { broadcastTimeoutMs, retransmitMult: 1_000 };
    const [a] = cluster.start(["a", "b", "c"], { settings }) as [VirtualNode];
    const startMs = cluster.nowMs;
    cluster.push(a, { type: "leave" });
    while (!a.hasLeft && cluster.nowMs - startMs < 60_000) cluster.run(100);
    const tookMs = cluster.nowMs - startMs;
    assert.ok(tookMs > broadcastTimeoutMs && tookMs <= withinMs, `${broadcastTimeoutMs}: it took ${tookMs} ms`);
  }
});

test.run();
