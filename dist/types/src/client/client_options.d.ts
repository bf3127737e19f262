/** What callers of the client may choose, and what they are told of a produce. */
import type { Compression, WriterId } from "../base/mod.d.ts";
import type { Acks } from "./acks.d.ts";
import type { ConsumeFailover } from "./consume_streams.d.ts";
import type { Gap } from "./consumer.d.ts";
import type { Cursor } from "./cursor.d.ts";
import type { ClientError } from "./errors.d.ts";
import type { SendAck } from "./producer.d.ts";
import type { OpenTransport } from "./transport.d.ts";
export interface ConnectOptions {
    /** How servers are talked to. @default what suits the runtime */
    readonly openTransport?: OpenTransport;
    /** How long a question (not a produce, not a stream) may take, in milliseconds. @default 10000 */
    readonly timeoutMs?: number;
    /**
     * Whether what breaks is taken up again by itself: consumers at the next server, produces at the same one and then the
     * next. Servers that answer are asked for others, too. False: each failure is told at once. @default true
     */
    readonly failover?: boolean;
    /**
     * Whether what any server can answer goes to any of them: consumers, but for those of topics that this client produces to,
     * look-ups of services, members and servers. Of two by chance the one with less to do. False: to the server that changes
     * go to, while it is well. Needs `failover`. @default true where several URLs are given
     */
    readonly spread?: boolean;
    /** Hears of a server that was named and is not used, and why: its cluster, version, certificate, or that it is none. */
    readonly onRefused?: (error: ClientError) => void;
}
/** Where to begin reading: `latest` is after the last record, a number is an offset of the asked node. */
export type ConsumeFrom = "earliest" | "latest" | number | Date | Cursor;
export interface ConsumeOptions {
    /** @default "earliest" */
    readonly from?: ConsumeFrom;
    /** Wait until the node holds what the produce with this token wrote. */
    readonly after?: string;
    /** Wait at the end for what comes. Otherwise stop at the end as it is when the call begins. @default true */
    readonly follow?: boolean;
    /** Ends the reading, without an error. */
    readonly signal?: AbortSignal;
    /**
     * Hears of records that are passed over because they are gone, or because no server that answers holds them. Without it
     * they end the consumer with a `GapError`.
     */
    readonly onGap?: (gap: Gap) => void;
    /**
     * What to do where the server lacks what comes next, by retention or because it never got it: ask the other servers, and
     * only when none of those that answer has it go on as `earliest` does; go on with what there is, which is a gap; or fail
     * with `OUT_OF_RANGE`. @default "another-node"
     */
    readonly outOfRange?: "another-node" | "earliest" | "error";
    /**
     * How long, in milliseconds, servers are tried again when one fails and nothing comes. Then the consumer fails; 0: at
     * once. @default 60000, and 0 without `failover`
     */
    readonly failoverMs?: number;
    /** Hears why a server was left, and which is asked next. */
    readonly onFailover?: (failover: ConsumeFailover) => void;
}
/** What a produce, or a record, says of itself: its writer and its sequence. 0: no record. */
export type ExpectedSequence = 0 | {
    readonly writer: WriterId;
    readonly sequence: number;
};
export interface ProduceOptions {
    /** How the batch is compressed if that makes it shorter. @default "none" */
    readonly compression?: Compression;
    /** How durable the records must be first; `NotReplicatedError` when they are not in time. @default the asked node alone */
    readonly acks?: Acks;
    /** How long the server waits for acks of other nodes, in milliseconds, up to 300,000; 0 is its default of 10,000. @default 0 */
    readonly timeoutMs?: number;
    /**
     * How long, in milliseconds, the batch is sent again where no answer came, up to 86400000. 0: it is sent once, without a
     * stamp. @default 120000, and 0 without the client's `failover`
     */
    readonly deliveryTimeoutMs?: number;
    /** Send to the home of the first record's key, as a producer with `home` does. @default false, and true with `expectedSequence` */
    readonly home?: boolean;
    /**
     * Store the one record only if this is the latest with its key, as the asked node holds them; 0: if there is none.
     * `ExpectedSequenceError` says which it is otherwise.
     */
    readonly expectedSequence?: ExpectedSequence;
    readonly signal?: AbortSignal;
}
/** Where records went: `offset` and `sequence` are the first's, the others follow it. */
export interface ProduceAck extends SendAck {
    readonly count: number;
    /** `consume` with it as `after` waits, on any node, until that node holds these records. */
    readonly token: string;
}
