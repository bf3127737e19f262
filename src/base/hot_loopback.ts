import { assert } from "./assert.ts";
import { concat } from "./bytes.ts";
import type {
  Cancellation,
  HotCall,
  HotReceiver,
  HotTransport,
  MessageAnswerer,
  MessageMethod,
} from "./message_call.ts";

/** Calls of methods in the same process: messages go from one side to the other, copied once and never encoded again. */
export class HotLoopback implements HotTransport {
  readonly #methods = new Map<string, MessageMethod>();
  readonly #calls = new Set<LoopbackCall>();

  constructor(methods: readonly MessageMethod[]) {
    for (const method of methods) this.#methods.set(method.path, method);
  }

  open(path: string, receiver: HotReceiver): HotCall {
    const method = this.#methods.get(path);
    assert(method !== undefined, `${path} is a method that is served`);
    const call = new LoopbackCall(method, receiver, (ended) => this.#calls.delete(ended));
    this.#calls.add(call);
    return call;
  }

  unary(path: string, request: readonly Uint8Array[], cancellation: Cancellation | undefined): Promise<Uint8Array> {
    if (cancellation?.aborted) return Promise.reject(cancellation.reason);
    return new Promise((resolve, reject) => {
      let answer: Uint8Array | undefined;
      const cancel = (): void => call.cancel();
      const call = this.open(path, {
        message(bytes) {
          answer = bytes;
          return true;
        },
        ended(error) {
          cancellation?.removeEventListener("abort", cancel);
          if (answer !== undefined && error === undefined) resolve(answer);
          else reject(error);
        },
      });
      cancellation?.addEventListener("abort", cancel);
      call.send(...request);
      call.end();
    });
  }

  /** Ends all calls that are under way. */
  close(reason: Error): void {
    for (const call of [...this.#calls]) call.over(reason);
  }
}

class LoopbackCall implements HotCall {
  readonly #receiver: HotReceiver;
  readonly #onOver: (call: LoopbackCall) => void;
  readonly #answerer: MessageAnswerer;
  /** Requests that came while the method wanted no more. How many is bounded by whoever sends: nothing is taken off its hands. */
  readonly #requests: Uint8Array[] = [];
  #requestsEnded = false;
  #paused = false;
  #full = false;
  #over = false;

  constructor(method: MessageMethod, receiver: HotReceiver, onOver: (call: LoopbackCall) => void) {
    this.#receiver = receiver;
    this.#onOver = onOver;
    this.#answerer = method.open({
      send: (...parts) => this.#answer(parts),
      sendLent: (parts, giveBack) => {
        const wantsMore = this.#answer(parts);
        // One part alone is not copied: it is the receiver's now.
        if (parts.length > 1) giveBack();
        return wantsMore;
      },
      end: () => this.over(undefined),
      fail: (error) => this.over(error),
      resume: () => {
        this.#paused = false;
        this.#pass();
      },
    });
  }

  send(...parts: readonly Uint8Array[]): void {
    if (this.#over) return;
    this.#requests.push(concat(parts));
    this.#pass();
  }

  end(): void {
    this.#requestsEnded = true;
    this.#pass();
  }

  resume(): void {
    this.#full = false;
    if (!this.#over) this.#answerer.drained();
  }

  cancel(): void {
    const error = new Error("the call was canceled");
    error.name = "AbortError";
    this.over(error);
  }

  over(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#requests.length = 0;
    this.#onOver(this);
    this.#answerer.closed();
    this.#receiver.ended(error);
  }

  #pass(): void {
    while (!this.#paused && !this.#over) {
      const request = this.#requests.shift();
      if (request === undefined) break;
      this.#paused = !this.#answerer.message(request);
    }
    if (!this.#requestsEnded || this.#paused || this.#over) return;
    this.#requestsEnded = false;
    this.#answerer.requestsEnded();
  }

  /** Copied where it is made of parts: those may be the log's own. */
  #answer(parts: readonly Uint8Array[]): boolean {
    if (this.#over) return false;
    if (!this.#receiver.message(concat(parts))) this.#full = true;
    return !this.#full;
  }
}
