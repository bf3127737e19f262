/** Serf's agent RPC of a node on real sockets: its rules, its streams, its bounds, and clients that mean ill. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { EventHandlers, parseEventHandler } from "../../src/agent/event_handlers.ts";
import { LogLines } from "../../src/agent/log_lines.ts";
import { type InvalidAddressError, MembershipNode } from "../../src/agent/membership.ts";
import { type SerfRpc, type SerfRpcOptions, startSerfRpc } from "../../src/agent/serf_rpc.ts";
import { operatorTags, SerfRpcCommands } from "../../src/agent/serf_rpc_commands.ts";
import { SerfRpcSession } from "../../src/agent/serf_rpc_session.ts";
import { concat, DisposalStack, formatAddress, Random, toBytes } from "../../src/base/mod.ts";
import { encodeMsgpack } from "../../src/gossip/mod.ts";
import { ownAddress } from "../own_host.ts";
import { bytesOf, vectorsOf } from "../vectors/serf_vectors.ts";
import { RawRpcClient } from "./serf_rpc_client.ts";

interface Served {
  readonly node: MembershipNode;
  readonly rpc: SerfRpc;
  readonly client: () => Promise<RawRpcClient>;
}

/** Runs with a node that nobody has joined, its RPC, and clients of that. */
function scenario(name: string, run: (served: Served) => Promise<void>, options: SerfRpcOptions = {}): void {
  test(name, async () => {
    await using stack = new DisposalStack();
    const settings = { name: "ours", bind: ownAddress, profile: "local", tags: { a: "1" } } as const;
    const node = stack.use(await MembershipNode.start(settings));
    const rpc = stack.use(await startSerfRpc(node, { address: ownAddress, ...options }));
    await run({ node, rpc, client: async () => stack.use(await RawRpcClient.connect(rpc.address)) });
  });
}

const ok = (Seq: number) => ({ Error: "", Seq });
const error = (Seq: number, text: string) => ({ Error: text, Seq });

scenario("before the handshake everything else ends the connection", async ({ client }) => {
  for (const command of ["members", "brew-tea"]) {
    const early = await client();
    assert.equal(await early.ask(7, command), error(7, "Handshake required"));
    assert.is(await early.next(), undefined);
  }
});

scenario("the handshake takes version 1, once", async ({ client }) => {
  const raw = await client();
  assert.equal(await raw.ask(0, "handshake", { Version: 2 }), error(0, "Unsupported IPC version"));
  assert.equal(await raw.ask(1, "handshake", { Version: 1 }), ok(1));
  assert.equal(await raw.ask(2, "handshake", { Version: 1 }), error(2, "Handshake already performed"));
  assert.equal(await raw.ask(3, "members"), ok(3));
});

scenario(
  "an unknown command is answered and ends the connection; requests before it were served",
  async ({ client }) => {
    const raw = await client();
    await raw.greet();
    raw.send(2, "stats");
    raw.send(3, "brew-tea");
    raw.send(4, "members");
    assert.equal(await raw.next(), ok(2));
    await raw.next();
    assert.equal(await raw.next(), error(3, "Unsupported command"));
    assert.is(await raw.next(), undefined);
  },
);

scenario(
  "with a token set nothing is served without it, and three wrong ones end the connection",
  async ({ client }) => {
    const raw = await client();
    await raw.greet();
    // No body follows, and the body of the request was read: the connection goes on.
    assert.equal(await raw.ask(2, "join", { Existing: ["127.0.0.1:1"] }), error(2, "Authentication required"));
    assert.equal(await raw.ask(3, "auth", { AuthKey: "wrong" }), error(3, "Invalid authentication token"));
    assert.equal(await raw.ask(4, "members"), error(4, "Authentication required"));
    assert.equal(await raw.ask(5, "auth", { AuthKey: "right" }), ok(5));
    assert.equal(await raw.ask(6, "members"), ok(6));
    const guesser = await client();
    await guesser.greet();
    for (let seq = 2; seq <= 4; seq++) {
      assert.equal(await guesser.ask(seq, "auth", { AuthKey: "" }), error(seq, "Invalid authentication token"));
    }
    assert.is(await guesser.next(), undefined);
  },
  { auth: "right" },
);

scenario("a stream tells what it was asked for, under its number, until it is stopped", async ({ node, client }) => {
  const raw = await client();
  await raw.greet();
  assert.equal(await raw.ask(2, "stream", { Type: "nonsense" }), error(2, "Invalid event filter"));
  assert.equal(await raw.ask(2, "stream", { Type: "member-update,user:deploy" }), ok(2));
  node.event("other", "1");
  node.event("deploy", "2");
  assert.equal(await raw.next(), ok(2));
  const told = { Coalesce: false, Event: "user", LTime: 2, Name: "deploy", Payload: "2" };
  assert.equal(await raw.next(), told);
  node.setTags({ b: "2" });
  assert.equal(await raw.next(), ok(2));
  const update = (await raw.next()) as { Event: string; Members: { Name: string; Tags: object; Addr: string }[] };
  assert.equal([update.Event, update.Members[0]?.Name, update.Members[0]?.Tags], ["member-update", "ours", { b: "2" }]);
  assert.is(update.Members[0]?.Addr.length, 4);
  assert.equal(await raw.ask(2, "members"), error(2, "Stream with given sequence exists"));
  await raw.next();
  assert.equal(await raw.ask(3, "stop", { Stop: 2 }), ok(3));
  node.event("deploy", "3");
  assert.equal(await raw.ask(2, "event", { Name: "deploy", Payload: "4" }), ok(2));
  assert.equal(await raw.ask(4, "stats"), ok(4));
});

scenario("queries are answered by clients, once each, and asked by them", async ({ client }) => {
  const [worker, asker] = [await client(), await client()];
  await worker.greet();
  await asker.greet();
  await worker.ask(2, "stream", { Type: "query:sum" });
  assert.equal(await asker.ask(2, "query", { Name: "sum", Payload: "1+1", RequestAck: true }), ok(2));
  assert.equal(await worker.next(), ok(2));
  const question = (await worker.next()) as { ID: number; Payload: string; Event: string };
  assert.equal([question.Event, question.Payload], ["query", "1+1"]);
  assert.equal(await worker.ask(3, "respond", { ID: 99, Payload: "2" }), error(3, "No pending queries matching ID"));
  assert.equal(await worker.ask(4, "respond", { ID: question.ID, Payload: "2" }), ok(4));
  assert.equal(
    await worker.ask(5, "respond", { ID: question.ID, Payload: "3" }),
    error(5, "No pending queries matching ID"),
  );
  const told: unknown[] = [];
  for (let record = 0; record < 3; record++) {
    assert.equal(await asker.next(), ok(2));
    told.push(await asker.next());
  }
  assert.equal(told, [
    { From: "ours", Payload: null, Type: "ack" },
    { From: "ours", Payload: "2", Type: "response" },
    { From: "", Payload: null, Type: "done" },
  ]);
  // The number is free again, and what cannot be asked says why.
  assert.match(JSON.stringify(await asker.ask(2, "query", { Name: "_serf_conflict" })), "Cannot ask query");
  assert.equal(await asker.ask(2, "query", { Name: "_serf_ping", RequestAck: true, Timeout: 1e9 }), ok(2));
});

scenario("a monitor begins with the last 512 lines, of its level and above", async ({ node, client }) => {
  for (let line = 0; line < 600; line++) node.setTags({ line: String(line) });
  const raw = await client();
  await raw.greet();
  assert.equal(await raw.ask(2, "monitor", { LogLevel: "loud" }), error(2, "Unknown log level: loud"));
  assert.equal(await raw.ask(2, "monitor", { LogLevel: "info" }), ok(2));
  // Chattier lines are not told: of this event, and that the client came, which is one of the 512.
  node.event("unheard");
  for (let line = 0; line < 511; line++) {
    assert.equal(await raw.next(), ok(2));
    assert.match(
      ((await raw.next()) as { Log: string }).Log,
      /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[INFO\] serf: EventMemberUpdate: ours/,
    );
  }
  assert.equal(await raw.ask(3, "monitor", { LogLevel: "INFO" }), error(3, "Monitor already exists"));
});

scenario(
  "a monitor that was stopped can begin anew, and stopping what is not there is no error",
  async ({ client }) => {
    const raw = await client();
    await raw.greet();
    assert.equal(await raw.ask(2, "stop", { Stop: 77 }), ok(2));
    assert.equal(await raw.ask(3, "monitor", { LogLevel: "ERR" }), ok(3));
    assert.equal(await raw.ask(4, "stop", { Stop: 3 }), ok(4));
    assert.equal(await raw.ask(3, "monitor", { LogLevel: "ERR" }), ok(3));
  },
);

scenario("an answer that comes after a query's time, or twice, is refused with the reason", async ({ client }) => {
  const [worker, asker] = [await client(), await client()];
  await worker.greet();
  await asker.greet();
  await worker.ask(2, "stream", { Type: "query" });
  assert.equal(await asker.ask(2, "query", { Name: "slow", Timeout: 50e6 }), ok(2));
  assert.equal(await worker.next(), ok(2));
  const question = (await worker.next()) as { ID: number };
  assert.equal(await asker.next(), ok(2));
  assert.equal(await asker.next(), { From: "", Payload: null, Type: "done" });
  const late = await worker.ask(3, "respond", { ID: question.ID, Payload: "too late" });
  assert.match(JSON.stringify(late), /"Error":"Cannot answer query \\"slow\\".*"Seq":3/);
});

test("stats have every field of Serf's, with the programs that run for events", async () => {
  await using stack = new DisposalStack();
  const node = stack.use(await MembershipNode.start({ name: "ours", bind: ownAddress, tags: { a: "1" } }));
  const handlers = stack.use(
    new EventHandlers({
      handlers: ["member-join,user:deploy=sh x.sh", "user:deploy=sh y.sh", "sh z.sh"].map(parseEventHandler),
      node,
      onWarn: () => {},
    }),
  );
  const rpc = stack.use(await startSerfRpc(node, { address: ownAddress }, { handlers }));
  const raw = stack.use(await RawRpcClient.connect(rpc.address));
  await raw.greet();
  assert.equal(await raw.ask(2, "stats"), ok(2));
  const stats = (await raw.next()) as Readonly<Record<string, Readonly<Record<string, string>>>>;
  assert.equal(Object.keys(stats).sort(), ["agent", "event_handlers", "runtime", "serf", "tags"]);
  assert.equal(stats["event_handlers"], {
    "*:": "sh z.sh",
    "member-join:": "sh x.sh",
    "user:deploy": "sh x.sh; sh y.sh",
  });
  const fields = "coordinate_resets encrypted event_queue event_time failed health_score intent_queue left";
  assert.is(
    Object.keys(stats["serf"] ?? {})
      .sort()
      .join(" "),
    `${fields} member_time members query_queue query_time`,
  );
  assert.is(
    Object.keys(stats["runtime"] ?? {})
      .sort()
      .join(" "),
    "arch cpu_count goroutines max_procs os version",
  );
  assert.equal(stats["tags"], { a: "1" });
});

scenario("errors of commands come with the body that clients read", async ({ client }) => {
  const raw = await client();
  await raw.greet();
  const rows: readonly [string, { [field: string]: string | string[] }, RegExp, object][] = [
    ["join", { Existing: ["127.0.0.1:1"] }, /^Cannot join: 127\.0\.0\.1:1/, { Num: 0 }],
    ["join", { Existing: ["a b"] }, /^Cannot join "a b"/, { Num: 0 }],
    ["members-filtered", { Name: "(" }, /no expression/, { Members: [] }],
    ["install-key", { Key: "AAAA" }, /3 bytes/, { Messages: {}, NumErr: 0, NumNodes: 0, NumResp: 0 }],
  ];
  for (const [index, [command, request, says, body]] of rows.entries()) {
    const header = (await raw.ask(index + 2, command, request)) as { Error: string };
    assert.match(header.Error, says);
    assert.equal(await raw.next(), body);
  }
  assert.equal(await raw.ask(20, "get-coordinate", { Node: "nobody" }), ok(20));
  assert.equal(await raw.next(), { Coord: null, Ok: false });
});

scenario("a reader that does not read is cut off and counted, and others are served", async ({ node, rpc, client }) => {
  const [slow, other] = [await client(), await client()];
  await slow.greet();
  await slow.ask(2, "stream", { Type: "user" });
  slow.socket.pause();
  await other.greet();
  const payload = new Uint8Array(400);
  for (let sent = 0; rpc.counters.cutSlow === 0 && sent < 400_000; sent++) {
    node.event("flood", payload);
    if (sent % 1_000 === 0) assert.equal(await other.ask(2, "stop", { Stop: 0 }), ok(2));
  }
  assert.is(rpc.counters.cutSlow, 1);
  assert.equal(await other.ask(3, "stats"), ok(3));
});

scenario("connections beyond the bound are turned away, and one that ends makes room", async ({ rpc, client }) => {
  const clients: RawRpcClient[] = [];
  for (let index = 0; index < 64; index++) clients.push(await client());
  for (const each of clients) await each.greet();
  const surplus = await client();
  await surplus.closed;
  assert.equal([rpc.counters.open, rpc.counters.refused], [64, 1]);
  await clients[0]?.[Symbol.asyncDispose]();
  for (let tries = 0; rpc.counters.open === 64 && tries < 1_000; tries++)
    await new Promise((resolve) => setImmediate(resolve));
  await (await client()).greet();
  assert.is(rpc.counters.refused, 1);
});

scenario("streams of one connection are bounded", async ({ client }) => {
  const raw = await client();
  await raw.greet();
  for (let seq = 2; seq < 66; seq++) assert.equal(await raw.ask(seq, "stream", { Type: "user" }), ok(seq));
  assert.match(JSON.stringify(await raw.ask(66, "stream", { Type: "user" })), "64 streams are open");
  await raw.ask(67, "stop", { Stop: 2 });
  assert.equal(await raw.ask(66, "stream", { Type: "user" }), ok(66));
});

scenario("hostile bytes end their connection and nothing else", async ({ rpc, client }) => {
  const random = new Random("serf-rpc");
  const requests = vectorsOf("rpc").filter(({ name }) => name.includes("request") && !/join|query/.test(name));
  const hello = encodeMsgpack({ Command: "handshake", Seq: 1 });
  const streams: Uint8Array[] = [
    concat([hello, encodeMsgpack({ Version: 1 }), Uint8Array.of(0xc1)]),
    concat([hello, Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff)]),
    toBytes("GET / HTTP/1.1\r\n\r\n"),
    new Uint8Array(70_000).fill(0x91),
  ];
  for (const bytes of streams) {
    const raw = await client();
    raw.write(bytes);
    await raw.closed;
  }
  for (let round = 0; round < 150; round++) {
    const bytes = bytesOf(random.pick(requests)?.hex as string).slice();
    for (let flips = 1 + random.below(3); flips > 0; flips--) {
      const at = random.below(bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
    }
    const raw = await client();
    raw.write(bytes.subarray(0, 1 + random.below(bytes.length)));
    raw.socket.end();
    await raw.closed;
  }
  const raw = await client();
  await raw.greet();
  assert.equal(await raw.ask(2, "stats"), ok(2));
  assert.is(rpc.counters.refused, 0);
});

test("the time for a handshake, a token and the rest of a request is not prolonged by a few bytes", async () => {
  await using node = await MembershipNode.start({ name: "ours", bind: ownAddress });
  const allowed: number[] = [];
  const connection = {
    ...{ from: "test", write() {}, pause() {}, resume() {}, close() {} },
    allowSilence: (durationMs: number) => void allowed.push(durationMs),
  };
  const commands = new SerfRpcCommands(node, operatorTags(node), () => new Map());
  const parts = { node, commands, log: new LogLines(() => 0), auth: "token", stop: async () => {} };
  const session = new SerfRpcSession(parts, connection);
  const hear = async (...values: object[]): Promise<number[]> => {
    session.bytes(concat(values.map((value) => (value instanceof Uint8Array ? value : encodeMsgpack(value as never)))));
    await new Promise((resolve) => setImmediate(resolve));
    return allowed.splice(0);
  };
  const [brief, long, endless] = [10_000, 3_600_000, Number.POSITIVE_INFINITY];
  const stats = encodeMsgpack({ Command: "stats", Seq: 5 });
  assert.equal(allowed.splice(0), [brief]);
  assert.equal(await hear({ Command: "handshake", Seq: 1 }), []);
  assert.equal(await hear({ Version: 1 }, { Command: "handshake", Seq: 2 }, { Version: 1 }), []);
  assert.equal(await hear({ Command: "members", Seq: 3 }), []);
  assert.equal(await hear({ Command: "auth", Seq: 4 }, { AuthKey: "token" }), [long]);
  assert.equal(await hear(stats.subarray(0, 3)), [brief]);
  assert.equal(await hear(stats.subarray(3, 6)), []);
  assert.equal(await hear(stats.subarray(6)), [endless, long]);
  assert.equal(await hear({ Command: "stream", Seq: 6 }, { Type: "*" }, stats.subarray(0, 3)), [endless, brief]);
  assert.equal(await hear(stats.subarray(3)), [endless, endless]);
  session.closed();
});

test("leave is answered after the goodbye, and then `stop` is called", async () => {
  await using stack = new DisposalStack();
  const node = stack.use(await MembershipNode.start({ name: "ours", bind: ownAddress, profile: "local" }));
  let onStop = (): void => {};
  const stopped = new Promise<void>((resolve) => {
    onStop = resolve;
  });
  const rpc = stack.use(await startSerfRpc(node, { address: ownAddress, stop: async () => onStop() }));
  const raw = stack.use(await RawRpcClient.connect(rpc.address));
  await raw.greet();
  assert.equal(await raw.ask(2, "leave"), ok(2));
  assert.is(node.member("ours")?.status, "left");
  await stopped;
});

test("startSerfRpc() warns of an open door, not of one with a lock or of the loopback's", async () => {
  await using node = await MembershipNode.start({ name: "ours", bind: ownAddress });
  const warnings: string[] = [];
  const onWarn = (message: string): void => void warnings.push(message);
  for (const options of [{ address: ownAddress }, { address: "0.0.0.0:0", auth: "token" }, { address: "0.0.0.0:0" }]) {
    await using rpc = await startSerfRpc(node, { ...options, onWarn });
    assert.ok(rpc.address.port > 0);
  }
  assert.is(warnings.length, 1);
  assert.match(warnings[0] as string, /0\.0\.0\.0:\d+ without a token: whoever reaches it commands this node/);
});

test("startSerfRpc() refuses addresses that it cannot listen on, and the node goes on", async () => {
  await using node = await MembershipNode.start({ name: "ours", bind: ownAddress });
  await using rpc = await startSerfRpc(node, { address: ownAddress });
  const codeOf = async (address: string): Promise<unknown> => {
    try {
      await using wrong = await startSerfRpc(node, { address });
      return wrong;
    } catch (refusal) {
      return (refusal as InvalidAddressError).code;
    }
  };
  assert.is(await codeOf("localhost:7373"), "INVALID_ADDRESS");
  assert.is(await codeOf("192.0.2.1:0"), "BAD_LISTEN_ADDRESS");
  assert.is(await codeOf(formatAddress(rpc.address)), "PORT_TAKEN");
});

test.run();
