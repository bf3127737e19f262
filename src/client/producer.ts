import { FrameBuilder, packedBytesMax, type RecordInput, type WriterId, writeProducerStamp } from "../base/mod.ts";
import { notReplicated } from "./acks.ts";
import type { ClientClock } from "./client_clock.ts";
import { ClientError, ProducerFencedError, toClientError } from "./errors.ts";
import type { ProduceAnswer } from "./hot_messages.ts";
import { judgeRecord } from "./pack_records.ts";
import type { BatchPipe } from "./pipe.ts";
import type { ProducerProgress, ResolvedProducerOptions } from "./producer_options.ts";

/** Where a record went. */
export interface SendAck {
  /** Position in the answering node's local log. */
  readonly offset: number;
  readonly writer: WriterId;
  /** Position in the writer's feed, the same on every node. */
  readonly sequence: number;
}

interface Sender {
  readonly resolve: (ack: SendAck) => void;
  readonly reject: (error: Error) => void;
}

interface WaitingSend extends Sender {
  readonly record: RecordInput;
  /** When it began to wait, if it did. */
  sinceMs: number | undefined;
}

interface SealedBatch {
  readonly frame: Uint8Array;
  readonly senders: readonly Sender[];
  /** When its first record was to be sent. */
  readonly sinceMs: number;
  /** Called when those who sent it were told what became of it. */
  onAnswered: (() => void) | undefined;
}

/**
 * Sends records one by one and batches them by itself: whatever gathered goes out when the way is free, which is at once
 * while few batches are on their way, and otherwise when an answer comes. No timer is involved, but for `lingerMs`.
 *
 * Batches that get no answer are sent again, the same and in order, to the same server and then to others, until
 * `deliveryTimeoutMs` is over: nodes know a batch again, so that it is stored once.
 *
 * Order is kept. When a batch fails for good, everything that was sent after it fails too: each send's promise says so, and
 * its error's `fate` says whether the record may be stored all the same. Later sends begin anew.
 */
export class Producer implements AsyncDisposable {
  readonly #pipe: BatchPipe;
  readonly #options: ResolvedProducerOptions;
  readonly #clock: Pick<ClientClock, "nowMs" | "schedule">;
  readonly #batchesInFlightMax: number;
  readonly #builder = new FrameBuilder();
  #senders: Sender[] = [];
  /** When the first of them was to be sent. */
  #sinceMs = 0;
  readonly #sealed: SealedBatch[] = [];
  /** The newest batch that was sealed, until it is answered: those before it are answered first. */
  #newest: SealedBatch | undefined;
  /** The producer's number for the next record. Those of records that fail are not used again. */
  #nextSequence = 1;
  /** Bytes of batches that are sealed or on their way. */
  #bytesSealed = 0;
  #batchesInFlight = 0;
  readonly #waiting: WaitingSend[] = [];
  readonly #readiness: (() => void)[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #pumpScheduled = false;
  /** Set while a batch waits for more records. */
  #cancelLinger: (() => void) | undefined;
  #sent = 0;
  #acknowledged = 0;
  #failed = 0;
  #bytesAcknowledged = 0;
  /** Grows with every failure, so that the fate of one batch is not charged to sends that came after its failure. */
  #failures = 0;
  #closed = false;

  /** The clock is the one that the pipe counts by. */
  constructor(pipe: BatchPipe, options: ResolvedProducerOptions, clock: Pick<ClientClock, "nowMs" | "schedule">) {
    this.#clock = clock;
    this.#pipe = pipe;
    this.#options = options;
    this.#batchesInFlightMax = Math.min(options.batchesInFlightMax, pipe.batchesMax);
  }

  /** Bytes packed and unanswered. */
  get bytesUnanswered(): number {
    return this.#bytesSealed + (this.#builder.count > 0 ? this.#builder.bytes : 0);
  }

  /** For those who show it: counted, not estimated. */
  get progress(): ProducerProgress {
    const [sent, acknowledged, failed] = [this.#sent, this.#acknowledged, this.#failed];
    return {
      ...{ sent, acknowledged, failed, inFlight: sent - acknowledged - failed },
      retried: this.#pipe.retried ?? 0,
      bytesAcknowledged: this.#bytesAcknowledged,
      bytesUnanswered: this.bytesUnanswered,
    };
  }

  /**
   * Resolves when the record is stored as durably as the options ask. `sinceMs`: when it was to be sent, by the client's
   * clock, where that was earlier.
   */
  send(record: RecordInput, sinceMs?: number): Promise<SendAck> {
    const answer = new Promise<SendAck>((resolve, reject) => this.#accept({ record, resolve, reject, sinceMs }));
    this.#last = answer;
    return answer;
  }

  /** Resolves when a send would be packed at once: for callers who do not await their sends. */
  ready(): Promise<void> {
    if (this.#waiting.length === 0 && this.#hasRoom()) return Promise.resolve();
    return new Promise((resolve) => this.#readiness.push(resolve));
  }

  /** Resolves when everything sent so far is answered; rejects when the last of it failed. */
  async flush(): Promise<void> {
    const last = this.#last;
    this.#hurry();
    await last.catch(() => this.#allAnswered());
    await last;
  }

  /** Waits for what was sent, then closes. Failures are told to those who sent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#hurry();
    await this.#last.catch(() => this.#allAnswered());
    await this.#pipe.close();
  }

  /** A send that is refused before it is packed fails while those before it are on their way. */
  async #allAnswered(): Promise<void> {
    if (this.#waiting.length > 0) await this.ready();
    this.#seal();
    const newest = this.#newest;
    if (newest === undefined) return;
    const before = newest.onAnswered;
    await new Promise<void>((resolve) => {
      newest.onAnswered = () => {
        before?.();
        resolve();
      };
    });
  }

  #accept(send: WaitingSend): void {
    this.#sent++;
    if (this.#closed) {
      this.#fail(send, new ClientError("CLOSED", "Cannot send record: the producer was closed", { fate: "unsent" }));
    } else if (this.#waiting.length === 0 && this.#hasRoom()) {
      this.#pack(send);
    } else if (this.#waiting.length < this.#options.sendsWaitingMax) {
      send.sinceMs ??= this.#clock.nowMs();
      this.#waiting.push(send);
    } else {
      const message = `Cannot send record: ${this.#waiting.length} sends wait already, allowed are ${this.#options.sendsWaitingMax}; await ready() first`;
      this.#fail(send, new ClientError("QUEUE_FULL", message, { fate: "unsent" }));
    }
  }

  #fail(sender: Sender, error: Error): void {
    this.#failed++;
    sender.reject(error);
  }

  #hasRoom(): boolean {
    return this.bytesUnanswered < this.#options.bytesUnansweredMax;
  }

  #pack(send: WaitingSend): void {
    const { record, fault, alone } = judgeRecord(send.record);
    if (fault !== undefined) {
      this.#fail(send, fault);
      return;
    }
    if (alone || this.#builder.bytes + packedBytesMax(record) > this.#options.batchBytesMax) this.#seal();
    if (this.#builder.count === 0) this.#sinceMs = send.sinceMs ?? this.#clock.nowMs();
    this.#builder.add(record, Date.now());
    this.#senders.push(send);
    if (this.#builder.bytes >= this.#options.batchBytesMax) this.#seal();
    this.#schedulePump();
  }

  /** Closes the open batch, if it holds anything. */
  #seal(): void {
    if (this.#builder.count === 0) return;
    const { count } = this.#builder;
    const frame = this.#builder.finish(this.#pipe.checksum);
    const { identity } = this.#options;
    if (identity !== undefined) {
      writeProducerStamp(frame, { producer: identity.id, epoch: identity.epoch, sequence: this.#nextSequence });
      this.#nextSequence += count;
    }
    this.#newest = { frame, senders: this.#senders, sinceMs: this.#sinceMs, onAnswered: undefined };
    this.#sealed.push(this.#newest);
    this.#bytesSealed += frame.length;
    this.#senders = [];
  }

  /** After the present run of callers, so that records that are sent together travel together. */
  #schedulePump(): void {
    if (this.#pumpScheduled) return;
    this.#pumpScheduled = true;
    void Promise.resolve().then(() => {
      this.#pumpScheduled = false;
      this.#pump();
    });
  }

  /** What gathered so far waits for no more. */
  #hurry(): void {
    this.#seal();
    if (this.#sealed.length > 0) this.#schedulePump();
  }

  #pump(): void {
    while (this.#batchesInFlight < this.#batchesInFlightMax) {
      if (this.#sealed.length === 0 && this.#lingers()) return;
      if (this.#sealed.length === 0) this.#seal();
      const batch = this.#sealed.shift();
      if (batch === undefined) return;
      this.#batchesInFlight++;
      void this.#transmit(batch, this.#failures);
    }
  }

  /** Whether the open batch waits for more records. */
  #lingers(): boolean {
    const { lingerMs } = this.#options;
    if (lingerMs === 0 || this.#closed || this.#builder.count === 0) return false;
    const untilMs = this.#sinceMs + lingerMs;
    if (this.#clock.nowMs() >= untilMs) return false;
    this.#cancelLinger ??= this.#clock.schedule(untilMs, () => {
      this.#cancelLinger = undefined;
      this.#pump();
    });
    return true;
  }

  async #transmit(batch: SealedBatch, failuresBefore: number): Promise<void> {
    try {
      this.#acknowledge(batch, await this.#pipe.send(batch.frame, batch.sinceMs));
    } catch (error) {
      const failure = toClientError(error, { doing: "produce", server: "the server", fate: "unknown" });
      for (const sender of batch.senders) this.#fail(sender, failure);
      if (failuresBefore === this.#failures) this.#failQueued(failure);
    }
    this.#batchesInFlight--;
    this.#answered(batch);
    this.#bytesSealed -= batch.frame.length;
    this.#packWaiting();
    if (this.#sealed.length > 0 || this.#builder.count > 0) this.#schedulePump();
  }

  #answered(batch: SealedBatch): void {
    if (this.#newest === batch) this.#newest = undefined;
    batch.onAnswered?.();
  }

  #acknowledge(batch: SealedBatch, answer: ProduceAnswer): void {
    const { offset, firstSequence: sequence, writer } = answer;
    if (answer.shortfall !== undefined) {
      for (const [index, sender] of batch.senders.entries()) this.#fail(sender, notReplicated(answer, index));
      return;
    }
    this.#acknowledged += batch.senders.length;
    this.#bytesAcknowledged += batch.frame.length;
    for (let index = 0; index < batch.senders.length; index++) {
      (batch.senders[index] as Sender).resolve({ offset: offset + index, writer, sequence: sequence + index });
    }
  }

  #failQueued(cause: ClientError): void {
    this.#failures++;
    this.#seal();
    const batches = this.#sealed.splice(0);
    for (const { frame } of batches) this.#bytesSealed -= frame.length;
    const senders = [...batches.flatMap((batch) => batch.senders), ...this.#waiting.splice(0)];
    if (senders.length === 0) return;
    const message = `Cannot send record: one before it failed (${cause.message})`;
    const failure =
      cause instanceof ProducerFencedError
        ? new ProducerFencedError(cause, "unsent")
        : new ClientError(cause.code, message, { server: cause.server, fate: "unsent", cause });
    for (const sender of senders) this.#fail(sender, failure);
    for (const batch of batches) this.#answered(batch);
  }

  #packWaiting(): void {
    let packed = 0;
    while (packed < this.#waiting.length && this.#hasRoom()) this.#pack(this.#waiting[packed++] as WaitingSend);
    if (packed > 0) this.#waiting.splice(0, packed);
    if (this.#readiness.length === 0 || this.#waiting.length > 0 || !this.#hasRoom()) return;
    for (const resolve of this.#readiness.splice(0)) resolve();
  }
}
