/** What goes into the membership machine and what comes out of it. The driver in io and the simulated world perform it. */
import type { Address, Wake } from "../base/mod.d.ts";
/** Serf's words for where a member stands. */
export type MemberStatus = "alive" | "leaving" | "left" | "failed";
/** A node as gossip sees it. Immutable: changes come as new objects. */
export interface Member {
    readonly name: string;
    readonly address: Address;
    readonly tags: ReadonlyMap<string, string>;
    readonly status: MemberStatus;
    /** Incarnation of the last message about it. */
    readonly incarnation: number;
}
/** Serf's names for what happened to a member. */
export type MemberEventType = "member-join" | "member-leave" | "member-failed" | "member-update" | "member-reap";
export interface MemberEvent {
    readonly type: MemberEventType;
    readonly member: Member;
}
/** A message for all members, to be told to their listeners. */
export interface UserEventRequest {
    readonly name: string;
    readonly payload: Uint8Array;
    /** Of several events of this name in a short while, listeners may be told only the latest. */
    readonly coalesce: boolean;
}
/** A user event as it was sent. */
export interface UserEventNotice extends UserEventRequest {
    /** Its place in the order of events: of two that one node sent, the later has the greater. */
    readonly lamport: number;
}
/** A question to all members, or to some. */
export interface QueryRequest {
    readonly name: string;
    readonly payload: Uint8Array;
    /** Only nodes of these names. @default all */
    readonly nodes?: readonly string[] | undefined;
    /** Only nodes in whose tags these expressions (RE2) are found, all of them. @default none */
    readonly tags?: readonly {
        readonly tag: string;
        readonly expression: string;
    }[] | undefined;
    /** How long answers are waited for. @default 16 intervals of gossip for each digit of the cluster's size */
    readonly timeoutMs?: number | undefined;
    /** Whether nodes are to say at once that the query arrived. @default true */
    readonly wantsAcks?: boolean | undefined;
    /** Copies of each answer that go by way of other nodes. @default 0 */
    readonly relayFactor?: number | undefined;
    /** For queries of Serf's own. */
    readonly internal?: boolean | undefined;
}
/** How a query ended, and who of those that it was for has not answered. */
export interface QueryOutcome {
    readonly type: "complete" | "timed-out";
    readonly silent: readonly string[];
}
/** Names a query of another node. */
export interface QueryKey {
    readonly lamport: number;
    readonly id: number;
    readonly name: string;
}
/** A query that this node may answer. */
export interface QueryNotice extends QueryKey {
    readonly payload: Uint8Array;
    readonly sourceNode: string;
    /** How long an answer is waited for, from the arrival on. */
    readonly timeoutMs: number;
}
/** The greatest Lamport times that a node has seen, of each kind; 0 for none. */
export interface LamportTimes {
    readonly member: number;
    readonly event: number;
    readonly query: number;
}
/** Two nodes claim one name. */
export interface NameConflict {
    readonly name: string;
    readonly held: Address;
    readonly claimed: Address;
    /** Answers of others to the question whom they know by the name, and how many of them named this node. */
    readonly responses: number;
    readonly matching: number;
    /**
     * About this node's own name: `won`, it stays; `lost`, it must stop; `rival-gone`, the vote was lost to a node that
     * does not answer, so it stays. About another's name, or when conflicts are not resolved: `reported`.
     */
    readonly outcome: "won" | "lost" | "rival-gone" | "reported";
}
/** Names one TCP connection between the machine and its driver. Dialled ones are odd, accepted ones even. */
export type StreamId = number;
export type MembershipInput = Wake | {
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
/** The other side is done, the connection broke, or dialling failed: no more bytes will come. */
 | {
    readonly type: "stream-closed";
    readonly stream: StreamId;
    readonly error?: string | undefined;
}
/** Contact these nodes. Answered by a `joined` effect with the same id. */
 | {
    readonly type: "join";
    readonly id: number;
    readonly addresses: readonly Address[];
    /** Tell also of user events from before the join. @default false */
    readonly replay?: boolean | undefined;
}
/** Leave in good order. Ends with a `left` effect. */
 | {
    readonly type: "leave";
} | {
    readonly type: "set-tags";
    readonly tags: ReadonlyMap<string, string>;
}
/** Declare that a member leaves which cannot do so itself; with `prune` it is forgotten. */
 | {
    readonly type: "force-leave";
    readonly name: string;
    readonly prune: boolean;
}
/** Ask `Membership.checkUserEvent` first: what is refused is only warned of. */
 | {
    readonly type: "send-user-event";
    readonly event: UserEventRequest;
}
/** Ask `Membership.checkQuery` first. Answered by `query-…` effects with the same id, `query-finished` last. */
 | {
    readonly type: "ask";
    readonly id: number;
    readonly request: QueryRequest;
}
/** Ask `Membership.checkResponse` first. Answers what a `query` effect told. */
 | {
    readonly type: "respond";
    readonly query: QueryKey;
    readonly payload: Uint8Array;
};
export type MembershipEffect = {
    readonly type: "send";
    readonly to: Address;
    readonly bytes: Uint8Array;
} | {
    readonly type: "dial";
    readonly stream: StreamId;
    readonly to: Address;
    readonly timeoutMs: number;
}
/** May come right after `dial`: the driver keeps the bytes until the connection stands. */
 | {
    readonly type: "stream-write";
    readonly stream: StreamId;
    readonly bytes: Uint8Array;
}
/** Flush what was written, then close. No input about this stream is wanted any more. */
 | {
    readonly type: "stream-close";
    readonly stream: StreamId;
} | {
    readonly type: "event";
    readonly event: MemberEvent;
} | {
    readonly type: "joined";
    readonly id: number;
    readonly contacted: readonly Address[];
    readonly failed: readonly {
        readonly address: Address;
        readonly error: string;
    }[];
} | {
    readonly type: "left";
} | {
    readonly type: "user-event";
    readonly event: UserEventNotice;
} | {
    readonly type: "query";
    readonly query: QueryNotice;
} | {
    readonly type: "query-acknowledged";
    readonly id: number;
    readonly from: string;
} | {
    readonly type: "query-answered";
    readonly id: number;
    readonly from: string;
    readonly payload: Uint8Array;
} | {
    readonly type: "query-finished";
    readonly id: number;
    readonly outcome: QueryOutcome;
} | {
    readonly type: "name-conflict";
    readonly conflict: NameConflict;
}
/** Something an operator should hear of. */
 | {
    readonly type: "warn";
    readonly message: string;
};
