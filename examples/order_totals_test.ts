import assert from "node:assert/strict";
import { World } from "@grapevine/log/testing";
import { OrderTotals } from "./order_totals.ts";

// Three nodes in memory. The one that takes the orders dies, and the application goes on at another.
const world = await World.create({ nodes: 3, seed: 7, faults: { datagramLoss: 0.1 } });
const orders = world.node("a").topic("orders");
for (const cents of [100, 250, 50]) {
  const value = JSON.stringify({ customer: "ann", cents });
  await orders.produce({ value }, { acks: { replicated: 2 } });
}

const records = world.client().topic("orders").consume();
const totals = new OrderTotals();
await totals.follow({ [Symbol.asyncIterator]: () => ({ next: () => records.next() }) }, 1);
world.crash("a", "lose-unsynced");
await totals.follow(records, 2);

assert.equal(totals.of("ann"), 400);
assert.deepEqual(world.violations, []);
console.log(`ann has paid ${totals.of("ann")} after ${world.nowMs} ms of virtual time`);
