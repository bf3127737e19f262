/** What a node makes of records that others wrote, of disks that fail, and of nodes that nobody knows any more. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ServiceChecks } from "../../src/agent/service_checks.ts";
import { ServiceRegistry, type ServiceRegistryOptions } from "../../src/agent/service_registry.ts";
import { DisposalStack, FrameBuilder, Random, servicesTopic } from "../../src/base/mod.ts";
import { type CommitLog, Log, type TopicLog } from "../../src/log/mod.ts";
import type { Member, MemberEvent } from "../../src/membership/mod.ts";
import {
  encodeKey,
  encodeService,
  nodeServicesMax,
  type ResolvedService,
  resolveService,
  ServiceFold,
  servicesMax,
} from "../../src/registry/mod.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment } from "../log/log_kit.ts";
import { ManualClock, member } from "../server/fakes.ts";
import { until } from "../server/serving.ts";

interface Node {
  readonly registry: ServiceRegistry;
  readonly log: Log;
  readonly warnings: string[];
}

const test = suite<{ stack: DisposalStack; clock: ManualClock }>("service registry");

test.before.each((context) => {
  Object.assign(context, { stack: new DisposalStack(), clock: new ManualClock() });
});
test.after.each(async ({ stack }) => {
  await stack[Symbol.asyncDispose]();
});

interface Opening {
  readonly stack: DisposalStack;
  readonly clock: ManualClock;
  readonly seed?: string;
  readonly disk?: SimulatedDisk;
  readonly configured?: readonly ResolvedService[];
  readonly onLogOpen?: () => void;
  readonly more?: Partial<ServiceRegistryOptions>;
}

function alive(name: string): Member {
  return { ...member(name, { tags: new Map([["gv", "1"]]) }), incarnation: 0 } as unknown as Member;
}

/** A node that sees itself, with a log of its own. */
async function open(nodeName: string, opening: Opening): Promise<Node> {
  const { stack, clock, seed = nodeName, disk, configured = [], onLogOpen, more } = opening;
  const mounted = (disk ?? new SimulatedDisk()).mount();
  const log = stack.use(await Log.open(mounted, {}, environment(new Random(seed))));
  onLogOpen?.();
  const warnings: string[] = [];
  const registry = stack.use(
    await ServiceRegistry.open({
      ...{ nodeName, log, clock, allowCommandChecks: false, onWarn: (message) => warnings.push(message) },
      openChecks: (on) => new ServiceChecks({ ...on, clock, run: async () => ({ state: "passing", output: "" }) }),
      ...more,
    }),
  );
  registry.start({ members: () => [alive(nodeName)], rttMs: () => undefined }, configured, "10.0.0.1");
  registry.enter();
  return { registry, log, warnings };
}

/** What one node holds of services and another does not. */
async function copy(from: Node, to: Node): Promise<void> {
  const topic = await to.log.openTopic(servicesTopic);
  const { frames } = await (from.log.topic(servicesTopic) as ReturnType<CommitLog["topic"]> & object).readMissing(
    topic.have,
    1_000_000,
  );
  await topic.apply(frames);
}

function portsOf({ registry }: Node): number[] {
  return registry.lookUp().map(({ port }) => port);
}

test("what another node of the same name wrote is set right, and not more than once in five seconds", async (context) => {
  const [ann, other] = [await open("ann", context), await open("ann", { ...context, seed: "other" })];
  await ann.registry.register({ name: "web", port: 1 });
  await other.registry.register({ name: "web", port: 2 });
  await other.registry.register({ name: "web", port: 3 });
  await other.registry.register({ name: "more", port: 4 });
  await copy(other, ann);
  await until(() => portsOf(ann).includes(3), "the other's are found");
  const { written } = ann.registry.counts;
  context.clock.advance(4_999);
  assert.is(ann.registry.counts.written, written);
  context.clock.advance(1);
  await until(() => JSON.stringify(portsOf(ann)) === "[1]", "its own is what it says, and the other's is gone");
  assert.is(ann.registry.counts.written, written + 2);
});

test("a node that starts again with an empty directory takes out what it registered before", async (context) => {
  const [bob, ann] = [await open("bob", context), await open("ann", context)];
  await ann.registry.register({ name: "web", port: 1 });
  await copy(ann, bob);
  const again = await open("ann", { ...context, seed: "again" });
  await copy(bob, again);
  await until(() => portsOf(again).length === 1, "it hears of what it was");
  context.clock.advance(5_000);
  await until(() => portsOf(again).length === 0, "it says that this is over");
});

test("a node that starts again with its directory remembers, and writes nothing that is as it was", async (context) => {
  const disk = new SimulatedDisk();
  const first = await open("ann", { ...context, disk });
  const check = { type: "ttl" as const, ttlMs: 60_000 };
  await first.registry.register({ name: "web", port: 1, checks: [check] });
  await first.registry.report("web", { state: "passing", output: "well" });
  await until(() => portsOf(first).length === 1, "the report counts");
  await first.registry.register({ name: "prog", port: 2, checks: [{ type: "command", command: ["true"] }] });
  await first.registry[Symbol.asyncDispose]();
  await first.log[Symbol.asyncDispose]();
  const second = await open("ann", { ...context, disk });
  // The program has passed as well, if its first check was quicker than the end.
  assert.ok(portsOf(second).includes(1), "it passes as it did");
  await until(() => second.registry.counts.written === 1, "the program is no longer told of");
  await until(() => JSON.stringify(portsOf(second)) === "[1]", "nor found");
  assert.is(second.registry.counts.own, 1);
  assert.match(second.warnings.join(), /service prog is not registered again: .*--allow-command-checks/);
});

test("what cannot be read at the start is remembered once it can, although nothing more is written", async (context) => {
  const disk = new SimulatedDisk();
  const first = await open("ann", { ...context, disk });
  const check = { type: "ttl" as const, ttlMs: 60_000 };
  await first.registry.register({ name: "web", port: 1, checks: [check] });
  await first.registry.report("web", { state: "warning" });
  await first.registry[Symbol.asyncDispose]();
  await first.log[Symbol.asyncDispose]();
  const onLogOpen = (): void => disk.failNext("read", "EIO", { name: ".log", times: 100 });
  const second = await open("ann", { ...context, disk, onLogOpen });
  assert.match(second.warnings.join(), "cannot read what services are registered: EIO");
  assert.equal([portsOf(second), second.registry.counts.own], [[], 0]);
  disk.healFaults();
  context.clock.advance(1_000);
  await until(() => portsOf(second).length > 0, "it is read");
  assert.is(second.registry.counts.own, 1, "the node checks it again");
  await second.registry.report("web", { state: "passing" });
  assert.equal(
    second.registry.lookUp().map(({ state }) => state),
    ["passing"],
  );
});

test("a node that remembers more than it may have beside its configuration says so, and runs", async (context) => {
  const disk = new SimulatedDisk();
  const first = await open("ann", { ...context, disk });
  const ids = Array.from({ length: nodeServicesMax }, (_, at) => `called-${at}`);
  await Promise.all(ids.map((id) => first.registry.register({ name: "web", id, port: 1 })));
  const oneMore = await first.registry.register({ name: "web", id: "more", port: 1 }).catch(String);
  assert.is(
    oneMore,
    "TooManyServicesError: Cannot register service: this node has 1000 already, allowed are 1000; deregister some of its services, or register with another node",
  );
  await first.registry[Symbol.asyncDispose]();
  await first.log[Symbol.asyncDispose]();
  const configured = [resolveService({ name: "api", port: 2 })];
  const second = await open("ann", { ...context, disk, configured });
  assert.is(second.registry.counts.own, nodeServicesMax);
  assert.match(second.warnings.join(), /service called-\d+ is not registered again: this node has 1000; name fewer/);
  await until(() => portsOf(second).includes(2), "the configuration counts");
  assert.is(portsOf(second).length, nodeServicesMax);
  const { registry, log } = second;
  Object.assign(log, { openTopic: () => Promise.reject(new Error("the disk is full")) });
  const changes = [registry.deregister("api"), registry.register({ name: "more", port: 3 })];
  const failures = await Promise.all(changes.map((change) => (change as Promise<unknown>).catch(String)));
  assert.equal(failures, Array(2).fill("Error: the disk is full"));
  assert.is(registry.counts.own, nodeServicesMax, "both are taken back, the last one first");
});

test("what is asked for at once is written at once, and a change is found as soon as it is answered", async (context) => {
  const { registry, log } = await open("ann", context);
  const produced: number[] = [];
  const topic = await log.openTopic(servicesTopic);
  const produce = topic.produce.bind(topic);
  Object.assign(topic, {
    produce: (frame: Uint8Array) => {
      produced.push(frame.length);
      return produce(frame);
    },
  });
  const checks = [{ type: "ttl" as const, ttlMs: 60_000 }];
  const ids = Array.from({ length: 100 }, (_, at) => `web-${at}`);
  await Promise.all(ids.map((id) => registry.register({ name: "web", id, port: 1, checks })));
  assert.is(produced.length, 1);
  assert.is(registry.lookUp({ states: ["critical"] }).length, 100);
  await Promise.all(ids.map((id) => registry.report(id, { state: "passing" })));
  assert.is(registry.lookUp().length, 100, "each report is found once it is answered");
  assert.is(produced.length, 2);
  const both = [registry.deregister("web-0"), registry.register({ name: "web", id: "web-0", port: 7 })];
  const refused = registry.deregister("nobody").catch(({ code }) => code);
  await Promise.all(both);
  assert.is(await refused, "SERVICE_NOT_FOUND");
  assert.is(registry.lookUp().length, 100, "one service changes in the order of the calls");
  assert.equal(portsOf({ registry, log, warnings: [] }).filter((port) => port === 7).length, 1);
});

test("what cannot be written is not registered, nor deregistered", async (context) => {
  const ann = await open("ann", context);
  await ann.registry.register({ name: "web", port: 1, checks: [{ type: "ttl", ttlMs: 60_000 }] });
  const { log } = ann;
  const openTopic = log.openTopic.bind(log);
  Object.assign(log, { openTopic: () => Promise.reject(new Error("the disk is full")) });
  const failures: string[] = [];
  const note = ({ message }: Error): number => failures.push(message);
  await ann.registry.register({ name: "more", port: 2 }).catch(note);
  await ann.registry.register({ name: "web", port: 3 }).catch(note);
  await ann.registry.deregister("web").catch(note);
  assert.equal(failures, Array(3).fill("the disk is full"));
  Object.assign(log, { openTopic });
  await ann.registry.report("web", { state: "passing" });
  await until(() => portsOf(ann).length > 0, "the report counts");
  assert.equal(portsOf(ann), [1]);
  await ann.registry.deregister("web");
  assert.equal([portsOf(ann), ann.registry.counts.own], [[], 0]);
});

test("a service that is taken out while it is written costs those beside it nothing", async (context) => {
  const { registry, log } = await open("ann", context);
  const openTopic = log.openTopic.bind(log);
  Object.assign(log, {
    openTopic: (name: string) => {
      for (const stepMs of [100, 5]) context.clock.advance(stepMs);
      return openTopic(name);
    },
  });
  const checks = [{ type: "ttl" as const, ttlMs: 100 }];
  const brief = registry.register({ name: "brief", port: 1, checks, deregisterAfterMs: 1 });
  const web = registry.register({ name: "web", port: 2 });
  assert.equal([(await brief).port, (await web).port], [1, 2]);
  await until(() => registry.counts.written === 3, "it is taken out");
  assert.equal(
    registry.lookUp({ states: ["passing", "critical"] }).map(({ port }) => port),
    [2],
  );
});

test("what no node would find any more because there are too many is not registered", async (context) => {
  const ann = await open("ann", context);
  await ann.registry.register({ name: "web", port: 1 });
  const topic = await ann.log.openTopic(servicesTopic);
  const service = resolveService({ name: "web", port: 1 });
  const health = { state: "passing", sinceMs: 1, checks: [] } as const;
  const value = encodeService({ service, origin: "call", address: "10.0.0.1", ...health });
  let builder = new FrameBuilder();
  for (let at = 1; at < servicesMax; at++) {
    const record = { key: encodeKey({ node: `other-${at}`, id: "web" }), value };
    if (builder.add(record, 1)) continue;
    await topic.produce(builder.finish());
    builder = new FrameBuilder();
    builder.add(record, 1);
  }
  await topic.produce(builder.finish());
  const refused = await ann.registry.register({ name: "more", port: 2 }).catch(({ message }) => message);
  assert.match(refused, "Cannot register service: the cluster has 20000 already");
  assert.is((await ann.registry.register({ name: "web", port: 3 })).port, 3, "what is there may be replaced");
  assert.equal(portsOf(ann), [3]);
});

test("services of a node that nobody knows any more are taken out after a while, by one node", async (context) => {
  const bob = await open("bob", context);
  await bob.registry.register({ name: "web", port: 1 });
  const ann = await open("ann", { ...context, more: { forgetAfterMs: 10_000 } });
  ann.registry.memberChanged({ type: "member-join", member: alive("bob") } as MemberEvent);
  await copy(bob, ann);
  await until(() => portsOf(ann).length === 1, "it is found");
  ann.registry.memberChanged({ type: "member-reap", member: { ...alive("bob"), status: "failed" } } as MemberEvent);
  assert.equal(portsOf(ann), []);
  const end = (): number => ann.log.topic(servicesTopic)?.nextOffset ?? 0;
  const before = end();
  context.clock.advance(10_000);
  await ann.registry.register({ name: "own", port: 2 });
  assert.is(end(), before + 1, "it has only just been noticed");
  context.clock.advance(10_000);
  await until(() => end() > before + 1, "it is taken out");
  assert.is(ann.registry.counts.written, 1, "that is not a service of its own");
  // Whoever was only out of sight says so, and has his service back.
  await copy(ann, bob);
  await until(() => portsOf(bob).length === 0, "it hears of that");
  context.clock.advance(5_000);
  await until(() => portsOf(bob).length === 1 && bob.registry.counts.written === 2, "it is written again");
});

test("what a node said of itself is taken out with its services", async (context) => {
  const bob = await open("bob", context);
  await bob.registry.register({ name: "web", port: 1 });
  await bob.registry.withdraw();
  const ann = await open("ann", { ...context, more: { forgetAfterMs: 10_000 } });
  const member = alive("bob");
  ann.registry.memberChanged({ type: "member-join", member } as MemberEvent);
  await copy(bob, ann);
  // Whatever the log holds is taken in before the answer.
  await ann.registry.register({ name: "own", port: 1 });
  ann.registry.memberChanged({ type: "member-reap", member: { ...member, status: "left" } } as MemberEvent);
  context.clock.advance(10_000);
  context.clock.advance(10_000);
  const topic = ann.log.topic(servicesTopic) as TopicLog;
  await until(() => topic.nextOffset === 5, "bob's service, and that he is away, are taken out");
  const said = new ServiceFold(() => {});
  said.takeFrames((await topic.read(0, 1_000_000)).frames);
  assert.equal([[...said.nodes], said.services, said.isAway("bob")], [[], 1, false]);
});

test("a node that was forgotten joins, and does not come back", async (context) => {
  const [bob, ann] = [await open("bob", context), await open("ann", context)];
  await bob.registry.register({ name: "web", port: 1 });
  await copy(bob, ann);
  await ann.registry.register({ name: "own", port: 1 });
  const watch = ann.registry.openWatch({ node: "bob" }, () => {});
  const reasons: string[] = [];
  const [here, gone] = [alive("bob"), { ...alive("bob"), status: "failed" }];
  const events = [
    ["member-join", here],
    ["member-failed", gone],
    ["member-join", here],
    ["member-failed", gone],
    ["member-reap", gone],
    ["member-join", here],
  ] as const;
  for (const [type, member] of events) {
    ann.registry.memberChanged({ type, member } as MemberEvent);
    reasons.push(...watch.take().map(({ reason }) => reason.replace('node "bob" ', "")));
  }
  assert.equal(reasons, ["joined", "failed", "is back", "failed", "joined"]);
});

test.run();
