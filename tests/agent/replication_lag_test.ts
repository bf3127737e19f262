import { test } from "uvu";
import * as assert from "uvu/assert";
import { lagOf } from "../../src/agent/replication_lag.ts";
import type { Vector, WriterId } from "../../src/base/mod.ts";

const vector = (...positions: [writer: string, sequence: number][]): Vector =>
  new Map(positions as [WriterId, number][]);

const held: Record<string, Vector> = { orders: vector(["w1", 10], ["w2", 5]), audit: vector(["w1", 3]) };
const haveOf = (topic: string): Vector => held[topic] ?? new Map();

test("lagOf() counts what peers hold and this node lacks, each record once for a topic", () => {
  const peers = [
    { name: "even", durable: new Map([["orders", vector(["w1", 10], ["w2", 5])]]) },
    { name: "behind", durable: new Map([["orders", vector(["w1", 4])]]) },
    { name: "ahead", durable: new Map([["orders", vector(["w1", 12], ["w2", 9])]]) },
    {
      name: "further",
      durable: new Map([
        ["orders", vector(["w1", 15])],
        ["new", vector(["w3", 7])],
      ]),
    },
  ];
  const { peers: byPeer, topics } = lagOf(peers, haveOf);
  assert.equal(
    [...byPeer],
    [
      ["even", 0],
      ["behind", 0],
      ["ahead", 6],
      ["further", 12],
    ],
  );
  assert.equal([...topics].sort(), [
    ["new", 7],
    ["orders", 9],
  ]);
});

test("lagOf() compares no more positions than it promises", () => {
  const topics = Array.from({ length: 60_000 }, (_, index) => [`t${index}`, vector(["w1", 1])] as const);
  const { topics: lagging } = lagOf([{ name: "large", durable: new Map(topics) }], haveOf);
  assert.is(lagging.size, 50_000);
});

test.run();
