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

/** Reads requests one after another. Callers produce to the same topic for long: the last name is kept. */
export class ProduceFieldsReader {
  #topicBytes: Uint8Array = new Uint8Array(0);
  #topic = "";

  /**
   * The fields; undefined when the request is anything but ordinary, well or badly: the generated code reads those, and
   * says what is wrong.
   */
  read(bytes: Uint8Array): ProduceFields | undefined {
    const reader = new VarintReader(bytes, 0, bytes.length);
    let topic: string | undefined;
    let frame: Uint8Array | undefined;
    while (reader.at < bytes.length) {
      const tag = reader.next();
      const value = reader.next();
      if (reader.failed) return undefined;
      // A timeout is for acks of several nodes: alone it has no meaning.
      if (tag === timeoutTag) continue;
      const end = reader.at + value;
      if (end > bytes.length) return undefined;
      const field = bytes.subarray(reader.at, end);
      reader.at = end;
      if (tag === topicTag && topic === undefined) topic = this.#topicOf(field);
      else if (tag === frameTag && frame === undefined) frame = field;
      else if (tag !== acksTag || !isOwnAck(field)) return undefined;
    }
    if (topic === undefined || topic === "" || frame === undefined || frame.length === 0) return undefined;
    return { topic, frame };
  }

  /** "" when it is no name that users may write to. */
  #topicOf(bytes: Uint8Array): string {
    if (this.#isLast(bytes)) return this.#topic;
    const topic = toText(bytes);
    if (topicNameFault(topic) !== undefined || isInternalTopic(topic)) return "";
    this.#topicBytes = bytes.slice();
    this.#topic = topic;
    return topic;
  }

  #isLast(bytes: Uint8Array): boolean {
    const last = this.#topicBytes;
    if (bytes.length !== last.length || bytes.length === 0) return false;
    for (let index = 0; index < bytes.length; index++) if (bytes[index] !== last[index]) return false;
    return true;
  }
}

/** True for acks of this node alone. */
function isOwnAck(acks: Uint8Array): boolean {
  if (acks.length === 0) return true;
  return acks.length === 2 && acks[0] === replicatedTag && (acks[1] as number) <= 1;
}
