import { Code, ConnectError } from "@connectrpc/connect";
import type { HotCall, HotReceiver, HotTransport } from "../base/mod.ts";
import { ClientError } from "./errors.ts";
import { type ProduceAnswer, ProduceAnswerReader, ProduceRequests, produceStreamPath } from "./hot_messages.ts";
import { type BatchPipe, failureOf, type PipeTarget, type Unanswered } from "./pipe.ts";

/** One ProduceStream for all batches, in whole messages. */
export class HotPipe implements BatchPipe {
  readonly batchesMax: number;
  readonly checksum: PipeTarget["checksum"];
  readonly #hot: HotTransport;
  readonly #target: PipeTarget;
  readonly #requests: ProduceRequests;
  #stream: HotProduceCall | undefined;

  constructor(hot: HotTransport, target: PipeTarget, batchesMax: number) {
    this.#hot = hot;
    this.#target = target;
    this.#requests = new ProduceRequests(target);
    this.batchesMax = batchesMax;
    this.checksum = target.checksum;
  }

  send(frame: Uint8Array): Promise<ProduceAnswer> {
    if (this.#stream === undefined || this.#stream.isOver) this.#stream = new HotProduceCall(this.#hot, this.#target);
    return this.#stream.send(this.#requests.around(frame));
  }

  async close(): Promise<void> {
    await this.#stream?.close();
  }

  abandon(): void {
    this.#stream?.abandon();
  }
}

/** One call of ProduceStream, from its first batch to its end. How many are unanswered is bounded by the producer. */
class HotProduceCall implements HotReceiver {
  readonly #target: PipeTarget;
  readonly #call: HotCall;
  readonly #answers = new ProduceAnswerReader();
  readonly #unanswered: Unanswered[] = [];
  readonly #done: Promise<void>;
  #onDone: () => void = () => {};
  #closing = false;
  #over = false;

  constructor(hot: HotTransport, target: PipeTarget) {
    this.#target = target;
    this.#done = new Promise((resolve) => {
      this.#onDone = resolve;
    });
    this.#call = hot.open(produceStreamPath, this);
  }

  get isOver(): boolean {
    return this.#over || this.#closing;
  }

  send(request: readonly Uint8Array[]): Promise<ProduceAnswer> {
    return new Promise((resolve, reject) => {
      this.#unanswered.push({ resolve, reject });
      this.#call.send(...request);
    });
  }

  abandon(): void {
    this.#closing = true;
    if (!this.#over) this.#call.cancel();
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#call.end();
    await this.#done;
  }

  message(bytes: Uint8Array): boolean {
    try {
      const answer = this.#answers.read(bytes);
      const next = this.#unanswered.shift();
      if (next === undefined) throw new ConnectError("an answer came to a batch that was never sent", Code.Internal);
      next.resolve(answer);
    } catch (error) {
      this.#fail(error);
      this.#call.cancel();
    }
    return true;
  }

  ended(error: unknown): void {
    this.#fail(error ?? new ClientError("UNAVAILABLE", `Cannot produce: ${this.#target.server} ended the stream`));
    this.#onDone();
  }

  /** What is unanswered now fails: the first with what the server said of it, the others with an unknown fate. */
  #fail(error: unknown): void {
    this.#over = true;
    for (const [index, { reject }] of this.#unanswered.splice(0).entries()) {
      reject(failureOf(this.#target, error, index === 0 ? undefined : "unknown"));
    }
  }
}
