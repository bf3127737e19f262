/** Which services are found, and what those hear who watch. */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { HealthState, ServiceInstance, ServiceQuery } from "../../src/base/mod.ts";
import { watchesMax } from "../../src/registry/limits.ts";
import { Catalog, serviceKey, TooManyWatchesError } from "../../src/registry/mod.ts";

function instance(node: string, id: string, more: Partial<ServiceInstance> = {}): ServiceInstance {
  const where = { address: "10.0.0.1", port: 80, tags: [], metadata: {} };
  return { ...{ name: id, id, node, ...where, state: "passing", checks: [], sinceMs: 0 }, ...more };
}

function settle(catalog: Catalog, found: ServiceInstance, reason = "registered"): void {
  catalog.settle(serviceKey(found.node, found.id), found, reason);
}

const nobody = (): undefined => undefined;

function ids(catalog: Catalog, query: ServiceQuery = {}): string[] {
  return catalog.lookUp(query, nobody).map(({ node, id }) => `${node}/${id}`);
}

test("services are found while their node is there, and only then", () => {
  const catalog = new Catalog();
  settle(catalog, instance("ann", "web"));
  assert.equal(ids(catalog), []);
  catalog.setPresent("ann", true, "joined");
  assert.equal(ids(catalog), ["ann/web"]);
  catalog.setPresent("ann", false, "failed");
  assert.equal(ids(catalog), []);
  catalog.setPresent("ann", true, "is back");
  assert.equal(ids(catalog), ["ann/web"]);
});

test("two nodes with a service of one id do not disturb each other", () => {
  const catalog = new Catalog();
  for (const node of ["ann", "bob"]) {
    catalog.setPresent(node, true, "joined");
    settle(catalog, instance(node, "web"));
  }
  assert.equal(ids(catalog), ["ann/web", "bob/web"]);
  catalog.settle(serviceKey("ann", "web"), undefined, "deregistered");
  assert.equal(ids(catalog), ["bob/web"]);
});

test("look-ups ask by name whatever its case, by tags, states and node", () => {
  const catalog = new Catalog();
  for (const node of ["ann", "bob"]) catalog.setPresent(node, true, "joined");
  settle(catalog, instance("ann", "w1", { name: "Web", tags: ["v1", "eu"] }));
  settle(catalog, instance("bob", "w2", { name: "web", tags: ["v1"], state: "warning" }));
  settle(catalog, instance("bob", "w3", { name: "web", state: "critical" }));
  settle(catalog, instance("bob", "db"));
  assert.equal(ids(catalog, { name: "WEB" }), ["ann/w1", "bob/w2"]);
  assert.equal(ids(catalog, { tags: ["v1", "eu"] }), ["ann/w1"]);
  assert.equal(ids(catalog, { states: ["critical"] }), ["bob/w3"]);
  assert.equal(ids(catalog, { node: "bob", states: ["passing"] }), ["bob/db"]);
  assert.equal(ids(catalog, { name: "none" }), []);
  settle(catalog, instance("bob", "db", { name: "store" }));
  assert.equal(ids(catalog, { name: "db" }), [], "a service that is called otherwise now");
  assert.equal(ids(catalog, { name: "store" }), ["bob/db"]);
});

test("the nearest come first, and those of whom nothing is known last", () => {
  const catalog = new Catalog();
  const roundTrips: Readonly<Record<string, number>> = { ann: 20, bob: 3 };
  for (const node of ["ann", "bob", "cid"]) {
    catalog.setPresent(node, true, "joined");
    settle(catalog, instance(node, "web"));
  }
  const found = catalog.lookUp({}, (node) => roundTrips[node]);
  assert.equal(
    found.map(({ node, rttMs }) => [node, rttMs]),
    [
      ["bob", 3],
      ["ann", 20],
      ["cid", undefined],
    ],
  );
});

test("a watch tells what was there, then each change with its reason", () => {
  const catalog = new Catalog();
  catalog.setPresent("ann", true, "joined");
  settle(catalog, instance("ann", "web"));
  let news = 0;
  const watch = catalog.watch({}, () => news++);
  const told = (): string[] =>
    watch
      .take(nobody)
      .map((change) => `${change.type} ${change.instance.id} ${change.instance.state}: ${change.reason}`);
  assert.equal(told(), ["present web passing: registered"]);
  settle(catalog, instance("ann", "db"));
  assert.equal([news, told()], [1, ["added db passing: registered"]]);
  settle(catalog, instance("ann", "web", { state: "warning" }), 'check "http" is warning');
  assert.equal(told(), ['changed web warning: check "http" is warning']);
  settle(catalog, instance("ann", "web", { state: "critical" }), 'check "http" is critical');
  assert.equal(told(), ['removed web critical: check "http" is critical'], "no longer one of those asked for");
  catalog.setPresent("ann", false, 'node "ann" failed');
  assert.equal(told(), ['removed db passing: node "ann" failed']);
  news = 0;
  settle(catalog, instance("ann", "far"));
  assert.equal([news, told()], [0, []], "its node is not there");
  watch.end();
  catalog.setPresent("ann", true, "is back");
  assert.equal(news, 0);
  assert.is(catalog.watches, 0);
});

test("a watcher that is slow hears how things are, and not each step", () => {
  const catalog = new Catalog();
  catalog.setPresent("ann", true, "joined");
  settle(catalog, instance("ann", "web"));
  const watch = catalog.watch({}, () => {});
  watch.take(nobody);
  for (let at = 0; at < 10_000; at++) settle(catalog, instance("ann", "web", { sinceMs: at }), `change ${at}`);
  for (let at = 0; at < 100; at++) {
    settle(catalog, instance("ann", "brief"));
    catalog.settle(serviceKey("ann", "brief"), undefined, "deregistered");
  }
  catalog.setPresent("ann", false, "failed");
  catalog.setPresent("ann", true, "is back");
  const [only, ...others] = watch.take(nobody);
  assert.equal([only?.type, only?.reason, only?.instance.sinceMs], ["changed", "is back", 9_999]);
  assert.equal(others, []);
  catalog.setPresent("ann", false, "failed");
  catalog.setPresent("ann", true, "is back");
  assert.equal(watch.take(nobody), [], "all is as it was told");
});

test("there are only so many watches", () => {
  const catalog = new Catalog();
  for (let at = 0; at < watchesMax; at++) catalog.watch({}, () => {});
  assert.throws(
    () => catalog.watch({}, () => {}),
    (error: unknown) => {
      assert.instance(error, TooManyWatchesError);
      const { count, allowed, message } = error as TooManyWatchesError;
      assert.equal([count, allowed], [watchesMax, watchesMax]);
      const words = "10000 watches of this node are open, allowed are 10000; end some, or watch at another node";
      return message === `Cannot watch services: ${words}`;
    },
  );
});

const state = fc.constantFrom<HealthState>("passing", "warning", "critical");
const node = fc.constantFrom("ann", "bob", "cid");
const step = fc.oneof(
  fc.record({ do: fc.constant("settle" as const), node, id: fc.constantFrom("w", "x"), state }),
  fc.record({ do: fc.constant("drop" as const), node, id: fc.constantFrom("w", "x") }),
  fc.record({ do: fc.constant("node" as const), node, present: fc.boolean() }),
  fc.record({ do: fc.constant("take" as const) }),
);

test("who keeps what a watch tells knows what look-ups find, whenever it looks", () => {
  const query: ServiceQuery = { states: ["passing", "critical"] };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const catalog = new Catalog();
      const watch = catalog.watch(query, () => {});
      const known = new Map<string, ServiceInstance>();
      const take = (): void => {
        for (const { type, instance: told } of watch.take(nobody)) {
          const key = `${told.node}/${told.id}`;
          assert.is(known.has(key), type === "changed" || type === "removed", `${type} of ${key}`);
          if (type === "removed") known.delete(key);
          else known.set(key, told);
        }
        const found = catalog.lookUp(query, nobody);
        assert.is(found.length, known.size);
        for (const each of found) assert.equal(known.get(`${each.node}/${each.id}`), each);
      };
      for (const each of steps) {
        if (each.do === "settle") settle(catalog, instance(each.node, each.id, { state: each.state }));
        else if (each.do === "drop") catalog.settle(serviceKey(each.node, each.id), undefined, "gone");
        else if (each.do === "node") catalog.setPresent(each.node, each.present, "said so");
        else take();
      }
      take();
    }),
    { numRuns: 300 },
  );
});

test.run();
