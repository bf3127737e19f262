import { ClientError } from "./errors.ts";
import { type ProduceAnswer, ProduceRequests } from "./hot_messages.ts";
import type { ManyProduces, ProduceOutcome } from "./many_produces.ts";
import { type BatchPipe, failureOf, type PipeTarget, type Unanswered } from "./pipe.ts";

/** The server refused one batch, and no other. */
export class BatchRefusal extends ClientError {
  constructor(cause: ClientError) {
    super(cause.code, cause.message, { server: cause.server, fate: cause.fate, cause: cause.cause });
  }
}

/** The way of one producer's batches on a stream that it shares with others. Its failures are no concern of theirs. */
export class SharedPipe implements BatchPipe {
  readonly batchesMax: number;
  readonly checksum: PipeTarget["checksum"];
  readonly #many: ManyProduces;
  readonly #target: PipeTarget;
  readonly #requests: ProduceRequests;
  /** Oldest first. How many is bounded by the producer. */
  readonly #unanswered = new Set<SentBatch>();
  readonly #failsAlone: boolean;
  #onAllAnswered: (() => void) | undefined;

  /** With `failsAlone`, what the server refuses fails nothing that was sent after it: whoever sends sees to that. */
  constructor(many: ManyProduces, target: PipeTarget, batchesMax: number, failsAlone = false) {
    this.#failsAlone = failsAlone;
    this.#many = many;
    this.#target = target;
    this.#requests = new ProduceRequests(target);
    this.batchesMax = batchesMax;
    this.checksum = target.checksum;
  }

  send(frame: Uint8Array): Promise<ProduceAnswer> {
    return new Promise((resolve, reject) => {
      const batch = new SentBatch(this, { resolve, reject });
      this.#unanswered.add(batch);
      this.#many.send(this.#requests, frame, batch);
    });
  }

  async close(): Promise<void> {
    if (this.#unanswered.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onAllAnswered = resolve;
    });
  }

  abandon(): void {
    const failure = new ClientError("UNAVAILABLE", "Cannot produce: it was given up", { fate: "unknown" });
    for (const { sender } of this.#unanswered) sender.reject(failure);
    this.#unanswered.clear();
    this.#onAllAnswered?.();
  }

  answered(batch: SentBatch, answer: ProduceAnswer): void {
    if (!this.#unanswered.delete(batch)) return;
    batch.sender.resolve(answer);
    if (this.#unanswered.size === 0) this.#onAllAnswered?.();
  }

  /** What was sent after it fails with it: the server may have stored that already. */
  failed(batch: SentBatch, error: unknown, how: "refused" | "broken"): void {
    if (!this.#unanswered.has(batch)) return;
    if (this.#failsAlone && how === "refused") {
      this.#unanswered.delete(batch);
      const failure = failureOf(this.#target, error);
      batch.sender.reject(failure.code === "UNAVAILABLE" ? new BatchRefusal(failure) : failure);
      if (this.#unanswered.size === 0) this.#onAllAnswered?.();
      return;
    }
    let isAfter = false;
    for (const one of this.#unanswered) {
      if (one === batch) {
        one.sender.reject(failureOf(this.#target, error, how === "refused" ? undefined : "unknown"));
        isAfter = true;
      } else if (isAfter) {
        one.sender.reject(failureOf(this.#target, error, "unknown"));
      }
      if (isAfter) this.#unanswered.delete(one);
    }
    if (this.#unanswered.size === 0) this.#onAllAnswered?.();
  }
}

/** A batch on its way. */
class SentBatch implements ProduceOutcome {
  readonly sender: Unanswered;
  readonly #pipe: SharedPipe;

  constructor(pipe: SharedPipe, sender: Unanswered) {
    this.#pipe = pipe;
    this.sender = sender;
  }

  answered(answer: ProduceAnswer): void {
    this.#pipe.answered(this, answer);
  }

  failed(error: unknown, how: "refused" | "broken"): void {
    this.#pipe.failed(this, error, how);
  }
}
