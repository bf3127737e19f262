import { type Address } from "../base/mod.d.ts";
import { type DiscoveryCounters, type Member } from "../membership/mod.d.ts";
export interface MdnsOptions {
    /**
     * Finds nodes that were given the same name, on this network, and joins them: 1 to 57 of `A-Z a-z 0-9 _ -`. Agents of
     * Serf with `-discover` are found too, and find this node. @default nobody is looked for
     */
    readonly discover?: string | undefined;
    /**
     * Name of the network interface to look on. @default the one that has the address which the node is bound to; when that
     * is any, all that lead out of the machine
     */
    readonly mdnsIface?: string | undefined;
}
/** A name that DNS cannot carry. Nothing was started. */
export declare class InvalidDiscoverNameError extends RangeError {
    readonly name = "InvalidDiscoverNameError";
    readonly code = "INVALID_DISCOVER_NAME";
    readonly discover: string;
    constructor(discover: string);
}
/** What discovery needs of its node. */
export interface DiscoverableNode {
    readonly localName: string;
    /** Where it is bound. */
    readonly address: Address;
    /** Where others reach it. */
    readonly advertised: Address;
    members(): readonly Member[];
    /** Contacts these gossip addresses. Rejects when none was reached. */
    join(addresses: readonly string[]): Promise<unknown>;
}
export interface MdnsCounters extends DiscoveryCounters {
    readonly datagramsReceived: number;
    readonly datagramsSent: number;
    /** Datagrams from beyond this network, more than were to be taken, or not to be read. */
    readonly datagramsDropped: number;
}
/** Looks for others, and is found, until it is disposed of. */
export declare class Mdns implements AsyncDisposable {
    #private;
    /** Undefined when the options ask for none. Rejects with `InvalidDiscoverNameError` or `MulticastError`. */
    static start(node: DiscoverableNode, options: MdnsOptions & {
        readonly onWarn: (message: string) => void;
    }): Promise<Mdns | undefined>;
    private constructor();
    get counters(): MdnsCounters;
    /** Names of the interfaces that it looks on. */
    get interfaceNames(): readonly string[];
    [Symbol.asyncDispose](): Promise<void>;
}
