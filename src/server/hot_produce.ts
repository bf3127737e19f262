/**
 * Produce and ProduceStream, message by message (ProduceMany is beside this file): an ordinary request is a few bytes around a frame that goes to the log
 * as it came. What each means is decided in `produce.ts`; the extraordinary ones are answered there, too.
 */
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { MessageAnswerer, MessageCall } from "../base/mod.ts";
import {
  type ProduceRequest,
  ProduceRequestSchema,
  type ProduceResponse,
  ProduceResponseSchema,
} from "../gen/log/v1/log_pb.ts";
import { toConnectError } from "./errors.ts";
import { produceInFlightBytesMax, produceInFlightMax } from "./limits.ts";
import type { ServedTopic, ServerPorts } from "./ports.ts";
import { startProduce } from "./produce.ts";
import { ProduceAnswers } from "./produce_answer.ts";
import { ProduceFieldsReader } from "./produce_fields.ts";
import type { TopicTurns } from "./topic_turns.ts";
import { defaultTopic } from "./topics.ts";

/** A produce that the log has taken in. */
export interface ProducedTo {
  readonly topic: ServedTopic;
  readonly produced: ReturnType<ServedTopic["produce"]>;
}

/** Takes requests to the log. One for all calls of a node. */
export class HotProducer {
  readonly #ports: ServerPorts;
  readonly #fields = new ProduceFieldsReader();
  readonly answers: ProduceAnswers = new ProduceAnswers();

  constructor(ports: ServerPorts) {
    this.#ports = ports;
  }

  /**
   * Hands a request to the log. `onStarted` is called once what is started later stands after it: at once, unless a topic
   * has to be opened. Resolves with the answer's bytes.
   */
  produce(bytes: Uint8Array, onStarted: () => void): Promise<Uint8Array> {
    const fields = this.#fields.read(bytes);
    const topic = fields && this.#topicHere(fields.topic);
    if (fields === undefined || topic === undefined) return this.#produceSlowly(bytes, onStarted);
    const produced = topic.produce(fields.frame);
    onStarted();
    return produced.then((at) => this.answers.encode(topic, at));
  }

  /**
   * Hands the request that begins at `start` to the log, when it is an ordinary one for an open topic whose turn is free.
   * Undefined when `produceInTurn` has to.
   */
  produceAtOnce(bytes: Uint8Array, start: number, turns: TopicTurns): ProducedTo | undefined {
    const fields = this.#fields.read(bytes, start);
    const topic = fields && this.#topicHere(fields.topic);
    if (fields === undefined || topic === undefined || turns.isTaken(fields.topic)) return undefined;
    return { topic, produced: topic.produce(fields.frame) };
  }

  /** A topic that is held and takes produces here. */
  #topicHere(name: string): ServedTopic | undefined {
    const { log, doors } = this.#ports;
    return doors === undefined || doors.isPlaced(name) ? log.topic(name) : undefined;
  }

  /** Hands any request to the log when its topic's turn comes. Throws when the bytes are no request. */
  produceInTurn(bytes: Uint8Array, turns: TopicTurns): Promise<ProduceResponse> {
    const request = requestOf(bytes);
    return turns.take(request.topic || defaultTopic, (onStarted) => this.#respond(request, onStarted));
  }

  async #respond(request: ProduceRequest, onStarted: () => void): Promise<ProduceResponse> {
    try {
      const { response } = await startProduce(this.#ports, request);
      // Whoever waits for the start does not wait for the response; it is awaited below.
      response.catch(() => {});
      onStarted();
      return await response;
    } catch (error) {
      onStarted();
      throw error;
    }
  }

  async #produceSlowly(bytes: Uint8Array, onStarted: () => void): Promise<Uint8Array> {
    try {
      return toBinary(ProduceResponseSchema, await this.#respond(requestOf(bytes), onStarted));
    } catch (error) {
      // Bytes that are no request start nothing.
      onStarted();
      throw error;
    }
  }

  errorOf(error: unknown): ConnectError {
    return toConnectError(error, this.#ports.onInternalError);
  }
}

function requestOf(bytes: Uint8Array): ProduceRequest {
  try {
    return fromBinary(ProduceRequestSchema, bytes);
  } catch (error) {
    throw malformed(error);
  }
}

/** What Connect says of bytes that are no message: whoever answers the caller knows it by that. */
export function malformed(error: unknown): ConnectError {
  return new ConnectError(`parse binary: ${error instanceof Error ? error.message : String(error)}`, Code.Internal);
}

/** One request, one answer. */
export class ProduceCall implements MessageAnswerer {
  readonly #producer: HotProducer;
  readonly #call: MessageCall;

  constructor(producer: HotProducer, call: MessageCall) {
    this.#producer = producer;
    this.#call = call;
  }

  message(bytes: Uint8Array): boolean {
    this.#producer
      .produce(bytes, () => {})
      .then(
        (answer) => {
          this.#call.send(answer);
          this.#call.end();
        },
        (error: unknown) => this.#call.fail(this.#producer.errorOf(error)),
      );
    return true;
  }

  requestsEnded(): void {}

  drained(): void {}

  closed(): void {}
}

/** A request whose turn to be answered has not come. */
interface Flight {
  readonly bytes: number;
  answer: Uint8Array | undefined;
  failure: { readonly error: unknown } | undefined;
}

/** Many requests in flight, answered in their order. The first failure ends the call, after what was answered before it. */
export class ProduceStreamCall implements MessageAnswerer {
  readonly #producer: HotProducer;
  readonly #call: MessageCall;
  /** Oldest first; those before `#head` are answered. */
  #flights: Flight[] = [];
  #head = 0;
  #bytes = 0;
  #starting = false;
  #paused = false;
  #full = false;
  #requestsEnded: { readonly error: unknown } | undefined;
  #closed = false;

  constructor(producer: HotProducer, call: MessageCall) {
    this.#producer = producer;
    this.#call = call;
  }

  message(bytes: Uint8Array): boolean {
    const flight: Flight = { bytes: bytes.length, answer: undefined, failure: undefined };
    this.#flights.push(flight);
    this.#bytes += flight.bytes;
    // A request that has to open its topic must not be overtaken by the next.
    this.#starting = true;
    this.#producer.produce(bytes, this.#started).then(
      (answer) => {
        flight.answer = answer;
        this.#answer();
      },
      (error: unknown) => {
        flight.failure = { error };
        this.#answer();
      },
    );
    this.#paused = this.#starting || !this.#hasRoom();
    return !this.#paused;
  }

  requestsEnded(error?: unknown): void {
    this.#requestsEnded = { error };
    this.#answer();
  }

  drained(): void {
    this.#full = false;
    this.#answer();
  }

  closed(): void {
    this.#closed = true;
    this.#flights = [];
    this.#head = 0;
  }

  readonly #started = (): void => {
    this.#starting = false;
    this.#goOn();
  };

  #hasRoom(): boolean {
    return this.#flights.length - this.#head < produceInFlightMax && this.#bytes < produceInFlightBytesMax;
  }

  #goOn(): void {
    if (!this.#paused || this.#starting || this.#closed || !this.#hasRoom()) return;
    this.#paused = false;
    this.#call.resume();
  }

  /** Answers as many of the oldest as have landed. */
  #answer(): void {
    while (!this.#full && !this.#closed && this.#head < this.#flights.length) {
      const flight = this.#flights[this.#head] as Flight;
      if (flight.failure !== undefined) {
        this.#call.fail(this.#producer.errorOf(flight.failure.error));
        return;
      }
      if (flight.answer === undefined) break;
      this.#head++;
      this.#bytes -= flight.bytes;
      this.#full = !this.#call.send(flight.answer);
    }
    if (this.#closed) return;
    this.#forgetAnswered();
    if (this.#requestsEnded === undefined || this.#flights.length > 0) this.#goOn();
    else if (this.#requestsEnded.error === undefined) this.#call.end();
    else this.#call.fail(this.#requestsEnded.error);
  }

  /** All at once, or half of them: cheap on average. */
  #forgetAnswered(): void {
    if (this.#head === this.#flights.length) this.#flights.length = 0;
    else if (2 * this.#head > this.#flights.length) this.#flights = this.#flights.slice(this.#head);
    else return;
    this.#head = 0;
  }
}
