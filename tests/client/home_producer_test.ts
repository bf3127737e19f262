// runtimes: bun (promises alone; whole nodes are in tests/agent/homes_test.ts)
/** Producing at the homes of keys, while they move and while nobody says who is alive. */
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { crc32, scanFrame } from "../../src/base/mod.ts";
import { ClientError } from "../../src/client/errors.ts";
import { HomeProducer } from "../../src/client/home_producer.ts";
import { Homes } from "../../src/client/homes.ts";
import { LogClient, type OpenTransport, type ProduceOptions } from "../../src/client/mod.ts";
import { Servers } from "../../src/client/servers.ts";
import { Log } from "../../src/gen/log/v1/log_pb.ts";
import { IdleClock } from "./idle_clock.ts";

const clock = new IdleClock();

function serversOf(): Servers {
  let stored = 0;
  const transport = createRouterTransport((router) => {
    router.service(Log, {
      produce({ frame }) {
        const scan = scanFrame(frame, 0, crc32);
        const count = scan.type === "frame" ? scan.header.count : 0;
        stored += count;
        const first = stored - count;
        return { offset: BigInt(first), count, writer: "00112233445566ff", firstSequence: BigInt(first + 1) };
      },
    });
  });
  const openTransport = () => ({ transport, bidirectional: false, close() {} });
  return new Servers(["http://s0.invalid:1"], { openTransport: openTransport as never, learns: false });
}

test("who is alive is asked of another server when one hangs", async () => {
  const transport = (url: string) =>
    createRouterTransport((router) => {
      router.service(Log, {
        getServers() {
          if (url.includes("s0")) throw new ConnectError("The call took too long", Code.DeadlineExceeded);
          return { servers: [{ id: "birch", rpcAddr: "s1.invalid:1", status: "alive" }] };
        },
        describeTopic: () => ({}),
      });
    });
  const openTransport = (url: string) => ({ transport: transport(url), bidirectional: false, close() {} });
  const urls = ["http://s0.invalid:1", "http://s1.invalid:1"];
  const servers = new Servers(urls, { openTransport: openTransport as never, learns: false });
  const homes = new Homes(servers, "orders");
  await homes.known();
  assert.is(homes.homeOf("a key"), "birch");
  assert.is(servers.current.url, "http://s1.invalid:1", "what changes something does not wait for it, either");
});

test("servers that hang hold nobody up for long who asks for homes", async () => {
  const clock = new IdleClock();
  const asked: string[] = [];
  const openTransport = (url: string) => {
    const answers = createRouterTransport(({ service }) => {
      service(Log, {
        getServers: () => ({ servers: [{ id: "birch", rpcAddr: "s3.invalid:1", status: "alive" }] }),
        describeTopic: () => ({}),
      });
    });
    const unary: typeof answers.unary = (...call) => {
      asked.push(`${new URL(url).hostname} ${clock.nowMs()}`);
      return url.includes("s2") ? answers.unary(...call) : new Promise(() => {});
    };
    return { transport: { ...answers, unary }, bidirectional: false, close() {} };
  };
  const urls = ["http://s0.invalid:1", "http://s1.invalid:1", "http://s2.invalid:1", "http://s3.invalid:1"];
  const servers = new Servers(urls, { openTransport, learns: false, clock });
  const homes = new Homes(servers, "orders");
  await Promise.race([homes.known(), clock.sleep(1_000)]);
  assert.is(homes.homeOf("a key"), "birch");
  // Each of them for its members, and for the topic.
  const [s0, s1, s2] = ["s0.invalid 0", "s1.invalid 250", "s2.invalid 500"];
  assert.equal(asked, [s0, s0, s1, s1, s2, s2]);
  await clock.sleep(1_000);
  assert.is(asked.length, 6, "once there is an answer nobody else is asked");
  servers.close();
});

test("a producer that nobody sends with yet survives that no server is there", async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): unknown => unhandled.push(error);
  process.on("unhandledRejection", note);
  const homes = { known: () => Promise.reject(new ClientError("UNAVAILABLE", "nobody")), state: "" } as never;
  const producer = new HomeProducer({ topic: "orders", options: { home: true }, homes, clock, failover: false });
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off("unhandledRejection", note);
  assert.equal(unhandled, []);
  await producer[Symbol.asyncDispose]();
});

test("no send overtakes one that waited for the homes, however close it comes", async () => {
  for (let turns = 0; turns < 20; turns++) {
    const servers = serversOf();
    let know = (): void => {};
    const known = new Promise<void>((resolve) => {
      know = resolve;
    });
    const homes = {
      ...{ state: "a", known: () => known, homeOf: () => "a", choiceOf: () => servers, lookAgain: async () => {} },
    } as unknown as Homes;
    await using producer = new HomeProducer({
      topic: "orders",
      options: { home: true },
      homes,
      clock,
      failover: false,
    });
    const first = producer.send({ key: "k", value: "1" });
    know();
    for (let turn = 0; turn < turns; turn++) await undefined;
    const [before, after] = await Promise.all([first, producer.send({ key: "k", value: "2" })]);
    assert.ok(before.sequence < after.sequence, `${turns} turns later: ${before.sequence}, ${after.sequence}`);
  }
});

/** Three servers that never answer, but that the last one may tell who is alive. */
function silentServers(clock: IdleClock, { tells }: { readonly tells: boolean }): LogClient {
  const answers = createRouterTransport(({ service }) => {
    service(Log, {
      getServers: () => ({ servers: [{ id: "cedar", rpcAddr: "cedar.invalid:1", status: "alive" }] }),
      describeTopic: () => ({}),
    });
  });
  const openTransport: OpenTransport = (url) => {
    const unary: typeof answers.unary = (method, ...call) => {
      const isTold = tells && url.includes("cedar") && method.name !== "Produce";
      return isTold ? answers.unary(method, ...call) : new Promise(() => {});
    };
    return { transport: { ...answers, unary }, bidirectional: false, close() {} };
  };
  const urls = ["alder", "birch", "cedar"].map((name) => `http://${name}.invalid:1`);
  return new LogClient(urls, { openTransport, clock });
}

async function outcomeOf(clock: IdleClock, sent: Promise<unknown>): Promise<string> {
  const outcome = await sent.then(
    () => "stored",
    (error: unknown) =>
      error instanceof ClientError ? `${error.code} ${error.fate}: ${error.message}` : String(error),
  );
  return `${clock.nowMs()} ${outcome}`;
}

test("a produce at home heeds its deadline and its signal while no server says who is alive", async () => {
  const clock = new IdleClock();
  const client = silentServers(clock, { tells: false });
  const controller = new AbortController();
  clock.schedule(300, () => controller.abort());
  const produce = (options: ProduceOptions): Promise<string> =>
    outcomeOf(clock, client.produce("t", { key: "k", value: "v" }, { home: true, ...options }));
  const doing = 'Cannot find the homes of keys in topic "t"';
  assert.equal(
    await Promise.all([
      produce({ deliveryTimeoutMs: 1_000 }),
      produce({ signal: controller.signal }),
      produce({ signal: AbortSignal.abort() }),
      produce({ signal: controller.signal, deliveryTimeoutMs: 0 }),
      produce({ deliveryTimeoutMs: -1 }),
    ]),
    [
      `1000 DEADLINE_EXCEEDED unsent: ${doing}: no server answered within 1000 ms`,
      `300 ABORTED unsent: ${doing}: the caller's signal ended it`,
      `0 ABORTED unsent: ${doing}: the caller's signal ended it`,
      `300 ABORTED unsent: ${doing}: the caller's signal ended it`,
      "0 INVALID_ARGUMENT unsent: Cannot produce: deliveryTimeoutMs is -1, allowed are 0 to 86400000",
    ],
  );
  client.close();
});

test("the time until somebody says who is alive counts for a record, at home too", async () => {
  for (const way of ["produce", "send"] as const) {
    const clock = new IdleClock();
    // It takes half a second until the one is asked that tells.
    const client = silentServers(clock, { tells: true });
    const options = { home: true, deliveryTimeoutMs: 1_000 } as const;
    const record = { key: "k", value: "v" };
    const sent = way === "send" ? client.producer("t", options).send(record) : client.produce("t", record, options);
    assert.match(await outcomeOf(clock, sent), /^1000 DEADLINE_EXCEEDED unknown/, way);
    client.close();
  }
});

test("sends that wait for homes fail together when the first has waited for too long, and later ones begin anew", async () => {
  const servers = serversOf();
  const clock = new IdleClock();
  let know = (): void => {};
  const known = new Promise<void>((resolve) => {
    know = resolve;
  });
  const homes = {
    ...{ state: "a", known: () => known, homeOf: () => "a", choiceOf: () => servers, lookAgain: async () => {} },
  } as unknown as Homes;
  const options = { home: true, deliveryTimeoutMs: 1_000 } as const;
  await using producer = new HomeProducer({ topic: "t", options, homes, clock, failover: false });
  const first = outcomeOf(clock, producer.send({ key: "a", value: "1" }));
  await clock.sleep(400);
  const second = outcomeOf(clock, producer.send({ key: "b", value: "2" }));
  const message = 'Cannot send record to topic "t": the homes of keys were not settled within 1000 ms';
  const late = `1000 DEADLINE_EXCEEDED unsent: ${message}`;
  assert.equal(await Promise.all([first, second]), [late, late]);
  const third = outcomeOf(clock, producer.send({ key: "a", value: "3" }));
  await clock.sleep(900);
  know();
  assert.is(await third, "1900 stored");
});

test("a send after one that found nobody alive waits until somebody says who is", async () => {
  const servers = serversOf();
  let isTold = false;
  const homes = {
    async known() {
      if (!isTold) throw new ClientError("UNAVAILABLE", "nobody");
      this.state = "a";
    },
    ...{ state: "", homeOf: () => "a", choiceOf: () => servers, lookAgain: async () => {} },
  };
  const context = {
    topic: "t",
    options: { home: true },
    homes: homes as unknown as Homes,
    clock,
    failover: false,
  } as const;
  await using producer = new HomeProducer(context);
  assert.match(await outcomeOf(clock, producer.send({ key: "a", value: "1" })), /UNAVAILABLE/);
  isTold = true;
  assert.match(await outcomeOf(clock, producer.send({ key: "a", value: "2" })), / stored$/);
  assert.is(homes.state, "a");
});

test("closing a producer waits for sends that wait for homes", async () => {
  const servers = serversOf();
  const homes = {
    ...{ state: "a", known: async () => {}, homeOf: () => "a", choiceOf: () => servers, lookAgain: async () => {} },
  } as unknown as Homes;
  const producer = new HomeProducer({ topic: "t", options: { home: true }, homes, clock, failover: false });
  let stored = 0;
  for (const key of ["a", "b", "c"]) void producer.send({ key, value: key }).then(() => stored++);
  await producer[Symbol.asyncDispose]();
  assert.is(stored, 3);
});

test.run();
