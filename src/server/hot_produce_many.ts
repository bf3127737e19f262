/** ProduceMany, message by message: produces that share a stream and nothing else. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { concat, type MessageAnswerer, type MessageCall, VarintReader, writeVarint } from "../base/mod.ts";
import { ProduceManyRequestSchema, ProduceManyResponseSchema, ProduceRequestSchema } from "../gen/log/v1/log_pb.ts";
import { type HotProducer, malformed } from "./hot_produce.ts";
import { produceInFlightBytesMax, produceManyInFlightMax } from "./limits.ts";
import { TopicTurns } from "./topic_turns.ts";

const idTag = 0x08;
const produceTag = 0x12;
const producedTag = 0x12;
/** A tag and the length of an answer. */
const headBytesMax = 6;

/** A request in two: the field with the caller's number, which the answer repeats, and what is to be produced. */
interface NumberedRequest {
  readonly id: Uint8Array;
  readonly produce: Uint8Array;
}

/** An answer, and the bytes of its request. */
interface WaitingAnswer {
  readonly parts: readonly Uint8Array[];
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
      const { id, produce } = readRequest(bytes);
      this.#producer.produceInTurn(produce, this.#turns).then(
        (answer) => this.#answer([headOf(id, answer.length), answer], bytes.length),
        (error: unknown) => this.#answer([id, this.#failureOf(error)], bytes.length),
      );
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
      const { parts, bytes } = this.#waiting[sent++] as WaitingAnswer;
      this.#send(parts, bytes);
    }
    this.#waiting.splice(0, sent);
    this.#goOn();
  }

  closed(): void {
    this.#closed = true;
    this.#waiting.length = 0;
  }

  #hasRoom(): boolean {
    return this.#inFlight < produceManyInFlightMax && this.#bytes < produceInFlightBytesMax;
  }

  #answer(parts: readonly Uint8Array[], bytes: number): void {
    if (this.#closed) return;
    if (this.#full) {
      this.#waiting.push({ parts, bytes });
      return;
    }
    this.#send(parts, bytes);
    this.#goOn();
  }

  #send(parts: readonly Uint8Array[], bytes: number): void {
    this.#full = !this.#call.send(...parts);
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

  #failureOf(error: unknown): Uint8Array {
    const { code, rawMessage: message } = this.#producer.errorOf(error);
    const outcome = { case: "failed", value: { code, message } } as const;
    return toBinary(ProduceManyResponseSchema, create(ProduceManyResponseSchema, { outcome }));
  }
}

function headOf(id: Uint8Array, answerBytes: number): Uint8Array {
  const head = new Uint8Array(id.length + headBytesMax);
  head.set(id);
  head[id.length] = producedTag;
  return head.subarray(0, writeVarint(head, id.length + 1, answerBytes));
}

/** Both fields as callers usually write them are found by a glance; all else is read by the generated code. */
function readRequest(bytes: Uint8Array): NumberedRequest {
  const reader = new VarintReader(bytes, 1, bytes.length);
  if (bytes[0] === idTag) {
    reader.next();
    const idEnd = reader.at;
    if (bytes[idEnd] === produceTag) {
      reader.at++;
      const length = reader.next();
      if (!reader.failed && reader.at + length === bytes.length) {
        return { id: bytes.subarray(0, idEnd), produce: bytes.subarray(reader.at) };
      }
    }
  }
  return readAnyRequest(bytes);
}

function readAnyRequest(bytes: Uint8Array): NumberedRequest {
  try {
    const { id, produce } = fromBinary(ProduceManyRequestSchema, bytes);
    return {
      id: toBinary(ProduceManyResponseSchema, create(ProduceManyResponseSchema, { id })),
      produce: produce === undefined ? concat([]) : toBinary(ProduceRequestSchema, produce),
    };
  } catch (error) {
    throw malformed(error);
  }
}
