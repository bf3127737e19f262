/** What goes around messages: encryption, as captured from real agents and as this node writes it. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { concat, Random, toHex, viewOf } from "../../src/base/mod.ts";
import { Envelope } from "../../src/gossip/envelope.ts";
import { compressLzw } from "../../src/gossip/lzw.ts";
import {
  type Cipher,
  encodeMsgpack,
  formatKey,
  type GossipEffect,
  InvalidKeyError,
  parseKey,
} from "../../src/gossip/mod.ts";
import { openPacket } from "../../src/gossip/packet.ts";
import { StreamReader, type StreamScan } from "../../src/gossip/stream_reader.ts";
import { decodeMessage, encodeError, encodeMessage, encodePushPull, type PushPull } from "../../src/gossip/wire.ts";
import { systemCipher } from "../../src/io/cipher.ts";
import { bytesOf, type SerfVector, vectorNamed, vectorsOf } from "../vectors/serf_vectors.ts";
import { alive, LoneNode, peerAddress } from "./lone_node.ts";

const key = (letter: string, length = 32): Uint8Array => new TextEncoder().encode(letter.repeat(length));
const noBytes = new Uint8Array(0);

interface Options {
  readonly keys?: readonly Uint8Array[];
  readonly label?: string | undefined;
  readonly cipher?: Cipher;
  readonly verifyIncoming?: boolean;
  readonly verifyOutgoing?: boolean;
}

function envelope(options: Options = {}): Envelope {
  const { keys = [], label, cipher = systemCipher, verifyIncoming, verifyOutgoing } = options;
  return new Envelope({ label, encryption: { cipher, keys, verifyIncoming, verifyOutgoing } });
}

function node(options: Options & { readonly userStateBytes?: number } = {}): LoneNode {
  const { keys = [], label, cipher = systemCipher, verifyIncoming, verifyOutgoing } = options;
  const userState = () => new Uint8Array(options.userStateBytes ?? 0);
  return new LoneNode({ userState, label, encryption: { cipher, keys, verifyIncoming, verifyOutgoing } });
}

/** A cipher whose nonce is given, to write the bytes of a capture again. */
const replaying = (nonce: Uint8Array): Cipher => ({ ...systemCipher, nonce: () => nonce });

const isPacket = (vector: SerfVector): boolean => vector.transport.startsWith("udp");
const ofEnvelopes = [...vectorsOf("udp"), ...vectorsOf("tcp")].filter(
  (vector) => (vector.key_hex !== undefined || vector.label !== undefined) && vector.hex !== undefined,
);
const keysOf = (vector: SerfVector): Uint8Array[] => (vector.key_hex === undefined ? [] : [bytesOf(vector.key_hex)]);

/** A reply bears no label before it. */
const roleOf = (vector: SerfVector) => (vector.name.endsWith("_response") ? "dialled" : "served");

const fitting = (vector: SerfVector): Envelope => envelope({ keys: keysOf(vector), label: vector.label });

/** Opens it as whatever it is; undefined when nothing comes of it. */
function open(vector: SerfVector, bytes: Uint8Array, by: Envelope): StreamScan | Uint8Array {
  if (!isPacket(vector)) return new StreamReader(by, roleOf(vector)).push(bytes);
  const opened = by.openPacket(bytes);
  return opened.type === "opened" ? opened.bytes : undefined;
}

test("every captured datagram with a key or label opens to the plain text that was captured", () => {
  const vectors = ofEnvelopes.filter(isPacket);
  assert.is(vectors.length, 4);
  for (const vector of vectors) {
    const plain = open(vector, bytesOf(vector.hex as string), fitting(vector)) as Uint8Array;
    assert.ok(plain, vector.name);
    if (vector["plaintext_hex"] !== undefined) assert.is(toHex(plain), vector["plaintext_hex"], vector.name);
    const { messages, faults } = openPacket(plain);
    assert.equal(faults, [], vector.name);
    for (const message of messages) assert.ok(decodeMessage(message), vector.name);
  }
});

test("every captured stream with a key or label reads in one piece and byte by byte", () => {
  const vectors = ofEnvelopes.filter((vector) => !isPacket(vector));
  assert.is(vectors.length, 4);
  for (const vector of vectors) {
    const bytes = bytesOf(vector.hex as string);
    const whole = open(vector, bytes, fitting(vector)) as StreamScan;
    assert.is(whole?.type, "message", vector.name);
    const reader = new StreamReader(fitting(vector), roleOf(vector));
    for (const [index, byte] of bytes.entries()) {
      const scan = reader.push(Uint8Array.of(byte));
      assert.equal(scan, index < bytes.length - 1 ? undefined : whole, `${vector.name}, byte ${index}`);
    }
  }
});

test("every encrypted capture is sealed again to the same bytes", () => {
  const vectors = ofEnvelopes.filter((vector) => vector.key_hex !== undefined);
  assert.is(vectors.length, 6);
  for (const vector of vectors) {
    const bytes = bytesOf(vector.hex as string);
    const by = fitting(vector);
    const labelBytes = roleOf(vector) === "served" ? (by.labelBytesOf(bytes) as number) : 0;
    const frame = bytes.subarray(labelBytes);
    const nonceAt = labelBytes + (isPacket(vector) ? 1 : 6);
    const again = envelope({
      keys: keysOf(vector),
      label: vector.label,
      cipher: replaying(bytes.subarray(nonceAt, nonceAt + 12)),
    });
    const opened = isPacket(vector) ? by.openPacket(bytes) : by.openFrame(frame);
    if (opened.type !== "opened") throw new Error(`Cannot open ${vector.name}: ${opened.reason}`);
    let sealed: Uint8Array | undefined;
    if (isPacket(vector)) sealed = again.sealPacket(opened.bytes);
    else if (roleOf(vector) === "served") sealed = again.sealRequest(opened.bytes);
    else sealed = again.sealReply(opened.bytes);
    assert.is(toHex(sealed as Uint8Array), vector.hex, vector.name);
  }
});

test("no captured envelope opens with another key, another label, or none", () => {
  for (const vector of ofEnvelopes) {
    const others = [
      envelope({ keys: vector.key_hex === undefined ? [] : [key("x")], label: vector.label && "lbk" }),
      envelope({ keys: keysOf(vector), label: vector.label === undefined ? "lbl" : "lb" }),
      envelope({ keys: keysOf(vector), label: vector.label === undefined ? "l" : undefined }),
    ];
    if (vector.key_hex !== undefined) others.push(envelope({ keys: [key("x")], label: vector.label }));
    for (const other of others) {
      const opened = open(vector, bytesOf(vector.hex as string), other);
      if (isPacket(vector)) assert.is(opened, undefined, vector.name);
      else assert.not.equal((opened as StreamScan)?.type, "message", vector.name);
    }
  }
});

for (const length of systemCipher.keyLengths) {
  test(`what is sealed with a key of ${length} bytes opens with it, wherever it stands in the ring`, () => {
    const sealing = envelope({ keys: [key("a", length)], label: "east" });
    const opening = envelope({ keys: [key("b"), key("c", 16), key("a", length)], label: "east" });
    for (const bytes of [noBytes, Uint8Array.of(7), new Uint8Array(1400).fill(9)]) {
      const packet = sealing.sealPacket(bytes);
      assert.is(packet.length, bytes.length + sealing.overheadBytes);
      assert.is(sealing.overheadBytes, 29 + 2 + 4);
      assert.equal(opening.openPacket(packet), { type: "opened", bytes });
    }
  });
}

test("datagrams that cannot be read are counted, and told of once in ten seconds", () => {
  const local = node({ keys: [key("a")], label: "east" });
  const strange = [
    envelope({ keys: [key("b")], label: "east" }).sealPacket(encodeMessage(alive("m"))),
    envelope({ label: "east" }).sealPacket(encodeMessage(alive("m"))),
    envelope({ keys: [key("a")], label: "west" }).sealPacket(encodeMessage(alive("m"))),
  ];
  for (const bytes of [...strange, ...strange]) local.step({ type: "datagram", from: peerAddress(7001), bytes });
  const warnings = local.effects.flatMap((effect) => (effect.type === "warn" ? [effect.message] : []));
  assert.is(warnings.length, 2);
  assert.is(warnings[0], "Cannot read a datagram from 127.0.0.1:7001: No installed keys could decrypt the message");
  assert.match(warnings[1] as string, /it has another label than this node/);
  assert.is(local.gossip.counters.dropped.get("packet-encryption"), 4);
  assert.is(local.gossip.counters.dropped.get("packet-label"), 2);
  assert.is(local.stateOf("m"), undefined);
});

test("no two packets have the same nonce", () => {
  const sealing = envelope({ keys: [key("a")] });
  const packets = Array.from({ length: 1_000 }, () => toHex(sealing.sealPacket(noBytes).subarray(1, 13)));
  assert.is(new Set(packets).size, 1_000);
});

test("texts of version 0 open when their padding is right", () => {
  const sealOld = (padded: Uint8Array): Uint8Array => {
    const nonce = systemCipher.nonce();
    return concat([Uint8Array.of(0), nonce, systemCipher.seal(key("a"), nonce, padded, noBytes)]);
  };
  const opening = envelope({ keys: [key("a")] });
  const pad = (text: number, padding: number, value = padding): Uint8Array =>
    concat([new Uint8Array(text).fill(1), new Uint8Array(padding).fill(value)]);
  for (const [text, padding] of [
    [0, 16],
    [15, 1],
    [16, 16],
    [20, 12],
  ] as const) {
    const opened = opening.openPacket(sealOld(pad(text, padding)));
    assert.equal(opened, { type: "opened", bytes: new Uint8Array(text).fill(1) });
  }
  for (const wrong of [pad(14, 1), pad(0, 16, 17), pad(0, 16, 0), noBytes]) {
    assert.is(opening.openPacket(sealOld(wrong)).type, "refused");
  }
});

const push: PushPull = {
  type: "push-pull",
  join: true,
  nodes: [{ alive: alive("n"), state: "alive" }],
  userState: noBytes,
};

function serve(by: LoneNode, bytes: Uint8Array): GossipEffect[] {
  return [
    ...by.step({ type: "stream-accepted", stream: 2, from: peerAddress(40_000) }),
    ...by.step({ type: "stream-bytes", stream: 2, bytes }),
  ];
}

function written(effects: readonly GossipEffect[]): Uint8Array {
  return concat([noBytes, ...effects.flatMap((effect) => (effect.type === "stream-write" ? [effect.bytes] : []))]);
}

function errorIn(bytes: Uint8Array, by: Envelope): string {
  const scan = new StreamReader(by, "dialled").push(bytes);
  return scan?.type === "message" && scan.message.type === "error" ? scan.message.text : "no error";
}

test("nodes of one key and label understand one another over both transports", () => {
  const options = { keys: [key("a")], label: "east" };
  const peer = envelope(options);
  const local = node(options);
  local.step({ type: "datagram", from: peerAddress(7001), bytes: peer.sealPacket(encodeMessage(alive("m"))) });
  const effects = serve(local, peer.sealRequest(encodePushPull(push)) as Uint8Array);
  assert.equal([local.stateOf("m"), local.stateOf("n")], ["alive", "alive"]);
  const reply = written(effects);
  assert.is(reply[0], 10, "a reply bears no label");
  const scan = new StreamReader(peer, "dialled").push(reply);
  assert.ok(scan?.type === "message" && scan.message.type === "push-pull");
  for (const effect of local.effects) {
    if (effect.type === "send") assert.is(peer.openPacket(effect.bytes).type, "opened");
  }
});

test("a plain push/pull is refused in an encrypted answer, and merges nothing", () => {
  const local = node({ keys: [key("a")] });
  const reply = written(serve(local, encodePushPull(push)));
  assert.is(reply[0], 10);
  assert.match(errorIn(reply, envelope({ keys: [key("a")] })), /^Encryption is configured but remote state is not enc/);
  assert.is(local.stateOf("n"), undefined);
  assert.is(local.gossip.counters.dropped.get("refused-stream"), 1);
});

test("an error or anything compressed is refused as well where it was not asked for", () => {
  const opening = envelope({ keys: [key("a")] });
  for (const bytes of [encodeError("psst"), compressed(encodePushPull(push)), compressed(encodeError("psst"))]) {
    const local = node({ keys: [key("a")] });
    assert.match(
      errorIn(written(serve(local, bytes)), opening),
      /^Encryption is configured but remote state is not enc/,
    );
    assert.is(local.stateOf("n"), undefined);
  }
});

test("what is too long for an encrypted frame is not sent: a join says so, an answer is none", () => {
  const local = node({ keys: [key("a")], userStateBytes: 20_971_520 });
  const joined = local.step({ type: "push-pull", id: 1, to: peerAddress(7001) });
  const end = joined.find((effect) => effect.type === "push-pulled");
  assert.match(end?.error as string, /^its 209\d+ bytes are too many to be encrypted, allowed are 20971520$/);
  const effects = serve(local, envelope({ keys: [key("a")] }).sealRequest(encodePushPull(push)) as Uint8Array);
  assert.is(written(effects).length, 0);
  assert.ok(effects.some((effect) => effect.type === "warn" && effect.message.startsWith("Cannot encrypt 209")));
  const fitting = envelope({ keys: [key("a")] }).sealReply(new Uint8Array(20_971_520 - 29)) as Uint8Array;
  assert.is(fitting.length, 20_971_525);
});

test("a push/pull under another key or of another additional text is refused in an encrypted answer", () => {
  const good = envelope({ keys: [key("a")] });
  // The label is a part of the additional text of its cluster, also where it is not said.
  const elsewhere = envelope({ keys: [key("a")], label: "east" }).sealReply(encodePushPull(push)) as Uint8Array;
  for (const bytes of [envelope({ keys: [key("b")] }).sealRequest(encodePushPull(push)) as Uint8Array, elsewhere]) {
    const local = node({ keys: [key("a")] });
    assert.is(errorIn(written(serve(local, bytes)), good), "No installed keys could decrypt the message");
    assert.is(local.stateOf("n"), undefined);
  }
});

test("an encrypted push/pull is refused in plain text by a node without keys", () => {
  const reply = written(serve(node(), envelope({ keys: [key("a")] }).sealRequest(encodePushPull(push)) as Uint8Array));
  assert.is(errorIn(reply, envelope()), "Remote state is encrypted and encryption is not configured");
});

test("frames longer than 20 MiB, too short or of an unknown version are refused", () => {
  const frame = (length: number, ...bytes: number[]): Uint8Array => {
    const whole = Uint8Array.of(10, 0, 0, 0, 0, ...bytes);
    viewOf(whole).setUint32(1, length);
    return whole;
  };
  const rows: [Uint8Array, RegExp][] = [
    [frame(20_971_521), /larger than limit/],
    [frame(3, 1, 1, 1), /too small/],
    [frame(0), /too small/],
    [frame(1, 2), /Unsupported encryption version 2/],
  ];
  for (const [bytes, error] of rows) {
    assert.match(errorIn(written(serve(node({ keys: [key("a")] }), bytes)), envelope({ keys: [key("a")] })), error);
  }
  assert.is(new StreamReader(envelope({ keys: [key("a")] })).push(frame(20_971_520)), undefined);
});

test("a stream with another label is closed without a word and counted", () => {
  for (const [own, theirs] of [
    ["east", "west"],
    ["east", undefined],
    [undefined, "west"],
  ] as const) {
    const local = node({ label: own });
    const effects = serve(local, envelope({ label: theirs }).sealRequest(encodePushPull(push)) as Uint8Array);
    assert.is(written(effects).length, 0);
    assert.ok(effects.some((effect) => effect.type === "stream-close"));
    assert.is(local.gossip.counters.dropped.get("stream-label"), 1);
    local.step({
      type: "datagram",
      from: peerAddress(7001),
      bytes: envelope({ label: theirs }).sealPacket(Uint8Array.of(4)),
    });
    assert.is(local.gossip.counters.dropped.get("packet-label"), 1);
  }
});

const answers: [name: string, keys: Uint8Array[], answer: () => Uint8Array, error: RegExp][] = [
  [
    "encrypted, and this node has no key",
    [],
    () => sealed("b"),
    /: Remote state is encrypted and encryption is not con/,
  ],
  ["encrypted with another key", [key("a")], () => sealed("b"), /: No installed keys could decrypt the message$/],
  ["a plain state", [key("a")], () => encodePushPull(push), /: Encryption is configured but remote state is not enc/],
  ["a plain error", [key("a")], () => encodeError("not configured"), /it answered: not configured/],
  ["a plain error, compressed", [key("a")], () => compressed(encodeError("not now")), /it answered: not now/],
  ["a plain state, compressed", [key("a")], () => compressed(encodePushPull(push)), /: Encryption is configured but/],
];

function compressed(bytes: Uint8Array): Uint8Array {
  return concat([Uint8Array.of(9), encodeMsgpack({ Algo: 0, Buf: compressLzw(bytes) })]);
}

function sealed(letter: string): Uint8Array {
  return envelope({ keys: [key(letter)] }).sealReply(encodePushPull(push)) as Uint8Array;
}

for (const [name, keys, answer, error] of answers) {
  test(`a join fails with the reason when the answer is ${name}`, () => {
    const local = node({ keys });
    local.step({ type: "push-pull", id: 1, to: peerAddress(7001) });
    const effects = local.step({ type: "stream-bytes", stream: 1, bytes: answer() });
    const end = effects.find((effect) => effect.type === "push-pulled");
    assert.match(end?.error as string, error);
    assert.is(local.stateOf("n"), undefined);
  });
}

test("a cluster moves to encryption in three steps, and all hear all in each", () => {
  const keys = [key("a")];
  const steps = [
    { keys, verifyIncoming: false, verifyOutgoing: false },
    { keys, verifyIncoming: false, verifyOutgoing: true },
    { keys },
  ];
  for (const [index, options] of steps.entries()) {
    for (const other of [steps[index - 1] ?? {}, options, steps[index + 1] ?? options]) {
      const local = node(options);
      const peer = envelope(other);
      local.step({ type: "datagram", from: peerAddress(7001), bytes: peer.sealPacket(encodeMessage(alive("m"))) });
      const reply = written(serve(local, peer.sealRequest(encodePushPull(push)) as Uint8Array));
      assert.equal([local.stateOf("m"), local.stateOf("n")], ["alive", "alive"], `step ${index}`);
      assert.is(new StreamReader(peer, "dialled").push(reply)?.type, "message", `step ${index}`);
    }
  }
});

test("packets leave no longer than 1400 bytes and a checksum, whatever is around them", () => {
  for (const options of [{}, { keys: [key("a")] }, { keys: [key("a")], label: "x".repeat(255) }]) {
    const local = node(options);
    local.hear(alive("n"));
    const peer = envelope(options);
    local.step({ type: "datagram", from: peerAddress(7001), bytes: peer.sealPacket(encodeMessage(alive("n"))) });
    assert.is(local.gossip.spreadBytesMax, 1395 - peer.overheadBytes);
    local.forget();
    for (const extra of [0, 1]) {
      const bytes = new Uint8Array(local.gossip.spreadBytesMax + extra).fill(extra + 1);
      local.step({ type: "broadcast", class: "event", bytes });
    }
    local.run(3_000);
    const sizes = local.effects.flatMap((effect) => (effect.type === "send" ? [effect.bytes.length] : []));
    assert.ok(Math.max(...sizes) <= 1405 && Math.max(...sizes) >= 1390, `${Math.max(...sizes)} bytes`);
    assert.is(local.gossip.queueDepths.event, 1, "one byte more never leaves");
  }
});

test("keys are read as serf prints them, and others are refused without saying them", () => {
  for (const length of [16, 24, 32]) assert.equal(parseKey(formatKey(key("k", length))), key("k", length));
  const secret = formatKey(key("k", 20));
  for (const text of [secret, `${secret}!`, "", formatKey(key("k")).replace("=", ""), `${formatKey(key("k"))}\n`]) {
    try {
      parseKey(text);
      assert.unreachable(text);
    } catch (error) {
      assert.instance(error, InvalidKeyError);
      const { code, message } = error as InvalidKeyError;
      assert.is(code, "INVALID_KEY");
      assert.not.match(message, /a2tr/);
      assert.match(message, /allowed are 16, 24 and 32$|wanted is padded base64$/);
    }
  }
});

test("a key that the runtime's cryptography lacks is refused by name", () => {
  const cipher: Cipher = { ...systemCipher, keyLengths: [16, 32] };
  assert.throws(
    () => envelope({ keys: [key("k", 24)], cipher }),
    (error: Error) => error instanceof InvalidKeyError && /24 bytes, .* takes only 16 and 32$/.test(error.message),
  );
  const expected = "Deno" in globalThis ? [16, 32] : [16, 24, 32];
  assert.equal(systemCipher.keyLengths, expected);
});

test("any bytes are answered or dropped, whatever was done to a good envelope", () => {
  const random = new Random("envelopes");
  for (const vector of ofEnvelopes) {
    const good = bytesOf(vector.hex as string);
    const by = fitting(vector);
    for (let round = 0; round < 300; round++) {
      const bytes = round % 3 === 0 ? good.slice(0, random.below(good.length)) : good.slice();
      for (let flips = round % 3 === 1 ? 1 : random.below(4); flips > 0; flips--) {
        const at = random.below(Math.max(1, bytes.length));
        if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
      }
      const opened = open(vector, bytes, by);
      if (vector.key_hex === undefined || toHex(bytes) === vector.hex) continue;
      // A single bit of anything encrypted, or of what goes with it, spoils the whole.
      if (isPacket(vector)) assert.is(opened, undefined, vector.name);
      else assert.not.equal((opened as StreamScan)?.type, "message", vector.name);
    }
  }
  const local = node({ keys: [key("a")], label: "lbl" });
  const prefix = bytesOf("f4036c626c");
  for (let round = 0; round < 3_000; round++) {
    const bytes = concat([round % 2 === 0 ? prefix : noBytes, random.bytes(random.below(90))]);
    local.step({ type: "datagram", from: peerAddress(7001), bytes });
    serve(local, bytes);
    local.step({ type: "stream-closed", stream: 2 });
  }
  assert.is(local.stateOf("self"), "alive");
});

test("a labelled capture without a key is heard by a node of that label", () => {
  const opened = envelope({ label: "lbl" }).openPacket(bytesOf(vectorNamed("label_udp_plain").hex));
  assert.is(opened.type, "opened");
});

test.run();
