/** A ProduceResponse as bytes, written without building a message. */
import { TokenWriter, toBytes, type WriterId, writeVarint } from "../base/mod.ts";

/** What the log says of a produce. */
export interface ProducedAt {
  readonly offset: number;
  readonly writer: WriterId;
  readonly sequence: number;
  readonly count: number;
}

const offsetTag = 0x08;
const writerTag = 0x12;
const firstSequenceTag = 0x18;
const tokenTag = 0x22;
const countTag = 0x28;
const tokenLengthBytesMax = 2;
/** Tags, three numbers, the writer with its length, and the length of the token. */
const fieldsBytesMax = 5 + 3 * 8 + 17 + tokenLengthBytesMax;

/** Writes answers for one topic after another: what stays the same between two of them is kept. */
export class ProduceAnswers {
  #topic = "";
  #generation = -1;
  #writer = "";
  #writerBytes: Uint8Array = new Uint8Array(0);
  #token: TokenWriter | undefined;

  encode(topic: { readonly name: string; readonly generation: number }, at: ProducedAt): Uint8Array {
    const token = this.#tokenOf(topic, at.writer);
    const bytes = new Uint8Array(fieldsBytesMax + token.bytesMax);
    let end = 0;
    if (at.offset > 0) {
      bytes[end++] = offsetTag;
      end = writeVarint(bytes, end, at.offset);
    }
    bytes[end++] = writerTag;
    end = writeVarint(bytes, end, this.#writerBytes.length);
    bytes.set(this.#writerBytes, end);
    end += this.#writerBytes.length;
    bytes[end++] = firstSequenceTag;
    end = writeVarint(bytes, end, at.sequence);
    end = writeToken(bytes, end, token, at.sequence + at.count - 1);
    bytes[end++] = countTag;
    return bytes.subarray(0, writeVarint(bytes, end, at.count));
  }

  #tokenOf(topic: { readonly name: string; readonly generation: number }, writer: WriterId): TokenWriter {
    const same = writer === this.#writer && topic.name === this.#topic && topic.generation === this.#generation;
    if (same && this.#token !== undefined) return this.#token;
    this.#topic = topic.name;
    this.#generation = topic.generation;
    this.#writer = writer;
    this.#writerBytes = toBytes(writer);
    this.#token = new TokenWriter(topic.name, topic.generation, writer);
    return this.#token;
  }
}

/** The token is written where it would begin after the longest length, then moved down. */
function writeToken(bytes: Uint8Array, at: number, token: TokenWriter, sequence: number): number {
  bytes[at] = tokenTag;
  const tokenAt = at + 1 + tokenLengthBytesMax;
  const tokenEnd = token.write(bytes, tokenAt, sequence);
  const start = writeVarint(bytes, at + 1, tokenEnd - tokenAt);
  bytes.copyWithin(start, tokenAt, tokenEnd);
  return start + tokenEnd - tokenAt;
}
