/** Every decoder of what comes from outside: from the network, from files, from clients of the agent RPC. */
import { concat, ipToBytes, ipToText, parseAddress, type Random, toBytes, toText } from "../../src/base/mod.ts";
import { Coordinates, decodeCoordinate, encodeCoordinate } from "../../src/gossip/coordinates.ts";
import { Envelope } from "../../src/gossip/envelope.ts";
import { parseKey } from "../../src/gossip/keyring.ts";
import { compressLzw, decompressLzw } from "../../src/gossip/lzw.ts";
import { MsgpackReader, type Value } from "../../src/gossip/msgpack.ts";
import { encodeMsgpack } from "../../src/gossip/msgpack_encoder.ts";
import { openPacket, sealPacket } from "../../src/gossip/packet.ts";
import { StreamReader } from "../../src/gossip/stream_reader.ts";
import { decodeMessage, encodeMessage } from "../../src/gossip/wire.ts";
import { systemCipher } from "../../src/io/cipher.ts";
import { readKeyringText } from "../../src/io/gossip_keyring_file.ts";
import { AgentRequestReader } from "../../src/membership/agent_rpc_requests.ts";
import { Expression, instructionsMax } from "../../src/membership/expression.ts";
import { decodeKeyRequest, decodeKeyResponse } from "../../src/membership/key_messages.ts";
import { decodeSerfMessage, encodeSerfMessage } from "../../src/membership/messages.ts";
import { decodeTags, Snapshot } from "../../src/membership/mod.ts";
import { judgeFilters } from "../../src/membership/query_filters.ts";
import { bytesOf, type SerfVector, vectorNamed, vectorsOf } from "../vectors/serf_vectors.ts";
import type { Target } from "./fuzzing.ts";

const capturedBy = (transport: string, wanted: (vector: SerfVector) => boolean): Uint8Array[] =>
  vectorsOf(transport).flatMap((vector) => (vector.hex && wanted(vector) ? [bytesOf(vector.hex)] : []));

const isPlain = (vector: SerfVector): boolean => vector.key_hex === undefined && vector.label === undefined;
const packets = capturedBy("udp", isPlain);
const streams = capturedBy("tcp", isPlain);
const messages = [
  ...packets.flatMap((packet) => openPacket(packet).messages),
  ...capturedBy("inner", ({ name }) => name.startsWith("msg_") || name.startsWith("v0102_msg")),
];
const serfMessages = [
  ...capturedBy("inner", ({ name }) => name.startsWith("serf_")).map((bytes) => bytes.subarray(1)),
  ...streams.flatMap((bytes) => {
    const scan = new StreamReader().push(bytes);
    return scan?.type === "message" && scan.message.type === "push-pull" ? [scan.message.userState] : [];
  }),
];
const payloads = serfMessages.flatMap((bytes) => {
  const message = decodeSerfMessage(bytes);
  const isCarrier = message?.type === "query" || message?.type === "query-response";
  return isCarrier && message.payload.length > 0 ? [message.payload] : [];
});

const key32 = bytesOf(vectorNamed("udp_encrypted_k32_ping").key_hex as string);
const labelled = vectorNamed("label_udp_encrypted");
const labelledKey = bytesOf(labelled.key_hex as string);
const encrypted = new Envelope({ encryption: { cipher: systemCipher, keys: [key32, labelledKey] } });
const apart = new Envelope({
  label: labelled.label,
  encryption: { cipher: systemCipher, keys: [labelledKey], verifyIncoming: false },
});

/** Values within a value, itself included. */
function valuesIn(value: Value): number {
  if (value instanceof Map) return [...value.values()].reduce<number>((sum, item) => sum + 1 + valuesIn(item), 1);
  return Array.isArray(value) ? value.reduce<number>((sum, item) => sum + valuesIn(item), 1) : 1;
}

/** Bytes and broken parts that a datagram came to. */
function unpacked(bytes: Uint8Array): number {
  const { messages: parts, faults } = openPacket(bytes);
  for (const part of parts) decodeMessage(part);
  return parts.reduce((sum, part) => sum + part.length, parts.length + faults.length);
}

/** Feeds a stream in pieces, as TCP may. */
function streamed(bytes: Uint8Array, random: Random, envelope?: Envelope): number {
  const reader = new StreamReader(envelope, random.below(2) === 0 ? "served" : "dialled");
  for (let at = 0; at < bytes.length; ) {
    const end = random.below(2) === 0 ? bytes.length : at + 1 + random.below(400);
    const scan = reader.push(bytes.subarray(at, end));
    if (scan?.type === "message" && scan.message.type === "push-pull") decodeSerfMessage(scan.message.userState);
    if (scan !== undefined) break;
    at = end;
  }
  return reader.length;
}

function again(bytes: Uint8Array): number {
  const message = decodeMessage(bytes);
  if (message === undefined) return 0;
  const encoded = encodeMessage(message);
  if (encodeMessage(decodeMessage(encoded) ?? message).join() !== encoded.join())
    throw new Error("It changed its bytes");
  return encoded.length;
}

function serfAgain(bytes: Uint8Array): number {
  const message = decodeSerfMessage(bytes);
  if (message === undefined) return 0;
  // Infinite is what does not fit a number: nobody sends it on.
  const isSendable = !("lamport" in message) || Number.isFinite(message.lamport);
  if (!isSendable || message.type === "state") return bytes.length;
  const encoded = encodeSerfMessage(message);
  const decoded = decodeSerfMessage(encoded);
  if (decoded === undefined || encodeSerfMessage(decoded).join() !== encoded.join()) {
    throw new Error("It changed its bytes");
  }
  return encoded.length;
}

const member = { name: "self", tags: new Map([["role", "a".repeat(500)]]) };
const filters = [
  concat([Uint8Array.of(0), encodeMsgpack(["self", "other"])]),
  concat([Uint8Array.of(1), encodeMsgpack({ Tag: "role", Expr: "^(a|b)*[^c]+\\w{2,5}$" })]),
  concat([Uint8Array.of(1), encodeMsgpack({ Tag: "role", Expr: "(?:web|db)[[:alpha:]]{0,3}\\d+|x*?" })]),
];

const place = { vector: [1, 2, 3, 4, 5, 6, 7, 8].map((value) => value / 100), error: 1, adjustment: 0, height: 0.001 };
const snapshotText = String(vectorsOf("file").find(({ name }) => name === "snapshot_file_text")?.["text"]);
const keyringText = String(vectorsOf("file").find(({ name }) => name === "keyring_file_text")?.["text"]);

/** Refusals are expected, and have a code; whatever else is thrown is not. */
function refusable(run: () => number): number {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    return 0;
  }
}

function addressed(text: string): number {
  const address = parseAddress(text, 7946);
  const bytes = ipToBytes(address?.host ?? text);
  return bytes === undefined ? 0 : (ipToText(bytes) ?? "").length;
}

function requested(bytes: Uint8Array, random: Random): number {
  const reader = new AgentRequestReader();
  let requests = 0;
  for (let at = 0; at < bytes.length; ) {
    const end = random.below(2) === 0 ? bytes.length : at + 1 + random.below(100);
    reader.push(bytes.subarray(at, end));
    for (let scan = reader.next(); scan.type === "request"; scan = reader.next()) requests++;
    at = end;
  }
  return requests;
}

const coordinates = new Coordinates({ name: "self", peersMax: 16 });

export const targets: readonly Target[] = [
  { name: "datagrams", samples: packets, decode: unpacked, amountMax: 4_300_000, share: 3 },
  { name: "messages", samples: messages, decode: again, amountMax: 70_000, share: 3 },
  {
    name: "MessagePack",
    samples: [...messages, ...serfMessages].map((bytes) => bytes.subarray(1)),
    decode: (bytes) => valuesIn(new MsgpackReader(bytes).value()),
    amountMax: 4_096 * 2,
    share: 2,
  },
  {
    name: "LZW",
    samples: [...capturedBy("codec", () => true), compressLzw(toBytes("gossip ".repeat(300)))],
    decode: (bytes) => decompressLzw(bytes, 100_000)?.length ?? 0,
    amountMax: 100_000,
  },
  {
    name: "compressed datagrams",
    samples: messages.map((bytes) => sealPacket([bytes, bytes], false, { compress: true })),
    decode: unpacked,
    amountMax: 4_300_000,
  },
  {
    name: "streams",
    samples: streams,
    decode: (bytes, random) => streamed(bytes, random),
    amountMax: 70_000,
    share: 2,
  },
  {
    name: "encrypted streams",
    samples: [...streams.slice(0, 4).map((bytes) => encrypted.sealRequest(bytes) as Uint8Array)],
    decode: (bytes, random) => streamed(bytes, random, encrypted),
    amountMax: 70_000,
  },
  {
    name: "encrypted datagrams",
    samples: [
      ...capturedBy("udp", ({ key_hex }) => key_hex !== undefined),
      ...packets.map((p) => encrypted.sealPacket(p)),
    ],
    decode: (bytes) => {
      const opened = encrypted.openPacket(bytes);
      return opened.type === "opened" ? unpacked(opened.bytes) : 0;
    },
    amountMax: 4_300_000,
  },
  {
    name: "labels",
    samples: [
      bytesOf(labelled.hex),
      bytesOf(vectorNamed("label_udp_plain").hex),
      ...packets.map((p) => apart.sealPacket(p)),
    ],
    decode: (bytes) => {
      const opened = apart.openPacket(bytes);
      return opened.type === "opened" ? opened.bytes.length : 0;
    },
    amountMax: 70_000,
  },
  { name: "coordinates", samples: [encodeCoordinate(place)], decode: located, amountMax: 8 },
  { name: "Serf's messages", samples: serfMessages, decode: serfAgain, amountMax: 200_000, share: 3 },
  {
    name: "key messages",
    samples: payloads,
    decode: (bytes) => (decodeKeyRequest(bytes)?.length ?? 0) + (decodeKeyResponse(bytes)?.keys.length ?? 0),
    amountMax: 70_000,
  },
  {
    name: "tags",
    samples: [concat([Uint8Array.of(0xff), encodeMsgpack({ role: "web", zone: "a" })]), toBytes("role")],
    decode: (bytes) => decodeTags(bytes).size,
    amountMax: 4_096,
  },
  {
    name: "filters",
    samples: filters,
    decode: (bytes) => (judgeFilters([bytes], member) === "meant" ? 1 : 0),
    amountMax: 1,
  },
  {
    name: "expressions",
    samples: ["^(a|b)*[^c]+\\w{2,5}$", "(?:web|db)[[:alpha:]]{0,3}\\d+|x*?", "((a?){9}){9}b", "a**\\b[z-a]"].map(
      toBytes,
    ),
    decode: (bytes) => {
      const expression = Expression.parse(toText(bytes));
      expression?.isFoundIn("a".repeat(100));
      return expression?.size ?? 0;
    },
    amountMax: instructionsMax,
  },
  {
    name: "agent RPC requests",
    samples: capturedBy("rpc", ({ name }) => name.includes("request")),
    decode: requested,
    amountMax: 5_000,
    share: 2,
  },
  {
    name: "snapshot files",
    samples: [toBytes(snapshotText), toBytes("# failed: b 127.0.0.1:7947\n# incarnation: 7\nalive: a [::1]:7946\n")],
    decode: (bytes) => Snapshot.read(bytes, { rejoinAfterLeave: bytes.length % 2 === 0 }).text().length,
    amountMax: 400_000,
  },
  {
    name: "keyring files",
    samples: [toBytes(keyringText)],
    decode: (bytes) => refusable(() => readKeyringText("keys.json", toText(bytes)).map(parseKey).length),
    amountMax: 4_000,
  },
  {
    name: "addresses",
    samples: ["127.0.0.1:7946", "[fe80::1%eth0]:7946", "::ffff:10.0.0.1", "2001:db8::1", "host:1"].map(toBytes),
    decode: (bytes) => addressed(toText(bytes)),
    amountMax: 45,
  },
];

/** What a peer says of its place must not throw this node out of the world. */
function located(bytes: Uint8Array, random: Random): number {
  const coordinate = decodeCoordinate(bytes);
  if (coordinate === undefined) return 0;
  coordinates.observe(`n${random.below(20)}`, coordinate, random.below(500));
  const { vector, error, adjustment, height } = coordinates.own;
  if (![...vector, error, adjustment, height].every(Number.isFinite)) throw new Error("This node stands nowhere");
  return vector.length;
}
