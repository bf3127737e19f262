import type { Machine, Random } from "../base/mod.d.ts";
import { type GossipOptions } from "./options.d.ts";
import type { GossipCounters, GossipEffect, GossipInput, NodeSnapshot } from "./types.d.ts";
/**
 * SWIM with Lifeguard as memberlist speaks it. Decides who is alive; does no I/O, and knows nothing of what the upper
 * layer says in user messages, metas and user states.
 */
export declare class Gossip implements Machine<GossipInput, GossipEffect> {
    #private;
    /** Throws `InvalidGossipOptionError`. */
    constructor(options: GossipOptions, random: Random);
    get wakeAtMs(): number;
    get counters(): GossipCounters;
    /** Broadcasts waiting, by queue. */
    get queueDepths(): {
        readonly news: number;
        readonly intent: number;
        readonly query: number;
        readonly event: number;
    };
    /** How unwell this node seems to itself: 0 is well. */
    get health(): number;
    /** This node. */
    get local(): NodeSnapshot;
    /** The incarnation that a node is known at; undefined when it is not known. */
    incarnationOf(name: string): number | undefined;
    /** All nodes known, this one included, in the order in which they became known. */
    nodes(): NodeSnapshot[];
    step(input: GossipInput, nowMs: number): GossipEffect[];
}
