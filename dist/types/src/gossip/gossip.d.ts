import { type Machine, type Random } from "../base/mod.d.ts";
import { type Coordinate } from "./coordinates.d.ts";
import type { Keyring } from "./keyring.d.ts";
import { type GossipOptions } from "./options.d.ts";
import { type PeerHealth } from "./paths.d.ts";
import type { GossipCounters, GossipEffect, GossipInput, NodeSnapshot, QueueReport } from "./types.d.ts";
/**
 * SWIM with Lifeguard as memberlist speaks it. Decides who is alive; does no I/O, and knows nothing of what the upper
 * layer says in user messages, metas and user states.
 */
export declare class Gossip implements Machine<GossipInput, GossipEffect> {
    #private;
    /** Throws `InvalidGossipOptionError` or `InvalidKeyError`. */
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
    /** The same queues with their limits and what was pruned. */
    get queues(): readonly QueueReport[];
    /** The keys that this node encrypts with, to be changed while it runs. Without encryption there are none. */
    get keyring(): Keyring;
    /** Where a node stands in the space of round trips: this node, or one whose ack was heard. */
    coordinateOf(name: string): Coordinate | undefined;
    /** How often this node's place was lost, to absurd ones of others. */
    get coordinateResets(): number;
    /** The round trip between two nodes in milliseconds, estimated from where they stand. */
    rttMs(left: string, right: string): number | undefined;
    /** Bytes of the largest message that a `broadcast` can ever spread: 1395 without label and encryption. */
    get spreadBytesMax(): number;
    /** How unwell this node seems to itself: 0 is well. */
    get health(): number;
    /** This node. */
    get local(): NodeSnapshot;
    /** What is known of a node. */
    node(name: string): NodeSnapshot | undefined;
    /** The incarnation that a node is known at; undefined when it is not known. */
    incarnationOf(name: string): number | undefined;
    /** All nodes known, this one included, in the order in which they became known. */
    nodes(): NodeSnapshot[];
    /** What this node sees of the way to another: counts, and what is wrong in words; undefined when it is not known. */
    peerHealth(name: string): PeerHealth | undefined;
    step(input: GossipInput, nowMs: number): GossipEffect[];
}
