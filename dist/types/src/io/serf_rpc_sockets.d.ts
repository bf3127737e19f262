import { type Address } from "../base/mod.d.ts";
/** What the other side of a connection hears of it. */
export interface SerfRpcHandler {
    bytes(bytes: Uint8Array): void;
    /** Nothing more comes, and nothing can be sent. */
    closed(): void;
}
export interface SerfRpcConnection {
    /** `host:port` of the client. */
    readonly from: string;
    /** Sends bytes. Who reads too slowly for them is cut off. */
    write(bytes: Uint8Array): void;
    /** While paused, what the client sends waits with the client. */
    pause(): void;
    resume(): void;
    /** Closes the connection unless it speaks within this time; `Infinity` lets it be silent. */
    allowSilence(durationMs: number): void;
    /** Flushes what was written, then closes. What the client still sends is ignored. */
    close(): void;
}
/** What happened so far. All only grow, except `open`. */
export interface SerfRpcSocketCounters {
    open: number;
    accepted: number;
    /** Connections turned away because there were too many. */
    refused: number;
    /** Connections cut off because their readers were too slow. */
    cutSlow: number;
    /** Connections closed because they were silent for too long. */
    cutSilent: number;
}
export interface SerfRpcSocketsOptions {
    readonly address: Address;
    readonly onConnection: (connection: SerfRpcConnection) => SerfRpcHandler;
}
export declare class SerfRpcSockets implements AsyncDisposable {
    #private;
    /** Where it listens, with the port that was picked. */
    readonly address: Address;
    readonly counters: Readonly<SerfRpcSocketCounters>;
    /** Listens. Rejects with `PortTakenError` or `BadListenAddressError`. */
    static open({ address, onConnection }: SerfRpcSocketsOptions): Promise<SerfRpcSockets>;
    private constructor();
    /** Closes all connections, after what was written to them has had its time to get out. */
    [Symbol.asyncDispose](): Promise<void>;
}
