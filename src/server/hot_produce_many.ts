/** ProduceMany, message by message: produces that share a stream and nothing else. */
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type MessageAnswerer, type MessageCall, VarintReader } from "../base/mod.ts";
import {
  type ProduceManyRequest,
  ProduceManyRequestSchema,
  ProduceManyResponseSchema,
  ProduceRequestSchema,
} from "../gen/log/v1/log_pb.ts";
import { invalidArgument } from "./errors.ts";
import { type HotProducer, malformed } from "./hot_produce.ts";
import { produceInFlightBytesMax, produceManyInFlightMax } from "./limits.ts";
import { TopicTurns } from "./topic_turns.ts";

const idTag = 0x08;
const produceTag = 0x12;

/** A request: the caller's number, and where in the bytes that stands which is to be produced. It goes on to their end. */
interface NumberedRequest {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly start: number;
}

/** An answer, and the bytes of its request. */
interface WaitingAnswer {
  readonly answer: Uint8Array;
  readonly bytes: number;
}

/** Each is answered as soon as it can be; one that fails is answered with its failure. */
export class ProduceManyCall implements MessageAnswerer {
  readonly #producer: HotProducer;
  readonly #call: MessageCall;
  readonly #turns = new TopicTurns();
  /** Requests that were not answered yet, and their bytes. */
  #inFlight = 0;
  #bytes = 0;
  #paused = false;
  #full = false;
  /** Answers that wait until the caller takes some. They count as requests in flight. */
  readonly #waiting: WaitingAnswer[] = [];
  #requestsEnded: { readonly error: unknown } | undefined;
  #closed = false;

  constructor(producer: HotProducer, call: MessageCall) {
    this.#producer = producer;
    this.#call = call;
  }

  message(bytes: Uint8Array): boolean {
    this.#inFlight++;
    this.#bytes += bytes.length;
    try {
      this.#start(readRequest(bytes), bytes.length);
    } catch (error) {
      // Whose answer it would be cannot be told. What was asked before is answered first.
      this.#landed(bytes.length);
      this.requestsEnded(error);
      return false;
    }
    this.#paused = !this.#hasRoom();
    return !this.#paused;
  }

  requestsEnded(error?: unknown): void {
    this.#requestsEnded ??= { error };
    this.#endIfDone();
  }

  drained(): void {
    this.#full = false;
    let sent = 0;
    while (!this.#full && !this.#closed && sent < this.#waiting.length) {
      const { answer, bytes } = this.#waiting[sent++] as WaitingAnswer;
      this.#send(answer, bytes);
    }
    this.#waiting.splice(0, sent);
    this.#goOn();
  }

  closed(): void {
    this.#closed = true;
    this.#waiting.length = 0;
  }

  #start({ id, bytes, start }: NumberedRequest, requestBytes: number): void {
    const fail = (error: unknown): void => this.#answer(this.#failureOf(id, error), requestBytes);
    const started = this.#producer.produceAtOnce(bytes, start, this.#turns);
    if (started !== undefined) {
      const { topic, produced } = started;
      const { answers } = this.#producer;
      produced.then((at) => this.#answer(answers.encodeNumbered(id, topic, at), requestBytes), fail);
      return;
    }
    this.#producer
      .produceInTurn(bytes.subarray(start), this.#turns)
      .then((value) => this.#answer(encode(id, { case: "produced", value }), requestBytes), fail);
  }

  #hasRoom(): boolean {
    return this.#inFlight < produceManyInFlightMax && this.#bytes < produceInFlightBytesMax;
  }

  #answer(answer: Uint8Array, bytes: number): void {
    if (this.#closed) return;
    if (this.#full) {
      this.#waiting.push({ answer, bytes });
      return;
    }
    this.#send(answer, bytes);
    this.#goOn();
  }

  #send(answer: Uint8Array, bytes: number): void {
    this.#full = !this.#call.send(answer);
    this.#landed(bytes);
  }

  #landed(bytes: number): void {
    this.#inFlight--;
    this.#bytes -= bytes;
  }

  #goOn(): void {
    if (this.#closed) return;
    if (this.#requestsEnded !== undefined) {
      this.#endIfDone();
    } else if (this.#paused && this.#hasRoom()) {
      this.#paused = false;
      this.#call.resume();
    }
  }

  #endIfDone(): void {
    if (this.#inFlight > 0 || this.#closed || this.#requestsEnded === undefined) return;
    if (this.#requestsEnded.error === undefined) this.#call.end();
    else this.#call.fail(this.#requestsEnded.error);
  }

  #failureOf(id: number, error: unknown): Uint8Array {
    const { code, rawMessage: message } = this.#producer.errorOf(error);
    return encode(id, { case: "failed", value: { code, message } });
  }
}

function encode(id: number, outcome: MessageInitShape<typeof ProduceManyResponseSchema>["outcome"]): Uint8Array {
  return toBinary(ProduceManyResponseSchema, create(ProduceManyResponseSchema, { id: BigInt(id), outcome }));
}

/** Both fields as callers usually write them are found by a glance; all else is read by the generated code. */
function readRequest(bytes: Uint8Array): NumberedRequest {
  if (bytes[0] !== idTag) return readAnyRequest(bytes);
  const reader = new VarintReader(bytes, 1, bytes.length);
  const id = reader.next();
  if (reader.failed || bytes[reader.at] !== produceTag) return readAnyRequest(bytes);
  reader.at++;
  const length = reader.next();
  if (reader.failed || reader.at + length !== bytes.length) return readAnyRequest(bytes);
  return { id, bytes, start: reader.at };
}

function readAnyRequest(bytes: Uint8Array): NumberedRequest {
  const { id, produce } = parse(bytes);
  if (id > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw invalidArgument(`Cannot produce with id ${id}: allowed are 0 to ${Number.MAX_SAFE_INTEGER}`);
  }
  const request = produce === undefined ? new Uint8Array(0) : toBinary(ProduceRequestSchema, produce);
  return { id: Number(id), bytes: request, start: 0 };
}

function parse(bytes: Uint8Array): ProduceManyRequest {
  try {
    return fromBinary(ProduceManyRequestSchema, bytes);
  } catch (error) {
    throw malformed(error);
  }
}
