/**
 * Datagrams: what wraps messages. Outermost first: checksum, compression, compound. The label and encryption, which go
 * around all of these, are in `envelope.ts`.
 */
import { concat, crc32, viewOf } from "../base/mod.ts";
import { compressLzw, decompressLzw } from "./lzw.ts";
import { readFields } from "./msgpack.ts";
import { encodeMsgpack } from "./msgpack_encoder.ts";
import { messageType } from "./wire.ts";

/**
 * Target size of a datagram before compression. memberlist's number: below the usual 1500 of Ethernet with room for
 * tunnels.
 */
export const packetBytesMax = 1400;

/** Bytes before the parts of a compound, and for each part. */
export const compoundHeaderBytes = 2;
export const compoundPartBytes = 2;

/** memberlist before 0.2.4 doubles the count in eight bits: a packet of more parts is lost whole there. */
export const compoundPartsMax = 127;

/** Wrappers within wrappers of one datagram. Real packets have three at most. */
const nestingMax = 8;

/** Bare messages of one datagram: more than 64 KiB of the shortest ones do not come from a peer. */
const messagesMax = 4096;

/** Bytes that a datagram may unpack to: a full datagram compresses by a few hundred at best in honest use. */
const plainBytesMax = 4_194_304;

/** Broken parts of one datagram that are counted before the rest of it is given up. */
const faultsMax = 256;

/** Why a datagram or a part of it was dropped. */
export type PacketFault = "empty" | "checksum" | "compression" | "nesting" | "cut-compound";

export interface OpenedPacket {
  /** Bare messages, in order. */
  readonly messages: Uint8Array[];
  readonly faults: PacketFault[];
}

/** Unwraps a datagram. Total: what is broken is left out and named. */
export function openPacket(bytes: Uint8Array): OpenedPacket {
  const opened: OpenedPacket = { messages: [], faults: [] };
  const budget = { plainBytes: plainBytesMax };
  if (bytes[0] === messageType.crc && bytes.length >= 5) {
    if (crc32(bytes.subarray(5)) === viewOf(bytes).getUint32(1)) unwrap(bytes.subarray(5), 0, opened, budget);
    else opened.faults.push("checksum");
  } else unwrap(bytes, 0, opened, budget);
  return opened;
}

function unwrap(bytes: Uint8Array, depth: number, opened: OpenedPacket, budget: { plainBytes: number }): void {
  if (opened.faults.length >= faultsMax) return;
  if (bytes.length === 0) opened.faults.push("empty");
  else if (depth > nestingMax || opened.messages.length >= messagesMax) opened.faults.push("nesting");
  else if (bytes[0] === messageType.compound) unwrapCompound(bytes, depth, opened, budget);
  else if (bytes[0] === messageType.compress) {
    const plain = decompress(bytes, budget.plainBytes);
    if (plain === undefined) {
      opened.faults.push("compression");
      // How far it was unpacked is not known: a second try could cost as much again, and so on.
      budget.plainBytes = 0;
    } else {
      budget.plainBytes -= plain.length;
      unwrap(plain, depth + 1, opened, budget);
    }
  } else opened.messages.push(bytes);
}

function unwrapCompound(bytes: Uint8Array, depth: number, opened: OpenedPacket, budget: { plainBytes: number }): void {
  const count = bytes[1] ?? 0;
  const view = viewOf(bytes);
  let at = compoundHeaderBytes + compoundPartBytes * count;
  if (at > bytes.length) {
    opened.faults.push("cut-compound");
    return;
  }
  for (let part = 0; part < count; part++) {
    const length = view.getUint16(compoundHeaderBytes + compoundPartBytes * part);
    if (at + length > bytes.length) {
      // The parts that fit are good: a peer's truncated packet still carries news.
      opened.faults.push("cut-compound");
      return;
    }
    unwrap(bytes.subarray(at, at + length), depth + 1, opened, budget);
    at += length;
  }
}

/** The payload of a compress message; undefined when it is not one or holds more than `bytesMax`. */
export function decompress(message: Uint8Array, bytesMax: number): Uint8Array | undefined {
  const fields = readFields(message, 1);
  if (fields === undefined) return undefined;
  const algorithm = fields.uint("Algo");
  const compressed = fields.bytes("Buf");
  return fields.failed || algorithm !== 0 ? undefined : decompressLzw(compressed, bytesMax);
}

/** The bytes in a compress message when that is shorter, else as they are. */
export function compress(plain: Uint8Array): Uint8Array {
  const fields = encodeMsgpack({ Algo: 0, Buf: compressLzw(plain) });
  return fields.length + 1 < plain.length ? concat([Uint8Array.of(messageType.compress), fields]) : plain;
}

/** Packs 1 to 127 bare messages into a datagram; `checksum` for peers that understand it. */
export function sealPacket(
  messages: readonly Uint8Array[],
  checksum: boolean,
  options: { readonly compress?: boolean } = {},
): Uint8Array {
  const plain = messages.length === 1 ? (messages[0] as Uint8Array) : encodeCompound(messages);
  const payload = options.compress === true ? compress(plain) : plain;
  if (!checksum) return payload;
  const packet = new Uint8Array(5 + payload.length);
  packet[0] = messageType.crc;
  viewOf(packet).setUint32(1, crc32(payload));
  packet.set(payload, 5);
  return packet;
}

function encodeCompound(messages: readonly Uint8Array[]): Uint8Array {
  const header = new Uint8Array(compoundHeaderBytes + compoundPartBytes * messages.length);
  header[0] = messageType.compound;
  header[1] = messages.length;
  const view = viewOf(header);
  for (const [index, message] of messages.entries()) {
    view.setUint16(compoundHeaderBytes + compoundPartBytes * index, message.length);
  }
  return concat([header, ...messages]);
}
