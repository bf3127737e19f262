/** Calls with one request whose answers are made by the ordinary implementations: only what is around them is lean. */
import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import type { MessageAnswerer, MessageCall, MessageMethod } from "../base/mod.ts";
import { toConnectError } from "./errors.ts";
import { malformed } from "./hot_produce.ts";

/** How a method is answered. */
export interface HotAnswers<Request extends DescMessage, Answer> {
  readonly path: string;
  readonly kind: Exclude<MessageMethod["kind"], "bidi">;
  readonly request: Request;
  /** All answers, until the end or until the signal fires. */
  readonly answer: (
    request: MessageShape<Request>,
    context: { readonly signal: AbortSignal },
  ) => AsyncIterable<Answer> | Promise<Answer>;
  /** The message of an answer, in parts that follow one another. */
  readonly encode: (answer: Answer) => readonly Uint8Array[];
  /** To be called when an answer was sent; undefined when nobody waits for that. @default always undefined */
  readonly release?: ((answer: Answer) => (() => void) | undefined) | undefined;
  readonly onInternalError: ((error: unknown) => void) | undefined;
}

export function hotMethod<Request extends DescMessage, Answer>(answers: HotAnswers<Request, Answer>): MessageMethod {
  const { path, kind } = answers;
  return { path, kind, open: (call) => new AnsweringCall(answers, call) };
}

class AnsweringCall<Request extends DescMessage, Answer> implements MessageAnswerer {
  readonly #answers: HotAnswers<Request, Answer>;
  readonly #call: MessageCall;
  readonly #abort = new AbortController();
  #drained: (() => void) | undefined;
  #answered = false;

  constructor(answers: HotAnswers<Request, Answer>, call: MessageCall) {
    this.#answers = answers;
    this.#call = call;
  }

  message(bytes: Uint8Array): boolean {
    // Never rejects: what goes wrong ends the call.
    void this.#run(bytes);
    return true;
  }

  requestsEnded(): void {}

  drained(): void {
    this.#drained?.();
  }

  closed(): void {
    // An abort builds an error with its stack: worth avoiding where nobody listens any more.
    if (this.#answered) return;
    this.#abort.abort();
    this.#drained?.();
  }

  async #run(bytes: Uint8Array): Promise<void> {
    const { signal } = this.#abort;
    try {
      const answer = this.#answers.answer(this.#parse(bytes), { signal });
      if (answer instanceof Promise) this.#send(await answer);
      else for await (const one of answer) if (!this.#send(one)) await this.#room();
      this.#answered = true;
      this.#call.end();
    } catch (error) {
      // After the signal there is nobody to tell.
      if (signal.aborted) return;
      this.#answered = true;
      this.#call.fail(toConnectError(error, this.#answers.onInternalError));
    }
  }

  #parse(bytes: Uint8Array): MessageShape<Request> {
    try {
      return fromBinary(this.#answers.request, bytes);
    } catch (error) {
      throw malformed(error);
    }
  }

  #send(answer: Answer): boolean {
    const parts = this.#answers.encode(answer);
    const release = this.#answers.release?.(answer);
    return release === undefined ? this.#call.send(...parts) : this.#call.sendLent(parts, release);
  }

  async #room(): Promise<void> {
    if (this.#abort.signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    this.#drained = undefined;
  }
}
