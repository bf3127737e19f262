// topics: discovery
/** User events: sent, told once, held back and replayed. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/base/mod.ts";
import { Membership, type MembershipOptions } from "../../src/membership/mod.ts";
import { selfAddress } from "../gossip/lone_node.ts";
import { VirtualCluster, type VirtualNode } from "./virtual_cluster.ts";

const machine = (options: Partial<MembershipOptions> = {}): Membership =>
  new Membership({ name: "self", address: selfAddress, ...options }, new Random("events"));

const send = (cluster: VirtualCluster, node: VirtualNode, name: string, coalesce = false): void =>
  cluster.push(node, { type: "send-user-event", event: { name, payload: Uint8Array.of(1), coalesce } });

/** What was told, as `node event`, sorted. */
function told(cluster: VirtualCluster): string[] {
  return cluster.trace
    .filter((line) => line.includes(" user-event "))
    .map((line) => `${line.split(" ")[1]} ${line.split(" ")[4]}`)
    .sort();
}

for (const [name, losses] of Object.entries({ every: 0, "a third of the": 333 })) {
  test(`each event is told once by each node, with ${name} datagram ${losses === 0 ? "arriving" : "lost"}, and doubled`, () => {
    const cluster = new VirtualCluster(`once ${losses}`);
    const names = ["a", "b", "c", "d", "e", "f"];
    const nodes = cluster.start(names);
    cluster.lossPerMille = losses;
    cluster.duplicationPerMille = 300;
    const events = Array.from({ length: 12 }, (_, index) => `e${index}`);
    for (const [index, event] of events.entries()) {
      send(cluster, nodes[index % nodes.length] as VirtualNode, event);
      cluster.run(150);
    }
    cluster.run(60_000);
    assert.equal(told(cluster), names.flatMap((node) => events.map((event) => `${node} ${event}`)).sort());
    for (const { machine: member } of nodes) {
      const { eventsSent, eventsReceived, eventsRepeated, eventsRelayed, eventsDelivered } = member.counters;
      assert.equal([eventsSent, eventsDelivered], [2, events.length]);
      assert.is(eventsReceived - eventsRepeated, events.length - eventsSent, "what is no repetition is news");
      assert.ok(eventsRepeated > 0 && eventsRelayed <= events.length - eventsSent);
    }
  });
}

test("events of one name that may be coalesced are told once, the latest, after a quiet second", () => {
  const cluster = new VirtualCluster("coalesce");
  const [a] = cluster.start(["a", "b"]) as [VirtualNode, VirtualNode];
  const startMs = cluster.nowMs;
  for (let index = 0; index < 3; index++) {
    send(cluster, a, "deploy", true);
    cluster.run(400);
  }
  send(cluster, a, "other", true);
  send(cluster, a, "now", false);
  cluster.run(5_000);
  const lines = cluster.trace.filter((line) => line.includes(" a user-event "));
  assert.equal(
    lines.map((line) => line.split(" ").slice(2).join(" ")),
    ["user-event 5 now", "user-event 3 deploy", "user-event 4 other"],
  );
  const atMs = lines.map((line) => Number(line.split(" ")[0]) - startMs);
  assert.equal(atMs, [1_200, 2_200, 2_200]);
  send(cluster, a, "deploy", true);
  cluster.run(5_000);
  assert.is(cluster.trace.filter((line) => line.includes(" a user-event ")).length, 4, "nothing is told again");
  const { eventsSent, eventsDelivered, eventsCoalesced } = a.machine.counters;
  assert.equal([eventsSent, eventsDelivered, eventsCoalesced], [6, 4, 2]);
});

test("a stream of coalesced events is told every three seconds at the latest", () => {
  const cluster = new VirtualCluster("window");
  const [a] = cluster.start(["a"]) as [VirtualNode];
  for (let index = 0; index < 20; index++) {
    send(cluster, a, "tick", true);
    cluster.run(500);
  }
  cluster.run(2_000);
  const lines = cluster.trace.filter((line) => line.includes(" user-event "));
  assert.equal(
    lines.map((line) => Number(line.split(" ")[3])),
    [6, 12, 18, 20],
  );
});

test("who joins hears nothing of the past, unless it asks for it; then oldest first", () => {
  for (const replay of [false, true]) {
    const cluster = new VirtualCluster("past");
    const [a] = cluster.start(["a"]) as [VirtualNode];
    for (const name of ["one", "two", "three"]) send(cluster, a, name);
    cluster.run(1_000);
    const late = cluster.add("late");
    cluster.push(late, { type: "join", id: 9, addresses: [a.address], replay });
    cluster.run(1_000);
    send(cluster, a, "four");
    cluster.run(2_000);
    const heard = cluster.trace
      .filter((line) => line.includes(" late user-event "))
      .map((line) => line.split(" ")[4] as string);
    assert.equal(heard, replay ? ["one", "two", "three", "four"] : ["four"]);
  }
});

test("events that a partition kept away come later, in their order", () => {
  const cluster = new VirtualCluster("healed");
  const [a, , c] = cluster.start(["a", "b", "c"]) as [VirtualNode, VirtualNode, VirtualNode];
  cluster.partition("c");
  for (const name of ["one", "two", "three", "four"]) {
    send(cluster, a, name);
    cluster.run(10_000);
  }
  cluster.partition();
  cluster.run(120_000);
  const heard = cluster.trace.filter((line) => line.includes(` ${c.name} user-event `));
  assert.equal(
    heard.map((line) => line.split(" ")[4]),
    ["one", "two", "three", "four"],
  );
});

const sizes: [name: string, payloadBytes: number, options: Partial<MembershipOptions>, error: RegExp | undefined][] = [
  ["the largest that Serf lets through", 481, {}, undefined],
  ["one byte more", 482, {}, /encoded it takes 513 bytes, allowed are 512/],
  ["more than allowed before encoding", 512, {}, /name and payload have 513 bytes, allowed are 512/],
  ["a higher limit", 900, { userEventBytesMax: 1_000 }, undefined],
  ["more than a packet holds", 1_370, { userEventBytesMax: 9_216 }, /encoded it takes 1401 bytes, allowed are 1395/],
];

for (const [name, length, options, error] of sizes) {
  test(`checkUserEvent() ${error ? "refuses" : "takes"} ${name}`, () => {
    const self = machine(options);
    const check = () => self.checkUserEvent({ name: "e", payload: new Uint8Array(length), coalesce: true });
    if (error === undefined) check();
    else assert.throws(check, error);
  });
}

test("an event that is refused is not sent, and moves no clock", () => {
  const self = machine();
  const effects = self.step(
    { type: "send-user-event", event: { name: "e", payload: new Uint8Array(600), coalesce: false } },
    1,
  );
  assert.equal(effects, [
    {
      type: "warn",
      message: 'Cannot send user event "e": name and payload have 601 bytes, allowed are 512',
    },
  ]);
  assert.equal([self.counters.lamport.event, self.counters.eventsSent], [1, 0]);
});

test.run();
