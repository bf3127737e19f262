/** Every captured message of Serf decodes to what was captured, and encodes back to the same bytes. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random, toHex } from "../../src/base/mod.ts";
import { openPacket, sealPacket } from "../../src/gossip/packet.ts";
import { StreamReader } from "../../src/gossip/stream_reader.ts";
import { encodeMessage } from "../../src/gossip/wire.ts";
import {
  decodeKeyRequest,
  decodeKeyResponse,
  encodeKeyRequest,
  encodeKeyResponse,
} from "../../src/membership/key_messages.ts";
import { decodeSerfMessage, encodeSerfMessage, type SerfMessage } from "../../src/membership/messages.ts";
import { decodeTags, encodeTags, Membership } from "../../src/membership/mod.ts";
import { bytesOf, vectorNamed, vectorsOf } from "../vectors/serf_vectors.ts";

interface Captured {
  readonly serf: { readonly type: number; readonly body: { readonly [field: string]: unknown } };
}

/** The captured fields of a decoded message, by the names of the wire. */
function wireFieldsOf(message: SerfMessage): { [field: string]: unknown } {
  const bytes = (value: Uint8Array) => ({ $hex: toHex(value) });
  const orNull = (value: Uint8Array) => (value.length === 0 ? null : bytes(value));
  switch (message.type) {
    case "join":
      return { LTime: message.lamport, Node: message.node };
    case "leave":
      return { LTime: message.lamport, Node: message.node, Prune: message.prune };
    case "user-event": {
      const { coalesce, lamport, name, payload } = message;
      return { CC: coalesce, LTime: lamport, Name: name, Payload: orNull(payload) };
    }
    case "query":
      return {
        Addr: bytes(message.address),
        Filters: message.filters.length === 0 ? null : message.filters.map(bytes),
        Flags: message.flags,
        ID: message.id,
        LTime: message.lamport,
        Name: message.name,
        Payload: orNull(message.payload),
        Port: message.port,
        RelayFactor: message.relayFactor,
        SourceNode: message.sourceNode,
        Timeout: message.timeoutMs * 1_000_000,
      };
    case "query-response": {
      const { flags, from, id, lamport, payload } = message;
      return { Flags: flags, From: from, ID: id, LTime: lamport, Payload: orNull(payload) };
    }
    case "relay":
      return { DestAddr: { IP: bytes(message.ip), Port: message.port, Zone: "" }, DestName: message.destination };
    default:
      throw new Error(`Cannot list fields: the message is ${message.type}`);
  }
}

test("every captured message of Serf decodes to its fields and encodes back to the same bytes", () => {
  const vectors = vectorsOf("inner").filter((vector) => vector.name.startsWith("serf_"));
  assert.ok(vectors.length >= 18, `${vectors.length} vectors`);
  for (const vector of vectors) {
    const bytes = bytesOf(vector.hex as string).subarray(1);
    const message = decodeSerfMessage(bytes);
    if (message === undefined) throw new Error(`Cannot decode ${vector.name}`);
    assert.equal(wireFieldsOf(message), (vector.decoded as Captured).serf.body, vector.name);
    assert.is(toHex(encodeSerfMessage(message)), toHex(bytes), vector.name);
  }
});

test("a captured user state decodes with its statuses, leavers and events", () => {
  const scan = new StreamReader().push(bytesOf(vectorNamed("tcp_pushpull_full_state").hex));
  if (scan?.type !== "message" || scan.message.type !== "push-pull") throw new Error("Cannot read the push/pull");
  const state = decodeSerfMessage(scan.message.userState);
  if (state?.type !== "state") throw new Error("Cannot decode the user state");
  assert.is(state.lamport, 4);
  assert.is(state.eventLamport, 3);
  assert.is(state.queryLamport, 5);
  assert.equal(state.leftMembers, ["beta"]);
  assert.equal([...state.statusLamports].sort(), [
    ["alpha", 0],
    ["beta", 3],
    ["gamma", 2],
  ]);
  assert.equal(
    state.events.map((event) => [event.lamport, event.name, toHex(event.payload)]),
    [
      [1, "deploy", toHex(new TextEncoder().encode("v1.2.3"))],
      [2, "nopayload", ""],
    ],
  );
  assert.equal(decodeSerfMessage(encodeSerfMessage(state)), state);
});

test("captured messages about keys decode to their fields and encode back to the same bytes", () => {
  const payloads = vectorsOf("inner").flatMap((vector) => {
    const { serf } = vector.decoded as { serf?: Captured["serf"] & { payload_decoded?: Captured["serf"] } };
    const inner = serf?.payload_decoded;
    return inner === undefined
      ? []
      : [{ name: vector.name, inner, payload: serf?.body["Payload"] as { $hex: string } }];
  });
  assert.ok(payloads.length >= 7, `${payloads.length} payloads`);
  for (const { name, inner, payload } of payloads) {
    const bytes = bytesOf(payload.$hex);
    if (inner.type === 7) {
      const key = decodeKeyRequest(bytes);
      assert.equal({ Key: { $hex: toHex(key as Uint8Array) } }, inner.body, name);
      if (key?.length !== 0) assert.is(toHex(encodeKeyRequest(key as Uint8Array)), toHex(bytes), name);
    } else if (inner.type === 8) {
      const response = decodeKeyResponse(bytes);
      if (response === undefined) throw new Error(`Cannot decode ${name}`);
      const { keys, message, primaryKey, result } = response;
      const fields = {
        Keys: keys.length === 0 ? null : keys,
        Message: message,
        PrimaryKey: primaryKey,
        Result: result,
      };
      assert.equal(fields, inner.body, name);
      assert.is(toHex(encodeKeyResponse(response)), toHex(bytes), name);
    }
  }
});

test("a question about a name is answered by the captured bytes", () => {
  const wit = new Membership({ name: "wit", address: { host: "127.0.0.1", port: 18_030 } }, new Random("wit"));
  const push = (...messages: Uint8Array[]) => {
    const bytes = sealPacket(messages, false);
    return wit.step({ type: "datagram", from: { host: "127.0.0.1", port: 18_031 }, bytes }, 1);
  };
  const versions = Uint8Array.of(1, 5, 2, 2, 5, 5);
  const address = Uint8Array.of(127, 0, 0, 1);
  const meta = encodeTags(new Map());
  push(encodeMessage({ type: "alive", incarnation: 1, node: "dup", address, port: 18_031, meta, versions }));
  const effects = push(bytesOf(vectorNamed("serf_query_serf_conflict").hex));
  const sent = effects.flatMap((effect) => (effect.type === "send" ? openPacket(effect.bytes).messages : []));
  assert.ok(sent.map(toHex).includes(vectorNamed("serf_conflict_response").hex));
});

test("captured metas decode to their tags", () => {
  const decoded = vectorNamed("msg_alive_with_tags").decoded as { body: { Meta: { $hex: string } }; tags: object };
  const meta = bytesOf(decoded.body.Meta.$hex);
  assert.equal(Object.fromEntries(decodeTags(meta)), decoded.tags);
  assert.equal(decodeTags(encodeTags(new Map())), new Map());
  assert.is(toHex(encodeTags(new Map())), "ff80");
});

test.run();
