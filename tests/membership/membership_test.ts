/** The Serf layer as a peer meets it: messages in, messages out. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Address, concat, ipToBytes, Random, toHex } from "../../src/base/mod.ts";
import { encodeMsgpack } from "../../src/gossip/mod.ts";
import { openPacket, sealPacket } from "../../src/gossip/packet.ts";
import { StreamReader } from "../../src/gossip/stream_reader.ts";
import { decodeMessage, encodeMessage, encodePushPull, type RemoteNode } from "../../src/gossip/wire.ts";
import {
  decodeSerfMessage,
  encodeSerfMessage,
  type Query,
  type SerfMessage,
  type SerfState,
} from "../../src/membership/messages.ts";
import { Membership, type MembershipEffect, type MembershipOptions } from "../../src/membership/mod.ts";
import { alive, peerAddress, selfAddress } from "../gossip/lone_node.ts";
import { bytesOf, vectorsOf } from "../vectors/serf_vectors.ts";

const noBytes = new Uint8Array(0);

class LoneMember {
  readonly machine: Membership;
  nowMs = 1_000;
  effects: MembershipEffect[] = [];
  #nextStream = 2;

  constructor(options: Partial<MembershipOptions> = {}) {
    this.machine = new Membership({ name: "self", address: selfAddress, ...options }, new Random("lone"));
    this.push({ type: "wake" });
    this.hear(encodeMessage(alive("p")));
    this.effects = [];
  }

  push(input: Parameters<Membership["step"]>[0]): MembershipEffect[] {
    const effects = this.machine.step(input, this.nowMs);
    this.effects.push(...effects);
    return effects;
  }

  /** Takes bare messages in as a datagram. */
  hear(...messages: Uint8Array[]): void {
    this.push({ type: "datagram", from: peerAddress(7001), bytes: sealPacket(messages, false) });
  }

  /** Takes messages of Serf in as a datagram. */
  hearSerf(...messages: SerfMessage[]): void {
    this.hear(...messages.map((message) => encodeMessage({ type: "user", bytes: encodeSerfMessage(message) })));
  }

  /** Takes a peer's state in by a push/pull; returns the state that it is answered with. */
  pushed(state: SerfState, nodes: RemoteNode[] = []): SerfState {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    this.push({ type: "stream-accepted", stream, from: peerAddress(40_000) });
    const userState = encodeSerfMessage(state);
    const bytes = encodePushPull({ type: "push-pull", join: false, nodes, userState });
    const effects = this.push({ type: "stream-bytes", stream, bytes });
    const written = effects.flatMap((effect) => (effect.type === "stream-write" ? [effect.bytes] : []));
    const scan = new StreamReader().push(concat([noBytes, ...written]));
    if (scan?.type !== "message" || scan.message.type !== "push-pull") throw new Error("Cannot read the reply");
    return decodeSerfMessage(scan.message.userState) as SerfState;
  }

  run(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    while (this.machine.wakeAtMs <= endMs) {
      this.nowMs = Math.max(this.nowMs, this.machine.wakeAtMs);
      this.push({ type: "wake" });
    }
    this.nowMs = endMs;
  }

  /** User messages sent so far: to whom, and the bytes. */
  sentSerf(): { to: Address; bytes: Uint8Array; message: SerfMessage }[] {
    return this.effects.flatMap((effect) => {
      if (effect.type !== "send") return [];
      return openPacket(effect.bytes).messages.flatMap((bytes) => {
        const message = decodeMessage(bytes);
        if (message?.type !== "user") return [];
        return [{ to: effect.to, bytes: message.bytes, message: decodeSerfMessage(message.bytes) as SerfMessage }];
      });
    });
  }

  events(): string[] {
    return this.effects.flatMap((effect) =>
      effect.type === "event" ? [`${effect.event.type} ${effect.event.member.name}`] : [],
    );
  }
}

const state = (changes: Partial<SerfState> = {}): SerfState => ({
  type: "state",
  lamport: 1,
  statusLamports: new Map(),
  leftMembers: [],
  eventLamport: 1,
  events: [],
  queryLamport: 1,
  ...changes,
});

const query = (changes: Partial<Query> = {}): Query => ({
  type: "query",
  lamport: 1,
  id: 77,
  address: ipToBytes("127.0.0.1") as Uint8Array,
  port: 7001,
  sourceNode: "p",
  filters: [],
  flags: 1,
  relayFactor: 0,
  timeoutMs: 1_000,
  name: "_serf_ping",
  payload: noBytes,
  ...changes,
});

const event = { type: "user-event", lamport: 3, name: "deploy", payload: Uint8Array.of(1, 2), coalesce: true } as const;
const nodeFilter = (...names: string[]): Uint8Array => concat([Uint8Array.of(0), encodeMsgpack(names)]);
const tagFilter = (expression: string) => concat([Uint8Array.of(1), encodeMsgpack({ Tag: "a", Expr: expression })]);

test("this node is its own first member, with its tags", () => {
  const { machine } = new LoneMember({ tags: { gv: "1" } });
  const self = machine.member(machine.localName);
  assert.equal([self?.status, self?.address, self?.tags.get("gv")], ["alive", selfAddress, "1"]);
  assert.equal(
    machine.members().map((member) => member.name),
    ["self", "p"],
  );
});

test("a user event is passed on byte for byte, once, and told to those who ask for the state", () => {
  for (const vector of vectorsOf("inner").filter((entry) => entry.name.startsWith("serf_user_event"))) {
    const member = new LoneMember();
    const bytes = bytesOf(vector.hex as string);
    for (let round = 0; round < 3; round++) member.hear(bytes);
    assert.is(member.machine.counters.eventsRelayed, 1);
    member.run(250);
    const relayed = member.sentSerf().filter(({ message }) => message.type === "user-event");
    assert.is(toHex(relayed[0]?.bytes as Uint8Array), toHex(bytes.subarray(1)), vector.name);
    assert.is(member.pushed(state()).events.length, 1);
  }
});

test("events of one time are told apart by name and payload", () => {
  const member = new LoneMember();
  member.hearSerf(event, { ...event, name: "other" }, { ...event, payload: noBytes }, { ...event, coalesce: false });
  assert.is(member.machine.counters.eventsRelayed, 3);
});

test("events that are too old are not passed on", () => {
  const member = new LoneMember();
  member.hearSerf({ ...event, lamport: 1_000 }, { ...event, lamport: 400 }, { ...event, lamport: 600 });
  assert.is(member.machine.counters.eventsRelayed, 2);
  assert.is(member.pushed(state()).eventLamport, 1_001);
});

test("events of the past that come with a join are not passed on", () => {
  const member = new LoneMember();
  member.push({ type: "join", id: 1, addresses: [peerAddress(7001)] });
  const past = state({ eventLamport: 10, events: [{ lamport: 9, name: "past", payload: noBytes }] });
  const userState = encodeSerfMessage(past);
  const bytes = encodePushPull({ type: "push-pull", join: true, nodes: [], userState });
  member.push({ type: "stream-bytes", stream: 1, bytes });
  member.hearSerf({ ...event, lamport: 9 }, { ...event, lamport: 10 });
  assert.is(member.machine.counters.eventsRelayed, 1);
});

const queries: [name: string, query: Query, spread: boolean, acked: boolean][] = [
  ["that wants an ack", query(), true, true],
  ["that wants none", query({ flags: 0 }), true, false],
  ["that is not to be spread", query({ flags: 3 }), false, true],
  ["for this node", query({ filters: [nodeFilter("x", "self")] }), true, true],
  ["for another node", query({ filters: [nodeFilter("x")] }), true, false],
  ["with an expression that is found", query({ filters: [tagFilter("^$")] }), true, true],
  ["with an expression that is not found", query({ filters: [tagFilter("x")] }), true, false],
  ["with an expression that is not supported", query({ filters: [tagFilter("(?=x)")] }), true, false],
  ["of which one filter excludes us", query({ filters: [nodeFilter("self"), tagFilter("x")] }), true, false],
  ["with an unknown filter", query({ filters: [Uint8Array.of(9)] }), true, false],
  ["without a way back", query({ address: noBytes }), true, false],
];

for (const [name, asked, spread, acked] of queries) {
  test(`a query ${name} is ${spread ? "" : "not "}passed on and ${acked ? "" : "not "}acked, once`, () => {
    const member = new LoneMember();
    member.hearSerf(asked, asked);
    const acks = member.sentSerf().filter(({ message }) => message.type === "query-response");
    assert.is(acks.length, acked ? 1 : 0);
    if (acked) {
      assert.equal(acks[0]?.to, peerAddress(7001));
      const expected = { type: "query-response", lamport: 1, id: 77, from: "self", flags: 1, payload: noBytes };
      assert.equal(acks[0]?.message, expected as SerfMessage);
    }
    assert.is(member.machine.counters.queriesRelayed, spread ? 1 : 0);
  });
}

test("a message to relay goes to its destination", () => {
  const member = new LoneMember();
  const inner = encodeSerfMessage(event);
  const ip = ipToBytes("127.0.0.1") as Uint8Array;
  member.hearSerf({ type: "relay", ip, port: 7055, destination: "d", inner });
  const [sent] = member.sentSerf();
  assert.equal(sent?.to, peerAddress(7055));
  assert.equal(sent?.bytes, inner);
});

test("a leave that others tell of this node is contradicted with a later join", () => {
  const member = new LoneMember();
  member.hearSerf({ type: "leave", lamport: 50, node: "self", prune: false });
  assert.is(member.machine.member("self")?.status, "alive");
  member.run(250);
  const intents = member.sentSerf().map(({ message }) => message);
  assert.equal(intents[0], { type: "join", lamport: 51, node: "self" });
  assert.not(intents.some((message) => message.type === "leave"));
});

test("a node that a state tells a later time of than it announced says again that it is there", () => {
  // Serf's agents tell of a leave as of a join while its goodbye is awaited: of a forced one they do so for ever.
  const member = new LoneMember();
  member.pushed(state({ lamport: 20, statusLamports: new Map([["self", 9]]) }));
  member.run(250);
  const joins = () => member.sentSerf().flatMap(({ message }) => (message.type === "join" ? [message] : []));
  assert.equal(joins()[0], { type: "join", lamport: 20, node: "self" });
  // It does so once: what it said is then what others tell.
  member.run(5_000);
  const spread = joins().length;
  member.pushed(state({ lamport: 21, statusLamports: new Map([["self", 20]]) }));
  member.run(5_000);
  assert.is(joins().length, spread);
});

test("a member that goes on leaving is told of a later leave, so that it contradicts if it stays", () => {
  const member = new LoneMember({ settings: { probeIntervalMs: 3_600_000 } });
  member.hearSerf({ type: "leave", lamport: 9, node: "p", prune: false });
  member.run(9_000);
  const later = (): number[] =>
    member
      .sentSerf()
      .flatMap(({ message }) => (message.type === "leave" && message.lamport > 9 ? [message.lamport] : []));
  assert.equal(later(), []);
  member.run(20_000);
  assert.ok(later().length > 0);
  member.hearSerf({ type: "join", lamport: 50, node: "p" });
  assert.is(member.machine.member("p")?.status, "alive");
  const before = later().length;
  member.run(30_000);
  assert.is(later().length, before);
});

test("a forced leave goes straight to the member as well, which contradicts it if it stays", () => {
  const member = new LoneMember();
  member.push({ type: "force-leave", name: "p", prune: false });
  const [first] = member.sentSerf();
  assert.equal([first?.message.type, first?.to], ["leave", member.machine.member("p")?.address]);
});

test("a peer's state moves the clocks, and its leavers count before its statuses", () => {
  const member = new LoneMember();
  const theirs = state({
    ...{ lamport: 20, eventLamport: 30, queryLamport: 40 },
    statusLamports: new Map([
      ["p", 7],
      ["gone", 9],
    ]),
    leftMembers: ["p"],
  });
  member.pushed(theirs);
  assert.is(member.machine.member("p")?.status, "leaving");
  const ours = member.pushed(state());
  assert.equal([ours.lamport, ours.eventLamport, ours.queryLamport], [20, 30, 40]);
  // Told as what it is, a leave at 8: the hearer adds one.
  assert.equal([ours.statusLamports.get("p"), ours.leftMembers], [7, ["p"]]);
  assert.is(ours.statusLamports.has("gone"), false);
});

test("a forced leave of a failed member makes it left, with prune it is forgotten", () => {
  for (const prune of [false, true]) {
    const member = new LoneMember();
    member.hear(encodeMessage({ type: "dead", node: "p", incarnation: 1, from: "x" }));
    member.hearSerf({ type: "leave", lamport: 9, node: "p", prune });
    assert.is(member.machine.member("p")?.status, prune ? undefined : "left");
    const reaped = prune ? ["member-reap p"] : [];
    assert.equal(member.events(), ["member-failed p", "member-leave p", ...reaped]);
  }
});

test("a leave announces itself, says goodbye later, and ends after the propagation delay", () => {
  const member = new LoneMember();
  member.push({ type: "leave" });
  const firstAt = (find: (bytes: Uint8Array) => boolean): number => {
    for (let tick = 0; tick < 1_000; tick++) {
      const packets = member.effects.flatMap((effect) => (effect.type === "send" ? [effect.bytes] : []));
      if (packets.flatMap((bytes) => openPacket(bytes).messages).some(find)) return member.nowMs;
      member.run(10);
    }
    throw new Error("Cannot find the message within 10 s");
  };
  const intentMs = firstAt((bytes) => bytes[0] === 8 && bytes[1] === 0);
  const goodbyeMs = firstAt((bytes) => bytes[0] === 5);
  assert.ok(goodbyeMs - intentMs >= 300, `${goodbyeMs - intentMs} ms between`);
  while (!member.effects.some((effect) => effect.type === "left")) member.run(10);
  assert.ok(member.nowMs - goodbyeMs >= 1_000);
  assert.is(member.machine.member("self")?.status, "left");
});

test("a leave is told in states, too, while the goodbye is on the way", () => {
  const member = new LoneMember();
  const before = member.pushed(state()).lamport;
  member.push({ type: "leave" });
  const { leftMembers, statusLamports } = member.pushed(state());
  assert.equal([leftMembers, (statusLamports.get("self") ?? 0) + 1], [["self"], before]);
});

test("leaves go out before all news, however much of that waits", () => {
  const member = new LoneMember();
  for (let index = 0; index < 300; index++) member.hear(encodeMessage(alive(`node-with-a-rather-long-name-${index}`)));
  member.effects = [];
  member.push({ type: "leave" });
  member.run(250);
  const packets = member.effects.flatMap((effect) =>
    effect.type === "send" ? [openPacket(effect.bytes).messages] : [],
  );
  const gossiped = packets.filter((messages) => messages.length > 1);
  assert.ok(gossiped.length > 0);
  assert.equal([...(gossiped[0]?.[0]?.subarray(0, 2) ?? [])], [8, 0], "a leave intent comes first");
});

test("a node says the protocol that it is told to speak, and asks nothing that this protocol has not", () => {
  for (const [protocol, asks, meta] of [
    [2, false, [0x77, 0x65, 0x62]],
    [3, false, [0xff, 0x81]],
    [4, true, [0xff, 0x81]],
    [5, true, [0xff, 0x81]],
  ] as const) {
    const member = new LoneMember({ protocol, tags: { role: "web" } });
    member.run(500);
    const told = member.effects
      .flatMap((effect) => (effect.type === "send" ? openPacket(effect.bytes).messages.map(decodeMessage) : []))
      .find((message) => message?.type === "alive" && message.node === "self");
    if (told?.type !== "alive") throw new Error("Cannot find what it says of itself");
    assert.equal(told.versions, Uint8Array.of(1, 5, 2, 2, 5, protocol));
    assert.equal([...told.meta.subarray(0, meta.length)], [...meta]);
    const ask = () => member.machine.checkQuery({ name: "q", payload: new Uint8Array(0) });
    if (asks) assert.not.throws(ask);
    else assert.throws(ask, `Cannot ask query "q": protocol ${protocol} has no queries, it takes 4`);
  }
});

test("bad options are refused by name", () => {
  const rows: [Partial<MembershipOptions>, RegExp][] = [
    [{ name: "" }, /option name: it has 0 bytes/],
    [{ name: "x".repeat(256) }, /option name: it has 256 bytes, allowed are 1 to 255/],
    [{ address: { host: "example", port: 1 } }, /option address: example is no IP address/],
    [{ address: { host: "0.0.0.0", port: 1 } }, /option address: 0\.0\.0\.0 is no IP address that others can reach/],
    [{ address: { host: "127.0.0.1", port: 0 } }, /option address: 127\.0\.0\.1:0 has no port/],
    [{ profile: "moon" as "lan" }, /option profile: "moon" is not one of lan, wan, local/],
    [{ settings: { probeIntervalMs: 0 } }, /option probeIntervalMs: 0 is not a whole number from 1/],
    [{ settings: { probeTimeoutMs: 2_000 } }, /option probeTimeoutMs: 2000 is more than probeIntervalMs, 1000/],
    [{ settings: { typo: 1 } as object }, /option typo: there is no such number/],
    [{ incarnation: 0 }, /option incarnation: 0 is not/],
    [{ protocol: 1 }, /option protocol: 1 is not a whole number from 2 to 5/],
    [{ protocol: 6 }, /option protocol: 6 is not/],
    [{ membersMax: 0 }, /option membersMax: 0 is not/],
    [{ reapIntervalMs: 0.5 }, /option reapIntervalMs: 0.5 is not/],
    [{ tags: { a: "x".repeat(600) } }, /they take 607 bytes encoded, allowed are 512/],
  ];
  for (const [options, message] of rows) assert.throws(() => new LoneMember(options), message);
});

test("a machine returns on any message and any user state", () => {
  const random = new Random("serf");
  const member = new LoneMember();
  const vectors = vectorsOf("inner").filter((vector) => vector.hex !== undefined);
  for (let round = 0; round < 4_000; round++) {
    const bytes = bytesOf(random.pick(vectors)?.hex as string).slice();
    for (let flips = random.below(6); flips > 0; flips--) {
      const at = random.below(bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
    }
    const cut = bytes.subarray(0, random.between(1, bytes.length));
    if (round % 4 !== 0) member.hear(cut);
    else {
      const stream = 2 * (round + 10);
      member.push({ type: "stream-accepted", stream, from: peerAddress(40_000) });
      const userState = concat([Uint8Array.of(2), random.bytes(random.below(60))]);
      const whole = encodePushPull({ type: "push-pull", join: true, nodes: [], userState });
      whole[random.below(whole.length)] = random.below(256);
      member.push({ type: "stream-bytes", stream, bytes: whole });
      member.push({ type: "stream-closed", stream });
    }
    if (round % 40 === 0) member.run(20);
  }
  assert.is(member.machine.member("self")?.status, "alive");
  assert.ok(member.machine.counters.malformed > 100);
});

test.run();
