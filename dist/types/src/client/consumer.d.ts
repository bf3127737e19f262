import { type Checksum, type Codecs, type LogRecord, type Place, type Vector } from "../base/mod.d.ts";
import { type Cursor } from "./cursor.d.ts";
import type { ConsumeAnswer } from "./hot_messages.d.ts";
/** Records of a writer that no reachable node holds any more: sequences `from` to `to`. */
export interface Gap {
    readonly writer: string;
    readonly from: number;
    readonly to: number;
}
/** A record before which the consumer wants none, in a batch that the server sends whole. */
export type Start = {
    readonly type: "offset";
    readonly offset: number;
} | {
    readonly type: "time";
    readonly timestampMs: number;
} | {
    readonly type: "cursor";
    readonly place: Place;
} | {
    readonly type: "any";
};
/** Where a topic ended when it was asked. */
export interface End {
    readonly offset: number;
    readonly have: Vector;
}
/** What a consumer needs to know beside the stream. */
export interface ConsumerContext {
    readonly topic: string;
    readonly server: string;
    /** What batches were checked with on their way. */
    readonly checksum: Checksum;
    readonly codecs: Codecs;
    readonly start: Start;
    /** Finds the end at which to stop; undefined when there is nothing to read. Absent to follow what comes. */
    readonly findEnd: ((signal: AbortSignal) => Promise<End | undefined>) | undefined;
    readonly signal: AbortSignal | undefined;
    readonly onGap: ((gap: Gap) => void) | undefined;
    /** Opens the stream; aborting the signal ends it. */
    open(signal: AbortSignal): AsyncIterable<ConsumeAnswer>;
}
/**
 * The records of a topic, in the answering node's order. Leaving the loop, `return()` and the caller's signal end the
 * call at the server. What is read ahead is one response, and what the connection's window holds.
 *
 * A batch that cannot be read ends the consumer, after all records before it were given. The error's `batch` says where
 * it stands and from which offset on to consume again to pass it over.
 */
export declare class Consumer implements AsyncIterableIterator<LogRecord>, AsyncDisposable {
    #private;
    constructor(context: ConsumerContext);
    /** What has been read: everything up to the record that was given last. Undefined before anything is known. */
    get cursor(): Cursor | undefined;
    /** Records that came already: so many times `next` answers without waiting. */
    get recordsBuffered(): number;
    [Symbol.asyncIterator](): this;
    next(): Promise<IteratorResult<LogRecord>>;
    /**
     * The same records, as many at a time as came together: what to choose where many come, because each wait costs more
     * than a record. A batch counts as read, for `cursor`, when it is given.
     */
    batches(): AsyncGenerator<readonly LogRecord[], void, undefined>;
    return(): Promise<IteratorResult<LogRecord>>;
    [Symbol.asyncDispose](): Promise<void>;
}
