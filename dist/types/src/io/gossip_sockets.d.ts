import { type Address } from "../base/mod.d.ts";
import type { TransportEffect, TransportInput } from "../gossip/mod.d.ts";
export interface GossipSocketsOptions {
    /** IP address to bind, and the port of both UDP and TCP; 0 picks a free one. */
    readonly bind: Address;
    /** Hears what comes in. Called from event handlers, never from within `perform`. */
    readonly onInput: (input: TransportInput) => void;
    /** Hears of trouble that no input tells of: a datagram that could not be sent, a socket's error. */
    readonly onError?: ((error: Error) => void) | undefined;
}
/** Sockets that could not be bound. Nothing stays open. */
export declare class GossipBindError extends Error {
    readonly name = "GossipBindError";
    readonly code: "ADDRESS_IN_USE" | "ADDRESS_NOT_AVAILABLE" | "BIND_FAILED";
    readonly address: Address;
    constructor(address: Address, cause: unknown);
}
/** What the sockets themselves gave up, so far. */
export interface GossipSocketCounters {
    /** Datagrams that the system did not take, and those that found too many before them. */
    sendsFailed: number;
    sendsDropped: number;
    /** Connections that came while too many were open. */
    streamsRefused: number;
}
export interface GossipSockets extends AsyncDisposable {
    /** Where they are bound, with the port that was picked. */
    readonly address: Address;
    readonly counters: Readonly<GossipSocketCounters>;
    /** Performs an effect. Failures come back through `onInput` where a stream is concerned, else through `onError`. */
    perform(effect: TransportEffect): void;
}
/** Binds UDP and TCP to one port. Rejects with `GossipBindError`. */
export declare function openGossipSockets(options: GossipSocketsOptions): Promise<GossipSockets>;
