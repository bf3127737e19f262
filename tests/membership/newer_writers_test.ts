// topics: discovery
/** What writers of other generations make of the same messages: signed integers, other lengths, bin, fields unknown here. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { concat, Random, toBytes, toHex, viewOf } from "../../src/base/mod.ts";
import { decodeCoordinate } from "../../src/gossip/coordinates.ts";
import { encodeMsgpack, MsgpackReader, type Value } from "../../src/gossip/mod.ts";
import { openPacket } from "../../src/gossip/packet.ts";
import { StreamReader } from "../../src/gossip/stream_reader.ts";
import { decodeMessage, encodeMessage } from "../../src/gossip/wire.ts";
import { AgentRequestReader } from "../../src/membership/agent_rpc_requests.ts";
import { decodeKeyRequest, decodeKeyResponse } from "../../src/membership/key_messages.ts";
import { decodeSerfMessage, encodeSerfMessage } from "../../src/membership/messages.ts";
import { decodeTags } from "../../src/membership/mod.ts";
import { bytesOf, vectorsOf } from "../vectors/serf_vectors.ts";

/** Forms tried of each message. */
const rounds = 40;

/** A value in forms that some writer may choose. */
function written(random: Random, value: Value): Uint8Array {
  if (value === null) return Uint8Array.of(0xc0);
  if (typeof value === "boolean") return Uint8Array.of(value ? 0xc3 : 0xc2);
  if (typeof value === "number") return writtenNumber(random, value);
  if (value instanceof Uint8Array) return concat([writtenLength(random, value.length, raws), value]);
  if (value instanceof Map) return writtenMap(random, value);
  const values = value as readonly Value[];
  return concat([writtenLength(random, values.length, arrays), ...values.map((item) => written(random, item))]);
}

function writtenMap(random: Random, map: ReadonlyMap<string, Value>): Uint8Array {
  const entries: (readonly Uint8Array[])[] = [...map].map(([key, item]) => [
    written(random, toBytes(key)),
    written(random, item),
  ]);
  return concat([writtenLength(random, entries.length, maps), ...random.shuffle(entries).flat()]);
}

/** A struct that knows more fields than this node: a hash, a time, a map by numbers, a list. */
function withUnknown(value: Value): Value {
  if (!(value instanceof Map)) return value;
  const extra = new Map<string, Value>([
    ["Hash", Number.MAX_SAFE_INTEGER],
    ["Labels", new Map([["a", [1, null, true]]])],
    ["", -5],
  ]);
  return new Map([...value, ...extra]);
}

interface Form {
  readonly lead: number;
  readonly width: 0 | 1 | 2 | 4;
  /** Lengths below this fit. */
  readonly end: number;
}

const raws: readonly Form[] = [
  { lead: 0xa0, width: 0, end: 32 },
  ...[0xc4, 0xd9].map((lead) => ({ lead, width: 1, end: 2 ** 8 }) as const),
  ...[0xc5, 0xda].map((lead) => ({ lead, width: 2, end: 2 ** 16 }) as const),
  ...[0xc6, 0xdb].map((lead) => ({ lead, width: 4, end: 2 ** 32 }) as const),
];
const arrays: readonly Form[] = [
  { lead: 0x90, width: 0, end: 16 },
  { lead: 0xdc, width: 2, end: 2 ** 16 },
  { lead: 0xdd, width: 4, end: 2 ** 32 },
];
const maps: readonly Form[] = [
  { lead: 0x80, width: 0, end: 16 },
  { lead: 0xde, width: 2, end: 2 ** 16 },
  { lead: 0xdf, width: 4, end: 2 ** 32 },
];

function writtenLength(random: Random, length: number, forms: readonly Form[]): Uint8Array {
  const { lead, width } = random.pick(forms.filter(({ end }) => length < end)) as Form;
  if (width === 0) return Uint8Array.of(lead | length);
  const bytes = new Uint8Array(1 + width);
  bytes[0] = lead;
  const view = viewOf(bytes);
  if (width === 1) view.setUint8(1, length);
  else if (width === 2) view.setUint16(1, length);
  else view.setUint32(1, length);
  return bytes;
}

function writtenNumber(random: Random, value: number): Uint8Array {
  if (!Number.isInteger(value)) return encodeMsgpack(value);
  const signed = ([1, 2, 4, 8] as const).filter((width) => Math.abs(value) < 2 ** (8 * width - 1));
  const unsigned = ([1, 2, 4, 8] as const).filter((width) => value >= 0 && value < 2 ** (8 * width));
  const forms = [
    ...signed.map((width) => ({ lead: 0xd0, width })),
    ...unsigned.map((width) => ({ lead: 0xcc, width })),
  ];
  const { lead, width } = random.pick(forms) as { lead: number; width: 1 | 2 | 4 | 8 };
  const bytes = new Uint8Array(9);
  bytes[0] = lead + [1, 2, 4, 8].indexOf(width);
  viewOf(bytes).setBigInt64(1, BigInt(value));
  return concat([bytes.subarray(0, 1), bytes.subarray(9 - width)]);
}

function valueAt(bytes: Uint8Array, at: number): [Value, number] {
  const reader = new MsgpackReader(bytes, at);
  return [reader.value(), reader.at];
}

/** A type byte and a map, and whatever follows, in another form. */
function rewritten(random: Random, bytes: Uint8Array): Uint8Array {
  const [value, end] = valueAt(bytes, 1);
  return concat([bytes.subarray(0, 1), written(random, withUnknown(value)), bytes.subarray(end)]);
}

const plain = (transport: string): Uint8Array[] =>
  vectorsOf(transport).flatMap(({ hex, key_hex, label }) =>
    hex !== undefined && key_hex === undefined && label === undefined ? [bytesOf(hex)] : [],
  );
const inner = plain("inner").filter((bytes) => bytes.length > 16);
const messages = [...plain("udp").flatMap((packet) => openPacket(packet).messages), ...inner].filter(
  (bytes) => bytes[0] !== 8,
);
const serfMessages = inner.filter((bytes) => bytes[0] === 8).map((bytes) => bytes.subarray(1));

test("messages of memberlist mean the same in every form that a writer may choose", () => {
  const random = new Random("newer messages");
  for (const bytes of messages) {
    const expected = encodeMessage(decodeMessage(bytes) as NonNullable<ReturnType<typeof decodeMessage>>);
    for (let round = 0; round < rounds; round++) {
      const other = rewritten(random, bytes);
      const decoded = decodeMessage(other);
      if (decoded === undefined) throw new Error(`Cannot decode ${toHex(other)}`);
      assert.is(toHex(encodeMessage(decoded)), toHex(expected));
    }
  }
});

test("messages of Serf mean the same in every form that a writer may choose", () => {
  const random = new Random("newer Serf");
  const states = plain("tcp").flatMap((bytes) => {
    const scan = new StreamReader().push(bytes);
    return scan?.type === "message" && scan.message.type === "push-pull" ? [scan.message.userState] : [];
  });
  for (const bytes of [...serfMessages, ...states]) {
    const expected = decodeSerfMessage(bytes);
    for (let round = 0; round < rounds; round++) {
      const other = rewritten(random, bytes);
      const decoded = decodeSerfMessage(other);
      if (decoded === undefined || expected === undefined) throw new Error(`Cannot decode ${toHex(other)}`);
      if (decoded.type === "state") assert.equal(shown(decoded), shown(expected));
      else assert.is(toHex(encodeSerfMessage(decoded)), toHex(encodeSerfMessage(expected)));
      if (decoded.type === "query" || decoded.type === "query-response") checkPayload(random, decoded.payload);
    }
  }
});

/** States list members in no order. */
function shown(message: object): string {
  return JSON.stringify(message, (_, value) => (value instanceof Map ? [...value].sort() : value));
}

function checkPayload(random: Random, payload: Uint8Array): void {
  if (payload[0] !== 7 && payload[0] !== 8) return;
  const other = rewritten(random, payload);
  if (payload[0] === 7) assert.equal(decodeKeyRequest(other), decodeKeyRequest(payload));
  else assert.equal(decodeKeyResponse(other), decodeKeyResponse(payload));
}

test("push/pulls mean the same in every form that a writer may choose", () => {
  const random = new Random("newer exchanges");
  for (const bytes of plain("tcp").filter((stream) => stream[0] === 6)) {
    const expected = new StreamReader().push(bytes);
    for (let round = 0; round < rounds; round++) {
      const [header, headerEnd] = valueAt(bytes, 1);
      const parts = [bytes.subarray(0, 1), written(random, withUnknown(header))];
      let at = headerEnd;
      const count = (header as ReadonlyMap<string, Value>).get("Nodes") as number;
      for (let index = 0; index < count; index++) {
        const [node, end] = valueAt(bytes, at);
        parts.push(written(random, withUnknown(node)));
        at = end;
      }
      assert.equal(new StreamReader().push(concat([...parts, bytes.subarray(at)])), expected);
    }
  }
});

test("tags, coordinates and requests of the agent RPC mean the same in every form that a writer may choose", () => {
  const random = new Random("newer rest");
  const tags = concat([Uint8Array.of(0xff), encodeMsgpack({ role: "web", zone: "a" })]);
  const ack = messages.map(decodeMessage).find((message) => message?.type === "ack" && message.payload.length > 0);
  const place = ack?.type === "ack" ? ack.payload : new Uint8Array(0);
  for (let round = 0; round < rounds; round++) {
    const meta = concat([tags.subarray(0, 1), written(random, valueAt(tags, 1)[0])]);
    assert.equal([...decodeTags(meta)].sort(), [...decodeTags(tags)].sort());
    assert.equal(decodeCoordinate(rewritten(random, place)), decodeCoordinate(place));
    for (const { hex, name } of vectorsOf("rpc").filter((vector) => vector.name.includes("request"))) {
      const bytes = bytesOf(hex as string);
      assert.equal(requestsIn(rewrittenAll(random, bytes)), requestsIn(bytes), name);
    }
  }
  assert.ok(place.length > 0);
});

function rewrittenAll(random: Random, bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [value, end] = valueAt(bytes, at);
    parts.push(written(random, value));
    at = end;
  }
  return concat(parts);
}

function requestsIn(bytes: Uint8Array): unknown[] {
  const reader = new AgentRequestReader();
  reader.push(bytes);
  const requests: unknown[] = [];
  for (let scan = reader.next(); scan.type === "request"; scan = reader.next()) requests.push(scan);
  return requests;
}

test.run();
