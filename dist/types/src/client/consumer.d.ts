import { type Checksum, type Codecs, type LogRecord } from "../base/mod.d.ts";
import type { ConsumeStreams } from "./consume_streams.d.ts";
import { type Cursor } from "./cursor.d.ts";
import { type Start } from "./wanted_records.d.ts";
/** Records of a writer that are gone: sequences `from` to `to`. */
export interface Gap {
    readonly writer: string;
    readonly from: number;
    readonly to: number;
}
/** What a consumer needs to know beside the streams. */
export interface ConsumerContext {
    readonly topic: string;
    /** What batches were checked with on their way. */
    readonly checksum: Checksum;
    readonly codecs: Codecs;
    readonly start: Start;
    readonly signal: AbortSignal | undefined;
    readonly onGap: ((gap: Gap) => void) | undefined;
    /** The way to the servers; the signal ends it. */
    open(signal: AbortSignal): ConsumeStreams;
}
/**
 * The records of a topic, in the order of the server that answers. When that one fails, the consumer goes on at the next
 * from where it stands: each record comes once, in causal order. Leaving the loop, `return()` and the caller's signal end
 * the call at the server. What is read ahead is one response, and what the connection's window holds.
 *
 * A batch that cannot be read ends the consumer, after all records before it were given. The error's `batch` says where
 * it stands and from which offset on to consume again to pass it over. Records that are gone end it likewise, with a
 * `GapError`, unless `onGap` hears of them.
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
