/** The messages of the hot methods as bytes: what is written and read of each is a few bytes beside the frames. */
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { ProtobufReader, toBytes, toText, varintBytesOf, type WriterId, writeVarint } from "../base/mod.ts";
import { AcksSchema, type Shortfall, ShortfallSchema } from "../gen/log/v1/log_pb.ts";
import { acksOf } from "./acks.ts";

export const producePath = "/log.v1.Log/Produce";
export const produceStreamPath = "/log.v1.Log/ProduceStream";
export const produceManyPath = "/log.v1.Log/ProduceMany";
export const consumeStreamPath = "/log.v1.Log/ConsumeStream";

const topicTag = 0x12;
const frameTag = 0x22;
const acksTag = 0x2a;
const timeoutTag = 0x30;
/** Tags, lengths and numbers around topic and frame, none of which is long. */
const fieldsBytesMax = 64;

const idTag = 0x08;
const produceTag = 0x12;

const nothing = new Uint8Array(0);

/** Writes requests that differ in their frame alone. */
export class ProduceRequests {
  readonly #start: Uint8Array;

  constructor(options: { readonly topic: string; readonly replicated: number; readonly timeoutMs: number }) {
    const topic = toBytes(options.topic);
    const bytes = new Uint8Array(fieldsBytesMax + topic.length);
    bytes[0] = topicTag;
    let at = writeVarint(bytes, 1, topic.length);
    bytes.set(topic, at);
    at += topic.length;
    if (options.replicated > 0) {
      const acks = toBinary(AcksSchema, acksOf(options));
      bytes[at++] = acksTag;
      bytes[at++] = acks.length;
      bytes.set(acks, at);
      at += acks.length;
    }
    if (options.timeoutMs > 0) {
      bytes[at++] = timeoutTag;
      at = writeVarint(bytes, at, options.timeoutMs);
    }
    bytes[at++] = frameTag;
    this.#start = bytes.subarray(0, at);
  }

  /** What stands before a frame of this length in a request of ProduceMany with this number. */
  numbered(id: number, frameBytes: number): Uint8Array {
    const start = this.#start;
    const produceBytes = start.length + varintBytesOf(frameBytes) + frameBytes;
    // Exactly as long as it has to be: cutting it off would cost more than all the rest.
    const ownBytes = 2 + varintBytesOf(id) + varintBytesOf(produceBytes);
    const head = new Uint8Array(ownBytes + produceBytes - frameBytes);
    head[0] = idTag;
    const idEnd = writeVarint(head, 1, id);
    head[idEnd] = produceTag;
    const at = writeVarint(head, idEnd + 1, produceBytes);
    head.set(start, at);
    writeVarint(head, at + start.length, frameBytes);
    return head;
  }

  /** The parts of the request that carries this frame. */
  around(frame: Uint8Array): readonly [Uint8Array, Uint8Array] {
    const head = new Uint8Array(this.#start.length + 8);
    head.set(this.#start);
    return [head.subarray(0, writeVarint(head, this.#start.length, frame.length)), frame];
  }
}

/** The failure of one produce, as a call of its own would have failed. */
function readFailure(message: Uint8Array): ConnectError {
  let code: Code = Code.Unknown;
  let text = "";
  const reader = new ProtobufReader(message);
  while (reader.next()) {
    if (reader.field === 1) code = reader.number;
    else if (reader.field === 2) text = toText(reader.bytes);
  }
  if (reader.failed) throw malformed("ProduceFailure");
  return new ConnectError(text, code);
}

/** What a produce was answered with. */
export interface ProduceAnswer {
  readonly offset: number;
  readonly writer: WriterId;
  readonly firstSequence: number;
  readonly token: Uint8Array;
  readonly count: number;
  /** Set when fewer nodes than were asked for hold the records so far. */
  readonly shortfall: Shortfall | undefined;
}

/** Reads answers one after another: the writer is mostly the one before. */
export class ProduceAnswerReader {
  #writerBytes: Uint8Array = new Uint8Array(0);
  #writer: WriterId = "";

  /** The answer between these positions. */
  read(message: Uint8Array, start = 0, end: number = message.length): ProduceAnswer {
    let offset = 0;
    let firstSequence = 0;
    let count = 0;
    let writer: WriterId = "";
    let token: Uint8Array = nothing;
    let shortfall: Shortfall | undefined;
    const reader = new ProtobufReader(message, start, end);
    while (reader.next()) {
      if (reader.field === 1) offset = reader.number;
      else if (reader.field === 2) writer = this.#writerOf(message, reader.start, reader.end);
      else if (reader.field === 3) firstSequence = reader.number;
      else if (reader.field === 4) token = reader.bytes;
      else if (reader.field === 5) count = reader.number;
      else if (reader.field === 6) shortfall = fromBinary(ShortfallSchema, reader.bytes);
    }
    if (reader.failed) throw malformed("ProduceResponse");
    return { offset, writer, firstSequence, token, count, shortfall };
  }

  #writerOf(message: Uint8Array, start: number, end: number): WriterId {
    const last = this.#writerBytes;
    let same = end - start === last.length;
    for (let index = 0; same && index < last.length; index++) same = message[start + index] === last[index];
    if (same) return this.#writer;
    this.#writerBytes = message.slice(start, end);
    this.#writer = toText(this.#writerBytes);
    return this.#writer;
  }
}

/** What one produce of ProduceMany came to: an answer, or else a failure. */
export interface NumberedAnswer {
  readonly id: number;
  readonly answer: ProduceAnswer | undefined;
  readonly failure: ConnectError | undefined;
}

/** Reads answers of ProduceMany one after another. */
export class ProduceManyAnswerReader {
  readonly #answers = new ProduceAnswerReader();

  read(message: Uint8Array): NumberedAnswer {
    let id = 0;
    let answer: ProduceAnswer | undefined;
    let failure: ConnectError | undefined;
    const reader = new ProtobufReader(message);
    while (reader.next()) {
      if (reader.field === 1) id = reader.number;
      else if (reader.field === 2) answer = this.#answers.read(message, reader.start, reader.end);
      else if (reader.field === 3) failure = readFailure(reader.bytes);
    }
    if (reader.failed || (answer === undefined) === (failure === undefined)) throw malformed("ProduceManyResponse");
    return { id, answer, failure };
  }
}

/** What a consumer reads of a response. */
export interface ConsumeAnswer {
  readonly frames: Uint8Array;
  readonly cursor: Uint8Array;
  readonly heartbeat: boolean;
  readonly nextOffset: number;
}

export function readConsumeAnswer(message: Uint8Array): ConsumeAnswer {
  let frames = message.subarray(0, 0);
  let cursor = frames;
  let heartbeat = false;
  let nextOffset = 0;
  const reader = new ProtobufReader(message);
  while (reader.next()) {
    if (reader.field === 3) frames = reader.bytes;
    else if (reader.field === 4) cursor = reader.bytes;
    else if (reader.field === 5) heartbeat = reader.number !== 0;
    else if (reader.field === 6) nextOffset = reader.number;
  }
  if (reader.failed) throw malformed("ConsumeResponse");
  return { frames, cursor, heartbeat, nextOffset };
}

function malformed(what: string): ConnectError {
  return new ConnectError(`Cannot read the response: it is no ${what}`, Code.Internal);
}
