import { test } from "uvu";
import * as assert from "uvu/assert";
import { concat, crc32, Random, toHex } from "../../src/base/mod.ts";
import {
  type Coordinate,
  Coordinates,
  decodeCoordinate,
  encodeCoordinate,
  secondsBetween,
} from "../../src/gossip/coordinates.ts";
import { encodeMsgpack } from "../../src/gossip/mod.ts";
import { decodeMessage } from "../../src/gossip/wire.ts";
import { bytesOf, vectorNamed } from "../vectors/serf_vectors.ts";
import { alive, LoneNode, peerAddress } from "./lone_node.ts";

const zeros = new Array<number>(8).fill(0);
const place = (changes: Partial<Coordinate> = {}): Coordinate => ({
  vector: zeros,
  error: 1.5,
  adjustment: 0,
  height: 1e-5,
  ...changes,
});
const fresh = (peersMax = 100): Coordinates => new Coordinates({ name: "self", peersMax });
const isNear = (value: number, expected: number): boolean => Math.abs(value - expected) <= 1e-12;

test("the coordinate of a captured ack decodes, and a new node's is the same bytes", () => {
  const ack = decodeMessage(bytesOf(vectorNamed("udp_ack_with_coordinate").hex));
  if (ack?.type !== "ack") throw new Error("Cannot read the ack");
  assert.equal(decodeCoordinate(ack.payload), place());
  assert.is(toHex(encodeCoordinate(fresh().own)), toHex(ack.payload));
});

const good = encodeCoordinate(place({ vector: [1, 2, 3, 4, 5, 6, 7, 8.5] }));

test("decodeCoordinate() inverts encodeCoordinate()", () => {
  assert.is(toHex(encodeCoordinate(decodeCoordinate(good) as Coordinate)), toHex(good));
});

const wrong: [name: string, payload: Uint8Array][] = [
  ["empty", new Uint8Array(0)],
  ["of another version", concat([Uint8Array.of(2), good.subarray(1)])],
  ["cut short", good.subarray(0, -1)],
  ["in 7 dimensions", encodeCoordinate(place({ vector: zeros.slice(1) }))],
  ["in 9 dimensions", encodeCoordinate(place({ vector: [...zeros, 0] }))],
  ["of no number", encodeCoordinate(place({ error: Number.NaN }))],
  ["without end", encodeCoordinate(place({ vector: [...zeros.slice(1), Number.POSITIVE_INFINITY] }))],
  ["of negative error", encodeCoordinate(place({ error: -1 }))],
  ["of negative height", encodeCoordinate(place({ height: -1 }))],
  ["of texts", concat([Uint8Array.of(1), encodeMsgpack({ Vec: [...zeros.slice(1), "x"], Error: 1 })])],
  ["that is no map", Uint8Array.of(1, 5)],
];

for (const [name, payload] of wrong) {
  test(`a coordinate ${name} is none`, () => {
    assert.is(decodeCoordinate(payload), undefined);
  });
}

test("one observation moves a node as the formulas say", () => {
  const coordinates = fresh();
  coordinates.observe("n", place(), 10);
  const { vector, error, adjustment, height } = coordinates.own;
  // Weight 1/2; error 0.25·0.5·0.998 + 1.5·(1 − 0.125); force 0.25·0.5·0.00998; adjustment (0.01 − raw)/40.
  assert.ok(isNear(error, 1.43725), `error ${error}`);
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  assert.ok(Math.abs(length - 0.0012475) < 1e-9, `length ${length}`);
  assert.ok(isNear(adjustment, 0.0002183125), `adjustment ${adjustment}`);
  assert.ok(isNear(height, 1e-5), `height ${height}`);
  assert.equal(coordinates.of("n"), place());
});

test("the adjustment counts only while it leaves a positive time", () => {
  const near = place({ height: 0.001 });
  assert.ok(isNear(secondsBetween(near, near), 0.002));
  assert.ok(isNear(secondsBetween({ ...near, adjustment: 0.003 }, near), 0.005));
  assert.ok(isNear(secondsBetween({ ...near, adjustment: -0.001 }, near), 0.001));
  assert.ok(isNear(secondsBetween({ ...near, adjustment: -0.003 }, near), 0.002));
});

test("one slow answer of three does not count", () => {
  const [steady, disturbed] = [fresh(), fresh()];
  for (const rttMs of [10, 10, 10]) steady.observe("n", place({ vector: [0.01, ...zeros.slice(1)] }), rttMs);
  for (const rttMs of [10, 10, 900]) disturbed.observe("n", place({ vector: [0.01, ...zeros.slice(1)] }), rttMs);
  assert.equal(disturbed.own, steady.own);
});

test("round trips of less than nothing or more than 10 s are not believed", () => {
  const coordinates = fresh();
  for (const rttMs of [-1, 10_001, Number.NaN, Number.POSITIVE_INFINITY]) coordinates.observe("n", place(), rttMs);
  assert.equal(coordinates.own, place());
  assert.is(coordinates.rttMs("self", "n"), undefined);
  coordinates.observe("n", place(), 0);
  assert.ok((coordinates.rttMs("self", "n") as number) > 0);
});

test("a place beyond all numbers resets this node's, and it finds back", () => {
  const coordinates = fresh();
  coordinates.observe("n", place({ vector: [1e308, 1e308, ...zeros.slice(2)], error: 0 }), 10);
  assert.equal(coordinates.own, place());
  coordinates.observe("m", place(), 10);
  assert.ok(coordinates.own.vector.every(Number.isFinite));
});

test("no more peers are remembered than allowed: those longest unheard of go", () => {
  const coordinates = fresh(3);
  for (const name of ["a", "b", "c", "a", "d"]) coordinates.observe(name, place(), 1);
  assert.equal(
    ["a", "b", "c", "d"].filter((name) => coordinates.of(name) !== undefined),
    ["a", "c", "d"],
  );
  assert.equal(coordinates.of("self"), coordinates.own);
});

/** Nodes on a plane that probe one another; the round trip is their distance and a way to each door. */
function settle(): { readonly nodes: Coordinates[]; readonly rttMs: (left: number, right: number) => number } {
  const random = new Random("cluster");
  const sites = Array.from({ length: 16 }, () => ({
    x: random.below(80),
    y: random.below(60),
    door: 1 + random.below(5),
  }));
  const rttMs = (left: number, right: number): number => {
    const [from, to] = [sites[left], sites[right]] as [(typeof sites)[0], (typeof sites)[0]];
    return Math.sqrt((from.x - to.x) ** 2 + (from.y - to.y) ** 2) + from.door + to.door;
  };
  const nodes = sites.map((_, index) => new Coordinates({ name: `${index}`, peersMax: 16 }));
  for (let round = 0; round < 600; round++) {
    for (const [index, node] of nodes.entries()) {
      const other = (index + 1 + random.below(15)) % 16;
      node.observe(`${other}`, (nodes[other] as Coordinates).own, rttMs(index, other));
    }
  }
  return { nodes, rttMs };
}

test("16 nodes find their places: the median estimate is off by less than 10 %", () => {
  const { nodes, rttMs } = settle();
  const errors: number[] = [];
  for (let left = 0; left < 16; left++) {
    for (let right = 0; right < left; right++) {
      const estimate = (nodes[left] as Coordinates).rttMs(`${left}`, `${right}`) as number;
      errors.push(Math.abs(estimate - rttMs(left, right)) / rttMs(left, right));
    }
  }
  errors.sort((left, right) => left - right);
  assert.ok((errors[60] as number) < 0.1, `median ${errors[60]}, worst ${errors.at(-1)}`);
});

test("the same seed gives the same places to the last bit on every runtime", () => {
  const bytes = concat(settle().nodes.map((node) => encodeCoordinate(node.own)));
  assert.is(crc32(bytes).toString(16), "1e51a0d2");
});

function acked(node: LoneNode, payload: Uint8Array, afterMs: number): void {
  node.hear(alive("n"));
  node.forget();
  for (let wakes = 0; node.sentOf("ping").length === 0 && wakes < 1_000; wakes++) node.run(10);
  const [ping] = node.sentOf("ping");
  node.nowMs += afterMs;
  node.hearFrom(peerAddress(7001), { type: "ack", sequence: ping?.sequence as number, payload });
}

test("the ack of a direct ping moves this node; an empty, a malformed and a late one do not", () => {
  const rows: [payload: Uint8Array, afterMs: number, moves: boolean, drops: number | undefined][] = [
    [encodeCoordinate(place()), 20, true, undefined],
    [new Uint8Array(0), 20, false, undefined],
    [Uint8Array.of(1, 2), 20, false, 1],
  ];
  for (const [payload, afterMs, moves, drops] of rows) {
    const node = new LoneNode();
    acked(node, payload, afterMs);
    assert.is(node.gossip.rttMs("self", "n") !== undefined, moves);
    assert.is(node.gossip.coordinateOf("self")?.error === 1.5, !moves);
    assert.is(node.gossip.counters.dropped.get("malformed-coordinate"), drops);
    assert.is(node.gossip.counters.probesFailed, 0);
  }
  const late = new LoneNode();
  late.hear(alive("n"));
  const hasAskedOthers = () => late.effects.some((effect) => effect.type === "dial");
  for (let wakes = 0; !hasAskedOthers() && wakes < 1_000; wakes++) late.run(10);
  const sequence = late.sentOf("ping").at(-1)?.sequence as number;
  late.hearFrom(peerAddress(7001), { type: "ack", sequence, payload: encodeCoordinate(place()) });
  assert.is(late.gossip.rttMs("self", "n"), undefined);
});

test("a ping is answered with where this node stands", () => {
  const node = new LoneNode();
  acked(node, encodeCoordinate(place()), 20);
  node.forget();
  const source = { sourceAddress: new Uint8Array(0), sourcePort: 0, sourceName: "" };
  node.hear({ type: "ping", sequence: 9, node: "self", ...source });
  const [ack] = node.sentOf("ack");
  assert.equal(decodeCoordinate(ack?.payload as Uint8Array), node.gossip.coordinateOf("self"));
});

test("decodeCoordinate() returns on any bytes", () => {
  const random = new Random("coordinate bytes");
  for (let round = 0; round < 5_000; round++) {
    const bytes = round % 2 === 0 ? good.slice(0, random.below(good.length)) : good.slice();
    for (let flips = random.below(4); flips > 0 && bytes.length > 0; flips--) {
      const at = random.below(bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
    }
    const coordinate = decodeCoordinate(bytes);
    if (coordinate === undefined) continue;
    const coordinates = fresh();
    for (let count = 0; count < 5; count++) coordinates.observe("n", coordinate, 5);
    assert.ok(coordinates.own.vector.every(Number.isFinite));
    assert.ok(coordinates.own.error >= 0 && coordinates.own.error <= 1.5);
  }
});

test.run();
