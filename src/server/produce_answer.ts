/** A ProduceResponse as bytes, written without building a message. */
import { TokenWriter, toBytes, varintBytesOf, type WriterId, writeVarint } from "../base/mod.ts";

/** What the log says of a produce. */
export interface ProducedAt {
  readonly offset: number;
  readonly writer: WriterId;
  readonly sequence: number;
  readonly count: number;
  readonly duplicate?: boolean | undefined;
}

/** Whom an answer is about. */
export interface AnsweringTopic {
  readonly name: string;
  readonly generation: number;
}

const offsetTag = 0x08;
const writerTag = 0x12;
const firstSequenceTag = 0x18;
const tokenTag = 0x22;
const countTag = 0x28;
const duplicateTag = 0x38;
/** Of a ProduceManyResponse. */
const idTag = 0x08;
const producedTag = 0x12;

/** What is the same in all answers about a topic. */
interface TopicAnswers {
  readonly writer: WriterId;
  readonly generation: number;
  readonly writerBytes: Uint8Array;
  readonly token: TokenWriter;
}

/** Writes answers: what is the same in all of a topic is made once. */
export class ProduceAnswers {
  readonly #topics = new WeakMap<AnsweringTopic, TopicAnswers>();

  encode(topic: AnsweringTopic, at: ProducedAt): Uint8Array {
    const same = this.#sameOf(topic, at.writer);
    const bytes = new Uint8Array(bytesOf(same, at));
    writeAnswer(bytes, 0, same, at);
    return bytes;
  }

  /** The answer as a ProduceManyResponse with this number. */
  encodeNumbered(id: number, topic: AnsweringTopic, at: ProducedAt): Uint8Array {
    const same = this.#sameOf(topic, at.writer);
    const answerBytes = bytesOf(same, at);
    const bytes = new Uint8Array(2 + varintBytesOf(id) + varintBytesOf(answerBytes) + answerBytes);
    bytes[0] = idTag;
    const idEnd = writeVarint(bytes, 1, id);
    bytes[idEnd] = producedTag;
    writeAnswer(bytes, writeVarint(bytes, idEnd + 1, answerBytes), same, at);
    return bytes;
  }

  #sameOf(topic: AnsweringTopic, writer: WriterId): TopicAnswers {
    const known = this.#topics.get(topic);
    if (known !== undefined && known.writer === writer && known.generation === topic.generation) return known;
    const { name, generation } = topic;
    const token = new TokenWriter(name, generation, writer);
    const made = { writer, generation, writerBytes: toBytes(writer), token };
    this.#topics.set(topic, made);
    return made;
  }
}

function bytesOf({ token, writerBytes }: TopicAnswers, at: ProducedAt): number {
  const tokenBytes = token.bytesOf(at.sequence + at.count - 1);
  let bytes = 5 + writerBytes.length + tokenBytes;
  if (at.offset > 0) bytes += 1 + varintBytesOf(at.offset);
  if (at.duplicate) bytes += 2;
  return bytes + varintBytesOf(at.sequence) + varintBytesOf(tokenBytes) + varintBytesOf(at.count);
}

function writeAnswer(bytes: Uint8Array, start: number, { token, writerBytes }: TopicAnswers, at: ProducedAt): void {
  let end = start;
  if (at.offset > 0) {
    bytes[end++] = offsetTag;
    end = writeVarint(bytes, end, at.offset);
  }
  bytes[end++] = writerTag;
  bytes[end++] = writerBytes.length;
  bytes.set(writerBytes, end);
  end += writerBytes.length;
  bytes[end++] = firstSequenceTag;
  end = writeVarint(bytes, end, at.sequence);
  const last = at.sequence + at.count - 1;
  bytes[end++] = tokenTag;
  end = token.write(bytes, writeVarint(bytes, end, token.bytesOf(last)), last);
  bytes[end++] = countTag;
  end = writeVarint(bytes, end, at.count);
  if (at.duplicate) {
    bytes[end++] = duplicateTag;
    bytes[end] = 1;
  }
}
