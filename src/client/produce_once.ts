/** Produces that are answered for themselves, each of one batch. */
import { isWriterId, type RecordInput, writeProducerStamp } from "../base/mod.ts";
import { type AskedAcks, askedAcks, notReplicated } from "./acks.ts";
import { AnswerWatch } from "./answer_watch.ts";
import { pause } from "./client_clock.ts";
import type { ExpectedSequence, ProduceAck, ProduceOptions } from "./client_options.ts";
import { compressorOf } from "./compressing_pipe.ts";
import { cursorToText } from "./cursor.ts";
import { ClientError, ExpectedSequenceError, type ProduceFate } from "./errors.ts";
import type { CallersTime } from "./homes.ts";
import type { ProduceAnswer } from "./hot_messages.ts";
import { packOne } from "./pack_records.ts";
import { surelyRejected } from "./pipe.ts";
import { randomProducerId } from "./producer_identity.ts";
import { checkDeliveryTimeout, deliveryTimeoutMsDefault } from "./producer_options.ts";
import { type ExpectedRecord, produceFrame } from "./record_calls.ts";
import { isRetryable, ServerTurns } from "./server_turns.ts";
import type { ServerChoice } from "./servers.ts";
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
  readonly #servers: ServerChoice;
  readonly #retries: boolean;
  readonly #watch: AnswerWatch;
  /** Who all of them are produced as, and the next number in each topic. */
  #producer: string | undefined;
  readonly #nextSequences = new Map<string, number>();

  constructor(servers: ServerChoice, options: { readonly retries: boolean }) {
    this.#servers = servers;
    this.#retries = options.retries;
    this.#watch = new AnswerWatch(servers.clock);
  }

  /** `choose` finds the servers, in the order in which to try them, within the time that there is. */
  async produce(
    topic: string,
    records: readonly RecordInput[],
    { choose, ...options }: ProduceOptions & { readonly choose?: (time: CallersTime) => Promise<ServerChoice> },
  ): Promise<ProduceAck> {
    const acks = askedAcks(options);
    const expected = expectedRecord(options.expectedSequence);
    const { deliveryTimeoutMs = this.#retries ? deliveryTimeoutMsDefault : 0, compression = "none", signal } = options;
    checkDeliveryTimeout(deliveryTimeoutMs);
    const sinceMs = this.#servers.clock.nowMs();
    const servers = choose === undefined ? this.#servers : await choose({ timeoutMs: deliveryTimeoutMs, signal });
    const { current } = servers;
    const packed = packOne(records, current.checksum);
    if (deliveryTimeoutMs > 0) this.#stamp(packed, topic, records.length);
    const compress = compressorOf(compression, current);
    const frame = compress === undefined ? packed : ((await compress(packed)) as typeof packed);
    const answer = await this.#deliver({ servers, topic, frame, acks, expected, signal, sinceMs, deliveryTimeoutMs });
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
    const { servers, topic, frame, acks, expected, signal, sinceMs, deliveryTimeoutMs } = delivery;
    const untilMs = sinceMs + deliveryTimeoutMs;
    servers.retries.called(servers.clock.nowMs());
    let turns: ServerTurns | undefined;
    let fate: ProduceFate = "unsent";
    for (;;) {
      const connection = turns?.connection ?? servers.current;
      try {
        const msLeft = deliveryTimeoutMs === 0 ? undefined : untilMs - servers.clock.nowMs();
        if (!servers.isVetted(connection)) await servers.vet(connection, { signal, msLeft });
        const answer = produceFrame(connection, topic, frame, { ...acks, expected, signal });
        if (deliveryTimeoutMs === 0) return await answer;
        // However often it is tried, all tries together take no longer than the time that there is.
        const patienceMs = Math.min(Math.max(0, untilMs - servers.clock.nowMs()), answerPatienceMs(acks));
        const answered = await this.#watch.within(patienceMs, connection.url, answer);
        servers.answered(connection);
        return answered;
      } catch (error) {
        const doing = `produce to topic ${JSON.stringify(topic)}`;
        turns ??= new ServerTurns(servers, connection);
        const failure = servers.failure(error, connection, { doing, signal, fate: "unknown" });
        const isRefused = surelyRejected(failure);
        if (failure.fate !== "unsent" && !isRefused) fate = "unknown";
        const told = isRefused && fate === "unsent" ? "rejected" : fate;
        const final = (): ClientError => withFate(isRefused ? failure : (turns as ServerTurns).tell(failure), told);
        if (!isRetryable(failure, servers) || this.#isOver(servers, untilMs)) throw final();
        await this.#wait(Math.min(turns.failed(failure), untilMs - servers.clock.nowMs()), signal);
        if (this.#isOver(servers, untilMs)) throw final();
      }
    }
  }

  #isOver({ isClosed, clock }: ServerChoice, untilMs: number): boolean {
    return isClosed || clock.nowMs() >= untilMs;
  }

  /** The signal, and closing, end the wait: the next try fails at once then. */
  async #wait(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
    if (delayMs <= 0) return;
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
  readonly servers: ServerChoice;
  readonly expected: ExpectedRecord | undefined;
  readonly topic: string;
  readonly frame: Uint8Array<ArrayBuffer>;
  readonly acks: AskedAcks;
  readonly signal: AbortSignal | undefined;
  /** When it was asked for. */
  readonly sinceMs: number;
  readonly deliveryTimeoutMs: number;
}

/** Throws `ClientError` for what is no record. */
function expectedRecord(expected: ExpectedSequence | undefined): ExpectedRecord | undefined {
  if (expected === undefined) return undefined;
  if (expected === 0) return { writer: "", sequence: 0 };
  const { writer, sequence } = expected;
  if (isWriterId(writer) && Number.isSafeInteger(sequence) && sequence >= 1) return { writer, sequence };
  const given = typeof expected === "object" ? `sequence ${sequence} of writer ${writer}` : String(expected);
  const message = `Cannot produce: expectedSequence is ${given}, allowed are 0 and what an ack or a record says of itself`;
  throw new ClientError("INVALID_ARGUMENT", message, { fate: "unsent" });
}

function withFate(failure: ClientError, fate: ProduceFate): ClientError {
  if (failure.fate === fate) return failure;
  if (failure instanceof ExpectedSequenceError) return failure.with(fate);
  return new ClientError(failure.code, failure.message, { server: failure.server, fate, cause: failure });
}
