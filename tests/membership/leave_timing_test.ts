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

test("a leave just after others died is heard at once: its few goodbyes do not all go to the dead", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const cluster = new VirtualCluster(`goodbye ${seed}`);
    const nodes = cluster.start(["a", "b", "c", "d", "e"], { profile: "local" });
    const [a, , , ...victims] = nodes as [VirtualNode, ...VirtualNode[]];
    for (const victim of victims) cluster.kill(victim);
    cluster.run(500);
    cluster.push(a, { type: "leave" });
    cluster.run(1_000);
    for (const name of ["b", "c"])
      assert.is(cluster.node(name).machine.member("a")?.status, "left", `${seed}: ${name}`);
    assert.equal(cluster.everSaw("a", "member-failed"), []);
  }
});

test.run();
