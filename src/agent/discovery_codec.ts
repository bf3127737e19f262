/** Messages of multicast DNS to bytes and back. Total over any bytes, and bounded before anything is built of them. */
import { Buffer } from "node:buffer";
import packet, { type Answer, type Question } from "dns-packet";
import { viewOf } from "../base/mod.ts";
import type { ServiceMessage, ServiceQuestion, ServiceRecord } from "../membership/mod.ts";

/** Bytes of a message that is read: as much as multicast DNS may send. */
const messageBytesMax = 9_000;

/** Questions and records of a message that is read. */
const entriesMax = 128;

const headerBytes = 12;

/** The bits of the flags that must be 0 in what is read: the kind of operation, and the code of an error. */
const unusualFlags = 0x780f;

/** The bit of a question's class by which the asker wants to be answered alone, and the rest of the class. */
const unicastBit = 0x8000;
const internetClass = 1;
const anyClass = 255;

const questionTypes: ReadonlySet<string> = new Set(["PTR", "SRV", "TXT", "A", "AAAA", "ANY"]);

/** Undefined when the bytes are no message, or none that is to be read. */
export function decodeServiceMessage(bytes: Uint8Array): ServiceMessage | undefined {
  if (bytes.length < headerBytes || bytes.length > messageBytesMax) return undefined;
  const view = viewOf(bytes);
  if ((view.getUint16(2) & unusualFlags) !== 0) return undefined;
  let entries = 0;
  for (let at = 4; at < headerBytes; at += 2) entries += view.getUint16(at);
  // The counts are claims: arrays would be made as large.
  if (entries > entriesMax) return undefined;
  try {
    const found = packet.decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    const records = [...(found.answers ?? []), ...(found.additionals ?? [])];
    return {
      id: view.getUint16(0),
      isResponse: found.type === "response",
      questions: questionsOf(found.questions ?? [], bytes),
      records: records.flatMap(recordOf),
    };
  } catch {
    // Whatever it is that cannot be decoded: it came from anybody, and concerns nobody.
    return undefined;
  }
}

/** The library tells no class with the bit for unicast by name, so that it is read from the bytes. */
function questionsOf(questions: readonly Question[], bytes: Uint8Array): ServiceQuestion[] {
  const view = viewOf(bytes);
  let at = headerBytes;
  return questions.flatMap(({ name, type }) => {
    at = endOfName(bytes, at) + 4;
    const asked = view.getUint16(at - 2);
    const isOurs = (asked & ~unicastBit) === internetClass || (asked & ~unicastBit) === anyClass;
    if (!isOurs || !questionTypes.has(type)) return [];
    return [{ name, type: type as ServiceQuestion["type"], wantsUnicast: (asked & unicastBit) !== 0 }];
  });
}

/** The library has read the name already: it is whole. */
function endOfName(bytes: Uint8Array, start: number): number {
  for (let at = start; at < bytes.length; ) {
    const length = bytes[at] as number;
    if (length >= 0xc0) return at + 2;
    at += length + 1;
    if (length === 0) return at;
  }
  return bytes.length;
}

function recordOf(record: Answer): ServiceRecord[] {
  switch (record.type) {
    case "PTR":
      return [{ type: "PTR", name: record.name, ttlSeconds: record.ttl ?? 0, target: record.data }];
    case "SRV": {
      const { target, port } = record.data;
      return [{ type: "SRV", name: record.name, ttlSeconds: record.ttl ?? 0, target, port }];
    }
    case "A":
    case "AAAA":
      return [{ type: record.type, name: record.name, ttlSeconds: record.ttl ?? 0, address: record.data }];
    default:
      return [];
  }
}

export function encodeServiceMessage({ id, isResponse, questions, records }: ServiceMessage): Uint8Array {
  return new Uint8Array(
    packet.encode({
      id,
      type: isResponse ? "response" : "query",
      flags: isResponse ? packet.AUTHORITATIVE_ANSWER : 0,
      questions: questions.map(({ name, type }) => ({ name, type: type as Question["type"], class: "IN" as const })),
      answers: records.map(answerOf),
    }),
  );
}

function answerOf(record: ServiceRecord): Answer {
  const { name, ttlSeconds: ttl } = record;
  switch (record.type) {
    case "PTR":
      return { type: "PTR", name, ttl, data: record.target };
    case "SRV":
      return { type: "SRV", name, ttl, data: { target: record.target, port: record.port, priority: 10, weight: 1 } };
    case "TXT":
      return { type: "TXT", name, ttl, data: record.text };
    case "A":
    case "AAAA":
      return { type: record.type, name, ttl, data: record.address };
    default:
      return record satisfies never;
  }
}
