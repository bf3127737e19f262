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
}
/** Leave in good order. Ends with a `left` effect. */
 | {
    readonly type: "leave";
} | {
    readonly type: "set-tags";
    readonly tags: ReadonlyMap<string, string>;
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
}
/** Something an operator should hear of. */
 | {
    readonly type: "warn";
    readonly message: string;
};
