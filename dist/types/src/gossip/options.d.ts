import { type Address } from "../base/mod.d.ts";
import { type EncryptionOptions } from "./envelope.d.ts";
import type { NodeSnapshot } from "./types.d.ts";
/** The numbers of the protocol. A cluster works best when all its nodes have the same. */
export interface GossipSettings {
    /** Time between two probes, each of one random member. Sets how fast a death is noticed. */
    readonly probeIntervalMs: number;
    /** How long a direct ping may take before helpers are asked. Above the 99th percentile of round trips. */
    readonly probeTimeoutMs: number;
    /** Helpers asked when a direct ping fails. */
    readonly indirectChecks: number;
    /** Each message is sent this many times the decimal logarithm of the cluster's size. */
    readonly retransmitMult: number;
    /** A suspect has at least this many probe intervals, times the decimal logarithm of the cluster's size. */
    readonly suspicionMult: number;
    /** How many times longer it has when nobody else suspects it. */
    readonly suspicionMaxTimeoutMult: number;
    /** Time between two full exchanges with a random member, in clusters of up to 32. */
    readonly pushPullIntervalMs: number;
    readonly gossipIntervalMs: number;
    /** Members that each round of gossip goes to. */
    readonly gossipNodes: number;
    /** How long the dead are still told the news, so that they can refute. */
    readonly gossipToTheDeadMs: number;
    /** How long a name of a dead node stays bound to its address; 0 binds it until the node is forgotten. */
    readonly deadNodeReclaimMs: number;
    /** How long one exchange over TCP may take, from dialling to the last byte. */
    readonly streamTimeoutMs: number;
    /** One more than the worst health score: probes of an unwell node take up to this many times longer. */
    readonly awarenessMaxMult: number;
    /** How long saying goodbye may take. */
    readonly broadcastTimeoutMs: number;
}
/** `lan` is memberlist's; the others say what differs and why. */
export type Profile = "lan" | "wan" | "local";
/** The numbers of a profile. */
export declare function settingsOf(profile: Profile): GossipSettings;
/** Parts of Lifeguard that are no numbers of the protocol. Experiments change them, to show what each is good for. */
export interface LifeguardOptions {
    /** Whether a suspect hears of the accusation from the very ping that checks it. @default true */
    readonly tellsSuspects?: boolean | undefined;
    /** Accusers, after the first, that bring the time of a suspect down to the least. @default suspicionMult − 2 */
    readonly confirmationsWanted?: number | undefined;
    /** Whether an accused node contradicts its accuser straight away, beside the gossip: ours, not Lifeguard's. @default true */
    readonly answersAccusers?: boolean | undefined;
}
export interface GossipOptions {
    /** Unique in the cluster, 1 to 255 bytes of UTF-8. */
    readonly name: string;
    /** Where others reach this node: an IP address and the port of both UDP and TCP. */
    readonly address: Address;
    /** @default "lan" */
    readonly profile?: Profile | undefined;
    /** Numbers that differ from the profile's. */
    readonly settings?: Partial<GossipSettings> | undefined;
    /** What this node says about itself, at most 512 bytes. @default empty */
    readonly meta?: Uint8Array | undefined;
    /** Protocol of the layer above that this node says it speaks, 2 to 5. @default 4 */
    readonly serfProtocol?: number | undefined;
    /** First incarnation, from 1: 0 would not be believed. @default 1 */
    readonly incarnation?: number | undefined;
    /** Nodes remembered at most, alive or not. @default 20000 */
    readonly nodesMax?: number | undefined;
    /**
     * Keeps clusters apart that can reach one another: nodes hear only those with the same one. At most 255 bytes of UTF-8.
     * Agents of Serf have none. @default none
     */
    readonly label?: string | undefined;
    /** Encrypts all that is sent, and refuses what is not encrypted. @default plain text */
    readonly encryption?: EncryptionOptions | undefined;
    /** Compress what becomes shorter by it. All read it, whether they do so or not. @default false */
    readonly compress?: boolean | undefined;
    /**
     * Whether time stands still while the event loop is stalled, so that nobody is judged by deadlines that could not be
     * met, and whether stalls make this node feel unwell, so that it gives others more time. Off is for experiments that
     * show what that is good for; stalls are counted all the same. @default true
     */
    readonly forgivesStalls?: boolean | undefined;
    /** For experiments. @default as memberlist has it */
    readonly lifeguard?: LifeguardOptions | undefined;
    /** Nodes known from the start and thought alive: how a simulation begins with a cluster that has formed. @default none */
    readonly knows?: Iterable<NodeSnapshot> | undefined;
    /** What the upper layer exchanges in a push/pull; `join` when the exchange is a join. @default nothing */
    readonly userState?: ((join: boolean) => Uint8Array) | undefined;
}
/** Checked and complete. */
export interface ResolvedGossipOptions {
    readonly name: string;
    readonly address: Address;
    readonly addressBytes: Uint8Array;
    readonly settings: GossipSettings;
    readonly meta: Uint8Array;
    /**
     * Protocol versions that this node tells: memberlist 1 to 5, speaking 2 as every agent does; Serf 2 to 5, speaking 4
     * unless told otherwise, which also the oldest nodes still in the field accept beside them.
     */
    readonly versions: Uint8Array;
    readonly incarnation: number;
    readonly nodesMax: number;
    readonly label: string;
    readonly encryption: EncryptionOptions | undefined;
    readonly compress: boolean;
    readonly forgivesStalls: boolean;
    readonly tellsSuspects: boolean;
    readonly confirmationsWanted: number;
    readonly answersAccusers: boolean;
    readonly knows: Iterable<NodeSnapshot>;
    readonly userState: (join: boolean) => Uint8Array;
}
/** An option that no node can run with. Nothing was started. */
export declare class InvalidGossipOptionError extends RangeError {
    readonly name = "InvalidGossipOptionError";
    readonly code = "INVALID_GOSSIP_OPTION";
    readonly option: string;
    constructor(option: string, problem: string);
}
/** Checks and fills the options. Throws `InvalidGossipOptionError`. */
export declare function resolveGossipOptions(options: GossipOptions): ResolvedGossipOptions;
