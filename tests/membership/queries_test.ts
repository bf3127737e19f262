// topics: discovery
/** Queries among nodes on virtual time: who answers, when they end, what a vote decides. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { toBytes } from "../../src/base/mod.ts";
import { decodeKeyResponse, encodeKeyRequest, type QueryRequest } from "../../src/membership/mod.ts";
import { VirtualCluster, type VirtualNode } from "./virtual_cluster.ts";

const noBytes = new Uint8Array(0);

/** A cluster whose nodes answer every query with their name, but for those named silent. */
function answering(seed: string, names: readonly string[], silent: readonly string[] = []): VirtualCluster {
  const cluster = new VirtualCluster(seed);
  cluster.onQuery = (node, query) => {
    if (!silent.includes(node.name)) cluster.push(node, { type: "respond", query, payload: toBytes(node.name) });
  };
  for (const name of names) cluster.add(name, { tags: { role: name < "c" ? "web" : "db" } });
  for (const name of names.slice(1)) cluster.join(cluster.node(name), cluster.node("a"));
  cluster.run(3_000);
  return cluster;
}

interface Heard {
  readonly acks: string[];
  readonly answers: string[];
  readonly end: string;
  readonly tookMs: number;
}

function ask(cluster: VirtualCluster, asker: VirtualNode, request: Partial<QueryRequest> = {}): Heard {
  const startMs = cluster.nowMs;
  const before = cluster.trace.length;
  cluster.push(asker, { type: "ask", id: 1, request: { name: "who", payload: noBytes, ...request } });
  cluster.run(10_000);
  const lines = cluster.trace.slice(before).map((line) => line.split(" "));
  const mine = lines.filter(([, name]) => name === asker.name);
  const last = mine.find(([, , word]) => word === "finished") ?? [];
  const of = (word: string) => mine.filter((line) => line[2] === word).map((line) => line[3] as string);
  return {
    acks: of("acknowledged").sort(),
    answers: of("answered").sort(),
    end: last.slice(3).join(" ").trim(),
    tookMs: Number(last[0]) - startMs,
  };
}

test("a query ends as soon as all alive members have acknowledged and answered it", () => {
  const cluster = answering("early", ["a", "b", "c", "d"]);
  const heard = ask(cluster, cluster.node("b"));
  assert.equal([heard.acks, heard.answers, heard.end], [["a", "b", "c", "d"], ["a", "b", "c", "d"], "complete"]);
  assert.ok(heard.tookMs < 1_500, `it took ${heard.tookMs} ms of 3200`);
});

test("a query with a silent member lasts its time, 16 intervals of gossip, and names the silent", () => {
  const cluster = answering("silent", ["a", "b", "c", "d"], ["d"]);
  const heard = ask(cluster, cluster.node("a"));
  assert.equal([heard.answers, heard.end, heard.tookMs], [["a", "b", "c"], "timed-out d", 3_200]);
  assert.equal(ask(cluster, cluster.node("a"), { timeoutMs: 700 }).tookMs, 700);
});

test("a member that fails or left is not waited for", () => {
  const cluster = answering("gone", ["a", "b", "c"]);
  cluster.kill(cluster.node("c"));
  const heard = ask(cluster, cluster.node("a"), { timeoutMs: 60_000 });
  const failedAtMs = Number(cluster.trace.find((line) => line.endsWith(" a member-failed c"))?.split(" ")[0]);
  assert.equal([heard.answers, heard.end], [["a", "b"], "complete"]);
  assert.is(cluster.trace.includes(`${failedAtMs} a finished complete `), true, "it ends with the news");
  assert.equal(ask(cluster, cluster.node("a")).end, "complete");
});

test("filters choose who answers, and only those are waited for", () => {
  const cluster = answering("filters", ["a", "b", "c", "d"]);
  const rows: [Partial<QueryRequest>, string[]][] = [
    [{ nodes: ["c"] }, ["c"]],
    [{ nodes: ["a", "d", "nobody"] }, ["a", "d"]],
    [{ tags: [{ tag: "role", expression: "^web$" }] }, ["a", "b"]],
    [{ tags: [{ tag: "role", expression: "e|d" }], nodes: ["b", "c"] }, ["b", "c"]],
    [{ tags: [{ tag: "none", expression: "^$" }], nodes: ["d"], wantsAcks: false }, ["d"]],
  ];
  for (const [request, expected] of rows) {
    const heard = ask(cluster, cluster.node("a"), request);
    assert.equal([heard.answers, heard.end], [expected, "complete"], JSON.stringify(request));
    assert.equal(heard.acks, request.wantsAcks === false ? [] : expected);
  }
});

test("expressions beyond the supported ones reach nobody, and are counted", () => {
  const cluster = answering("expressions", ["a", "b"]);
  const heard = ask(cluster, cluster.node("a"), { tags: [{ tag: "role", expression: "(?=web)" }] });
  assert.equal([heard.acks, heard.answers], [[], []]);
  assert.is(cluster.node("b").machine.counters.filtersUnsupported, 1);
});

test("relayed copies bring answers through where the direct way loses them, and count once", () => {
  const cluster = answering("relay", ["a", "b", "c", "d", "e", "f"]);
  const heard = ask(cluster, cluster.node("a"), { relayFactor: 2 });
  assert.equal(heard.answers, ["a", "b", "c", "d", "e", "f"]);
  assert.ok(cluster.node("a").machine.counters.responsesRepeated + forwardedOf(cluster) > 5);
  cluster.lossPerMille = 400;
  let withRelays = 0;
  let without = 0;
  for (let round = 0; round < 20; round++) {
    withRelays += ask(cluster, cluster.node("a"), { relayFactor: 4 }).answers.length;
    without += ask(cluster, cluster.node("a")).answers.length;
  }
  assert.ok(withRelays > without, `${withRelays} answers with relays, ${without} without`);
});

function forwardedOf(cluster: VirtualCluster): number {
  return ["b", "c", "d", "e", "f"].reduce(
    (sum, name) => sum + cluster.node(name).machine.counters.messagesForwarded,
    0,
  );
}

test("each node hears a query once, whatever the network doubles or loses", () => {
  const cluster = answering("once", ["a", "b", "c", "d", "e"]);
  cluster.lossPerMille = 200;
  cluster.duplicationPerMille = 500;
  for (let round = 0; round < 5; round++) ask(cluster, cluster.node("a"), { name: `q${round}` });
  const heard = cluster.trace
    .filter((line) => / query q\d$/.test(line))
    .map((line) => line.split(" ").slice(1).join(" "));
  assert.is(new Set(heard).size, heard.length);
  assert.ok(heard.length >= 22, `${heard.length} of 25`);
});

test("an answer after the deadline, a second one, or one too large is refused", () => {
  const cluster = answering("late", ["a", "b"], ["a", "b"]);
  const kept: Parameters<NonNullable<VirtualCluster["onQuery"]>>[1][] = [];
  cluster.onQuery = (node, query) => {
    if (node.name === "b") kept.push(query);
  };
  cluster.push(cluster.node("a"), { type: "ask", id: 1, request: { name: "who", payload: noBytes, timeoutMs: 2_000 } });
  cluster.run(1_000);
  const [query] = kept;
  if (query === undefined) throw new Error("Cannot go on: the query did not arrive");
  const { machine } = cluster.node("b");
  assert.throws(
    () => machine.checkResponse(query, new Uint8Array(1_024)),
    /it takes 1066 bytes encoded, allowed are 1024/,
  );
  machine.checkResponse(query, new Uint8Array(900));
  cluster.push(cluster.node("b"), { type: "respond", query, payload: toBytes("b") });
  assert.throws(() => machine.checkResponse(query, noBytes), /Cannot answer query "who": it was answered, or its time/);
  cluster.push(cluster.node("a"), {
    type: "ask",
    id: 2,
    request: { name: "late", payload: noBytes, timeoutMs: 1_500 },
  });
  cluster.run(3_000);
  assert.is(kept.length, 2);
  assert.throws(() => machine.checkResponse(kept[1] as typeof query, noBytes), /its time is over/);
});

const refused: [what: string, request: Partial<QueryRequest>, error: RegExp][] = [
  [
    "too large",
    { payload: new Uint8Array(920) },
    /Cannot send query "q": it takes \d+ bytes encoded, allowed are 1024/,
  ],
  ["one of Serf's own", { name: "_serf_conflict" }, /names with _serf_ are Serf's own/],
  ["a ping with a payload", { name: "_serf_ping", payload: Uint8Array.of(1) }, /names with _serf_ are Serf's own/],
  ["without time", { timeoutMs: 0 }, /timeout 0 is not a whole number of milliseconds from 1 to 86400000/],
  ["relayed too often", { relayFactor: 256 }, /relay factor 256 is not a whole number from 0 to 255/],
];

for (const [what, request, error] of refused) {
  test(`checkQuery() refuses a query that is ${what}`, () => {
    const { machine } = new VirtualCluster("refused").add("alpha");
    assert.throws(() => machine.checkQuery({ name: "q", payload: noBytes, ...request }), error);
  });
}

test("a payload of 900 bytes fits a query, as it does with Serf", () => {
  new VirtualCluster("fits").add("alpha").machine.checkQuery({ name: "q", payload: new Uint8Array(900) });
});

test("a ping needs acknowledgements only", () => {
  const cluster = answering("ping", ["a", "b", "c"]);
  const heard = ask(cluster, cluster.node("a"), { name: "_serf_ping" });
  assert.equal([heard.acks, heard.answers, heard.end], [["a", "b", "c"], [], "complete"]);
});

test("nodes without encryption answer orders about keys with Serf's words", () => {
  const rows: [string, string][] = [
    ["_serf_list-keys", "Keyring is empty (encryption not enabled)"],
    ["_serf_install-key", "No keyring to modify (encryption not enabled)"],
    ["_serf_use-key", "No keyring to modify (encryption not enabled)"],
    ["_serf_remove-key", "No keyring to modify (encryption not enabled)"],
  ];
  for (const [name, message] of rows) {
    const cluster = new VirtualCluster("keys");
    const [a] = cluster.start(["a", "b"]) as [VirtualNode];
    const payload = encodeKeyRequest(new Uint8Array(16));
    const answers: (string | undefined)[] = [];
    cluster.onAnswer = (_node, bytes) => answers.push(decodeKeyResponse(bytes)?.message);
    cluster.push(a, { type: "ask", id: 1, request: { name, payload, wantsAcks: false, internal: true } });
    cluster.run(4_000);
    assert.equal(answers, [message, message], name);
  }
});

test("of two nodes with one name the one that the majority knows stays, and the other must stop", () => {
  const cluster = answering("conflict", ["a", "b", "c", "d"]);
  const twin = cluster.add("b", { address: { host: "127.0.0.1", port: 7099 } }, "twin");
  cluster.join(twin, cluster.node("a"));
  cluster.run(20_000);
  const outcomes = cluster.trace.filter((line) => / conflict b \d/.test(line));
  assert.match(outcomes.join("\n"), / twin conflict b 0\/3 lost/);
  assert.not.match(outcomes.join("\n"), / (b|twin) conflict b \d\/\d won.*twin| b conflict b \d\/\d lost/);
});

test("a node that comes back elsewhere loses the vote to its own old place, and stays since nobody answers there", () => {
  const cluster = answering("returned", ["a", "b", "c", "d"]);
  cluster.kill(cluster.node("b"));
  const back = cluster.add("b", { address: { host: "127.0.0.1", port: 7099 } }, "back");
  cluster.join(back, cluster.node("a"));
  cluster.run(8_000);
  assert.match(cluster.trace.join("\n"), / back conflict b 0\/3 rival-gone/);
  cluster.run(60_000);
  assert.is(cluster.node("a").machine.member("b")?.address.port, 7099);
  assert.is(cluster.node("a").machine.member("b")?.status, "alive");
});

test("a failed member can be forced to leave, and pruned, everywhere", () => {
  for (const prune of [false, true]) {
    const cluster = answering(`force ${prune}`, ["a", "b", "c"]);
    cluster.kill(cluster.node("c"));
    cluster.runUntilAllSee("c", "failed", 60_000);
    cluster.push(cluster.node("a"), { type: "force-leave", name: "c", prune });
    cluster.run(2_000);
    for (const name of ["a", "b"]) {
      assert.is(cluster.node(name).machine.member("c")?.status, prune ? undefined : "left", `${name} ${prune}`);
    }
  }
});

test("a member that is alive contradicts a forced leave", () => {
  const cluster = answering("contradicts", ["a", "b", "c"]);
  cluster.push(cluster.node("a"), { type: "force-leave", name: "c", prune: false });
  cluster.run(3_000);
  assert.is(cluster.view(cluster.node("b")), "a=alive b=alive c=alive");
  assert.is(cluster.view(cluster.node("a")), "a=alive b=alive c=alive");
});

test("nobody is forced to leave who is not known, and no node itself", () => {
  const { machine } = new VirtualCluster("unknown").add("a");
  assert.throws(() => machine.checkForceLeave("x"), /Cannot force "x" to leave: no such member is known/);
  assert.throws(
    () => machine.checkForceLeave("a"),
    /Cannot force "a" to leave: it is this node itself, which can leave/,
  );
});

test.run();
