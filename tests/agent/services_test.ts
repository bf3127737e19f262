// timeout: 60
/** Services of nodes, from whoever registers to whoever looks them up. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Agent, type AgentOptions, type ServiceChange, type ServiceQuery } from "../../mod.ts";
import { connect, type LogClient } from "../../src/client/mod.ts";
import { eventually } from "../cluster/processes.ts";
import { ownAddress, ownHost } from "../own_host.ts";

const directory = mkdtempSync(path.join(os.tmpdir(), "grapevine-services-"));
const everything: ServiceQuery = { states: ["passing", "warning", "critical"] };
let ann: Agent;
let bob: Agent;
let observer: Agent;

function startAgent(nodeName: string, options: AgentOptions = {}): Promise<Agent> {
  const addresses = { bind: ownAddress, rpcAddr: ownAddress };
  return Agent.start({ nodeName, dataDir: path.join(directory, nodeName), ...addresses, profile: "local", ...options });
}

const bobsServices = [{ name: "web", id: "web-1", port: 8080, tags: ["v1"], metadata: { zone: "a" } }];

test.before(async () => {
  ann = await startAgent("ann");
  [bob, observer] = await Promise.all([
    startAgent("bob", { join: [ann.gossipAddress], services: [...bobsServices, { name: "old", port: 1 }] }),
    startAgent("observer", { join: [ann.gossipAddress], role: "observer" }),
  ]);
});

test.after(async () => {
  for (const agent of [observer, bob, ann]) await agent.close();
  rmSync(directory, { recursive: true, force: true });
});

function idsAt(agent: Agent, query: ServiceQuery = everything): string {
  const found = agent.services.lookUp(query).map(({ node, id }) => `${node}/${id}`);
  return found.sort().join(" ");
}

/** Every node finds these, and no others. */
function foundEverywhere(ids: string, query?: ServiceQuery): Promise<void> {
  const nodes = [ann, bob, observer];
  return eventually(`all find "${ids}"`, 15_000, async () => nodes.every((agent) => idsAt(agent, query) === ids));
}

/** Changes as lines, as they come. */
function changesAt(
  agent: Agent,
  query: ServiceQuery,
): { readonly next: () => Promise<string>; end(): Promise<unknown> } {
  const watch: AsyncGenerator<ServiceChange> = agent.services.watch(query);
  const next = async (): Promise<string> => {
    const { value } = await watch.next();
    const { type, instance, reason } = value as ServiceChange;
    return `${type} ${instance.node}/${instance.id} ${instance.state}: ${reason}`;
  };
  return { next, end: () => watch.return(undefined) };
}

test("services of the configuration are found at every node, an observer included, with the address of theirs", async () => {
  await foundEverywhere("bob/old bob/web-1");
  const [web] = ann.services.lookUp({ name: "WEB", tags: ["v1"] });
  assert.equal([web?.address, web?.port, web?.metadata, web?.state], [ownHost, 8080, { zone: "a" }, "passing"]);
  assert.equal(ann.services.lookUp({ name: "web", tags: ["v2"] }), []);
  assert.is(bob.services.lookUp({ name: "web" })[0]?.rttMs, 0, "nothing is nearer than the node itself");
});

test("a check that waits for reports decides who finds the service, and says why", async () => {
  const watch = changesAt(ann, { name: "api" });
  const told = watch.next();
  await observer.services.register({ name: "api", port: 81, checks: [{ type: "ttl", ttlMs: 60_000 }] });
  await foundEverywhere("observer/api", { name: "api", states: ["critical"] });
  await observer.services.report("api", { state: "passing", output: "all is well" });
  assert.is(await told, 'added observer/api passing: check "ttl" is passing: all is well');
  await observer.services.report("api", { state: "warning", output: "getting full" });
  assert.is(await watch.next(), 'changed observer/api warning: check "ttl" is warning: getting full');
  await observer.services.report("api", { state: "critical", output: "full" });
  assert.is(await watch.next(), 'removed observer/api critical: check "ttl" is critical: full');
  await observer.services.deregister("api");
  await watch.end();
  await foundEverywhere("bob/old bob/web-1");
});

test("two nodes with services of one id do not disturb each other", async () => {
  await Promise.all([ann, bob].map((agent) => agent.services.register({ name: "twin", port: 82 })));
  await foundEverywhere("ann/twin bob/twin", { name: "twin" });
  await ann.services.deregister("twin");
  await foundEverywhere("bob/twin", { name: "twin" });
});

test("who registers an id again replaces what was there, and what is the same is not written again", async () => {
  const watch = changesAt(bob, { name: "twin" });
  assert.is(await watch.next(), "present bob/twin passing: registered");
  await bob.services.register({ name: "twin", port: 82 });
  await bob.services.register({ name: "twin", port: 83, tags: ["new"] });
  assert.is(await watch.next(), "changed bob/twin passing: registered again");
  assert.is(bob.services.lookUp({ name: "twin" })[0]?.port, 83);
  await watch.end();
});

test("an id that another service of the node has is refused, and nothing is changed by that", async () => {
  const taken = await failureOf(bob.services.register({ name: "other", id: "twin", port: 84 }));
  assert.is(
    taken,
    'SERVICE_ID_TAKEN Cannot register service "other": id "twin" is that of service "twin" on node "bob"; give it an id of its own, or deregister "twin" first',
  );
  const client = connect(`http://${bob.rpcAddress}`);
  const refused = await failureOf(client.services.register({ name: "other", id: "twin", port: 84 }));
  assert.match(refused, /^ALREADY_EXISTS Cannot register service "other": id "twin" is that of/);
  client.close();
  assert.is((await bob.services.register({ name: "TWIN", id: "twin", port: 83, tags: ["new"] })).port, 83);
  assert.is(bob.services.lookUp({ name: "twin" })[0]?.port, 83);
});

async function failureOf(called: Promise<unknown>): Promise<string> {
  try {
    await called;
  } catch (error) {
    return `${(error as { code: string }).code} ${(error as Error).message}`;
  }
  throw new Error("It did not fail");
}

test("programs are run for the library, and for callers only where the node was started so", async () => {
  const service = { name: "prog", port: 84, checks: [{ type: "command" as const, command: ["true"] }] };
  const client: LogClient = connect(`http://${bob.rpcAddress}`);
  const refused = await failureOf(client.services.register(service));
  assert.match(refused, /^FAILED_PRECONDITION Cannot register service: checks\[0\] runs a program/);
  assert.match(refused, /--allow-command-checks/);
  client.close();
  await bob.services.register(service);
  await eventually("the program has run", 15_000, async () => bob.services.lookUp({ name: "prog" }).length === 1);
});

test("what makes no sense is refused with what would", async () => {
  const services = bob.services;
  assert.match(await failureOf(services.register({ name: "x", port: 0 })), /^INVALID_SERVICE .*port is 0, allowed/);
  assert.match(await failureOf(services.deregister("none")), /^SERVICE_NOT_FOUND .*node "bob" has not registered it/);
  assert.match(await failureOf(ann.services.deregister("web-1")), /^SERVICE_NOT_FOUND .*ask the node that has/);
  assert.match(await failureOf(services.report("none", { state: "passing" })), /^SERVICE_NOT_FOUND/);
  assert.match(
    await failureOf(services.report("web-1", { state: "passing" })),
    /^NOT_REPORTABLE .*no check of type ttl/,
  );
  assert.throws(() => services.lookUp({ name: "a b" }), /name is "a b"/);
  assert.throws(() => services.watch({ states: ["odd" as never] }), /states is "odd"/);
  const twice = startAgent("cid", {
    services: [
      { name: "a", port: 1 },
      { name: "a", port: 2 },
    ],
  });
  assert.match(
    await failureOf(twice),
    /^INVALID_OPTION .*it is "a", allowed is an id of no other service, for id of services\[1\]/,
  );
  const broken = startAgent("cid", { services: [{ name: "a", port: 70_000 }] });
  assert.match(await failureOf(broken), /^INVALID_OPTION .*it is 70000, allowed is .* for port of services\[0\]/);
});

test("a node that leaves takes its services with it at once, and brings back what it remembers", async () => {
  const watch = changesAt(ann, { name: "web" });
  assert.is(await watch.next(), "present bob/web-1 passing: registered");
  const [leftAtMs, leaving] = [performance.now(), bob.leave()];
  // It says that it leaves, and a moment later it has: who looks late finds that.
  assert.match(await watch.next(), /^removed bob\/web-1 passing: node "bob" (is leaving|left)$/);
  await eventually("nobody finds them", 15_000, async () => [ann, observer].every((agent) => idsAt(agent) === ""));
  const tookMs = performance.now() - leftAtMs;
  assert.ok(tookMs < 1_000, `it took ${tookMs} ms`);
  await leaving;
  bob = await startAgent("bob", { join: [ann.gossipAddress], services: bobsServices });
  assert.is(await watch.next(), 'added bob/web-1 passing: node "bob" is back');
  await watch.end();
  // `old` is no longer in the configuration, and a program is run for nobody but who names it anew.
  await foundEverywhere("bob/twin bob/web-1");
});

test("a watch ends with its signal, and with its node", async () => {
  const controller = new AbortController();
  const query = { name: "none" };
  const [first, second] = [ann.services.watch(query, { signal: controller.signal }), observer.services.watch(query)];
  const ends = Promise.all([first.next(), second.next()]);
  controller.abort();
  await observer.close();
  assert.equal(
    (await ends).map(({ done }) => done),
    [true, true],
  );
});

test.run();
