/** Whole clusters on virtual time: the same machines as in production, and the same traces on every runtime. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { crc32, toBytes } from "../../src/base/mod.ts";
import type { MembershipEffect } from "../../src/membership/mod.ts";
import { VirtualCluster, type VirtualNode } from "./virtual_cluster.ts";

test("nodes that join through one seed all see one another with their tags", () => {
  const cluster = new VirtualCluster("join");
  const names = ["a", "b", "c", "d", "e"];
  for (const name of names) cluster.add(name, { tags: { of: name } });
  for (const name of names.slice(1)) cluster.join(cluster.node(name), cluster.node("a"));
  cluster.run(2_000);
  for (const name of names) {
    assert.is(cluster.view(cluster.node(name)), "a=alive b=alive c=alive d=alive e=alive");
    for (const other of names) assert.is(cluster.node(name).machine.member(other)?.tags.get("of"), other);
  }
});

test("a killed node is failed everywhere within its suspicion time and a few probes, never before the minimum", () => {
  for (const [names, fromMs, toMs] of [
    [["a", "b"], 4_000, 7_500],
    [["a", "b", "c"], 4_000, 10_000],
    [["a", "b", "c", "d", "e"], 4_000, 20_000],
  ] as const) {
    for (const seed of ["one", "two", "three"]) {
      const cluster = new VirtualCluster(`kill ${seed}`);
      const [, victim] = cluster.start(names) as [VirtualNode, VirtualNode];
      cluster.kill(victim);
      const tookMs = cluster.runUntilAllSee("b", "failed", toMs);
      assert.ok(tookMs >= fromMs, `${names.length} nodes: ${tookMs} ms`);
      assert.equal(cluster.everSaw("b", "member-leave"), []);
    }
  }
});

test("a node paused for less than the suspicion time is never failed, and fails nobody on waking", () => {
  for (const seed of ["one", "two", "three", "four"]) {
    const cluster = new VirtualCluster(`pause ${seed}`);
    const [, , sleeper] = cluster.start(["a", "b", "c"]) as [VirtualNode, VirtualNode, VirtualNode];
    cluster.pause(sleeper);
    cluster.run(3_000);
    cluster.resume(sleeper);
    cluster.run(30_000);
    for (const name of ["a", "b", "c"]) assert.equal(cluster.everSaw(name, "member-failed"), [], seed);
    assert.is(cluster.view(sleeper), "a=alive b=alive c=alive");
  }
});

test("a node paused for long is failed, and alive again everywhere after it wakes", () => {
  const cluster = new VirtualCluster("long pause");
  const [, , sleeper] = cluster.start(["a", "b", "c"]) as [VirtualNode, VirtualNode, VirtualNode];
  cluster.pause(sleeper);
  cluster.run(25_000);
  assert.equal(cluster.everSaw("c", "member-failed"), ["a", "b"]);
  cluster.resume(sleeper);
  cluster.runUntilAllSee("c", "alive", 40_000);
  assert.equal(cluster.everSaw("a", "member-failed"), []);
});

test("a node that leaves is left everywhere and failed nowhere, and knows when it may go", () => {
  for (const seed of ["one", "two", "three"]) {
    const cluster = new VirtualCluster(`leave ${seed}`);
    const [, leaver] = cluster.start(["a", "b", "c", "d"]) as [VirtualNode, VirtualNode];
    cluster.push(leaver, { type: "leave" });
    cluster.run(2_500);
    assert.ok(leaver.hasLeft);
    cluster.kill(leaver);
    cluster.run(60_000);
    for (const name of ["a", "c", "d"]) assert.is(cluster.node(name).machine.member("b")?.status, "left");
    assert.equal(cluster.everSaw("b", "member-failed"), []);
    assert.equal(cluster.everSaw("b", "member-leave"), ["a", "b", "c", "d"]);
  }
});

test("a node that leaves alone goes at once, and a second leave is answered too", () => {
  const cluster = new VirtualCluster("alone");
  const node = cluster.add("a");
  cluster.push(node, { type: "leave" });
  assert.ok(node.hasLeft);
  node.hasLeft = false;
  cluster.push(node, { type: "leave" });
  assert.ok(node.hasLeft);
});

test("a node that left comes back under its name, also from another address", () => {
  const cluster = new VirtualCluster("return");
  const [seed, leaver] = cluster.start(["a", "b", "c"]) as [VirtualNode, VirtualNode];
  cluster.push(leaver, { type: "leave" });
  cluster.run(3_000);
  cluster.kill(leaver);
  const again = cluster.add("b", { address: { host: "127.0.0.1", port: 7777 } });
  cluster.join(again, seed);
  cluster.runUntilAllSee("b", "alive", 3_000);
  assert.is(cluster.node("c").machine.member("b")?.address.port, 7777);
});

test("a node that was killed comes back under its name and address, with the first incarnation", () => {
  const cluster = new VirtualCluster("restart");
  const [seed, victim] = cluster.start(["a", "b", "c"]) as [VirtualNode, VirtualNode];
  cluster.kill(victim);
  cluster.runUntilAllSee("b", "failed", 15_000);
  const again = cluster.add("b", { address: victim.address });
  cluster.join(again, seed);
  cluster.runUntilAllSee("b", "alive", 5_000);
});

test("a node that was killed comes back elsewhere once its name is free", () => {
  const cluster = new VirtualCluster("restart elsewhere");
  const [seed, victim] = cluster.start(["a", "b", "c"]) as [VirtualNode, VirtualNode];
  cluster.kill(victim);
  cluster.runUntilAllSee("b", "failed", 15_000);
  const again = cluster.add("b", { address: { host: "127.0.0.1", port: 7777 } });
  cluster.run(5_500);
  cluster.join(again, seed);
  cluster.runUntilAllSee("b", "alive", 5_000);
});

test("a partition fails the other side on both sides, and a join heals it all", () => {
  const cluster = new VirtualCluster("partition");
  const nodes = cluster.start(["a", "b", "c", "d"]);
  cluster.partition("c", "d");
  cluster.run(40_000);
  assert.is(cluster.view(cluster.node("a")), "a=alive b=alive c=failed d=failed");
  assert.is(cluster.view(cluster.node("c")), "a=failed b=failed c=alive d=alive");
  cluster.partition();
  cluster.join(cluster.node("a"), cluster.node("c"));
  cluster.run(5_000);
  for (const node of nodes) assert.is(cluster.view(node), "a=alive b=alive c=alive d=alive");
});

test("a partition heals by itself, by the reconnects to failed members", () => {
  const cluster = new VirtualCluster("reconnect");
  const nodes = cluster.start(["a", "b"]);
  cluster.partition("b");
  cluster.run(20_000);
  assert.is(cluster.view(cluster.node("a")), "a=alive b=failed");
  cluster.partition();
  cluster.run(65_000);
  for (const node of nodes) assert.is(cluster.view(node), "a=alive b=alive");
});

test("a tenth of all datagrams lost fails nobody", () => {
  const cluster = new VirtualCluster("loss");
  const names = ["a", "b", "c", "d", "e", "f"];
  cluster.start(names);
  cluster.lossPerMille = 100;
  cluster.run(120_000);
  for (const name of names) assert.equal(cluster.everSaw(name, "member-failed"), []);
});

test("new tags reach everybody and too large ones change nothing", () => {
  const cluster = new VirtualCluster("tags");
  const [node] = cluster.start(["a", "b", "c"], { tags: { v: "1" } }) as [VirtualNode];
  cluster.push(node, { type: "set-tags", tags: new Map([["v", "2"]]) });
  cluster.push(node, { type: "set-tags", tags: new Map([["v", "x".repeat(600)]]) });
  cluster.run(2_000);
  for (const name of ["a", "b", "c"]) assert.is(cluster.node(name).machine.member("a")?.tags.get("v"), "2");
  assert.equal(cluster.everSaw("a", "member-update"), ["a", "b", "c"]);
  assert.ok(cluster.trace.some((line) => /a warns Cannot use these tags: they take 607 bytes/.test(line)));
});

test("a join that reaches nobody says why for each address", () => {
  const cluster = new VirtualCluster("nobody");
  const node = cluster.add("a");
  const addresses = [1, 2, 3].map((port) => ({ host: "127.0.0.1", port }));
  const ends: MembershipEffect[] = [];
  for (const effect of node.machine.step({ type: "join", id: 7, addresses }, 0)) {
    if (effect.type !== "dial") continue;
    ends.push(...node.machine.step({ type: "stream-closed", stream: effect.stream, error: `no ${effect.to.port}` }, 0));
  }
  const failed = addresses.map((address) => ({ address, error: `no ${address.port}` }));
  assert.equal(
    ends.filter((effect) => effect.type === "joined"),
    [{ type: "joined", id: 7, contacted: [], failed }],
  );
  const [joined] = node.machine.step({ type: "join", id: 8, addresses: [] }, 0);
  assert.equal(joined, { type: "joined", id: 8, contacted: [], failed: [] });
});

test("a join that finds no room to dial is answered once, with the reason for each address", () => {
  const { machine } = new VirtualCluster("no room").add("a");
  const addressesFrom = (port: number) =>
    Array.from({ length: 8 }, (_, index) => ({ host: "127.0.0.1", port: port + index }));
  for (let id = 1; id <= 16; id++)
    assert.is(machine.step({ type: "join", id, addresses: addressesFrom(1 + 8 * id) }, 0).length, 16);
  const addresses = addressesFrom(9_000);
  const failed = addresses.map((address) => ({ address, error: "128 exchanges are under way already" }));
  assert.equal(machine.step({ type: "join", id: 17, addresses }, 0), [
    { type: "joined", id: 17, contacted: [], failed },
  ]);
});

test("a node does not count itself as company when it is among its own seeds", () => {
  const cluster = new VirtualCluster("self");
  const [a, b] = [cluster.add("a"), cluster.add("b")];
  const joined = a.machine.step({ type: "join", id: 1, addresses: [a.address] }, 0).at(-1);
  const failed = [{ address: a.address, error: "it is this node itself" }];
  assert.equal(joined, { type: "joined", id: 1, contacted: [], failed });
  cluster.join(a, a, b);
  cluster.run(1_000);
  assert.ok(cluster.trace.some((line) => line.endsWith(" a joined 127.0.0.1:7002")));
  assert.is(cluster.view(a), "a=alive b=alive");
});

test("a refutation shows in the incarnation that members are listed with", () => {
  const cluster = new VirtualCluster("incarnation");
  const [a, b] = cluster.start(["a", "b", "c"]) as [VirtualNode, VirtualNode];
  cluster.pause(b);
  cluster.run(3_000);
  cluster.resume(b);
  cluster.run(10_000);
  assert.ok((a.machine.member("b")?.incarnation ?? 0) > 1);
  assert.is(a.machine.member("b")?.incarnation, b.machine.member("b")?.incarnation);
});

test("members gone for long are forgotten", () => {
  const cluster = new VirtualCluster("reap");
  const [, victim, leaver] = cluster.start(["a", "b", "c"], {
    ...{ reapIntervalMs: 1_000, reconnectTimeoutMs: 30_000, tombstoneTimeoutMs: 60_000 },
  }) as [VirtualNode, VirtualNode, VirtualNode];
  cluster.push(leaver, { type: "leave" });
  cluster.run(3_000);
  cluster.kill(leaver);
  cluster.kill(victim);
  cluster.run(45_000);
  assert.is(cluster.view(cluster.node("a")), "a=alive c=left");
  cluster.run(25_000);
  assert.is(cluster.view(cluster.node("a")), "a=alive");
  assert.equal(cluster.everSaw("b", "member-reap"), ["a"]);
});

test("one seed gives one trace, on every runtime", () => {
  const traceOf = (): string => {
    const cluster = new VirtualCluster("golden");
    cluster.lossPerMille = 150;
    const [, b, c, d] = cluster.start(["a", "b", "c", "d", "e"]) as [
      VirtualNode,
      VirtualNode,
      VirtualNode,
      VirtualNode,
    ];
    cluster.pause(c);
    cluster.run(3_000);
    cluster.resume(c);
    cluster.push(b, { type: "leave" });
    cluster.run(5_000);
    cluster.kill(d);
    cluster.partition("e");
    cluster.run(60_000);
    cluster.partition();
    cluster.run(60_000);
    return cluster.trace.join("\n");
  };
  const trace = traceOf();
  assert.is(traceOf(), trace);
  assert.is(crc32(toBytes(trace)).toString(16), "51deef72");
});

test.run();
