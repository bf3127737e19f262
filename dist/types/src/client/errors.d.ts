import type { WriterId } from "../base/mod.d.ts";
import { type Cursor } from "./cursor.d.ts";
/** What went wrong, for `switch (error.code)`. */
export type ClientErrorCode = 
/** Nobody answers at the server's address, or the connection broke. */
"UNAVAILABLE"
/** The server says that the request makes no sense. */
 | "INVALID_ARGUMENT"
/** No such topic. */
 | "NOT_FOUND"
/** The topic that is to be created is there already; or a batch is, that was sent again, where is forgotten. */
 | "ALREADY_EXISTS"
/** There is no record at that place yet. */
 | "OUT_OF_RANGE"
/** A limit of the server is reached, or its disk is full. */
 | "RESOURCE_EXHAUSTED"
/** The server is in no state to do it. */
 | "FAILED_PRECONDITION"
/** It was not done in time. */
 | "DEADLINE_EXCEEDED"
/** The caller's own signal ended it. */
 | "ABORTED"
/** The server does not know the method: it is older, or something else. */
 | "UNIMPLEMENTED"
/** More sends wait than the producer holds. */
 | "QUEUE_FULL"
/** The client, producer or consumer was closed. */
 | "CLOSED"
/** What the server sent is damaged. */
 | "DATA_LOSS"
/** Records are gone that come next: a `GapError`. */
 | "GAP"
/** The latest record of the key is another one: an `ExpectedSequenceError`. */
 | "EXPECTED_SEQUENCE"
/** Another producer with the same id and a greater epoch took over: a `ProducerFencedError`. */
 | "PRODUCER_FENCED"
/** The server's certificate is not trusted, or not for this name. Nothing was sent. */
 | "CERTIFICATE_REFUSED"
/** What answers at the address is no Grapevine node. */
 | "NOT_A_SERVER"
/** A server belongs to another cluster than the first one that answered: nothing is read from it, or written to it. */
 | "DIFFERENT_CLUSTERS"
/** A server speaks another version of the protocol. */
 | "INCOMPATIBLE_SERVER"
/** This runtime does not have the codec that a batch is, or is to be, compressed with. */
 | "UNSUPPORTED_COMPRESSION"
/** The server failed. */
 | "INTERNAL";
/**
 * What is known of records whose produce failed: `rejected`, surely not stored; `unsent`, never left this process;
 * `stored`, on the asked node; `unknown`, perhaps stored, perhaps not: only reading tells.
 */
export type ProduceFate = "rejected" | "unsent" | "stored" | "unknown";
/** A call that failed. */
export declare class ClientError extends Error {
    readonly name: string;
    readonly code: ClientErrorCode;
    /** The URL of the server that was asked, when one was. */
    readonly server: string | undefined;
    /** Set on errors of producing. */
    readonly fate: ProduceFate | undefined;
    /** The batch that a consumer could not read. Consuming again from `nextOffset`, at the same node, passes it over. */
    readonly batch: {
        readonly topic: string;
        readonly offset: number;
        readonly nextOffset: number;
    } | undefined;
    /** Set on `OUT_OF_RANGE` where records are gone that come next: where the asked node can go on without them. */
    readonly lowestAvailable: Cursor | undefined;
    constructor(code: ClientErrorCode, message: string, options?: Partial<Pick<ClientError, "server" | "fate" | "batch" | "lowestAvailable" | "cause">>);
}
/**
 * Records that come next are gone, or held by nobody who answers, and nobody hears of gaps: a consumer passes nothing over
 * in silence. Consuming again from `cursor` goes on behind them.
 */
export declare class GapError extends ClientError {
    readonly name = "GapError";
    /** The writer whose records they are, and the sequences that are gone. */
    readonly gap: {
        readonly writer: WriterId;
        readonly from: number;
        readonly to: number;
    };
    /** Behind them; undefined where the server does not say where it stands. */
    readonly cursor: Cursor | undefined;
    constructor({ topic, ...gap }: GapError["gap"] & {
        readonly topic: string;
    }, about: {
        readonly server: string;
        readonly cursor: Cursor | undefined;
    });
}
/**
 * A stream that a browser does not even begin: most often it has no connection left for it. The call is tried again, at
 * other servers too, as when a server is not reachable.
 */
export declare class StreamBlockedError extends ClientError {
    readonly name = "StreamBlockedError";
    constructor(server: string, waitedMs: number);
}
/** Another producer has this one's id and a greater epoch: this one's batches are refused from now on, for good. */
export declare class ProducerFencedError extends ClientError {
    readonly name = "ProducerFencedError";
    constructor(cause: ClientError, fate?: ProduceFate);
}
/**
 * The latest record of the key is another one than the caller expected. Its `fate` is `unknown` where an earlier attempt
 * got no answer: then that may be stored.
 */
export declare class ExpectedSequenceError extends ClientError {
    readonly name = "ExpectedSequenceError";
    /** The latest record with the key on the asked node; undefined when there is none. */
    readonly latest: {
        readonly writer: WriterId;
        readonly sequence: number;
    } | undefined;
    constructor(message: string, latest: ExpectedSequenceError["latest"], about: {
        readonly server: string | undefined;
        readonly cause: unknown;
        readonly fate?: ProduceFate;
    });
    /** The same with another fate. */
    with(fate: ProduceFate): ExpectedSequenceError;
}
/** A record that no node would take. Nothing was sent. */
export declare class RecordTooLargeError extends RangeError {
    readonly name = "RecordTooLargeError";
    readonly code = "RECORD_TOO_LARGE";
    readonly recordBytes: number;
    readonly allowedBytes: number;
    constructor(recordBytes: number, allowedBytes: number);
}
/** Who holds records durably, and who of the nodes that are known does not. */
export interface CopiesSoFar {
    readonly holders: readonly string[];
    readonly lacking: readonly string[];
}
/**
 * Fewer nodes than were asked for hold a record in time. It is stored on the asked node all the same, and others still
 * fetch it: producing it again would make two of it. To wait on, consume on other nodes with `after: token`.
 */
export declare class NotReplicatedError extends Error {
    readonly name = "NotReplicatedError";
    readonly code = "NOT_REPLICATED";
    readonly fate: ProduceFate;
    /** Nodes that were asked for. */
    readonly asked: number;
    readonly holders: readonly string[];
    readonly lacking: readonly string[];
    /** Where the record stands on the asked node, and in its writer's feed. */
    readonly offset: number;
    readonly writer: WriterId;
    readonly sequence: number;
    readonly token: string;
    constructor(place: {
        readonly offset: number;
        readonly writer: WriterId;
        readonly sequence: number;
        readonly token: string;
    }, asked: number, { holders, lacking }: CopiesSoFar);
}
/** What a failed call throws, as a `ClientError`. `doing` completes "Cannot …". */
export declare function toClientError(error: unknown, about: {
    doing: string;
    server: string;
    signal?: AbortSignal | undefined;
    fate?: ProduceFate | undefined;
}): ClientError;
