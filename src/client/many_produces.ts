/** One ProduceMany stream for all that a client produces to one server: every producer's batches and every `produce`. */
import { Code, ConnectError } from "@connectrpc/connect";
import type { HotCall, HotReceiver, HotTransport } from "../base/mod.ts";
import { type ProduceAnswer, ProduceManyAnswerReader, ProduceRequests, produceManyPath } from "./hot_messages.ts";

/** Hears, once, what became of a produce. */
export interface ProduceOutcome {
  answered(answer: ProduceAnswer): void;
  /** The server refused this one; or the stream broke, and with it all that were unanswered. */
  failed(error: unknown, how: "refused" | "broken"): void;
}

/** Produces on one stream, each for itself. How many are unanswered is up to those who send them. */
export class ManyProduces {
  readonly #hot: HotTransport;
  #call: ManyCall | undefined;
  /** For the topic that a single produce went to last. */
  #requests: { readonly topic: string; readonly requests: ProduceRequests } | undefined;

  constructor(hot: HotTransport) {
    this.#hot = hot;
  }

  /** Requests that ask for acks of the asked node alone. */
  requestsTo(topic: string): ProduceRequests {
    if (this.#requests?.topic !== topic) {
      this.#requests = { topic, requests: new ProduceRequests({ topic, replicated: 1, timeoutMs: 0 }) };
    }
    return this.#requests.requests;
  }

  /** Sends a frame. Those for one topic are stored in the order of the calls, as long as the stream stands. */
  send(requests: ProduceRequests, frame: Uint8Array, outcome: ProduceOutcome): void {
    if (this.#call === undefined || this.#call.isOver) this.#call = new ManyCall(this.#hot);
    this.#call.send(requests, frame, outcome);
  }
}

/** One call of ProduceMany, from its first request until nothing was asked for a while, or until it breaks. */
class ManyCall implements HotReceiver {
  readonly #call: HotCall;
  readonly #answers = new ProduceManyAnswerReader();
  /** Oldest first, by their numbers. */
  readonly #unanswered = new Map<number, ProduceOutcome>();
  #lastId = 0;
  isOver = false;

  constructor(hot: HotTransport) {
    this.#call = hot.open(produceManyPath, this);
  }

  send(requests: ProduceRequests, frame: Uint8Array, outcome: ProduceOutcome): void {
    const id = ++this.#lastId;
    this.#unanswered.set(id, outcome);
    this.#call.send(requests.numbered(id, frame.length), frame);
  }

  message(bytes: Uint8Array): boolean {
    try {
      const { id, answer, failure } = this.#answers.read(bytes);
      const outcome = this.#unanswered.get(id);
      if (outcome === undefined) throw new ConnectError("an answer came to what was never sent", Code.Internal);
      this.#unanswered.delete(id);
      if (answer !== undefined) outcome.answered(answer);
      else outcome.failed(failure, "refused");
    } catch (error) {
      this.#fail(error);
      this.#call.cancel();
    }
    return true;
  }

  /** The stream would keep the process alive, and a server from closing in good order. */
  idle(): void {
    if (this.#unanswered.size > 0) return;
    this.isOver = true;
    this.#call.end();
  }

  ended(error: unknown): void {
    this.#fail(error ?? new ConnectError("the server ended the stream", Code.Unavailable));
  }

  #fail(error: unknown): void {
    this.isOver = true;
    const outcomes = [...this.#unanswered.values()];
    this.#unanswered.clear();
    for (const outcome of outcomes) outcome.failed(error, "broken");
  }
}
