/** Produces that are answered for themselves, each of one batch. */
import { type RecordInput, writeProducerStamp } from "../base/mod.ts";
import { type AskedAcks, askedAcks } from "./acks.ts";
import { AnswerWatch } from "./answer_watch.ts";
import { pause } from "./client_clock.ts";
import type { ProduceAck, ProduceOptions } from "./client_options.ts";
import { compressorOf } from "./compressing_pipe.ts";
import { cursorToText } from "./cursor.ts";
import { ClientError, type ProduceFate } from "./errors.ts";
import type { ProduceAnswer } from "./hot_messages.ts";
import { checkDeliveryTimeout, deliveryTimeoutMsDefault, notReplicated, packOne } from "./producer.ts";
import { randomProducerId } from "./producer_identity.ts";
import { produceFrame } from "./record_calls.ts";
import { isRetryable, ServerTurns } from "./server_turns.ts";
import type { Servers } from "./servers.ts";
import { cancellationOf } from "./shared_cancellation.ts";

/** How long an answer of a server is waited for, beyond the time that it may wait for others. */
const answerMs = 30_000;
/** What servers wait for copies when nobody says. */
const copiesMsDefault = 10_000;
/** Topics whose numbers are kept at a time. */
const topicsMax = 1_000;

/** After so long without an answer a server is taken for dead. */
export function answerPatienceMs({ replicated, timeoutMs }: AskedAcks): number {
  return answerMs + (replicated > 1 ? timeoutMs || copiesMsDefault : 0);
}

export class OnceProducer {
  readonly #servers: Servers;
  readonly #retries: boolean;
  readonly #watch: AnswerWatch;
  /** Who all of them are produced as, and the next number in each topic. */
  #producer: string | undefined;
  readonly #nextSequences = new Map<string, number>();

  constructor(servers: Servers, options: { readonly retries: boolean }) {
    this.#servers = servers;
    this.#retries = options.retries;
    this.#watch = new AnswerWatch(servers.clock);
  }

  async produce(topic: string, records: readonly RecordInput[], options: ProduceOptions): Promise<ProduceAck> {
    const acks = askedAcks(options);
    const { deliveryTimeoutMs = this.#retries ? deliveryTimeoutMsDefault : 0, compression = "none", signal } = options;
    checkDeliveryTimeout(deliveryTimeoutMs);
    const { current } = this.#servers;
    const packed = packOne(records, current.checksum);
    if (deliveryTimeoutMs > 0) this.#stamp(packed, topic, records.length);
    const compress = compressorOf(compression, current);
    const frame = compress === undefined ? packed : ((await compress(packed)) as typeof packed);
    const answer = await this.#deliver({ topic, frame, acks, signal, deliveryTimeoutMs });
    if (answer.shortfall !== undefined) throw notReplicated(answer, 0);
    const { offset, writer, firstSequence: sequence, count, token } = answer;
    return { offset, writer, sequence, count, token: cursorToText(token) };
  }

  /** Numbers count by topic: nodes remember runs of them. */
  #stamp(frame: Uint8Array, topic: string, count: number): void {
    if (this.#producer === undefined || (this.#nextSequences.size >= topicsMax && !this.#nextSequences.has(topic))) {
      this.#producer = randomProducerId();
      this.#nextSequences.clear();
    }
    const sequence = this.#nextSequences.get(topic) ?? 1;
    this.#nextSequences.set(topic, sequence + count);
    writeProducerStamp(frame, { producer: this.#producer, epoch: 0, sequence });
  }

  async #deliver(delivery: Delivery): Promise<ProduceAnswer> {
    const { topic, frame, acks, signal, deliveryTimeoutMs } = delivery;
    const untilMs = this.#servers.clock.nowMs() + deliveryTimeoutMs;
    let turns: ServerTurns | undefined;
    let fate: ProduceFate = "unsent";
    for (;;) {
      const connection = turns?.connection ?? this.#servers.current;
      try {
        const answer = produceFrame(connection, topic, frame, { ...acks, signal });
        if (deliveryTimeoutMs === 0) return await answer;
        const patienceMs = Math.min(deliveryTimeoutMs, answerPatienceMs(acks));
        const answered = await this.#watch.within(patienceMs, connection.url, answer);
        this.#servers.answered(connection);
        return answered;
      } catch (error) {
        const doing = `produce to topic ${JSON.stringify(topic)}`;
        turns ??= new ServerTurns(this.#servers, connection);
        const failure = this.#servers.failure(error, connection, { doing, signal, fate: "unknown" });
        if (failure.fate !== "unsent") fate = "unknown";
        const isOver = this.#servers.isClosed || this.#servers.clock.nowMs() >= untilMs;
        if (!isRetryable(failure) || isOver) throw withFate(failure, fate);
        await this.#wait(turns.failed(failure), signal);
      }
    }
  }

  /** The signal, and closing, end the wait: the next try fails at once then. */
  async #wait(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
    if (delayMs === 0) return;
    let stop = (): void => {};
    await pause(this.#servers.clock, delayMs, (wake) => {
      const stopClose = this.#servers.onClose(wake);
      const cancellation = signal && cancellationOf(signal);
      cancellation?.addEventListener("abort", wake);
      stop = () => {
        stopClose();
        cancellation?.removeEventListener("abort", wake);
      };
    });
    stop();
  }
}

interface Delivery {
  readonly topic: string;
  readonly frame: Uint8Array<ArrayBuffer>;
  readonly acks: AskedAcks;
  readonly signal: AbortSignal | undefined;
  readonly deliveryTimeoutMs: number;
}

function withFate(failure: ClientError, fate: ProduceFate): ClientError {
  if (failure.fate === fate) return failure;
  return new ClientError(failure.code, failure.message, { server: failure.server, fate, cause: failure });
}
