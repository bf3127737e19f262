import type { HotReceiver, HotTransport } from "./message_call.d.ts";
/** The responses of a call with one request, taken one at a time. Leaving the loop ends the call. */
export declare class HotResponses implements AsyncIterableIterator<Uint8Array>, HotReceiver {
    #private;
    constructor(hot: HotTransport, path: string, request: Uint8Array);
    /** Ends the call at once: whoever waits for a response is told the error that comes of it. */
    cancel(): void;
    message(bytes: Uint8Array): boolean;
    ended(error: unknown): void;
    [Symbol.asyncIterator](): this;
    /** One at a time: a second call waits for nothing that the first did not get. */
    next(): Promise<IteratorResult<Uint8Array>>;
    return(): Promise<IteratorResult<Uint8Array>>;
}
