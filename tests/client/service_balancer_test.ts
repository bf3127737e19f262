/** Plain HTTP servers behind `balancer.fetch`, on real connections. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  type ClientError,
  createServiceBalancer,
  NoInstanceError,
  type ServiceBalancer,
} from "../../src/client/mod.ts";
import { FakeRegistry } from "./fake_registry.ts";

interface Instance {
  readonly id: string;
  readonly server: Server;
  status: number;
  hangs: boolean;
  calls: number;
}

let instances: Instance[];
let registry: FakeRegistry;

test.before.each(async () => {
  registry = new FakeRegistry();
  instances = await Promise.all(["a", "b", "c"].map(start));
});
test.after.each(async () => {
  await Promise.all(instances.map(stop));
});

async function start(id: string): Promise<Instance> {
  const server = createServer((request, response) => {
    instance.calls++;
    if (instance.hangs) return;
    request.resume();
    response.statusCode = instance.status;
    // A connection that is kept would be closed under a request.
    response.setHeader("connection", "close");
    response.end(`${request.method} ${request.url} ${id}`);
  });
  const instance: Instance = { id, server, status: 200, hangs: false, calls: 0 };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  registry.put(id, (server.address() as AddressInfo).port);
  return instance;
}

async function stop({ server }: Instance): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

function balancerOf(timeoutMs = 10_000) {
  return createServiceBalancer({ service: "payments", services: registry, timeoutMs });
}

test("fetch() spreads over instances, and one that is gone costs no call an error", async () => {
  await using balancer = balancerOf();
  for (let call = 0; call < 40; call++) assert.match(await (await balancer.fetch(`/pay/${call}`)).text(), /^GET \/pay/);
  for (const { id, calls } of instances) assert.ok(calls > 0, `${id}: ${calls}`);
  await stop(instances[1] as Instance);
  for (let call = 0; call < 40; call++) {
    const response = await balancer.fetch("/pay", { method: "POST", body: "x" });
    assert.match(await response.text(), /^POST \/pay [ac]$/);
  }
});

test("fetch() tries 429 and 503 elsewhere when the method may be done twice, and gives the last answer", async () => {
  await using balancer = balancerOf();
  const [first, second, third] = instances as [Instance, Instance, Instance];
  first.status = 429;
  for (let call = 0; call < 20; call++) assert.is((await balancer.fetch("/")).status, 200);
  first.status = 503;
  for (let call = 0; call < 20; call++) assert.is((await balancer.fetch("/")).status, 200);
  second.status = 503;
  third.status = 503;
  const before = first.calls + second.calls + third.calls;
  const response = await balancer.fetch("/", { method: "POST", body: "x" });
  assert.is(response.status, 503);
  assert.match(await response.text(), /^POST/);
  assert.is(first.calls + second.calls + third.calls, before + 1);
  first.status = 404;
  second.status = 404;
  third.status = 404;
  assert.is((await balancer.fetch("/")).status, 404);
});

test("fetch() ends within its time, and when the caller's signal fires", async () => {
  await using balancer = balancerOf(150);
  for (const instance of instances) instance.hangs = true;
  const failureOf = (promise: Promise<unknown>): Promise<Error> =>
    promise.then(
      () => assert.unreachable(),
      (error: Error) => error,
    ) as Promise<Error>;
  const late = await failureOf(balancer.fetch("/"));
  assert.is(late.name, "TimeoutError");
  assert.is(late.message, 'Cannot call service "payments": there was no answer within 150 ms');
  const controller = new AbortController();
  const fetching = failureOf(balancer.fetch("/", { signal: controller.signal, timeoutMs: 0 }));
  controller.abort(new Error("enough"));
  assert.is((await fetching).message, "enough");
});

test("fetch() goes to instances alone: a path that names a host is refused", async () => {
  await using balancer = balancerOf();
  const { port } = (instances[0] as Instance).server.address() as AddressInfo;
  for (const path of [`http://127.0.0.1:${port}/`, `//127.0.0.1:${port}/`, `\\\\127.0.0.1:${port}/`]) {
    const refused = await balancer.fetch(path).catch((error: { readonly code?: unknown }) => error.code);
    assert.is(refused, "INVALID_ARGUMENT", path);
  }
  assert.is((await balancer.fetch("pay?a=//b")).status, 200);
});

test("pick() gives where a call should go", async () => {
  await using balancer = balancerOf();
  const { instance, baseUrl } = await balancer.pick();
  assert.is(baseUrl, `http://127.0.0.1:${instance.port}`);
  assert.is(balancer.instances.length, 3);
});

test("without a source of instances it is refused", () => {
  assert.throws(() => createServiceBalancer({ service: "payments" }), /seeds, client and services are all missing/);
});

test("who names nobody that tells of instances is told what to name", () => {
  const words = /^Cannot call service "payments": seeds, client and services are all missing; give one of them$/;
  for (const seeds of [undefined, [] as const]) {
    assert.throws(
      () => createServiceBalancer({ service: "payments", seeds }),
      (error: ClientError) => error.code === "INVALID_ARGUMENT" && words.test(error.message),
    );
  }
});

test("a call that finds no instance says that nobody tells of them, and why", async () => {
  const failureOf = async (balancer: ServiceBalancer): Promise<NoInstanceError> => {
    const failure = await balancer.pick({ timeoutMs: 100 }).catch((error: NoInstanceError) => error);
    balancer.close();
    assert.instance(failure, NoInstanceError);
    return failure as NoInstanceError;
  };
  const service = "invoices";
  const nobody = await failureOf(createServiceBalancer({ service, seeds: "http://127.0.0.1:1" }));
  assert.match(nobody.message, /no instance is known, .* failed \(Cannot look up services: nobody answers at http:/);
  const watch = (): AsyncIterable<never> => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) });
  const silent = await failureOf(
    createServiceBalancer({ service, services: { watch, lookUp: () => new Promise(() => {}) } }),
  );
  assert.match(silent.message, /no instance is known, .* failed \(Cannot look up services: no answer so far\)/);
  const { message } = await failureOf(createServiceBalancer({ service, services: { watch, lookUp: () => [] } }));
  assert.is(message, 'Cannot call service "invoices": no instance is registered, and there was none within 100 ms');
});

test.run();
