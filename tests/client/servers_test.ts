// runtimes: bun (it is about the client's decisions, on a clock of its own)
/** Which servers a client knows, which it chooses, and which it will not touch. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { LogClient } from "../../src/client/mod.ts";
import { NamedServers } from "./named_servers.ts";
import type { ClientError } from "./records.ts";

const three = { a: "one", b: "one", c: "one" };

async function failureOf(promise: Promise<unknown>): Promise<ClientError> {
  return promise.then(
    () => assert.unreachable(),
    (error: ClientError) => error,
  ) as Promise<ClientError>;
}

/** One after another, so that each finds what the one before led to. */
async function membersOften(client: LogClient, times: number): Promise<void> {
  for (let call = 0; call < times; call++) await client.members();
}

/** Opens a consumer, and leaves it once its stream stands. */
async function consumeOnce(servers: NamedServers, client: LogClient, topic = "t"): Promise<void> {
  const consumer = client.consume(topic);
  void consumer.next();
  await servers.clock.sleep(50);
  await consumer.return();
}

test("from one of several servers that are named a client learns of all, and spreads questions and consumers", async () => {
  const servers = new NamedServers(three);
  const client = servers.client(["a", "b"]);
  await membersOften(client, 120);
  for (let round = 0; round < 30; round++) await consumeOnce(servers, client);
  for (const call of ["members", "consume"]) {
    for (const [name, count] of Object.entries(servers.counts(call))) assert.ok(count > 4, `${call} ${name}: ${count}`);
  }
  for (let round = 0; round < 5; round++) await client.describeTopic("t");
  assert.equal(servers.counts("describeTopic"), { a: 5, b: 0, c: 0 });
  client.close();
});

test("a client of one server, or one that is told not to spread, stays there while it is well", async () => {
  for (const [names, options] of [
    [["a"], {}],
    [["a", "b"], { spread: false }],
    [["a", "b"], { failover: false }],
  ] as const) {
    const servers = new NamedServers(three);
    const client = servers.client(names, options);
    await membersOften(client, 10);
    await consumeOnce(servers, client);
    assert.equal(servers.counts("members"), { a: 10, b: 0, c: 0 });
    assert.equal(servers.counts("consume"), { a: 1, b: 0, c: 0 });
    client.close();
  }
});

test("a topic that the client produces to is read where it is produced, unless a token says what to wait for", async () => {
  const servers = new NamedServers(three);
  const client = servers.client(["a", "b", "c"]);
  await membersOften(client, 10);
  const { token } = await client.produce("t", { value: "x" });
  for (let round = 0; round < 10; round++) await consumeOnce(servers, client);
  assert.equal(servers.counts("consume"), { a: 10, b: 0, c: 0 });
  for (let round = 0; round < 20; round++) {
    const consumer = client.consume("t", { after: token });
    void consumer.next();
    await servers.clock.sleep(20);
    await consumer.return();
  }
  const { b, c } = servers.counts("consume");
  assert.ok((b as number) > 0 && (c as number) > 0);
  client.close();
});

for (const watches of [true, false]) {
  test(`a server that is reported gone is left before a call fails, and comes back, ${watches ? "by a watch" : "by asking"}`, async () => {
    const servers = new NamedServers(three);
    const client = servers.client(["a", "b"], { watches });
    const producer = client.producer("t");
    await producer.send({ value: "x" });
    await servers.clock.sleep(3_000);
    await producer.send({ value: "x" });
    await servers.clock.sleep(100);
    assert.is(servers.watchers.size, watches ? 1 : 0);
    servers.tell("a", "left");
    // Whoever leaves still answers for a while. Without a watch another one has to be asked first.
    await servers.clock.sleep(watches ? 10 : 21_000);
    if (!watches) {
      for (let round = 0; round < 10; round++) {
        await client.members();
        await servers.clock.sleep(3_000);
      }
    }
    servers.one("a").manner = "dead";
    servers.forget();
    await producer.send({ value: "x" });
    await membersOften(client, 20);
    assert.equal(servers.counts("refused"), { a: 0, b: 0, c: 0 });
    assert.is(servers.counts("produce")["a"], 0);
    servers.one("a").manner = "well";
    servers.tell("a", "alive");
    for (let round = 0; round < 10; round++) {
      await servers.clock.sleep(2_500);
      await membersOften(client, 10);
    }
    assert.ok((servers.counts("members")["a"] as number) > 10);
    await producer[Symbol.asyncDispose]();
    client.close();
    await servers.clock.sleep(10);
    assert.is(servers.watchers.size, 0);
  });
}

test("a watch that nobody uses is ended, and begins again with the next calls", async () => {
  const servers = new NamedServers(three);
  const client = servers.client(["a"], { watches: true });
  await client.members();
  await servers.clock.sleep(2_500);
  await client.members();
  await servers.clock.sleep(100);
  assert.is(servers.watchers.size, 1);
  await servers.clock.sleep(15_000);
  assert.is(servers.watchers.size, 0);
  await client.members();
  await servers.clock.sleep(3_000);
  await client.members();
  await servers.clock.sleep(100);
  assert.is(servers.watchers.size, 1);
  client.close();
});

for (const watches of [true, false]) {
  test(`a client finds its servers after hundreds of them came and went (watches: ${watches})`, async () => {
    const servers = new NamedServers({ s0: "one" });
    const client = servers.client(["s0"], { watches });
    for (let index = 1; index < 330; index++) {
      servers.add(`s${index}`, "one");
      servers.tell(`s${index}`, "alive");
      await servers.clock.sleep(watches ? 100 : 20_000);
      await client.members();
      await servers.clock.sleep(20);
      if (index > 2) servers.tell(`s${index - 2}`, "left");
      // A node forgets those that left long ago.
      if (index > 20) Object.assign(servers.one(`s${index - 20}`), { cluster: "past", manner: "dead" });
    }
    servers.one("s0").manner = "dead";
    servers.forget();
    await client.members();
    assert.match(client.server, /^http:\/\/s32[789]\.invalid:1$/);
    client.close();
  });
}

test("servers of two clusters are told apart: the second is never written to, nor read from", async () => {
  const servers = new NamedServers({ a: "one", b: "one", x: "two", y: "two" });
  const refused: ClientError[] = [];
  const client = servers.client(["a", "x"], { onRefused: (error) => refused.push(error) });
  await client.produce("t", { value: "x" });
  await servers.clock.sleep(100);
  assert.equal(
    refused.map(({ code, message }) => `${code} ${message}`),
    [
      "DIFFERENT_CLUSTERS Cannot use http://x.invalid:1: it belongs to a cluster of x, y, the other servers to one of a, b; name servers of one cluster",
    ],
  );
  servers.one("a").manner = "dead";
  servers.one("b").manner = "dead";
  servers.forget();
  const lost = await failureOf(client.produce("t", { value: "x" }, { deliveryTimeoutMs: 5_000 }));
  assert.is(lost.code, "UNAVAILABLE");
  assert.match(
    lost.message,
    /nobody answers at http:\/\/[ab]\.invalid:1.*; nobody answers at http:\/\/[ab]\.invalid:1/,
  );
  const producer = client.producer("t", { deliveryTimeoutMs: 5_000 });
  await failureOf(producer.send({ value: "x" }));
  await failureOf(client.consume("t", { failoverMs: 5_000 }).next());
  await failureOf(client.members());
  for (const call of ["produce", "consume", "members"]) assert.is(servers.counts(call)["x"], 0, call);
  client.close();
});

test("a server of another cluster that was down when it was named is not written to either", async () => {
  const servers = new NamedServers({ a: "one", x: "two" });
  servers.one("x").manner = "dead";
  const client = servers.client(["a", "x"]);
  const producer = client.producer("t", { deliveryTimeoutMs: 5_000 });
  await producer.send({ value: "x" });
  await servers.clock.sleep(1_000);
  servers.one("x").manner = "well";
  servers.one("a").manner = "dead";
  await failureOf(producer.send({ value: "x" }));
  await failureOf(client.produce("t", { value: "x" }, { deliveryTimeoutMs: 5_000 }));
  assert.is(servers.counts("produce")["x"], 0);
  client.close();
});

/** Calls that go to the other server when the one is gone, each with how servers know it. */
const goingOn: readonly (readonly [call: string, make: (client: LogClient) => Promise<unknown>])[] = [
  ["watchServices", (client) => client.services.watch({ name: "web" }, { failoverMs: 2_000 }).next()],
  ["workInGroup", (client) => client.consume("t", { group: "g", failoverMs: 2_000 }).next()],
  ["watch", (client) => client.watchMembers().next()],
  ["produce", (client) => client.produce("t", { key: "k", value: "x" }, { home: true, deliveryTimeoutMs: 2_000 })],
];

for (const [call, make] of goingOn) {
  test(`nothing comes of ${call} at a server of another cluster that was down when it was named`, async () => {
    const servers = new NamedServers({ a: "one", x: "two" });
    servers.one("x").manner = "dead";
    const client = servers.client(["a", "x"]);
    await client.members();
    await servers.clock.sleep(1_000);
    [servers.one("a").manner, servers.one("x").manner] = ["dead", "well"];
    // The first of them may find no more than that the server is gone which it knows.
    for (let time = 1; time <= 2; time++) {
      const failure = await Promise.race([failureOf(make(client)), servers.clock.sleep(3_000)]);
      assert.is(servers.counts(call)["x"], 0);
      assert.match(String(failure?.code), /UNAVAILABLE|DIFFERENT_CLUSTERS/);
    }
    client.close();
  });
}

test("a watch of services goes on when the server of its cluster is back", async () => {
  const servers = new NamedServers({ a: "one", x: "two" });
  const client = servers.client(["a", "x"]);
  await client.members();
  await servers.clock.sleep(1_000);
  servers.one("a").manner = "dead";
  const watch = client.services.watch({ name: "web" });
  const change = watch.next();
  await servers.clock.sleep(3_000);
  servers.one("a").manner = "well";
  assert.is((await change).value?.instance.node, "a");
  await watch.return(undefined);
  client.close();
});

test("a server that joins the cluster later is used then", async () => {
  const servers = new NamedServers({ a: "one", b: "two" });
  const client = servers.client(["a", "b"]);
  await membersOften(client, 20);
  await servers.clock.sleep(100);
  await membersOften(client, 20);
  assert.is(servers.counts("members")["b"], 0);
  servers.one("b").cluster = "one";
  await servers.clock.sleep(20_000);
  await client.members();
  await servers.clock.sleep(100);
  await membersOften(client, 40);
  assert.ok((servers.counts("members")["b"] as number) > 4);
  client.close();
});

test("nodes that speak another version are told as such, and those of this one are used", async () => {
  const servers = new NamedServers({ a: "one", b: "two", c: "two" });
  servers.one("a").protocol = "2";
  const refused: ClientError[] = [];
  const client = servers.client(["a"], { onRefused: (error) => refused.push(error) });
  await client.members();
  await servers.clock.sleep(100);
  const failure = await failureOf(client.produce("t", { value: "x" }));
  assert.is(failure.code, "INCOMPATIBLE_SERVER");
  assert.is(
    failure.message,
    "Cannot use http://a.invalid:1: its protocol version is 2, this client speaks 1; use a client and nodes of one version",
  );
  assert.is(refused.length, 1);
  client.close();
  servers.one("c").protocol = "2";
  const mixed = servers.client(["b"], { spread: true });
  await membersOften(mixed, 30);
  assert.equal(servers.counts("members"), { a: 1, b: 30, c: 0 });
  mixed.close();
});

test("when no server answers, the failure names each and why", async () => {
  const servers = new NamedServers(three);
  for (const one of servers.all) one.manner = "dead";
  const client = servers.client(["a", "b", "c"]);
  for (const call of [
    () => client.members(),
    () => client.produce("t", { value: "x" }, { deliveryTimeoutMs: 1_000 }),
    () => client.producer("t", { deliveryTimeoutMs: 1_000 }).send({ value: "x" }),
    () => client.consume("t", { failoverMs: 1_000 }).next(),
  ]) {
    const { code, message } = await failureOf(call());
    // The last try of a produce may be on its way when the time is over.
    assert.ok(code === "UNAVAILABLE" || code === "DEADLINE_EXCEEDED", code);
    for (const name of ["a", "b", "c"]) assert.match(message, `http://${name}.invalid:1`);
    assert.match(message, /nobody answers at http:\/\/[abc]\.invalid:1 \(connect ECONNREFUSED [abc]\)/);
  }
  client.close();
});

test("no produce takes longer than its time, however its servers behave", async () => {
  for (const manner of ["dead", "hangs"] as const) {
    const servers = new NamedServers(three);
    for (const one of servers.all) one.manner = manner;
    const client = servers.client(["a", "b", "c"]);
    const producer = client.producer("t", { deliveryTimeoutMs: 4_000, batchesInFlightMax: 1, batchBytesMax: 100 });
    const beganAtMs = servers.clock.nowMs();
    const sends = Array.from({ length: 50 }, () => failureOf(producer.send({ value: "x".repeat(40) })));
    const once = failureOf(client.produce("t", { value: "x" }, { deliveryTimeoutMs: 4_000 }));
    await Promise.all([...sends, once]);
    const tookMs = servers.clock.nowMs() - beganAtMs;
    assert.ok(tookMs <= 4_050, `${manner}: ${tookMs} ms`);
    client.close();
  }
});

test("questions that fail everywhere are not tried again beyond a fifth of the calls and a few", async () => {
  const servers = new NamedServers(three);
  for (const one of servers.all) one.manner = "dead";
  const client = servers.client(["a", "b", "c"]);
  for (let call = 0; call < 200; call++) await failureOf(client.members());
  const tries = Object.values(servers.counts("refused")).reduce((sum, count) => sum + count, 0);
  assert.ok(tries <= 200 + 40 + 10 + servers.clock.nowMs() / 1_000, `${tries} tries of 200 calls`);
  client.close();
});

test("every call ends with the caller's signal, and within the time that it is given", async () => {
  const servers = new NamedServers(three);
  for (const one of servers.all) one.manner = "hangs";
  const client = servers.client(["a"]);
  for (const call of [
    (options) => client.members(options),
    (options) => client.servers(options),
    (options) => client.describeTopic("t", options),
  ] as readonly ((options: { signal?: AbortSignal; timeoutMs?: number }) => Promise<unknown>)[]) {
    assert.is((await failureOf(call({ timeoutMs: 20 }))).code, "DEADLINE_EXCEEDED");
    const controller = new AbortController();
    const asked = failureOf(call({ signal: controller.signal }));
    controller.abort();
    assert.is((await asked).code, "ABORTED");
    assert.is((await failureOf(call({ signal: controller.signal }))).code, "ABORTED");
  }
  client.close();
});

test("a question that a server leaves unanswered is asked of the next while there is time, and the one after goes there", async () => {
  const servers = new NamedServers(three);
  const client = servers.client(["a", "b"], { spread: false });
  await client.describeTopic("t");
  servers.one("a").manner = "hangs";
  for (const timeoutMs of [1_000, 10_000]) assert.is((await client.describeTopic("t", { timeoutMs })).name, "t");
  assert.equal(servers.counts("describeTopic"), { a: 2, b: 2, c: 0 });
  client.close();
});

test("so does one that finds a server first whose cluster nobody knows, and that hangs", async () => {
  const servers = new NamedServers({ a: "one", b: "another" });
  servers.one("b").manner = "hangs";
  const client = servers.client(["a", "b"]);
  await client.members();
  // It learns of the others.
  await servers.clock.sleep(50);
  servers.one("a").manner = "dead";
  // By the machine's time: of itself the client waits 5 s for a server to tell its cluster.
  const began = performance.now();
  assert.match(
    (await failureOf(client.members({ timeoutMs: 50 }))).message,
    /ask http:\/\/b\.invalid:1 for its cluster/,
  );
  const signal = AbortSignal.timeout(50);
  assert.is((await failureOf(client.members({ signal }))).code, "ABORTED");
  assert.is((await failureOf(client.produce("t", { value: "x" }, { deliveryTimeoutMs: 50 }))).fate, "unsent");
  const tookMs = performance.now() - began;
  assert.ok(tookMs < 2_000, `${tookMs} ms`);
  client.close();
});

test.run();
