/** The RPCs of services: every protocol, every field there and back, streams that live, and what is refused. */
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ServiceChange, ServiceDefinition, ServiceInstance } from "../../src/base/mod.ts";
import { fromDefinition, fromQuery, toChangeType, toInstance } from "../../src/client/service_messages.ts";
import { ServiceChange as Change, HealthState, Registry } from "../../src/gen/grapevine/v1/registry_pb.ts";
import { Catalog, InvalidServiceQueryError, resolveService, serviceKey } from "../../src/registry/mod.ts";
import { createRoutes } from "../../src/server/mod.ts";
import type { ServedRegistry } from "../../src/server/registry_port.ts";
import { coded, type FakePorts, fakePorts, ManualClock } from "./fakes.ts";
import { clientFor, expectFailure, protocols, serve, take, until } from "./serving.ts";

/** Keeps what it is given as services of node `ann`, in a catalog as nodes have it. */
class FakeRegistry implements ServedRegistry {
  readonly catalog = new Catalog();
  readonly definitions: ServiceDefinition[] = [];
  readonly reports: unknown[] = [];

  constructor() {
    this.catalog.setPresent("ann", true, "joined");
  }

  async registerForCaller(definition: ServiceDefinition): Promise<ServiceInstance> {
    const { name, id, port, tags, metadata } = resolveService(definition);
    this.definitions.push(definition);
    const check = { name: "ttl", state: "warning", output: "so so", sinceMs: 7 } as const;
    const found = { name, id, node: "ann", address: "10.0.0.1", port, tags, metadata };
    const instance = { ...found, state: "warning", checks: [check], sinceMs: 9 } as const;
    this.catalog.settle(serviceKey("ann", id), instance, "registered");
    return { ...instance, rttMs: 0 };
  }

  async deregister(id: string): Promise<void> {
    if (id === "none") throw coded("SERVICE_NOT_FOUND", "Cannot deregister service");
    this.catalog.settle(serviceKey("ann", id), undefined, "deregistered");
  }

  async report(...report: unknown[]): Promise<void> {
    this.reports.push(report);
  }

  lookUp(query: Parameters<Catalog["lookUp"]>[0]): ServiceInstance[] {
    return this.catalog.lookUp(query, () => 1.5);
  }

  openWatch(query: Parameters<Catalog["lookUp"]>[0], onNews: () => void): { take(): ServiceChange[]; end(): void } {
    const watch = this.catalog.watch(query, onNews);
    return { take: () => watch.take(() => 1.5), end: () => watch.end() };
  }
}

function portsWith(services: ServedRegistry, clock?: ManualClock): FakePorts {
  return { ...fakePorts(clock), services } as FakePorts;
}

const everyField: ServiceDefinition = {
  ...{ name: "web", id: "web-1", address: "web.internal", port: 8080, tags: ["v1"], metadata: { zone: "a" } },
  deregisterAfterMs: 3_600_000,
  checks: [
    { type: "http", url: "http://web.internal/", method: "HEAD", headers: { a: "b" }, name: "h", intervalMs: 2_000 },
    { type: "tcp", address: "web.internal:80", timeoutMs: 300, name: "t" },
    { type: "grpc", address: "web.internal:81", service: "s", passingAfter: 2, name: "g" },
    { type: "command", command: ["ls", "-l"], criticalAfter: 3, name: "c" },
    { type: "ttl", ttlMs: 30_000, name: "l" },
  ],
};

for (const protocol of protocols) {
  test(`services are registered, found, watched, reported on and taken out over ${protocol}`, async () => {
    const services = new FakeRegistry();
    await using serving = await serve({ ports: portsWith(services) });
    const registry = clientFor(Registry, serving, protocol);
    const { instance } = await registry.registerService({ service: fromDefinition(everyField) });
    const [given] = services.definitions;
    assert.equal(resolveService(given), resolveService(everyField), "every field arrives");
    assert.equal(instance?.service?.checks, [], "what checks ask is not told");
    const { instances } = await registry.lookUpServices(fromQuery({ name: "WEB", tags: ["v1"] }));
    const found = toInstance(instances[0]);
    assert.equal(found, services.lookUp({})[0]);
    const told = await take(2, (options) => registry.watchServices({}, options));
    assert.equal(
      [told[0]?.change, told[0]?.reason, told[1]?.heartbeat],
      [Change.PRESENT, 'check "ttl" is warning: so so', true],
    );
    await registry.reportHealth({ id: "web-1", check: "l", state: HealthState.CRITICAL, output: "full" });
    assert.equal(services.reports, [["web-1", { state: "critical", check: "l", output: "full" }]]);
    await registry.deregisterService({ id: "web-1" });
    assert.equal((await registry.lookUpServices({})).instances, []);
  });
}

test("a watch says that it lives, tells each change with its reason, and lets go when it is left", async () => {
  const [clock, services] = [new ManualClock(), new FakeRegistry()];
  const registry = createClient(Registry, createRouterTransport(createRoutes(portsWith(services, clock))));
  const controller = new AbortController();
  const heard: string[] = [];
  const listening = (async () => {
    for await (const response of registry.watchServices({}, { signal: controller.signal })) {
      const { change, instance, reason, heartbeat } = response;
      heard.push(heartbeat ? "heartbeat" : `${toChangeType(change)} ${instance?.service?.id}: ${reason}`);
    }
  })().catch(() => {});
  await until(() => heard.length === 1, "the watch began");
  await services.registerForCaller({ name: "web", port: 1 });
  await until(() => heard.length === 2, "it heard of the service");
  clock.advance(15_000);
  await until(() => heard.length === 3, "it heard a heartbeat");
  await services.deregister("web");
  await until(() => heard.length === 4, "it heard that it is gone");
  assert.equal(heard, ["heartbeat", "added web: registered", "heartbeat", "removed web: deregistered"]);
  controller.abort();
  await listening;
  await until(() => services.catalog.watches === 0 && clock.waiting === 0, "nothing is left of it");
});

test("what makes no sense is refused with a code and with what would", async () => {
  const services = new FakeRegistry();
  const registry = createClient(Registry, createRouterTransport(createRoutes(portsWith(services))));
  await expectFailure(registry.registerService({}), "InvalidArgument", /the request names none/);
  const service = { name: "web", port: 1, checks: [{}] };
  await expectFailure(registry.registerService({ service }), "InvalidArgument", /checks\[0\] says not what to check/);
  const port = { name: "web", port: 0 };
  await expectFailure(registry.registerService({ service: port }), "InvalidArgument", /port is 0, allowed is/);
  const endless = { ...port, port: 1, deregisterAfterMs: 2n ** 63n };
  await expectFailure(registry.registerService({ service: endless }), "InvalidArgument", /deregisterAfterMs is 92/);
  await expectFailure(registry.deregisterService({ id: "none" }), "NotFound", /Cannot deregister service/);
  await expectFailure(registry.reportHealth({ id: "web" }), "InvalidArgument", /state is 0, allowed are 1 \(passing\)/);
  await expectFailure(registry.lookUpServices({ states: [9 as never] }), "InvalidArgument", /state is 9/);
  await expectFailure(registry.lookUpServices({ name: "a b" }), "InvalidArgument", /name is "a b"/);
  const watch = registry.watchServices({ lookUp: { name: "a b" } })[Symbol.asyncIterator]();
  await expectFailure(watch.next(), "InvalidArgument", /name is "a b"/);
  assert.is(new InvalidServiceQueryError("a", 1, "b").code, "INVALID_SERVICE_QUERY");
  const without = createClient(Registry, createRouterTransport(createRoutes(fakePorts())));
  await expectFailure(without.lookUpServices({}), "Unimplemented", /this node keeps none/);
});

test.run();
