import type { Cancellation, HotCall, HotReceiver, HotTransport, MessageMethod } from "./message_call.d.ts";
/** Calls of methods in the same process: messages go from one side to the other, copied once and never encoded again. */
export declare class HotLoopback implements HotTransport {
    #private;
    constructor(methods: readonly MessageMethod[]);
    open(path: string, receiver: HotReceiver): HotCall;
    unary(path: string, request: readonly Uint8Array[], cancellation: Cancellation | undefined): Promise<Uint8Array>;
    /** Ends all calls that are under way. */
    close(reason: Error): void;
}
