// topics: discovery
// timeout: 180
/**
 * Bad input, one test a kind: each is a typed error at the call, or a drop that is counted; never a crash, never a cluster
 * that is not as good as before.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MembershipNode } from "../../src/agent/membership.ts";
import { startSerfRpc } from "../../src/agent/serf_rpc.ts";
import { concat, DisposalStack, toBytes } from "../../src/base/mod.ts";
import { Envelope } from "../../src/gossip/envelope.ts";
import { type Cipher, encodeMsgpack } from "../../src/gossip/mod.ts";
import { StreamReader } from "../../src/gossip/stream_reader.ts";
import { encodeError, encodeMessage, encodePushPull, type Message } from "../../src/gossip/wire.ts";
import { systemCipher } from "../../src/io/cipher.ts";
import { Expression, instructionsMax } from "../../src/membership/expression.ts";
import { encodeSerfMessage } from "../../src/membership/messages.ts";
import { encodeTags, TagsTooLargeError } from "../../src/membership/mod.ts";
import { encodeFilters, judgeFilters } from "../../src/membership/query_filters.ts";
import { RawRpcClient } from "../agent/serf_rpc_client.ts";
import { alive, dead, suspect } from "../gossip/lone_node.ts";
import { ownAddress } from "../own_host.ts";
import { AttackedCluster } from "./attacked_cluster.ts";
import type { VirtualNode } from "./virtual_cluster.ts";

const noBytes = new Uint8Array(0);
const right = toBytes("0123456789abcdef");
const wrong = toBytes("fedcba9876543210");
const cipher: Cipher = systemCipher;
const sealing = (key?: Uint8Array, label?: string): Envelope =>
  new Envelope({ label, ...(key && { encryption: { cipher, keys: [key] } }) });
const newcomer = encodeMessage(alive("newcomer"));
const newcomers = encodePushPull({
  ...{ type: "push-pull", join: true, userState: noBytes },
  nodes: [{ alive: alive("newcomer"), state: "alive" }],
});

/** Nobody here was taken in. */
function assertUnknown(attacked: AttackedCluster, name: string): void {
  for (const node of attacked.nodes) assert.is(node.machine.member(name), undefined, `${name} at ${node.name}`);
}

function assertRefused(attacked: AttackedCluster, drops: { readonly [reason: string]: number }): void {
  for (const [reason, count] of Object.entries(drops)) assert.is(attacked.dropped(reason), count, reason);
  assertUnknown(attacked, "newcomer");
  attacked.assertSound();
}

test("bad input: a wrong key, on either transport, is counted and changes nothing", () => {
  const attacked = new AttackedCluster("wrong key", { encryption: { cipher, keys: [right] } });
  attacked.datagram(attacked.first, sealing(wrong).sealPacket(newcomer));
  attacked.stream(attacked.first, sealing(wrong).sealRequest(newcomers) as Uint8Array);
  assertRefused(attacked, { "packet-encryption": 1, "refused-stream": 1 });
});

test("bad input: plaintext into an encrypted cluster is counted and changes nothing", () => {
  const attacked = new AttackedCluster("no key", { encryption: { cipher, keys: [right] } });
  attacked.datagram(attacked.first, newcomer);
  attacked.stream(attacked.first, newcomers);
  assertRefused(attacked, { "packet-encryption": 1, "refused-stream": 1 });
});

test("bad input: encrypted packets into a cluster without a key are counted and change nothing", () => {
  const attacked = new AttackedCluster("plain");
  for (let round = 0; round < 50; round++) attacked.datagram(attacked.first, sealing(right).sealPacket(newcomer));
  attacked.stream(attacked.first, sealing(right).sealRequest(newcomers) as Uint8Array);
  assert.is(attacked.dropped("malformed-message"), 50);
  assertRefused(attacked, { "refused-stream": 1 });
});

test("bad input: a join with a wrong key or without one fails with the reason, on both sides", () => {
  for (const [keys, reason] of [
    [[wrong], /No installed keys could decrypt the message/],
    [[], /Remote state is encrypted and encryption is not configured/],
  ] as const) {
    const { cluster, first, nodes } = new AttackedCluster("joins", { encryption: { cipher, keys: [right] } });
    const node = cluster.add("newcomer", { encryption: { cipher, keys } });
    let error = "";
    for (const effect of node.machine.step({ type: "join", id: 1, addresses: [first.address] }, cluster.nowMs)) {
      if (effect.type !== "stream-write") continue;
      for (const answer of answersOf(first, effect.bytes, cluster.nowMs)) {
        for (const heard of node.machine.step(
          { type: "stream-bytes", stream: effect.stream, bytes: answer },
          cluster.nowMs,
        )) {
          if (heard.type === "joined") error = heard.failed.map((each) => each.error).join();
        }
      }
    }
    assert.match(error, reason);
    for (const { machine } of nodes) assert.is(machine.member("newcomer"), undefined);
  }
});

function answersOf(node: VirtualNode, bytes: Uint8Array, nowMs: number): Uint8Array[] {
  node.machine.step({ type: "stream-accepted", stream: 90_000, from: { host: "127.0.0.1", port: 9 } }, nowMs);
  const effects = node.machine.step({ type: "stream-bytes", stream: 90_000, bytes }, nowMs);
  return effects.flatMap((effect) => (effect.type === "stream-write" ? [effect.bytes] : []));
}

test("bad input: another label, or none where there should be one, is counted and changes nothing", () => {
  for (const [own, theirs] of [
    ["east", "west"],
    ["east", undefined],
    [undefined, "west"],
  ] as const) {
    const attacked = new AttackedCluster("label", { label: own });
    attacked.datagram(attacked.first, sealing(undefined, theirs).sealPacket(newcomer));
    attacked.stream(attacked.first, sealing(undefined, theirs).sealRequest(newcomers) as Uint8Array);
    assertRefused(attacked, { "packet-label": 1, "stream-label": 1 });
  }
});

test("bad input: an alive without Vsn, or with one that nobody here speaks, is neither accepted nor passed on", () => {
  const rows = [noBytes, Uint8Array.of(1, 5), Uint8Array.of(0, 5, 2, 2, 5, 5), Uint8Array.of(1, 0, 0, 2, 5, 5)];
  rows.push(Uint8Array.of(5, 1, 2, 2, 5, 5), Uint8Array.of(6, 9, 7, 2, 5, 5), Uint8Array.of(1, 5, 2, 6, 9, 7));
  const attacked = new AttackedCluster("versions");
  for (const vsn of rows) {
    const node = alive("newcomer", { versions: vsn });
    attacked.datagram(attacked.first, encodeMessage(node));
    attacked.pushPull(attacked.first, { join: true, nodes: [{ alive: node, state: "alive" }] });
  }
  attacked.cluster.run(5_000);
  assert.is(attacked.dropped("alive-without-versions"), 2 * rows.length);
  // Had it been passed on, others would have dropped it too.
  assert.is(attacked.first.machine.counters.gossip.dropped.get("alive-without-versions"), 2 * rows.length);
  assertRefused(attacked, {});
});

test("bad input: a state of nodes that speak another protocol is not merged, and does not stop other exchanges", () => {
  const attacked = new AttackedCluster("protocol");
  // Each by itself could be talked to, but no protocol is understood by all of them.
  const nodes = [Uint8Array.of(1, 2, 2, 2, 5, 5), Uint8Array.of(2, 5, 4, 2, 5, 5)].map((vsn, index) => ({
    alive: alive(`newcomer${index}`, { versions: vsn }),
    state: "alive" as const,
  }));
  attacked.pushPull(attacked.first, { join: true, nodes });
  assert.ok(
    attacked.cluster.trace.some((line) => / warns Cannot merge the state .* protocol 4, understood are/.test(line)),
  );
  assertUnknown(attacked, "newcomer0");
  attacked.assertSound();
});

test("bad input: a meta of more than 512 bytes is refused at the call with the bytes, and dropped from others", () => {
  const tags = new Map([["k", "x".repeat(506)]]);
  assert.throws(
    () => encodeTags(tags),
    (error: TagsTooLargeError) =>
      error instanceof TagsTooLargeError &&
      error.code === "TAGS_TOO_LARGE" &&
      /take 513 bytes encoded, allowed are 512$/.test(error.message),
  );
  const attacked = new AttackedCluster("meta");
  attacked.cluster.push(attacked.first, { type: "set-tags", tags });
  assert.ok(attacked.cluster.trace.some((line) => line.includes(" warns Cannot use these tags: they take 513 bytes")));
  const large = alive("newcomer", { meta: new Uint8Array(513) });
  attacked.datagram(attacked.first, encodeMessage(large));
  attacked.pushPull(attacked.first, { nodes: [{ alive: large, state: "alive" }] });
  assertRefused(attacked, { "malformed-message": 1, "malformed-node": 1 });
});

/** Numbers beyond counting: on the edge of belief, of 2^53, of 64 bits, with and without a sign. */
const absurd: readonly (number | Uint8Array)[] = [
  2 ** 32 + 500,
  2 ** 48 - 1,
  2 ** 52,
  Number.MAX_SAFE_INTEGER,
  Uint8Array.of(0xcf, 0, 0x20, 0, 0, 0, 0, 0, 0),
  Uint8Array.of(0xcf, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
  Uint8Array.of(0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
  Uint8Array.of(0xd3, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
];

/** A message with this number in the place of 7. */
function timed(message: Uint8Array, time: number | Uint8Array): Uint8Array {
  const bytes = typeof time === "number" ? encodeMsgpack(time) : time;
  const field = concat([Uint8Array.of(0xa5), toBytes("LTime"), Uint8Array.of(7)]);
  const at = message.findIndex((_, from) => field.every((byte, index) => message[from + index] === byte));
  assert.ok(at >= 0);
  return concat([message.subarray(0, at + field.length - 1), bytes, message.subarray(at + field.length)]);
}

test("bad input: absurd Lamport times in intents, events and queries are counted, not believed and not passed on", () => {
  const query = { id: 1, address: Uint8Array.of(127, 0, 0, 1), port: 9, sourceNode: "x", filters: [], flags: 1 };
  const messages = [
    encodeSerfMessage({ type: "join", lamport: 7, node: "b" }),
    encodeSerfMessage({ type: "leave", lamport: 7, node: "b", prune: false }),
    encodeSerfMessage({ type: "leave", lamport: 7, node: "a", prune: true }),
    encodeSerfMessage({ type: "user-event", lamport: 7, name: "x", payload: noBytes, coalesce: false }),
    encodeSerfMessage({
      type: "query",
      lamport: 7,
      ...query,
      relayFactor: 0,
      timeoutMs: 9,
      name: "x",
      payload: noBytes,
    }),
  ];
  for (const time of absurd) {
    const attacked = new AttackedCluster(`absurd ${time}`);
    for (const message of messages) attacked.serf(attacked.first, timed(message, time));
    attacked.cluster.run(5_000);
    const refused = attacked.nodes.map(({ machine }) => machine.counters.lamportsRefused);
    assert.equal(refused, [messages.length, 0, 0, 0], `refused of ${time}`);
    for (const { machine } of attacked.nodes) {
      for (const now of Object.values(machine.counters.lamport)) assert.ok(now < 100, `a clock at ${now}`);
    }
    attacked.assertSound();
  }
});

test("bad input: absurd Lamport times in a pushed state are counted and not believed, and the rest of it is", () => {
  for (const time of absurd) {
    const attacked = new AttackedCluster(`absurd state ${time}`);
    const number = typeof time === "number" ? time : 1;
    const state = encodeSerfMessage({
      ...{
        type: "state",
        lamport: 7,
        eventLamport: number,
        queryLamport: number,
        leftMembers: number > 1 ? ["b", "ghost"] : ["ghost"],
      },
      statusLamports: new Map([
        ["b", number],
        ["c", number],
        ["d", 1],
      ]),
      events: [
        { lamport: number, name: "absurd", payload: noBytes },
        { lamport: 1, name: "sound", payload: noBytes },
      ],
    });
    // What the encoder cannot write stands where the state's own time is.
    const bytes = typeof time === "number" ? state : timed(state, time);
    attacked.pushPull(attacked.first, { userState: bytes });
    const { machine } = attacked.first;
    assert.ok(machine.counters.lamportsRefused > 0 || machine.counters.malformed > 0, `${time}`);
    for (const now of Object.values(machine.counters.lamport)) assert.ok(now < 100, `a clock at ${now}`);
    const told = attacked.cluster.trace.filter((line) => line.includes(" a user-event "));
    if (typeof time === "number")
      assert.equal(
        told.map((line) => line.split(" ").at(-1)),
        ["sound"],
      );
    attacked.assertSound();
  }
});

test("bad input: a join into a cluster that counts absurdly far goes with it, and one beyond 2^52 does not", () => {
  for (const [time, isTaken] of [
    [2 ** 52, true],
    [2 ** 52 + 2, false],
  ] as const) {
    const attacked = new AttackedCluster(`far ${time}`, {
      lamport: { member: time - 2, event: time - 2, query: time - 2 },
    });
    const node = attacked.cluster.add("late", { coalesceWindowMs: 0 });
    attacked.cluster.join(node, attacked.first);
    attacked.cluster.run(2_000);
    assert.is(node.machine.counters.lamport.event > 1_000, isTaken, `${time}`);
    attacked.assertSound();
  }
});

test("bad input: incarnations that leave no room to contradict them fail nobody", () => {
  const attacked = new AttackedCluster("incarnations");
  for (const incarnation of [1_000_000, 0xffff_feff, 0xffff_ff01, 0xffff_fffe, 0xffff_ffff]) {
    for (const node of attacked.nodes) {
      attacked.datagram(node, encodeMessage(suspect("b", incarnation, "x")));
      attacked.datagram(node, encodeMessage(suspect("c", incarnation, "c")));
      attacked.datagram(node, encodeMessage(dead("d", incarnation, "x")));
    }
    attacked.cluster.run(10_000);
  }
  // Those that could be contradicted were believed for the moment that it took.
  for (const node of attacked.nodes) {
    for (const name of ["a", "b", "c", "d"])
      assert.is(node.machine.member(name)?.status, "alive", `${name} at ${node.name}`);
  }
});

test("bad input: names of others are not taken by whoever claims them, and the conflict is counted", () => {
  const attacked = new AttackedCluster("names");
  for (const address of [
    Uint8Array.of(10, 0, 0, 9),
    concat([new Uint8Array(10), Uint8Array.of(255, 255, 127, 0, 0, 1)]),
  ]) {
    for (let incarnation = 1; incarnation < 20; incarnation++) {
      const thief: Message = { ...alive("b", { incarnation, address, port: 7002 }), meta: toBytes("thief") };
      for (const node of attacked.nodes) attacked.datagram(node, encodeMessage(thief));
    }
  }
  attacked.cluster.run(10_000);
  assert.ok(attacked.first.machine.counters.nameConflicts >= 38);
  assert.is(attacked.first.machine.member("b")?.address.host, "127.0.0.1");
  assert.ok(
    attacked.cluster.trace.some((line) => / b conflict b \d+\/\d+ won$/.test(line)),
    "b kept its name by vote",
  );
  attacked.assertSound();
});

test("bad input: names and errors from the network write no lines of their own into a log", () => {
  const attacked = new AttackedCluster("lines");
  const name = "evil\n2026-01-01 [INFO] all is well\u001b[2J\u2028";
  for (const port of [7001, 7002]) attacked.datagram(attacked.first, encodeMessage(alive(name, { port })));
  const warning = attacked.cluster.trace.find((line) => line.includes(" warns Cannot accept "));
  assert.match(warning ?? "", /for node evil\ufffd2026-01-01 \[INFO\] all is well\ufffd\[2J\ufffd: that name/);
  const scan = new StreamReader().push(encodeError("no\r\nway"));
  assert.equal(scan, { type: "message", message: { type: "error", text: "no\ufffd\ufffdway" } });
});

test("bad input: hostile filter expressions cost a bounded number of states, and hit nobody they should not", () => {
  const long = "a".repeat(10_240);
  const hostile = [
    "(a+)+$",
    "(a|a)*b",
    "(.*)*".repeat(100),
    `(${"a?".repeat(40)})${"a".repeat(40)}`,
    "((a{0,30}){0,30}){0,30}",
    "(x+x+)+y",
    `${"(".repeat(101)}${")".repeat(101)}`,
    "a{1000}{1000}",
    Array.from({ length: 250 }, (_, index) => `b${index}`).join("|"),
    Array.from({ length: 3_000 }, (_, index) => `b${index}`).join("|"),
    `(${long})*`,
    `${"(a*".repeat(2_560)}${")*".repeat(2_560)}`,
    `[${"a-z".repeat(3_000)}]`,
    "(?=a)",
    "(a)\\1",
  ];
  const member = { name: "a", tags: new Map([["role", "a".repeat(500)]]) };
  for (const source of hostile) {
    const expression = Expression.parse(source);
    assert.ok((expression?.size ?? 0) <= instructionsMax, `${expression?.size} states for ${source.slice(0, 40)}`);
    judgeFilters(encodeFilters({ nodes: [], tags: [{ tag: "role", expression: source }] }), member);
  }
  // Letters beyond the limit are not even read: more than one packet can carry.
  assert.is(Expression.parse(long), undefined);
  const attacked = new AttackedCluster("filters");
  const query = { id: 1, address: Uint8Array.of(127, 0, 0, 1), port: 9, sourceNode: "x", flags: 0, relayFactor: 0 };
  for (const [index, source] of hostile.entries()) {
    const filters = encodeFilters({ nodes: [], tags: [{ tag: "role", expression: source }] });
    const asked = { ...query, lamport: 7 + index, filters, timeoutMs: 9_000, name: "x", payload: noBytes };
    attacked.serf(attacked.first, encodeSerfMessage({ type: "query", ...asked }));
  }
  assert.ok(attacked.first.machine.counters.filtersUnsupported >= 6);
  attacked.assertSound();
});

test("bad input: agent RPC commands before the handshake or without the token are refused and the client is let go", async () => {
  await using stack = new DisposalStack();
  const node = stack.use(await MembershipNode.start({ name: "ours", bind: ownAddress, profile: "local" }));
  const rpc = stack.use(await startSerfRpc(node, { address: ownAddress, auth: "token" }));
  const early = stack.use(await RawRpcClient.connect(rpc.address));
  assert.equal(await early.ask(1, "leave"), { Error: "Handshake required", Seq: 1 });
  assert.is(await early.next(), undefined);
  for (const [command, body] of [
    ["members", undefined],
    ["leave", undefined],
    ["tags", { Tags: { a: "1" }, DeleteTags: [] }],
    ["install-key", { Key: "x" }],
  ] as const) {
    const client = stack.use(await RawRpcClient.connect(rpc.address));
    await client.greet();
    assert.equal(await client.ask(2, command, body), { Error: "Authentication required", Seq: 2 }, command);
  }
  assert.is(node.member("ours")?.status, "alive");
  assert.equal([...(node.member("ours")?.tags ?? [])], []);
});

test("bad input: what nobody understands is counted, and what came with it is taken", () => {
  const attacked = new AttackedCluster("unknown");
  const unknown = [
    Uint8Array.of(14, 0x80),
    Uint8Array.of(200),
    Uint8Array.of(8, 77, 0x80),
    Uint8Array.of(8),
    encodeMessage({ ...alive("", {}), node: "" }),
  ];
  for (const bytes of unknown) {
    const compound = Uint8Array.of(7, 2, 0, bytes.length, 0, newcomer.length, ...bytes, ...newcomer);
    attacked.datagram(attacked.first, compound);
    attacked.stream(attacked.first, bytes);
  }
  assert.is(attacked.dropped("malformed-message"), 3);
  assert.is(attacked.first.machine.counters.malformed, 2);
  assert.is(attacked.first.machine.member("newcomer")?.status, "alive");
});

test.run();
