import type { Address } from "../base/mod.d.ts";
/** An interface with an address of the family that was asked for. */
export interface MulticastInterface {
    readonly name: string;
    /** Its first address of the family. */
    readonly address: string;
    readonly family: 4 | 6;
    /** By this the system knows the interface in an IPv6 address. */
    readonly zone: string;
    /** Its own networks as `address/bits`. */
    readonly networks: readonly string[];
}
export interface MulticastOptions {
    readonly interfaces: readonly MulticastInterface[];
    /** The group's address, of the interfaces' family. */
    readonly group: string;
    readonly port: number;
    /** Hears what came from a network of the interface, to the group or to a socket of this. */
    readonly onDatagram: (bytes: Uint8Array, from: Address, through: MulticastInterface) => void;
    readonly onError: (error: Error) => void;
}
/** What happened so far. All only grow. */
export interface MulticastCounters {
    received: number;
    sent: number;
    /** From elsewhere than the interface's networks: nobody there can have heard the group. */
    foreign: number;
    /** More than were to be taken. */
    flooded: number;
}
/** No datagram can be exchanged with a group. Nothing stays open. */
export declare class MulticastError extends Error {
    readonly name = "MulticastError";
    readonly code = "MULTICAST_UNAVAILABLE";
    /** The interface that was to be used; undefined when there is none at all. */
    readonly interfaceName: string | undefined;
    constructor(interfaceName: string | undefined, problem: string, options?: ErrorOptions);
}
/**
 * The interfaces to use: the one of this name; else the one that has the address which the node is bound to; else all
 * that lead out of this machine. Throws `MulticastError`.
 */
export declare function multicastInterfaces(options: {
    readonly name?: string | undefined;
    readonly boundTo: string;
    readonly family: 4 | 6;
}): MulticastInterface[];
/** Speaks to a group, and listens to it. */
export declare class MulticastSockets implements AsyncDisposable {
    #private;
    readonly counters: MulticastCounters;
    /** Opens sockets on all interfaces where that works. Rejects with `MulticastError` when it works on none. */
    static open(options: MulticastOptions): Promise<MulticastSockets>;
    private constructor();
    /** Names of the interfaces where it works. */
    get interfaceNames(): readonly string[];
    /** Asks the group, from a port of our own: what is answered there reaches this process, whoever else shares the group's. */
    ask(bytes: Uint8Array): void;
    /** Sends from the group's port: to an address, by the interface on which that was heard; else to the group, on all. */
    answer(bytes: Uint8Array, to?: {
        readonly address: Address;
        readonly through: string;
    }): void;
    [Symbol.asyncDispose](): Promise<void>;
}
