// topics: discovery
/**
 * No captured vector is left out: each is taken apart, down to the last field, as the file states it, and put together
 * again where the file says that this gives the same bytes. Vectors of a kind that is not known here fail.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { concat, crc32, ipToText, toBytes, toHex, toText, viewOf } from "../../src/base/mod.ts";
import { decodeCoordinate, encodeCoordinate } from "../../src/gossip/coordinates.ts";
import { Envelope } from "../../src/gossip/envelope.ts";
import { compressLzw, decompressLzw } from "../../src/gossip/lzw.ts";
import { MsgpackReader, parseKey, type Value } from "../../src/gossip/mod.ts";
import { compress, decompress } from "../../src/gossip/packet.ts";
import { StreamReader } from "../../src/gossip/stream_reader.ts";
import { decodeMessage, encodeError, encodeMessage, encodePushPull } from "../../src/gossip/wire.ts";
import { systemCipher } from "../../src/io/cipher.ts";
import { readKeyringText } from "../../src/io/gossip_keyring_file.ts";
import { decodeSerfMessage, encodeSerfMessage } from "../../src/membership/messages.ts";
import { decodeTags, Snapshot } from "../../src/membership/mod.ts";
import { bytesOf, type SerfVector, vectorsOf } from "../vectors/serf_vectors.ts";

type Stated = { readonly [field: string]: unknown };

/** What the file states of something that was captured, checked against the bytes. Returns how many things were. */
type Check = (vector: SerfVector, bytes: Uint8Array) => number;

/** A value equals what is stated of it; the file says which byte strings are texts. */
function same(value: Value, stated: unknown, what: string): void {
  if (value instanceof Uint8Array) {
    const [name] = typeof stated === "object" && stated !== null ? Object.keys(stated) : [];
    assert.equal(name === undefined ? toText(value) : { [name]: toHex(value) }, stated, what);
  } else if (value instanceof Map) {
    const fields = stated as Stated;
    if ("array_len" in fields) throw new Error(`Cannot compare ${what}: it is a map, stated is an array`);
    assert.equal([...value.keys()].sort(), Object.keys(fields).sort(), what);
    for (const [key, item] of value) same(item, fields[key], `${what}.${key}`);
  } else if (Array.isArray(value)) sameList(value, stated, what);
  else assert.equal(value, stated, what);
}

function sameList(values: readonly Value[], stated: unknown, what: string): void {
  if (Array.isArray(stated)) {
    assert.is(values.length, stated.length, what);
    for (const [index, value] of values.entries()) same(value, stated[index], `${what}[${index}]`);
    return;
  }
  // Rings of events are stated by their length and what is in them.
  const { array_len, non_nil } = stated as { array_len: number; non_nil: unknown[] };
  assert.is(values.length, array_len, what);
  sameList(
    values.filter((value) => value !== null),
    non_nil,
    what,
  );
}

function textOf(value: Value | string | undefined): string {
  return value instanceof Uint8Array ? toText(value) : String(value);
}

/** Reads one value; returns it and where it ends. */
function valueAt(bytes: Uint8Array, at: number): [Value, number] {
  const reader = new MsgpackReader(bytes, at);
  const value = reader.value();
  assert.is(reader.fault, undefined);
  return [value, reader.at];
}

/** A message as it stands behind its wrappers. */
function checkMessage(bytes: Uint8Array, stated: Stated, what: string): number {
  if (stated["type"] !== undefined) assert.is(bytes[0], stated["type"], `${what}: type`);
  const inner = stated["inner"] as Stated;
  switch (stated["type"]) {
    case 6:
      return checkPushPull(bytes, stated, what);
    case 7: {
      const [parts, lengths] = [stated["parts"] as Stated[], stated["lengths"] as number[]];
      let at = 2 + 2 * parts.length;
      return parts.reduce((checks, part, index) => {
        const length = viewOf(bytes).getUint16(2 + 2 * index);
        assert.is(length, lengths[index], what);
        at += length;
        return checks + checkMessage(bytes.subarray(at - length, at), part, `${what}/${index}`);
      }, 1);
    }
    case 8:
      return stated["serf"] === undefined
        ? checkUserMessage(bytes, stated, what)
        : checkSerf(bytes.subarray(1), stated["serf"] as Stated, what);
    case 9: {
      const plain = decompress(bytes, 1_000_000);
      if (plain === undefined) throw new Error(`Cannot decompress ${what}`);
      assert.is(plain.length, stated["plain_len"], what);
      assert.is(stated["go_lzw_reencodes_exactly"], true, what);
      // What grows by it is left as it is here: only Serf's agents send such.
      if (bytes.length < plain.length) assert.is(toHex(compress(plain)), toHex(bytes), what);
      return checkMessage(plain, inner, what) + 1;
    }
    case 12:
      assert.is(toHex(bytes.subarray(1, 5)), stated["crc32"], what);
      assert.is(viewOf(bytes).getUint32(1) === crc32(bytes.subarray(5)), stated["crc_ok"], what);
      return checkMessage(bytes.subarray(5), inner, what) + 1;
    default:
      return checkBare(bytes, stated, what);
  }
}

function checkBare(bytes: Uint8Array, stated: Stated, what: string): number {
  const body = stated["body"] as Stated | undefined;
  if (body === undefined) throw new Error(`Cannot check ${what}: it states ${Object.keys(stated).join()}`);
  same(valueAt(bytes, 1)[0], body, what);
  if (stated["type"] === 13) {
    assert.is(toHex(encodeError(String(body["Error"]))), toHex(bytes), what);
    return 1;
  }
  const message = decodeMessage(bytes);
  if (message === undefined) throw new Error(`Cannot decode ${what}`);
  if (stated["reencodes_exactly_sorted_keys"] === true) assert.is(toHex(encodeMessage(message)), toHex(bytes), what);
  if (stated["tags"] !== undefined && message.type === "alive") {
    assert.equal(Object.fromEntries(decodeTags(message.meta)), stated["tags"], what);
  }
  if (stated["coordinate"] !== undefined && message.type === "ack") {
    const { version, ...fields } = stated["coordinate"] as Stated;
    same(valueAt(message.payload, 1)[0], fields, what);
    assert.is(message.payload[0], version, what);
    const place = decodeCoordinate(message.payload);
    assert.is(place && toHex(encodeCoordinate(place)), toHex(message.payload), what);
  }
  return 1;
}

function checkUserMessage(bytes: Uint8Array, stated: Stated, what: string): number {
  const [header, at] = valueAt(bytes, 1);
  same(header, stated["header"], what);
  assert.is(toText(bytes.subarray(at)), stated["payload_utf8"], what);
  return 1;
}

function checkPushPull(bytes: Uint8Array, stated: Stated, what: string): number {
  let [header, at] = valueAt(bytes, 1);
  same(header, stated["header"], what);
  for (const { tags, ...fields } of stated["nodes"] as Stated[]) {
    const [node, end] = valueAt(bytes, at);
    same(node, fields, what);
    const meta = (node as ReadonlyMap<string, Value>).get("Meta") as Uint8Array | null;
    assert.equal(Object.fromEntries(decodeTags(meta ?? new Uint8Array(0))), tags, what);
    at = end;
  }
  const userState = bytes.subarray(at);
  assert.is(userState.length, (stated["header"] as { UserStateLen: number }).UserStateLen + Number(stated["trailing"]));
  const { type, body } = stated["user_state"] as Stated;
  assert.is(userState[0], type, what);
  same(valueAt(userState, 1)[0], body, what);
  assert.is(decodeSerfMessage(userState)?.type, "state", what);
  const scan = new StreamReader().push(bytes);
  if (scan?.type !== "message" || scan.message.type !== "push-pull") throw new Error(`Cannot read ${what}`);
  assert.is(toHex(encodePushPull(scan.message)), toHex(bytes), what);
  return 2;
}

function checkSerf(bytes: Uint8Array, stated: Stated, what: string): number {
  assert.is(bytes[0], stated["type"], what);
  const [body, at] = valueAt(bytes, 1);
  same(body, stated["body"], what);
  const message = decodeSerfMessage(bytes);
  if (message === undefined) throw new Error(`Cannot decode ${what}`);
  assert.is(toHex(encodeSerfMessage(message)), toHex(bytes), what);
  const inner = stated["inner"] as Stated | undefined;
  if (inner !== undefined) return 1 + checkSerf(bytes.subarray(at), inner, what);
  const carried = stated["payload_decoded"] as Stated | undefined;
  if (carried === undefined || !("payload" in message)) return 1;
  assert.is(message.payload[0], carried["type"], what);
  same(valueAt(message.payload, 1)[0], carried["body"], what);
  return 2;
}

/** Takes the label and the encryption off: what is stated is what is within. */
function openedBytes(vector: SerfVector, bytes: Uint8Array): Uint8Array {
  const keys = vector.key_hex === undefined ? [] : [bytesOf(vector.key_hex)];
  const envelope = new Envelope({ label: vector.label, encryption: { cipher: systemCipher, keys } });
  if (vector.transport === "udp") {
    const opened = envelope.openPacket(bytes);
    if (opened.type !== "opened") throw new Error(`Cannot open ${vector.name}: ${opened.reason}`);
    return opened.bytes;
  }
  // A reply bears no label before it.
  const labelBytes = vector.name.endsWith("_response") ? 0 : (envelope.labelBytesOf(bytes) as number);
  if (keys.length === 0) return bytes.subarray(labelBytes);
  const opened = envelope.openFrame(bytes.subarray(labelBytes));
  if (opened.type !== "opened") throw new Error(`Cannot open ${vector.name}: ${opened.reason}`);
  return opened.bytes;
}

const checks: { readonly [transport: string]: Check } = {
  udp: checkWrapped,
  tcp: checkWrapped,
  inner(vector, bytes) {
    if (vector.name !== "addr_v4_mapped_when_bound_to_any")
      return checkMessage(bytes, vector.decoded as Stated, vector.name);
    const node = { node: "n", incarnation: 1, address: bytes, port: 7946, meta: new Uint8Array(0) } as const;
    const alive = { type: "alive", versions: Uint8Array.of(1, 5, 2, 2, 5, 5), ...node } as const;
    // Shown as IPv4, passed on as the very bytes.
    assert.is(ipToText(bytes), "10.9.8.7");
    assert.equal(decodeMessage(encodeMessage(alive)), alive);
    return 1;
  },
  "rpc tcp"(vector, bytes) {
    let at = 0;
    for (const [index, stated] of (vector.decoded as unknown[]).entries()) {
      const [value, end] = valueAt(bytes, at);
      // The one that was made by hand is stated in words: `stream Seq 1`.
      const words =
        value instanceof Map ? [...value].flat().map((item) => (typeof item === "number" ? item : textOf(item))) : [];
      if (typeof stated === "string")
        assert.ok(
          stated.split(" ").every((word) => words.join(" ").includes(word)),
          stated,
        );
      else same(value, stated, `${vector.name}[${index}]`);
      at = end;
    }
    assert.is(at, bytes.length, vector.name);
    return 1;
  },
  codec(vector, bytes) {
    if (vector.hex === undefined) {
      const { compressed, plain } = generated();
      assert.equal([compressed.length, decompressLzw(compressed, plain.length)], [vector["len"], plain]);
      return 1;
    }
    const plain = bytesOf((vector.decoded as { plain_hex: string }).plain_hex);
    assert.equal([compressLzw(plain), decompressLzw(bytes, plain.length)], [bytes, plain], vector.name);
    return 1;
  },
  file(vector) {
    const text = String(vector["text"]);
    if (vector.name === "keyring_file_text") {
      assert.equal(
        readKeyringText("keys", text).map((key) => parseKey(key).length),
        [32, 16],
      );
      return 1;
    }
    assert.is(vector.name, "snapshot_file_text");
    const snapshot = Snapshot.read(toBytes(text), { rejoinAfterLeave: true });
    assert.equal([snapshot.unreadableLines, snapshot.lamport], [0, { member: 6, event: 2, query: 4 }]);
    return 1;
  },
};

function checkWrapped(vector: SerfVector, bytes: Uint8Array): number {
  const plain = openedBytes(vector, bytes);
  if (vector["plaintext_hex"] !== undefined) assert.is(toHex(plain), vector["plaintext_hex"], vector.name);
  const stated = vector.decoded as Stated;
  if (stated["inner_hex"] === undefined) {
    return checkMessage(plain[0] === 9 && stated["type"] !== 9 ? unpacked(plain) : plain, stated, vector.name);
  }
  assert.is(toHex(stated["compressed"] === true ? unpacked(plain) : plain), stated["inner_hex"], vector.name);
  return 1;
}

function unpacked(message: Uint8Array): Uint8Array {
  return decompress(message, 1_000_000) ?? new Uint8Array(0);
}

/** The bytes of which the file holds only the hash. */
function generated(): { readonly plain: Uint8Array; readonly compressed: Uint8Array } {
  const plain = new Uint8Array(20_000);
  let state = 0n;
  for (let at = 0; at < plain.length; at++) {
    state = (state * 1103515245n + 12345n) & 0x7fffffffn;
    plain[at] = Number((state >> 16n) & 255n);
  }
  return { plain, compressed: compressLzw(plain) };
}

test("every vector says what the file states of it, and gives its bytes again where it should", () => {
  const all = vectorsOf("");
  let [seen, checked] = [0, 0];
  for (const vector of all) {
    const check = checks[vector.transport.replace(/ \(.*/, "")];
    if (check === undefined)
      throw new Error(`Cannot check ${vector.name}: transport ${vector.transport} is not known here`);
    const count = check(vector, vector.hex === undefined ? concat([]) : bytesOf(vector.hex));
    assert.ok(count >= 1, vector.name);
    seen++;
    checked += count;
  }
  assert.ok(all.length >= 79, `${all.length} vectors`);
  assert.is(new Set(all.map(({ name }) => name)).size, all.length, "names are unique");
  console.log(`report: ${seen} of ${all.length} captured vectors, ${checked} messages in them`);
});

test.run();
