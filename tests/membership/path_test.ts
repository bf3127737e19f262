/** Which way is broken: clusters on virtual time whose datagrams pass in some directions only. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { PathVerdict, PeerHealth } from "../../src/gossip/mod.ts";
import { VirtualCluster } from "./virtual_cluster.ts";

const names = ["a", "b", "c", "d"];

/** A cluster that was well for a while, and then lost datagrams in these directions for two minutes. */
function afterLosing(seed: string, loses: (from: string, to: string) => boolean, of: readonly string[] = names) {
  const cluster = new VirtualCluster(`path ${seed}`);
  cluster.start(of);
  cluster.run(20_000);
  cluster.losesDatagrams = loses;
  cluster.run(120_000);
  return cluster;
}

function health(cluster: VirtualCluster, from: string, to: string): PeerHealth {
  const report = cluster.node(from).machine.peerHealth(to);
  if (report === undefined) throw new Error(`Cannot find what ${from} sees of ${to}`);
  return report;
}

/** Verdicts of one node about the others: `b=ok c=udp-in`. */
function verdicts(cluster: VirtualCluster, of: string): string {
  const others = cluster
    .node(of)
    .machine.members()
    .filter(({ name }) => name !== of);
  return others
    .map(({ name }) => `${name}=${health(cluster, of, name).verdict}`)
    .sort()
    .join(" ");
}

/** Warnings of a node about datagrams. */
function warnings(cluster: VirtualCluster, of: string): string[] {
  return cluster.trace.filter((line) => line.includes(` ${of} warns Node `) && line.includes("by UDP"));
}

test("all is well: every path is ok, with its round trip and what it was heard of", () => {
  const cluster = afterLosing("well", () => false);
  for (const name of names) {
    assert.is(
      verdicts(cluster, name),
      names
        .filter((other) => other !== name)
        .map((other) => `${other}=ok`)
        .join(" "),
    );
  }
  const report = health(cluster, "a", "b");
  assert.equal([report.udpOut, report.udpIn, report.tcp, report.missedInRow], ["works", "works", "unknown", 0]);
  assert.is(report.rttMs, 4);
  assert.ok(report.pings > 20 && report.pings - report.pingsAnswered <= 1);
  assert.ok(report.datagramsReceived > 40);
  assert.ok((report.answeredAgoMs as number) < 10_000);
  assert.is(cluster.node("a").machine.peerHealth("a"), undefined);
  assert.is(cluster.node("a").machine.peerHealth("nobody"), undefined);
});

/** What is lost, what `a` says of `b`, and what `b` says of `a`. */
const pairs: readonly (readonly [string, (from: string, to: string) => boolean, PathVerdict, PathVerdict])[] = [
  ["from a to b", (from, to) => from === "a" && to === "b", "udp-out", "udp-in"],
  ["from b to a", (from, to) => from === "b" && to === "a", "udp-in", "udp-out"],
  [
    "both ways between a and b",
    (from, to) => `${from}${to}` === "ab" || `${from}${to}` === "ba",
    "tcp-only",
    "tcp-only",
  ],
];

/** Seeds by which pings and silences fell so that the verdict wavered, or the cause was named too soon. */
const unluckySeeds = ["2 from a to b", "3 from a to b", "5 from a to b", "8 from a to b"];

for (const [what, loses, fromA, fromB] of pairs) {
  const seeds = what === "from a to b" ? [what, ...unluckySeeds] : [what];
  for (const [seed, of] of seeds.flatMap((seed) => [[seed, names] as const, [seed, ["a", "b"]] as const])) {
    test(`datagrams lost ${what}, of ${of.length} nodes, seed ${seed}: each names the cause, and nobody is failed`, () => {
      const cluster = afterLosing(seed, loses, of);
      assert.is(health(cluster, "a", "b").verdict, fromA);
      assert.is(health(cluster, "b", "a").verdict, fromB);
      assert.is(health(cluster, "a", "b").tcp, "works");
      for (const other of of.slice(2)) {
        assert.is(health(cluster, "a", other).verdict, "ok");
        assert.is(health(cluster, other, "a").verdict, "ok");
      }
      for (const name of of) assert.equal(cluster.everSaw(name, "member-failed"), []);
      assert.is(warnings(cluster, "a").length, 1, warnings(cluster, "a").join("\n"));
      assert.match(warnings(cluster, "a")[0] as string, health(cluster, "a", "b").cause);
    });
  }
}

// With the seeds of a number the tests of several members were under way at once, and hid each other's joins.
for (const seed of ["nothing in", "1 nothing in", "3 nothing in"]) {
  test(`a node that hears no datagrams at all says so, and so do the others of theirs to it, seed ${seed}`, () => {
    const cluster = afterLosing(seed, (_from, to) => to === "a");
    assert.is(verdicts(cluster, "a"), "b=udp-in c=udp-in d=udp-in");
    assert.match(health(cluster, "a", "b").cause, "nor do anybody else's: allow UDP to come in here");
    assert.is(verdicts(cluster, "b"), "a=udp-out c=ok d=ok");
    assert.match(health(cluster, "b", "a").cause, "while other members answer: allow UDP to come in there");
  });
}

test("a node whose datagrams go nowhere says so, and so do the others of its to them", () => {
  const cluster = afterLosing("nothing out", (from) => from === "a");
  assert.is(verdicts(cluster, "a"), "b=udp-out c=udp-out d=udp-out");
  assert.match(health(cluster, "a", "b").cause, "nor do they anywhere else: allow this node to send UDP");
  assert.is(verdicts(cluster, "b"), "a=udp-in c=ok d=ok");
  assert.match(health(cluster, "b", "a").cause, "while those of other members do: allow it to send UDP");
});

test("a node without UDP has TCP only, seen from both sides", () => {
  const cluster = afterLosing("no datagrams", (from, to) => from === "a" || to === "a");
  assert.is(verdicts(cluster, "a"), "b=tcp-only c=tcp-only d=tcp-only");
  assert.match(health(cluster, "a", "b").cause, "at this node, which hears nobody");
  assert.is(verdicts(cluster, "b"), "a=tcp-only c=ok d=ok");
});

test("where helpers reach a node, the cause names the way between the two", () => {
  const cluster = afterLosing("one way", (from, to) => from === "a" && to === "b");
  assert.match(health(cluster, "a", "b").cause, "while other members reach it: look at the way from here to it");
  assert.ok(health(cluster, "a", "b").helped > 5);
});

test("a dead node is unreachable, and ok again after it came back", () => {
  const cluster = new VirtualCluster("dead");
  const [, , victim] = cluster.start(names);
  if (victim === undefined) throw new Error("Cannot start");
  cluster.run(20_000);
  cluster.pause(victim);
  cluster.run(30_000);
  assert.is(verdicts(cluster, "a"), "b=ok c=unreachable d=ok");
  assert.is(warnings(cluster, "a").length, 0);
  cluster.resume(victim);
  cluster.run(60_000);
  assert.is(verdicts(cluster, "a"), "b=ok c=ok d=ok");
});

test("what was broken is ok once it passes again, and is told again when it breaks again", () => {
  const loses = (from: string, to: string): boolean => from === "b" && to === "a";
  const cluster = afterLosing("again", loses);
  cluster.losesDatagrams = () => false;
  cluster.run(30_000);
  assert.is(verdicts(cluster, "a"), "b=ok c=ok d=ok");
  cluster.losesDatagrams = loses;
  cluster.run(120_000);
  assert.is(verdicts(cluster, "a"), "b=udp-in c=ok d=ok");
  assert.is(warnings(cluster, "a").length, 2);
});

test("a tenth of the datagrams lost everywhere is no broken way", () => {
  const cluster = new VirtualCluster("lossy");
  cluster.lossPerMille = 100;
  cluster.start(names);
  for (let minute = 0; minute < 10; minute++) {
    cluster.run(60_000);
    for (const name of names) assert.not.match(verdicts(cluster, name), /udp-in|tcp-only|unreachable/);
  }
});

test("what is kept goes with the node", () => {
  const cluster = afterLosing("forgotten", () => false);
  cluster.kill(cluster.node("d"));
  cluster.run(200_000);
  assert.is(cluster.node("a").machine.peerHealth("d"), undefined);
});

test.run();
