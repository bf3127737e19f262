import type { HotCall, HotReceiver, HotTransport } from "./message_call.ts";

/** Response bytes that are held for a reader who is slower than the server, one response apart. */
const heldBytesMax = 1_048_576;

interface WaitingReader {
  readonly resolve: (result: IteratorResult<Uint8Array>) => void;
  readonly reject: (error: unknown) => void;
}

/** The responses of a call with one request, taken one at a time. Leaving the loop ends the call. */
export class HotResponses implements AsyncIterableIterator<Uint8Array>, HotReceiver {
  readonly #call: HotCall;
  readonly #held: Uint8Array[] = [];
  #heldBytes = 0;
  #end: { readonly error: unknown } | undefined;
  #reader: WaitingReader | undefined;

  constructor(hot: HotTransport, path: string, request: Uint8Array) {
    this.#call = hot.open(path, this);
    this.#call.send(request);
    this.#call.end();
  }

  /** Ends the call at once: whoever waits for a response is told the error that comes of it. */
  cancel(): void {
    this.#call.cancel();
  }

  message(bytes: Uint8Array): boolean {
    if (this.#reader !== undefined) {
      const { resolve } = this.#reader;
      this.#reader = undefined;
      resolve({ done: false, value: bytes });
      return true;
    }
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    return this.#heldBytes < heldBytesMax;
  }

  ended(error: unknown): void {
    this.#end = { error };
    if (this.#reader === undefined) return;
    if (error === undefined) this.#reader.resolve({ done: true, value: undefined });
    else this.#reader.reject(error);
    this.#reader = undefined;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** One at a time: a second call waits for nothing that the first did not get. */
  next(): Promise<IteratorResult<Uint8Array>> {
    const value = this.#held.shift();
    if (value !== undefined) {
      this.#heldBytes -= value.length;
      if (this.#heldBytes < heldBytesMax) this.#call.resume();
      return Promise.resolve({ done: false, value });
    }
    if (this.#end === undefined) {
      return new Promise((resolve, reject) => {
        this.#reader = { resolve, reject };
      });
    }
    if (this.#end.error !== undefined) return Promise.reject(this.#end.error);
    return Promise.resolve({ done: true, value: undefined });
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.#held.length = 0;
    this.#call.cancel();
    return Promise.resolve({ done: true, value: undefined });
  }
}
