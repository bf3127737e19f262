/** Every captured message of memberlist decodes to what was captured, and encodes back to the same bytes. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../src/base/mod.ts";
import { openPacket, sealPacket } from "../../src/gossip/packet.ts";
import { StreamReader } from "../../src/gossip/stream_reader.ts";
import { decodeMessage, encodeMessage, encodePushPull, type Message } from "../../src/gossip/wire.ts";
import { bytesOf, type SerfVector, vectorNamed, vectorsOf } from "../vectors/serf_vectors.ts";

/** A message as the vector file writes it. */
interface Captured {
  readonly type: number;
  readonly name?: string;
  readonly inner?: Captured;
  readonly parts?: readonly Captured[];
  readonly body?: { readonly [field: string]: unknown };
  readonly reencodes_exactly_sorted_keys?: boolean;
  readonly header?: { readonly Join: boolean; readonly Nodes: number; readonly UserStateLen: number };
  readonly nodes?: readonly { readonly [field: string]: unknown }[];
}

const isPlain = (vector: SerfVector): boolean => vector.key_hex === undefined && vector.label === undefined;

/** The bare messages within the wrappers. */
function bareOf(captured: Captured): Captured[] {
  if (captured.parts !== undefined) return captured.parts.flatMap(bareOf);
  return captured.inner !== undefined && captured.name !== "relay" ? bareOf(captured.inner) : [captured];
}

/** The captured fields of a decoded message, by the names of the wire. */
function wireFieldsOf(message: Message): { [field: string]: unknown } {
  const bytes = (value: Uint8Array) => ({ $hex: toHex(value) });
  const orNull = (value: Uint8Array) => (value.length === 0 ? null : bytes(value));
  switch (message.type) {
    case "ping":
    case "indirect-ping": {
      const fields: { [field: string]: unknown } = { Node: message.node, SeqNo: message.sequence };
      if (message.type === "indirect-ping") {
        Object.assign(fields, { Nack: message.nack, Port: message.port, Target: bytes(message.target) });
      }
      if (message.sourceAddress.length > 0) fields["SourceAddr"] = bytes(message.sourceAddress);
      if (message.sourcePort !== 0) fields["SourcePort"] = message.sourcePort;
      if (message.sourceName !== "") fields["SourceNode"] = message.sourceName;
      return fields;
    }
    case "ack":
      return { Payload: orNull(message.payload), SeqNo: message.sequence };
    case "nack":
      return { SeqNo: message.sequence };
    case "suspect":
    case "dead":
      return { From: message.from, Incarnation: message.incarnation, Node: message.node };
    case "alive":
      return {
        Addr: bytes(message.address),
        Incarnation: message.incarnation,
        Meta: orNull(message.meta),
        Node: message.node,
        Port: message.port,
        Vsn: bytes(message.versions),
      };
    default:
      throw new Error(`Cannot list fields: the message is ${message.type}`);
  }
}

function checkMessage(bytes: Uint8Array, captured: Captured, name: string): boolean {
  const message = decodeMessage(bytes);
  if (message === undefined) throw new Error(`Cannot decode a message of ${name}`);
  if (captured.body === undefined) {
    assert.is(message.type, "user", name);
    assert.equal(encodeMessage(message), bytes, name);
    return true;
  }
  assert.equal(wireFieldsOf(message), captured.body, name);
  if (captured.reencodes_exactly_sorted_keys) assert.is(toHex(encodeMessage(message)), toHex(bytes), name);
  return captured.reencodes_exactly_sorted_keys === true;
}

test("every captured datagram without key or label opens into its messages", () => {
  const vectors = vectorsOf("udp").filter(isPlain);
  assert.is(vectors.length, 12);
  let exact = 0;
  for (const vector of vectors) {
    const { messages, faults } = openPacket(bytesOf(vector.hex as string));
    assert.equal(faults, [], vector.name);
    const captured = bareOf(vector.decoded as Captured);
    assert.is(messages.length, captured.length, vector.name);
    for (const [index, bytes] of messages.entries()) {
      if (checkMessage(bytes, captured[index] as Captured, vector.name)) exact++;
    }
  }
  assert.is(exact, 17, "messages that encode back to the same bytes");
});

test("every captured datagram seals back to the same bytes, compressed or not", () => {
  for (const vector of vectorsOf("udp").filter(isPlain)) {
    const bytes = bytesOf(vector.hex as string);
    const packing = { compress: vector.name.includes("compress") };
    assert.is(toHex(sealPacket(openPacket(bytes).messages, bytes[0] === 12, packing)), vector.hex, vector.name);
  }
});

test("every captured message of memberlist decodes and encodes back", () => {
  const vectors = vectorsOf("inner").filter((vector) => vector.name.startsWith("msg_"));
  assert.is(vectors.length, 5);
  for (const vector of vectors) {
    assert.ok(checkMessage(bytesOf(vector.hex as string), vector.decoded as Captured, vector.name), vector.name);
  }
});

test("every captured stream without key or label reads in one piece and byte by byte", () => {
  const vectors = vectorsOf("tcp").filter(isPlain);
  assert.is(vectors.length, 9);
  for (const vector of vectors) {
    const bytes = bytesOf(vector.hex as string);
    const whole = new StreamReader().push(bytes);
    const reader = new StreamReader();
    let last: ReturnType<StreamReader["push"]>;
    for (const [index, byte] of bytes.entries()) {
      last = reader.push(Uint8Array.of(byte));
      if (index < bytes.length - 1) assert.is(last, undefined, `${vector.name} after ${index + 1} bytes`);
    }
    assert.equal(last, whole, vector.name);
    assert.is(whole?.type, "message", vector.name);
  }
});

test("captured push/pulls decode to their nodes and encode back to the same bytes up to the user state", () => {
  for (const name of ["tcp_pushpull_full_state", "tcp_pushpull_join_request", "tcp_pushpull_join_response"]) {
    const vector = vectorNamed(name);
    const captured = vector.decoded as Captured;
    const scan = new StreamReader().push(bytesOf(vector.hex));
    if (scan?.type !== "message" || scan.message.type !== "push-pull") throw new Error(`Cannot read ${name}`);
    const { join, nodes, userState } = scan.message;
    assert.is(join, captured.header?.Join, name);
    assert.is(userState.length, captured.header?.UserStateLen, name);
    const states = ["alive", "suspect", "dead", "left"];
    for (const [index, { alive, state }] of nodes.entries()) {
      const { tags, State, Name, ...fields } = (captured.nodes ?? [])[index] ?? {};
      assert.equal(wireFieldsOf(alive), { ...fields, Node: Name }, name);
      assert.is(state, states[State as number], name);
    }
    assert.is(toHex(encodePushPull(scan.message)), vector.hex, name);
  }
});

test("an encrypted datagram yields no message, an encrypted stream says so", () => {
  for (const vector of vectorsOf("udp").filter((entry) => entry.key_hex !== undefined && entry.label === undefined)) {
    const { messages } = openPacket(bytesOf(vector.hex as string));
    for (const bytes of messages) assert.is(decodeMessage(bytes), undefined, vector.name);
  }
  const stream = bytesOf(vectorNamed("tcp_encrypted_pushpull_request").hex);
  assert.equal(new StreamReader().push(stream), {
    type: "refused",
    reason: "Remote state is encrypted and encryption is not configured",
  });
});

test.run();
