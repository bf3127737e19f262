import { create } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import type { Checksum } from "../base/mod.ts";
import { type Log, type ProduceRequest, ProduceRequestSchema } from "../gen/log/v1/log_pb.ts";
import { acksOf } from "./acks.ts";
import { ClientError, type ProduceFate, ProducerFencedError, toClientError } from "./errors.ts";
import type { ProduceAnswer } from "./hot_messages.ts";
import { produceAnswerOf } from "./record_answers.ts";

/**
 * The way of one producer's batches to one server, in order: a batch is stored before the next one is. Answers come in
 * the same order. After a failure everything unanswered has failed; the next `send` begins anew.
 */
export interface BatchPipe {
  /** Batches that may be unanswered at a time. */
  readonly batchesMax: number;
  /** What batches are checked with on their way. */
  readonly checksum: Checksum;
  /** Batches that were sent again, where they are. */
  readonly retried?: number;
  /** `sinceMs` is when the first of its records was to be sent, on the client's clock, where somebody counts from then on. */
  send(frame: Uint8Array, sinceMs?: number): Promise<ProduceAnswer>;
  /** Waits for what is unanswered, then ends. */
  close(): Promise<void>;
  /** Ends at once: what is unanswered fails. Nothing is sent after it. */
  abandon(): void;
}

/** Whom a pipe leads to, and what each of its requests says beside the frame. */
export interface PipeTarget {
  readonly client: Client<typeof Log>;
  readonly server: string;
  readonly topic: string;
  readonly replicated: number;
  readonly timeoutMs: number;
  readonly checksum: Checksum;
}

/** Who waits for what becomes of a batch. */
export interface Unanswered {
  readonly resolve: (answer: ProduceAnswer) => void;
  readonly reject: (error: ClientError) => void;
}

export function requestOf(target: PipeTarget, frame: Uint8Array): ProduceRequest {
  return create(ProduceRequestSchema, {
    topic: target.topic,
    frame: frame as Uint8Array<ArrayBuffer>,
    acks: acksOf(target),
    timeoutMs: target.timeoutMs,
  });
}

export function failureOf(target: PipeTarget, error: unknown, fate?: ProduceFate): ClientError {
  const about = { doing: `produce to topic ${JSON.stringify(target.topic)}`, server: target.server };
  const failure = toClientError(error, { ...about, fate: fate ?? "unknown" });
  if (fate === undefined && failure.code === "ALREADY_EXISTS") {
    return new ClientError(failure.code, failure.message, { server: failure.server, fate: "stored", cause: failure });
  }
  if (fate !== undefined || !surelyRejected(failure)) return failure;
  if (saysFenced(failure)) return new ProducerFencedError(failure);
  return toClientError(error instanceof ClientError ? error.cause : error, { ...about, fate: "rejected" });
}

/** Servers have no code of their own for it. */
function saysFenced({ code, message }: ClientError): boolean {
  return code === "FAILED_PRECONDITION" && /^Cannot append the batch: producer [0-9a-f]{16} has epoch/.test(message);
}

/** Codes that a server gives before it stores anything. */
export function surelyRejected(failure: ClientError): boolean {
  return (
    failure.code === "INVALID_ARGUMENT" ||
    failure.code === "EXPECTED_SEQUENCE" ||
    failure.code === "NOT_FOUND" ||
    failure.code === "UNIMPLEMENTED" ||
    failure.code === "FAILED_PRECONDITION"
  );
}

/** One call a batch, where requests cannot stream. Only one at a time, because calls may overtake each other. */
export class UnaryPipe implements BatchPipe {
  readonly batchesMax = 1;
  readonly checksum: Checksum;
  readonly #target: PipeTarget;
  readonly #controller = new AbortController();
  #unanswered: Promise<unknown> = Promise.resolve();

  constructor(target: PipeTarget) {
    this.#target = target;
    this.checksum = target.checksum;
  }

  send(frame: Uint8Array): Promise<ProduceAnswer> {
    const answer = this.#target.client
      .produce(requestOf(this.#target, frame), { signal: this.#controller.signal })
      .then(produceAnswerOf, (error: unknown) => {
        throw failureOf(this.#target, error);
      });
    // The caller of send() hears of failures; closing only waits.
    this.#unanswered = answer.catch(() => {});
    return answer;
  }

  async close(): Promise<void> {
    await this.#unanswered;
  }

  abandon(): void {
    this.#controller.abort();
  }
}
