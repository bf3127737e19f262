import { ConnectError } from "@connectrpc/connect";
import { assert, type Checksum } from "../base/mod.ts";
import type { ProduceRequest } from "../gen/log/v1/log_pb.ts";
import { ClientError } from "./errors.ts";
import type { ProduceAnswer } from "./hot_messages.ts";
import { type BatchPipe, failureOf, type PipeTarget, requestOf, type Unanswered } from "./pipe.ts";
import { produceAnswerOf } from "./record_answers.ts";

/** One bidirectional stream for all batches. */
export class StreamPipe implements BatchPipe {
  readonly batchesMax: number;
  readonly checksum: Checksum;
  readonly #target: PipeTarget;
  #stream: ProduceCall | undefined;

  constructor(target: PipeTarget, batchesMax: number) {
    this.#target = target;
    this.batchesMax = batchesMax;
    this.checksum = target.checksum;
  }

  send(frame: Uint8Array): Promise<ProduceAnswer> {
    if (this.#stream === undefined || this.#stream.ended) this.#stream = new ProduceCall(this.#target);
    return this.#stream.send(frame);
  }

  async close(): Promise<void> {
    await this.#stream?.close();
  }

  abandon(): void {
    this.#stream?.abandon();
  }
}

/** One call of ProduceStream, from its first batch to its end. */
class ProduceCall {
  readonly #target: PipeTarget;
  readonly #controller = new AbortController();
  readonly #requests: ProduceRequest[] = [];
  readonly #unanswered: Unanswered[] = [];
  #wake: (() => void) | undefined;
  #closing = false;
  #ended = false;
  readonly #done: Promise<void>;

  constructor(target: PipeTarget) {
    this.#target = target;
    this.#done = this.#receive();
  }

  get ended(): boolean {
    return this.#ended || this.#closing;
  }

  send(frame: Uint8Array): Promise<ProduceAnswer> {
    assert(!this.ended, "a call that ended takes no more batches");
    this.#requests.push(requestOf(this.#target, frame));
    this.#wake?.();
    return new Promise((resolve, reject) => this.#unanswered.push({ resolve, reject }));
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#wake?.();
    await this.#done;
  }

  abandon(): void {
    this.#closing = true;
    this.#controller.abort();
  }

  async *#outgoing(): AsyncGenerator<ProduceRequest> {
    while (!this.#ended) {
      const request = this.#requests.shift();
      if (request !== undefined) {
        yield request;
        continue;
      }
      if (this.#closing) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async #receive(): Promise<void> {
    const { signal } = this.#controller;
    try {
      for await (const response of this.#target.client.produceStream(this.#outgoing(), { signal })) {
        const next = this.#unanswered.shift();
        if (next === undefined) throw new ConnectError("an answer came to a batch that was never sent");
        next.resolve(produceAnswerOf(response));
      }
      this.#end(new ClientError("UNAVAILABLE", `Cannot produce: ${this.#target.server} ended the stream`));
    } catch (error) {
      this.#end(error);
    }
  }

  /** What is unanswered now fails: the first with what the server said of it, the others with an unknown fate. */
  #end(error: unknown): void {
    this.#ended = true;
    this.#wake?.();
    const unsent = this.#requests.splice(0).length;
    const failed = this.#unanswered.splice(0);
    for (const [index, { reject }] of failed.entries()) {
      if (index >= failed.length - unsent) reject(failureOf(this.#target, error, "unsent"));
      else reject(failureOf(this.#target, error, index === 0 ? undefined : "unknown"));
    }
  }
}
