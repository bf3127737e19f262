/** What goes into the gossip machine and what comes out of it. */
import type { Address, Wake } from "../base/mod.d.ts";
import type { NodeState } from "./wire.d.ts";
/** Names one TCP connection between the machine and its driver. Dialled ones are odd, accepted ones even. */
export type StreamId = number;
/** What sockets tell the machine. */
export type TransportInput = {
    readonly type: "datagram";
    readonly from: Address;
    readonly bytes: Uint8Array;
}
/** A connection came in. */
 | {
    readonly type: "stream-accepted";
    readonly stream: StreamId;
    readonly from: Address;
} | {
    readonly type: "stream-bytes";
    readonly stream: StreamId;
    readonly bytes: Uint8Array;
}
/** No more bytes will come: the other side is done, the connection broke, or dialling failed. */
 | {
    readonly type: "stream-closed";
    readonly stream: StreamId;
    readonly error?: string | undefined;
};
/** What the machine asks of sockets. */
export type TransportEffect = {
    readonly type: "send";
    readonly to: Address;
    readonly bytes: Uint8Array;
} | {
    readonly type: "dial";
    readonly stream: StreamId;
    readonly to: Address;
    readonly timeoutMs: number;
}
/** May come right after `dial`: the sockets keep the bytes until the connection stands. */
 | {
    readonly type: "stream-write";
    readonly stream: StreamId;
    readonly bytes: Uint8Array;
}
/** Flush what was written, then close. No input about this stream is wanted any more. */
 | {
    readonly type: "stream-close";
    readonly stream: StreamId;
};
/**
 * Which of the upper layer's queues a broadcast waits in. Packets are filled from the first to the last; leaves go before
 * the news about nodes, for in a busy cluster who leaves has little time.
 */
export type BroadcastClass = "leave" | "intent" | "query" | "event";
export type GossipInput = Wake | TransportInput
/** Exchange full states with a node, as a join. Answered by a `push-pulled` effect with the same id. */
 | {
    readonly type: "push-pull";
    readonly id: number;
    readonly to: Address;
}
/** Change what this node says about itself. */
 | {
    readonly type: "set-meta";
    readonly meta: Uint8Array;
}
/** Say goodbye. Answered by a `departed` effect. */
 | {
    readonly type: "leave";
}
/** Spread a message of the upper layer. Answered by `broadcast-finished` when an id is given. */
 | {
    readonly type: "broadcast";
    readonly class: BroadcastClass;
    readonly bytes: Uint8Array;
    readonly id?: number;
}
/** Send a message of the upper layer to one node, once. */
 | {
    readonly type: "send-user";
    readonly to: Address;
    readonly bytes: Uint8Array;
}
/** What came of a test that a `path-unclear` effect asked for: whether datagrams to this node arrive there. */
 | {
    readonly type: "path-tested";
    readonly name: string;
    readonly arrived: boolean;
};
/** A node as this room knows it. Immutable. */
export interface NodeSnapshot {
    readonly name: string;
    readonly address: Address;
    /** The address as the node told it: 4 or 16 bytes. */
    readonly addressBytes: Uint8Array;
    readonly meta: Uint8Array;
    readonly versions: Uint8Array;
    readonly incarnation: number;
    readonly state: NodeState;
}
export type GossipEffect = TransportEffect
/** A node became alive, died or left, or changed its meta. */
 | {
    readonly type: "node";
    readonly change: "joined" | "gone" | "updated";
    readonly node: NodeSnapshot;
}
/** Somebody claims another address for the name of a node, or for this node's own. */
 | {
    readonly type: "conflict";
    readonly node: NodeSnapshot;
    readonly claimed: Address;
} | {
    readonly type: "user-message";
    readonly bytes: Uint8Array;
}
/** What a peer's upper layer says of its state; `joining` when this node asked for it in order to join. */
 | {
    readonly type: "user-state";
    readonly bytes: Uint8Array;
    readonly joining: boolean;
}
/** This node hears a node over TCP only, and cannot tell whether its own datagrams arrive there: the upper layer may. */
 | {
    readonly type: "path-unclear";
    readonly node: NodeSnapshot;
} | {
    readonly type: "push-pulled";
    readonly id: number;
    readonly error?: string | undefined;
} | {
    readonly type: "broadcast-finished";
    readonly id: number;
} | {
    readonly type: "departed";
} | {
    readonly type: "warn";
    readonly message: string;
};
/** One queue of broadcasts. */
export interface QueueReport {
    readonly name: string;
    readonly depth: number;
    readonly depthMax: number;
    /** Broadcasts that found no room, so far. */
    readonly pruned: number;
}
/** What happened so far, for metrics. All only grow. */
export interface GossipCounters {
    packetsReceived: number;
    packetsSent: number;
    bytesReceived: number;
    bytesSent: number;
    streamsAccepted: number;
    streamsDialled: number;
    /** Whole or parts of datagrams and streams that were dropped, by reason. */
    readonly dropped: Map<string, number>;
    probes: number;
    probesFailed: number;
    suspicions: number;
    refutations: number;
    conflicts: number;
    /** Broadcasts pruned from a full queue. */
    pruned: number;
    /** Milliseconds during which the event loop was stalled and nobody was judged. */
    stalledMs: number;
}
