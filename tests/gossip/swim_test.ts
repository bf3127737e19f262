/** The rules of who is believed what, row by row. */

import { test } from "uvu";
import * as assert from "uvu/assert";
import { ipToBytes } from "../../src/base/mod.ts";
import { type Alive, encodeMessage, type Message } from "../../src/gossip/wire.ts";
import { alive, dead, LoneNode, suspect, versions } from "./lone_node.ts";

/** A node that knows `n` at incarnation 5, in the state that the row begins with. */
function knowing(state: string): LoneNode {
  const node = new LoneNode();
  node.hear(alive("p", { port: 7002 }));
  if (state !== "unknown") node.hear(alive("n", { incarnation: 5 }));
  if (state === "suspect") node.hear(suspect("n", 5, "p"));
  if (state === "dead") node.hear(dead("n", 5, "p"));
  if (state === "left") node.hear(dead("n", 5, "n"));
  node.forget();
  return node;
}

const meta = Uint8Array.of(0xff, 0x80);
const elsewhere: Partial<Alive> = { port: 7009 };

const rows: [
  before: string,
  heard: Message,
  after: string | undefined,
  incarnation: number | undefined,
  change: string,
][] = [
  ["unknown", alive("n", { incarnation: 5 }), "alive", 5, "joined n"],
  ["unknown", alive("n", { incarnation: 0 }), undefined, undefined, ""],
  ["unknown", alive("n", { versions: new Uint8Array(0) }), undefined, undefined, ""],
  ["unknown", alive("n", { versions: Uint8Array.of(0, 5, 2, 2, 5, 5) }), undefined, undefined, ""],
  ["unknown", alive("n", { versions: Uint8Array.of(5, 1, 2, 2, 5, 5) }), undefined, undefined, ""],
  ["unknown", alive("n", { versions: Uint8Array.of(1, 5, 2, 2, 5, 9) }), undefined, undefined, ""],
  ["unknown", alive("n", { versions: Uint8Array.of(1, 5, 2, 2, 4, 4) }), "alive", 1, "joined n"],
  ["unknown", suspect("n", 5, "p"), undefined, undefined, ""],
  ["unknown", dead("n", 5, "p"), undefined, undefined, ""],
  ["alive", alive("n", { incarnation: 4, meta }), "alive", 5, ""],
  ["alive", alive("n", { incarnation: 5, meta }), "alive", 5, ""],
  ["alive", alive("n", { incarnation: 6 }), "alive", 6, ""],
  ["alive", alive("n", { incarnation: 6, meta }), "alive", 6, "updated n"],
  ["alive", alive("n", { incarnation: 6, ...elsewhere }), "alive", 5, ""],
  ["alive", alive("n", { incarnation: 6, address: ipToBytes("::ffff:127.0.0.1") as Uint8Array }), "alive", 5, ""],
  ["alive", suspect("n", 4, "p"), "alive", 5, ""],
  ["alive", suspect("n", 5, "p"), "suspect", 5, ""],
  ["alive", suspect("n", 8, "p"), "suspect", 8, ""],
  ["alive", dead("n", 4, "p"), "alive", 5, ""],
  ["alive", dead("n", 5, "p"), "dead", 5, "gone n"],
  ["alive", dead("n", 7, "p"), "dead", 7, "gone n"],
  ["alive", dead("n", 5, "n"), "left", 5, "gone n"],
  ["suspect", alive("n", { incarnation: 5 }), "suspect", 5, ""],
  ["suspect", alive("n", { incarnation: 6 }), "alive", 6, ""],
  ["suspect", alive("n", { incarnation: 6, meta }), "alive", 6, "updated n"],
  ["suspect", suspect("n", 5, "q"), "suspect", 5, ""],
  ["suspect", dead("n", 5, "p"), "dead", 5, "gone n"],
  ["suspect", dead("n", 5, "n"), "left", 5, "gone n"],
  ["dead", alive("n", { incarnation: 5 }), "dead", 5, ""],
  ["dead", alive("n", { incarnation: 6 }), "alive", 6, "joined n"],
  ["dead", alive("n", { incarnation: 6, ...elsewhere }), "dead", 5, ""],
  ["dead", suspect("n", 6, "p"), "dead", 5, ""],
  ["dead", dead("n", 6, "n"), "dead", 5, ""],
  ["left", alive("n", { incarnation: 5 }), "left", 5, ""],
  ["left", alive("n", { incarnation: 6 }), "alive", 6, "joined n"],
  ["left", alive("n", { incarnation: 2, ...elsewhere }), "alive", 2, "joined n"],
  ["left", dead("n", 6, "p"), "left", 5, ""],
];

for (const [before, heard, after, incarnation, change] of rows) {
  const detail = "incarnation" in heard ? ` at ${heard.incarnation}` : "";
  test(`${before} node, ${heard.type}${detail} heard: ${after ?? "unknown"} at ${incarnation ?? "none"} ${change}`, () => {
    const node = knowing(before);
    node.hear(heard);
    assert.is(node.stateOf("n"), after);
    assert.is(node.incarnationOf("n"), incarnation);
    assert.equal(node.changes(), change === "" ? [] : [change]);
    // Only what changed something is passed on, and not what a node is told about itself.
    node.run(250);
    const news = node
      .sentOf(heard.type)
      .filter((message) => encodeMessage(message).join() === encodeMessage(heard).join());
    const changed = after !== undefined && (before !== after || incarnation !== 5 || change !== "");
    assert.is(news.length > 0, changed, "passed on");
  });
}

const accusations: [string, Message, number][] = [
  ["suspect", suspect("self", 1, "p"), 2],
  ["suspect at a later incarnation", suspect("self", 9, "p"), 10],
  ["dead", dead("self", 9, "p"), 10],
  ["left", dead("self", 3, "self"), 4],
  ["alive with another meta", alive("self", { port: 7000, meta, versions: Uint8Array.of(1, 5, 2, 2, 5, 4) }), 2],
  ["alive at a later incarnation", alive("self", { port: 7000, incarnation: 7 }), 8],
];

for (const [name, heard, incarnation] of accusations) {
  test(`told to be ${name}, a node refutes with incarnation ${incarnation} and feels worse`, () => {
    const node = new LoneNode();
    node.hear(alive("p"));
    node.forget();
    node.hear(heard);
    assert.is(node.stateOf("self"), "alive");
    assert.is(node.incarnationOf("self"), incarnation);
    assert.is(node.gossip.health, 1);
    node.run(250);
    const refutation = node.sentOf("alive").find((message) => message.node === "self");
    assert.is(refutation?.incarnation, incarnation);
    assert.equal(refutation?.versions, Uint8Array.of(1, 5, 2, 2, 5, 4));
  });
}

for (const accuse of [suspect, dead]) {
  test(`an accuser is told of the refutation straight away, also when it accuses as of old (${accuse.name})`, () => {
    const node = new LoneNode();
    node.hear(alive("p", { port: 7002 }));
    const toAccuser = (): number[] =>
      node.sent().flatMap(({ to, messages }) => {
        const [first] = messages;
        return to.port === 7002 && first?.type === "alive" && first.node === "self" ? [first.incarnation] : [];
      });
    for (const incarnation of [1, 1, 2]) {
      node.forget();
      node.hear(accuse("self", incarnation, "p"));
      assert.equal(toAccuser(), [incarnation === 2 ? 3 : 2]);
    }
    node.forget();
    node.hear(accuse("self", 1, "nobody-known"));
    assert.equal(node.sent(), []);
  });
}

test("old accusations and echoes of what it says itself do not move a node", () => {
  const node = new LoneNode({ incarnation: 4 });
  const own = { port: 7000, versions: Uint8Array.of(1, 5, 2, 2, 5, 4) };
  const heard = [suspect("self", 3, "p"), dead("self", 3, "p"), alive("self", { ...own, incarnation: 4 })];
  for (const message of [...heard, alive("self", { ...own, incarnation: 3, meta })]) node.hear(message);
  assert.is(node.incarnationOf("self"), 4);
  assert.is(node.gossip.health, 0);
});

for (const [name, accusation] of [
  // By somebody who is not known here, and so cannot be told straight away.
  ["suspect", suspect("self", 3, "stranger")],
  ["dead", dead("self", 3, "stranger")],
] as const) {
  test(`told again to be ${name}, when its refutation was sent and lost, a node says it once more`, () => {
    const node = new LoneNode({ incarnation: 4 });
    node.hear(alive("p"));
    node.answered = true;
    node.run(10_000);
    node.forget();
    node.hear(accusation);
    // More of them change nothing while it is being said.
    node.hear(accusation);
    node.run(10_000);
    const said = node.sentOf("alive").filter((message) => message.node === "self");
    assert.equal(
      said.map(({ incarnation }) => incarnation),
      [4, 4, 4, 4],
    );
    assert.is(node.gossip.health, 0);
  });
}

test("a node that says goodbye does not contradict it, whatever is said of it", () => {
  const node = new LoneNode();
  node.hear(alive("p"));
  node.step({ type: "leave" });
  assert.is(node.stateOf("self"), "left");
  for (const message of [suspect("self", 9, "p"), alive("self", { port: 7000, incarnation: 9 })]) node.hear(message);
  assert.equal([node.stateOf("self"), node.incarnationOf("self")], ["left", 1]);
  node.forget();
  node.run(1_000);
  assert.not(node.sentOf("alive").some((message) => message.node === "self"));
});

test("another node of the same name is a conflict, warned of once, and moves nothing", () => {
  const node = new LoneNode();
  for (let round = 0; round < 3; round++) node.hear(alive("self", { incarnation: 9, port: 7777 }));
  assert.is(node.incarnationOf("self"), 1);
  assert.is(node.gossip.counters.conflicts, 3);
  const warnings = node.effects.filter((effect) => effect.type === "warn");
  assert.is(warnings.length, 1);
  assert.match(warnings[0]?.message as string, /127\.0\.0\.1:7777 .*belongs to 127\.0\.0\.1:7000/);
});

test("a dead node's name is free for another address after the reclaim time, and not before", () => {
  const node = knowing("dead");
  node.run(4_900);
  node.hear(alive("n", { ...elsewhere }));
  assert.is(node.stateOf("n"), "dead");
  node.run(200);
  node.hear(alive("n", { ...elsewhere }));
  assert.is(node.stateOf("n"), "alive");
  assert.is(node.incarnationOf("n"), 1);
});

test("a suspect that nobody hears of is declared dead after the maximum, sooner with confirmations", () => {
  const rows: [accusers: string[], fromMs: number, toMs: number][] = [
    [[], 24_000, 24_100],
    [["q"], 11_381, 11_500],
    [["q", "r"], 4_000, 4_100],
  ];
  for (const [accusers, fromMs, toMs] of rows) {
    const node = new LoneNode();
    // An ack does not clear a suspect, only its own word does; but it keeps this node from accusing it too.
    node.answered = true;
    for (const [index, name] of ["n", "p", "q", "r", "s"].entries()) node.hear(alive(name, { port: 7001 + index }));
    node.hear(suspect("n", 1, "p"));
    for (const accuser of accusers) node.hear(suspect("n", 1, accuser));
    const startedAtMs = node.nowMs;
    while (node.stateOf("n") === "suspect") node.run(10);
    const tookMs = node.nowMs - startedAtMs;
    assert.ok(tookMs >= fromMs && tookMs <= toMs, `${accusers.length} confirmations: ${tookMs} ms`);
    assert.is(node.stateOf("n"), "dead");
  }
});

test("a confirmed suspicion is passed on, a repeated one is not", () => {
  const node = new LoneNode();
  for (const [index, name] of ["n", "p", "q", "r"].entries()) node.hear(alive(name, { port: 7001 + index }));
  node.hear(suspect("n", 1, "p"));
  node.run(150);
  node.forget();
  node.hear(suspect("n", 1, "q"));
  assert.ok(node.gossip.queueDepths.news > 0);
  node.run(250);
  assert.ok(node.sentOf("suspect").some((message) => message.from === "q"));
  node.hear(suspect("n", 1, "q"));
  node.forget();
  node.run(250);
  assert.not(node.sentOf("suspect").some((message) => message.from === "p"));
});

test("merging a peer's state believes the living and the leavers, and only suspects its dead", () => {
  const rows: ["alive" | "suspect" | "dead" | "left", string][] = [
    ["alive", "alive"],
    ["suspect", "suspect"],
    ["dead", "suspect"],
    ["left", "left"],
  ];
  for (const [remote, expected] of rows) {
    const node = knowing("alive");
    node.pushed([{ alive: alive("n", { incarnation: 5 }), state: remote }]);
    assert.is(node.stateOf("n"), expected, `remote says ${remote}`);
  }
});

test("merging a peer's state that believes this node dead makes it refute", () => {
  const node = new LoneNode();
  node.pushed([{ alive: alive("self", { port: 7000, incarnation: 12 }), state: "dead" }]);
  assert.is(node.incarnationOf("self"), 13);
});

test("merging is refused when the alive of both sides do not understand one another", () => {
  const node = knowing("alive");
  const narrow = alive("old", { versions: Uint8Array.of(1, 5, 2, 2, 4, 4) });
  const effects = node.pushed([{ alive: narrow, state: "alive" }]);
  assert.is(node.stateOf("old"), undefined);
  const warnings = effects.flatMap((effect) => (effect.type === "warn" ? [effect.message] : []));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] as string, /node p speaks Serf protocol 5, understood are 2 to 4/);
});

test("the dead are told the news for a while, the leavers never, and both are forgotten at last", () => {
  const node = new LoneNode();
  node.hear(alive("d", { port: 7001 }), alive("l", { port: 7002 }));
  node.hear(dead("d", 1, "x"), dead("l", 1, "l"));
  node.forget();
  node.run(2_000);
  const told = new Set(node.sent().map((sent) => sent.to.port));
  assert.ok(told.has(7001), "the dead one hears");
  assert.not(told.has(7002), "the one that left does not");
  node.run(40_000);
  assert.equal(
    node.gossip.nodes().map((entry) => entry.name),
    ["self"],
  );
});

test("nodes beyond the limit are not remembered", () => {
  const node = new LoneNode({ nodesMax: 3 });
  for (let index = 0; index < 5; index++) node.hear(alive(`n${index}`, { port: 7001 + index, versions }));
  assert.is(node.gossip.nodes().length, 3);
  assert.is(node.gossip.counters.dropped.get("too-many-nodes"), 3);
});

test("an accusation that nobody could contradict is not believed, and contradicted by who is accused", () => {
  for (const accuse of [suspect, dead]) {
    const node = new LoneNode();
    node.hear(alive("n"));
    node.hear(accuse("n", 0xffff_ffff, "x"));
    assert.is(node.stateOf("n"), "alive");
    assert.is(node.gossip.counters.dropped.get("absurd-incarnation"), 1);
    node.hear(accuse("self", 0xffff_fffe, "x"));
    assert.is(node.stateOf("self"), "alive");
    assert.is(node.incarnationOf("self"), 0xffff_ffff);
    // What it says then is believed by all who have the same rule.
    node.hear(alive("n", { incarnation: 0xffff_ffff }));
    assert.is(node.incarnationOf("n"), 0xffff_ffff);
  }
});

test("a node at its last incarnation is still found dead by whoever probes it", () => {
  const node = new LoneNode();
  node.hear(alive("n", { incarnation: 0xffff_ffff }));
  node.run(30_000);
  assert.is(node.stateOf("n"), "dead");
});

test.run();
