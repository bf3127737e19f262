import {
  type Compression,
  FrameBuilder,
  packedBytesMax,
  type RecordInput,
  type WriterId,
  writeProducerStamp,
} from "../base/mod.ts";
import { type Acks, notReplicated } from "./acks.ts";
import { ClientError, ProducerFencedError, toClientError } from "./errors.ts";
import type { ProduceAnswer } from "./hot_messages.ts";
import { judgeRecord } from "./pack_records.ts";
import type { BatchPipe } from "./pipe.ts";
import { type ProducerIdentity, resolveIdentity } from "./producer_identity.ts";

/** How a producer batches, and how durable its records must be. */
export interface ProducerOptions {
  /** A batch is closed at this size. Larger ones carry more, smaller ones are answered sooner. @default 131072 */
  readonly batchBytesMax?: number;
  /**
   * How batches are compressed where that makes them shorter; sizes of these options are those before it. Every reader
   * has gzip; browsers have no other, and not every runtime has zstd. @default "none"
   */
  readonly compression?: Compression;
  /**
   * Batches on their way at a time: enough to fill the time that an answer takes. Where requests cannot stream it is 1.
   * @default 4, and 32 with acks of several nodes
   */
  readonly batchesInFlightMax?: number;
  /** Unanswered bytes at which further sends wait for answers before they are packed. @default 8388608 */
  readonly bytesUnansweredMax?: number;
  /** Sends that may wait so; one more is refused with `QUEUE_FULL`. `ready()` tells when none waits. @default 100000 */
  readonly sendsWaitingMax?: number;
  /**
   * How durable a record must be before it is answered. A record that fewer nodes hold in time fails with
   * `NotReplicatedError`; those after it are not touched by that. @default the asked node alone
   */
  readonly acks?: Acks;
  /** How long the server waits for acks of other nodes, in milliseconds, up to 300,000; 0 is its default of 10,000. @default 0 */
  readonly timeoutMs?: number;
  /**
   * Whether batches carry the producer's identity and numbers, so that they can be sent again when no answer came, and are
   * stored once all the same. @default true, and false without the client's `failover`
   */
  readonly idempotent?: boolean;
  /** Who the producer is, for one that takes over from an earlier one. @default a random id, epoch 0 */
  readonly identity?: ProducerIdentity;
  /**
   * How long after its send, in milliseconds, a record may be answered before it fails, and with it all that was sent
   * after it: up to 86400000. 0: batches are sent once, and for so long as that takes. @default 120000
   */
  readonly deliveryTimeoutMs?: number;
}

/** With nothing left to choose; `identity` is that of batches which are stamped. */
export interface ResolvedProducerOptions extends Required<Omit<ProducerOptions, "identity" | "idempotent">> {
  readonly identity: ProducerIdentity | undefined;
}

/** How long a produce is tried when the caller does not say. */
export const deliveryTimeoutMsDefault = 120_000;
const deliveryTimeoutMsMax = 86_400_000;

const producerDefaults: Omit<ResolvedProducerOptions, "identity"> = {
  batchBytesMax: 131_072,
  compression: "none",
  batchesInFlightMax: 4,
  bytesUnansweredMax: 8 * 1_048_576,
  sendsWaitingMax: 100_000,
  acks: {},
  timeoutMs: 0,
  deliveryTimeoutMs: deliveryTimeoutMsDefault,
};

/** An answer that waits for other nodes takes several times as long as one of the asked node alone. */
const batchesInFlightReplicated = 32;

/** Throws `ClientError` for what makes no sense. */
export function resolveProducerOptions({
  identity,
  idempotent = true,
  ...options
}: ProducerOptions): ResolvedProducerOptions {
  const isReplicated = (options.acks?.replicated ?? 1) > 1;
  const own = isReplicated ? { batchesInFlightMax: batchesInFlightReplicated } : {};
  if (!idempotent && identity !== undefined) {
    const message = "Cannot produce: identity is set and idempotent is false, allowed is one of them";
    throw new ClientError("INVALID_ARGUMENT", message, { fate: "unsent" });
  }
  const resolved = { ...producerDefaults, ...own, ...options };
  checkDeliveryTimeout(resolved.deliveryTimeoutMs);
  return { ...resolved, identity: idempotent ? resolveIdentity(identity) : undefined };
}

/** Throws `ClientError` where it makes no sense. */
export function checkDeliveryTimeout(deliveryTimeoutMs: number): void {
  if (deliveryTimeoutMs >= 0 && deliveryTimeoutMs <= deliveryTimeoutMsMax) return;
  const message = `Cannot produce: deliveryTimeoutMs is ${deliveryTimeoutMs}, allowed are 0 to ${deliveryTimeoutMsMax}`;
  throw new ClientError("INVALID_ARGUMENT", message, { fate: "unsent" });
}

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
  /** When it began to wait. */
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
 * while few batches are on their way, and otherwise when an answer comes. No timer is involved.
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
  readonly #nowMs: () => number;
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
  /** Grows with every failure, so that the fate of one batch is not charged to sends that came after its failure. */
  #failures = 0;
  #closed = false;

  /** `nowMs` is the clock that the pipe counts by. */
  constructor(pipe: BatchPipe, options: ResolvedProducerOptions, nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#pipe = pipe;
    this.#options = options;
    this.#batchesInFlightMax = Math.min(options.batchesInFlightMax, pipe.batchesMax);
  }

  /** Bytes packed and unanswered. */
  get bytesUnanswered(): number {
    return this.#bytesSealed + (this.#builder.count > 0 ? this.#builder.bytes : 0);
  }

  /** Resolves when the record is stored as durably as the options ask. */
  send(record: RecordInput): Promise<SendAck> {
    const answer = new Promise<SendAck>((resolve, reject) =>
      this.#accept({ record, resolve, reject, sinceMs: undefined }),
    );
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
    await last.catch(() => this.#allAnswered());
    await last;
  }

  /** Waits for what was sent, then closes. Failures are told to those who sent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
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
    if (this.#closed) {
      send.reject(new ClientError("CLOSED", "Cannot send record: the producer was closed", { fate: "unsent" }));
    } else if (this.#waiting.length === 0 && this.#hasRoom()) {
      this.#pack(send);
    } else if (this.#waiting.length < this.#options.sendsWaitingMax) {
      send.sinceMs = this.#nowMs();
      this.#waiting.push(send);
    } else {
      const message = `Cannot send record: ${this.#waiting.length} sends wait already, allowed are ${this.#options.sendsWaitingMax}`;
      send.reject(new ClientError("QUEUE_FULL", message, { fate: "unsent" }));
    }
  }

  #hasRoom(): boolean {
    return this.bytesUnanswered < this.#options.bytesUnansweredMax;
  }

  #pack(send: WaitingSend): void {
    const { record, fault, alone } = judgeRecord(send.record);
    if (fault !== undefined) {
      send.reject(fault);
      return;
    }
    if (alone || this.#builder.bytes + packedBytesMax(record) > this.#options.batchBytesMax) this.#seal();
    if (this.#builder.count === 0) this.#sinceMs = send.sinceMs ?? this.#nowMs();
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

  #pump(): void {
    while (this.#batchesInFlight < this.#batchesInFlightMax) {
      if (this.#sealed.length === 0) this.#seal();
      const batch = this.#sealed.shift();
      if (batch === undefined) return;
      this.#batchesInFlight++;
      void this.#transmit(batch, this.#failures);
    }
  }

  async #transmit(batch: SealedBatch, failuresBefore: number): Promise<void> {
    try {
      this.#acknowledge(batch, await this.#pipe.send(batch.frame, batch.sinceMs));
    } catch (error) {
      const failure = toClientError(error, { doing: "produce", server: "the server", fate: "unknown" });
      for (const sender of batch.senders) sender.reject(failure);
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
      for (const [index, sender] of batch.senders.entries()) sender.reject(notReplicated(answer, index));
      return;
    }
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
    for (const sender of senders) sender.reject(failure);
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
