/** What a node of a cluster counts. */
import type { GossipCounters, QueueReport } from "../gossip/mod.d.ts";
import type { SerfCounts } from "./core.d.ts";
/** What happened so far, for metrics. */
export interface MembershipCounters extends Readonly<SerfCounts> {
    readonly gossip: GossipCounters;
    readonly queues: {
        readonly news: number;
        readonly intent: number;
        readonly query: number;
        readonly event: number;
    };
    /** The same queues, leaves apart, with their limits and what was pruned. */
    readonly queueReports: readonly QueueReport[];
    /** Lifeguard's score: 0 is well. */
    readonly health: number;
    /** How often the node's place in the space of round trips was lost. */
    readonly coordinateResets: number;
    readonly lamport: {
        readonly member: number;
        readonly event: number;
        readonly query: number;
    };
}
