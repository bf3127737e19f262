/** The fields of an ordinary ProduceRequest, one packed frame for one topic, read without building a message. */
import { isInternalTopic, topicNameFault, toText, VarintReader } from "../base/mod.ts";

export interface ProduceFields {
  readonly topic: string;
  readonly frame: Uint8Array;
}

/** Tags: number of the field times 8, plus 2 where bytes follow and 0 where a number does. */
const topicTag = 0x12;
const frameTag = 0x22;
const acksTag = 0x2a;
const timeoutTag = 0x30;
const replicatedTag = 0x08;
const forwardedTag = 0x78;

/** Topics whose names are kept at most. */
const namesMax = 4_096;

interface KnownName {
  readonly bytes: Uint8Array;
  readonly topic: string;
}

/** Reads requests one after another. Callers produce to the same topics for long: their names are kept. */
export class ProduceFieldsReader {
  /** By a hash of their bytes: of two with the same hash, the one that came last. */
  readonly #names = new Map<number, KnownName>();

  /**
   * The fields; undefined when the request is anything but ordinary, well or badly: the generated code reads those, and
   * says what is wrong.
   */
  read(bytes: Uint8Array, start = 0): ProduceFields | undefined {
    const reader = new VarintReader(bytes, start, bytes.length);
    let topic: string | undefined;
    let frame: Uint8Array | undefined;
    while (reader.at < bytes.length) {
      const tag = reader.next();
      const value = reader.next();
      if (reader.failed) return undefined;
      // A timeout is for acks of several nodes: alone it has no meaning.
      if (tag === timeoutTag) continue;
      // Another node passes it on: that matters only where it does not belong, and there it is no ordinary request.
      if (tag === forwardedTag) continue;
      const { at } = reader;
      const end = at + value;
      if (end > bytes.length) return undefined;
      reader.at = end;
      if (tag === topicTag && topic === undefined) topic = this.#topicOf(bytes, at, end);
      else if (tag === frameTag && frame === undefined) frame = bytes.subarray(at, end);
      else if (tag !== acksTag || !isOwnAck(bytes, at, end)) return undefined;
    }
    if (topic === undefined || topic === "" || frame === undefined || frame.length === 0) return undefined;
    return { topic, frame };
  }

  /** "" when it is no name that users may write to. */
  #topicOf(bytes: Uint8Array, start: number, end: number): string {
    const hash = hashOf(bytes, start, end);
    const known = this.#names.get(hash);
    if (known !== undefined && isAt(bytes, start, end, known.bytes)) return known.topic;
    const name = bytes.slice(start, end);
    const topic = toText(name);
    if (topicNameFault(topic) !== undefined || isInternalTopic(topic)) return "";
    if (this.#names.size >= namesMax) this.#names.clear();
    this.#names.set(hash, { bytes: name, topic });
    return topic;
  }
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash;
}

function isAt(bytes: Uint8Array, start: number, end: number, wanted: Uint8Array): boolean {
  if (end - start !== wanted.length) return false;
  for (let index = 0; index < wanted.length; index++) if (bytes[start + index] !== wanted[index]) return false;
  return true;
}

/** True for acks of this node alone. */
function isOwnAck(bytes: Uint8Array, start: number, end: number): boolean {
  if (end === start) return true;
  return end - start === 2 && bytes[start] === replicatedTag && (bytes[start + 1] as number) <= 1;
}
