/**
 * ProduceMany for those who come by Connect's handlers: the same call, to and from messages that were read. Nobody waits
 * here: how much is in flight is bounded by the call.
 */
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { concat, type MessageAnswerer, type MessageCall } from "../base/mod.ts";
import {
  type ProduceManyRequest,
  ProduceManyRequestSchema,
  type ProduceManyResponse,
  ProduceManyResponseSchema,
} from "../gen/log/v1/log_pb.ts";

export async function* produceMany(
  open: (call: MessageCall) => MessageAnswerer,
  requests: AsyncIterable<ProduceManyRequest>,
  context: HandlerContext,
): AsyncGenerator<ProduceManyResponse> {
  const answers = new Answers();
  const answerer = open(answers);
  const onAbort = () => answers.fail(context.signal.reason);
  context.signal.addEventListener("abort", onAbort, { once: true });
  // Never rejects: what goes wrong reaches this generator through the answers.
  void passOn(requests, answerer, answers);
  try {
    for (let answer = await answers.next(); answer !== undefined; answer = await answers.next()) {
      yield fromBinary(ProduceManyResponseSchema, answer);
      answerer.drained();
    }
  } finally {
    context.signal.removeEventListener("abort", onAbort);
    answers.stop();
    answerer.closed();
  }
}

async function passOn(
  requests: AsyncIterable<ProduceManyRequest>,
  answerer: MessageAnswerer,
  answers: Answers,
): Promise<void> {
  try {
    for await (const request of requests) {
      if (!answerer.message(toBinary(ProduceManyRequestSchema, request))) await answers.resumed();
      if (answers.isStopped) return;
    }
    answerer.requestsEnded();
  } catch (error) {
    answerer.requestsEnded(error);
  }
}

/** What was answered and not yet taken. One is taken at a time; the call holds back the others. */
class Answers implements MessageCall {
  isStopped = false;
  #answer: Uint8Array[] = [];
  #end: { readonly error: unknown } | undefined;
  #onChange = (): void => {};
  #onResume = (): void => {};

  send(...parts: readonly Uint8Array[]): boolean {
    this.#answer.push(concat(parts));
    this.#onChange();
    return false;
  }

  sendLent(parts: readonly Uint8Array[]): boolean {
    return this.send(...parts);
  }

  end(): void {
    this.#end ??= { error: undefined };
    this.#onChange();
  }

  fail(error: unknown): void {
    this.#end ??= { error };
    this.#onChange();
  }

  resume(): void {
    this.#onResume();
  }

  stop(): void {
    this.isStopped = true;
    this.#onResume();
  }

  resumed(): Promise<void> {
    return new Promise((resolve) => {
      this.#onResume = resolve;
    });
  }

  async next(): Promise<Uint8Array | undefined> {
    while (this.#answer.length === 0 && this.#end === undefined) {
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
    }
    const answer = this.#answer.shift();
    if (answer === undefined && this.#end?.error !== undefined) throw this.#end.error;
    return answer;
  }
}
