import { ConnectError } from "@connectrpc/connect";
import type { HotCall, HotReceiver, HotTransport } from "./transport.ts";

/** Response bytes that are held for a reader who is slower than the server, one response apart. */
const heldBytesMax = 1_048_576;

/** The responses of a call with one request, taken one at a time. Aborting the signal ends the call. */
export class HotResponses implements AsyncIterableIterator<Uint8Array>, HotReceiver {
  readonly #call: HotCall;
  readonly #signal: AbortSignal;
  readonly #held: Uint8Array[] = [];
  #heldBytes = 0;
  #end: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(
    hot: HotTransport,
    call: { readonly path: string; readonly request: Uint8Array; readonly signal: AbortSignal },
  ) {
    this.#signal = call.signal;
    this.#call = hot.open(call.path, this);
    call.signal.addEventListener("abort", this.#cancel, { once: true });
    if (call.signal.aborted) {
      this.#call.cancel();
      return;
    }
    this.#call.send(call.request);
    this.#call.end();
  }

  readonly #cancel = (): void => this.#call.cancel();

  message(bytes: Uint8Array): boolean {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    this.#wake?.();
    return this.#heldBytes < heldBytesMax;
  }

  ended(error: unknown): void {
    this.#signal.removeEventListener("abort", this.#cancel);
    this.#end = { error };
    this.#wake?.();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    while (this.#held.length === 0) {
      if (this.#end?.error !== undefined) throw ConnectError.from(this.#end.error);
      if (this.#end !== undefined) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    const value = this.#held.shift() as Uint8Array;
    this.#heldBytes -= value.length;
    if (this.#heldBytes < heldBytesMax) this.#call.resume();
    return { done: false, value };
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.#held.length = 0;
    this.#call.cancel();
    return Promise.resolve({ done: true, value: undefined });
  }
}
