import { type Address, type Machine, type Random, type Wake } from "../base/mod.d.ts";
import { type ServiceMessage } from "./discovery_messages.d.ts";
/** The port of multicast DNS. Who asks from another one listens there alone. */
export declare const discoveryPort = 5353;
export interface DiscoveryOptions {
    /** What the cluster is called on this network. */
    readonly cluster: string;
    readonly nodeName: string;
    /** Where others reach this node. */
    readonly address: Address;
    /** Whether a member is alive there: then nobody needs to be told of it. */
    readonly isKnown: (address: Address) => boolean;
}
/** Where a message came from, and through which of this machine's interfaces. */
export interface HeardFrom {
    readonly address: Address;
    readonly through: string;
}
export type DiscoveryInput = Wake | {
    readonly type: "heard";
    readonly from: HeardFrom;
    readonly message: ServiceMessage;
};
export type DiscoveryEffect = 
/** Ask everybody on this network. */
{
    readonly type: "ask";
    readonly message: ServiceMessage;
}
/** Answer one who asked; or everybody, without `to`. */
 | {
    readonly type: "answer";
    readonly message: ServiceMessage;
    readonly to?: HeardFrom;
} | {
    readonly type: "found";
    readonly addresses: readonly Address[];
};
/** What happened so far. All only grow. */
export interface DiscoveryCounters {
    asked: number;
    answered: number;
    /** Questions that were not answered, because too many were. */
    answersDropped: number;
    found: number;
    /** Addresses that were named but that no node can be at, or that this one cannot reach. */
    foundRefused: number;
}
/**
 * Finds the nodes of a cluster on one network, and is found there. No I/O: what is heard goes in, what is to be said and
 * whom to join comes out. Whatever it hears, it says little and remembers little.
 */
export declare class Discovery implements Machine<DiscoveryInput, DiscoveryEffect> {
    #private;
    readonly counters: DiscoveryCounters;
    constructor(options: DiscoveryOptions, random: Random);
    get wakeAtMs(): number;
    step(input: DiscoveryInput, nowMs: number): DiscoveryEffect[];
}
