// runtimes: bun (it is about the client's decisions, on a clock of its own)
/** A transport over the instances of a service: which one each call goes to, what is tried again, and what callers are told. */
import { Code, ConnectError, createClient, createRouterTransport, type Transport } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  type CreateDiscoveryTransportOptions,
  createDiscoveryTransport,
  NoInstanceError,
} from "../../src/client/mod.ts";
import { Log } from "../../src/gen/log/v1/log_pb.ts";
import { FakeRegistry } from "./fake_registry.ts";
import { IdleClock } from "./idle_clock.ts";

/** What an instance does with a call. */
type Manner = "well" | "dead" | "hangs" | "breaks" | "refuses" | "lacks another";

class Service {
  readonly registry = new FakeRegistry();
  readonly clock = new IdleClock();
  readonly manners = new Map<string, Manner>();
  /** By the instances' ids, and of all: how often each was asked. */
  readonly asked: string[] = [];
  /** Streams that are open. */
  open = 0;

  constructor(count: number, about: (index: number) => { readonly rttMs?: number } = () => ({})) {
    for (let index = 0; index < count; index++) this.add(index, about(index));
  }

  add(index: number, about: { readonly rttMs?: number } = {}): void {
    this.registry.put(String(index), 9_000 + index, about);
    this.manners.set(String(index), "well");
  }

  /** Any service of Connect's will do. */
  client(options: Partial<CreateDiscoveryTransportOptions> = {}) {
    const transport = createDiscoveryTransport({
      ...{ service: "payments", services: this.registry, clock: this.clock },
      createTransport: (baseUrl) => this.#transportTo(String(Number(new URL(baseUrl).port) - 9_000)),
      ...options,
    });
    return { transport, log: createClient(Log, transport) };
  }

  count(id: string): number {
    return this.asked.filter((one) => one === id).length;
  }

  #transportTo(id: string): Transport {
    const routed = createRouterTransport((router) => {
      router.service(Log, {
        describeTopic: async (_, { signal }) => {
          await this.#behave(id, signal);
          return { topic: { name: id } };
        },
        consumeStream: async function* (this: Service, _: unknown, { signal }: { readonly signal: AbortSignal }) {
          await this.#behave(id, signal);
          this.open++;
          signal.addEventListener("abort", () => this.open--, { once: true });
          for (let offset = 0n; offset < 3n; offset++) yield { nextOffset: offset };
          await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
        }.bind(this),
      });
    });
    const refused = (): Promise<never> => {
      this.asked.push(id);
      return Promise.reject(ConnectError.from(new Error("connect ECONNREFUSED 127.0.0.1"), Code.Unavailable));
    };
    return {
      unary: (...call) => (this.manners.get(id) === "dead" ? refused() : routed.unary(...call)),
      stream: (...call) => (this.manners.get(id) === "dead" ? refused() : routed.stream(...call)),
    } as Transport;
  }

  async #behave(id: string, signal: AbortSignal): Promise<void> {
    this.asked.push(id);
    await this.clock.sleep(1 + Math.floor(this.clock.random() * 3));
    switch (this.manners.get(id)) {
      case "hangs":
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
        break;
      case "breaks":
        throw new ConnectError("the stream broke off", Code.Canceled);
      case "lacks another":
        // As it comes to the caller: without a cause.
        throw new ConnectError("the database is gone: connect ECONNREFUSED 10.0.0.7:5432", Code.Unavailable);
      case "refuses":
        throw new ConnectError("Cannot do that: no such thing", Code.InvalidArgument);
      default:
    }
  }
}

async function failureOf(promise: Promise<unknown>): Promise<ConnectError> {
  return promise.then(
    () => assert.unreachable(),
    (error: ConnectError) => error,
  ) as Promise<ConnectError>;
}

test("calls spread over instances; one that dies costs no call an error, and is left alone", async () => {
  const service = new Service(4);
  const { transport, log } = service.client();
  for (let call = 0; call < 200; call++) await log.describeTopic({});
  for (let id = 0; id < 4; id++) assert.ok(service.count(String(id)) > 25, `${id}: ${service.count(String(id))}`);
  service.manners.set("2", "dead");
  service.asked.length = 0;
  for (let call = 0; call < 200; call++) await log.describeTopic({});
  assert.ok(service.count("2") <= 3, `${service.count("2")} calls to the dead one`);
  service.registry.remove("2");
  await service.clock.sleep(5_000);
  service.asked.length = 0;
  for (let call = 0; call < 200; call++) await log.describeTopic({});
  assert.is(service.count("2"), 0);
  transport.close();
});

test("of instances that hang, few calls hear, each within its time", async () => {
  const service = new Service(4);
  const { transport, log } = service.client();
  service.manners.set("1", "hangs");
  let failures = 0;
  const calls: Promise<void>[] = [];
  for (let call = 0; call < 400; call++) {
    await service.clock.sleep(5);
    const beganAtMs = service.clock.nowMs();
    const done = log.describeTopic({}, { timeoutMs: 500 }).then(
      () => {},
      (error: ConnectError) => {
        failures++;
        assert.is(error.code, Code.DeadlineExceeded);
        assert.match(error.rawMessage, /^Cannot call service "payments": there was no answer within 500 ms$/);
        assert.ok(service.clock.nowMs() - beganAtMs <= 510);
      },
    );
    calls.push(done);
  }
  await Promise.all(calls);
  assert.ok(failures > 0 && failures <= 12, `${failures} of 400 failed`);
  transport.close();
});

test("what broke off is tried again only when it is idempotent; what was refused never", async () => {
  const service = new Service(2);
  service.manners.set("0", "breaks");
  const plain = service.client();
  let failures = 0;
  for (let call = 0; call < 40; call++) {
    failures += await plain.log.describeTopic({}).then(
      () => 0,
      () => 1,
    );
  }
  assert.ok(failures > 0);
  assert.is(service.asked.length, 40);
  const idempotent = service.client({ isIdempotent: () => true });
  for (let call = 0; call < 40; call++) assert.is((await idempotent.log.describeTopic({})).topic?.name, "1");
  service.manners.set("0", "refuses").set("1", "refuses");
  service.asked.length = 0;
  assert.is((await failureOf(idempotent.log.describeTopic({}))).code, Code.InvalidArgument);
  assert.is(service.asked.length, 1);
  plain.transport.close();
  idempotent.transport.close();
});

test("an instance that says that it cannot reach another one has taken the call: that is not sent twice", async () => {
  const service = new Service(2);
  for (const id of service.manners.keys()) service.manners.set(id, "lacks another");
  const { transport, log } = service.client();
  assert.is((await failureOf(log.describeTopic({}))).code, Code.Unavailable);
  assert.is(service.asked.length, 1);
  transport.close();
});

test("when all instances are dead, retries stay within the budget and within each call's time", async () => {
  const service = new Service(3);
  for (const id of service.manners.keys()) service.manners.set(id, "dead");
  const { transport, log } = service.client();
  const beganAtMs = service.clock.nowMs();
  for (let call = 0; call < 200; call++) {
    const error = await failureOf(log.describeTopic({}, { timeoutMs: 300 }));
    assert.ok(error.code === Code.Unavailable || error.code === Code.DeadlineExceeded, error.message);
  }
  const seconds = (service.clock.nowMs() - beganAtMs) / 1_000;
  const allowed = 200 + 10 + 200 / 5 + seconds;
  assert.ok(service.asked.length <= allowed, `${service.asked.length} tries, allowed ${allowed}`);
  transport.close();
});

test("without instances a call waits for one, then says what was seen", async () => {
  const service = new Service(0);
  const { transport, log } = service.client();
  const none = await failureOf(log.describeTopic({}, { timeoutMs: 1_000 }));
  assert.is(none.code, Code.Unavailable);
  assert.ok(none.cause instanceof NoInstanceError && none.cause.code === "NO_INSTANCE");
  assert.is(
    none.rawMessage,
    'Cannot call service "payments": no instance is registered, and there was none within 1000 ms',
  );
  service.registry.put("sick", 9_000, { state: "critical" });
  const sick = await failureOf(log.describeTopic({}, { timeoutMs: 1_000 }));
  assert.match(sick.rawMessage, /all 1 instances are critical/);
  assert.equal((sick.cause as NoInstanceError).seen, { passing: 0, warning: 0, critical: 1 });
  const waiting = log.describeTopic({}, { timeoutMs: 10_000 });
  await service.clock.sleep(2_000);
  service.add(1);
  assert.is((await waiting).topic?.name, "1");
  const signal = AbortSignal.abort(new Error("enough"));
  assert.is((await failureOf(log.describeTopic({}, { signal }))).code, Code.Canceled);
  transport.close();
});

test("while nobody tells of services the last list stays; when somebody does again it is corrected", async () => {
  const service = new Service(2);
  const { transport, log } = service.client();
  await log.describeTopic({});
  service.registry.isDown = true;
  service.registry.breakOff();
  await service.clock.sleep(10_000);
  for (let call = 0; call < 20; call++) await log.describeTopic({});
  service.registry.remove("0");
  service.add(2);
  service.registry.isDown = false;
  await service.clock.sleep(10_000);
  service.asked.length = 0;
  for (let call = 0; call < 40; call++) await log.describeTopic({});
  assert.is(service.count("0"), 0);
  assert.ok(service.count("1") > 0 && service.count("2") > 0);
  transport.close();
  await service.clock.sleep(10);
  assert.is(service.registry.open, 0);
  const closed = await failureOf(log.describeTopic({}));
  assert.match(closed.rawMessage, /the balancer was closed/);
});

test("a stream stays at its instance, begins at another when one is dead, and ends with the caller's signal", async () => {
  const service = new Service(2);
  service.manners.set("0", "dead");
  const { transport, log } = service.client({ timeoutMs: 1_000 });
  for (let round = 0; round < 6; round++) {
    const controller = new AbortController();
    let read = 0;
    try {
      for await (const _ of log.consumeStream({}, { signal: controller.signal })) {
        if (++read === 3) {
          assert.is(service.open, 1);
          // Longer than a call may take: the stream has begun.
          await service.clock.sleep(5_000);
          controller.abort();
        }
      }
      assert.unreachable();
    } catch (error) {
      assert.is(ConnectError.from(error).code, Code.Canceled);
    }
    assert.is(read, 3);
    await service.clock.sleep(10);
    assert.is(service.open, 0);
  }
  transport.close();
});

for (const leaving of ["in the loop", "after the loop"] as const) {
  test(`a caller who leaves streams by its signal (${leaving}) says nothing of their instance`, async () => {
    const service = new Service(1);
    const { transport, log } = service.client();
    for (let round = 0; round < 40; round++) {
      const controller = new AbortController();
      const stream = log.consumeStream({}, { signal: controller.signal });
      const read = async (): Promise<void> => {
        for await (const _ of stream) {
          if (leaving === "in the loop") controller.abort();
          else break;
        }
      };
      await read().catch((error: unknown) => assert.is(ConnectError.from(error).code, Code.Canceled));
      controller.abort();
      await service.clock.sleep(10);
    }
    service.add(1);
    service.asked.length = 0;
    for (let call = 0; call < 60; call++) await log.describeTopic({});
    assert.ok(service.count("0") > 10, `${service.count("0")} of 60 calls went there`);
    transport.close();
  });
}

test("the nearest instances are called while one of them is well, then farther ones", async () => {
  const service = new Service(4, (index) => ({ rttMs: [1, 2, 40, 80][index] as number }));
  const { transport, log } = service.client({ prefer: "nearest" });
  for (let call = 0; call < 100; call++) await log.describeTopic({});
  assert.ok(service.count("0") > 20 && service.count("1") > 20);
  assert.is(service.count("2") + service.count("3"), 0);
  service.manners.set("0", "dead").set("1", "dead");
  for (let call = 0; call < 20; call++) await log.describeTopic({});
  assert.ok(service.count("2") > 10, `${service.count("2")}`);
  transport.close();
});

test.run();
