// runtimes: bun (promises alone; whole nodes are in tests/agent/homes_test.ts)
/** Producing at the homes of keys, while they move and while nobody says who is alive. */
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { crc32, scanFrame } from "../../src/base/mod.ts";
import { ClientError } from "../../src/client/errors.ts";
import { HomeProducer } from "../../src/client/home_producer.ts";
import { Homes } from "../../src/client/homes.ts";
import { Servers } from "../../src/client/servers.ts";
import { Log } from "../../src/gen/log/v1/log_pb.ts";
import { IdleClock } from "./idle_clock.ts";

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
  const producer = new HomeProducer({ topic: "orders", options: { home: true }, homes, failover: false });
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
    await using producer = new HomeProducer({ topic: "orders", options: { home: true }, homes, failover: false });
    const first = producer.send({ key: "k", value: "1" });
    know();
    for (let turn = 0; turn < turns; turn++) await undefined;
    const [before, after] = await Promise.all([first, producer.send({ key: "k", value: "2" })]);
    assert.ok(before.sequence < after.sequence, `${turns} turns later: ${before.sequence}, ${after.sequence}`);
  }
});

test.run();
