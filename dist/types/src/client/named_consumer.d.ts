import { type LogRecord } from "../base/mod.d.ts";
import type { ClientClock } from "./client_clock.d.ts";
import type { ConsumeFrom, ConsumeOptions } from "./client_options.d.ts";
import type { Consumer } from "./consumer.d.ts";
import { type Cursor } from "./cursor.d.ts";
import type { CursorAck, CursorCalls } from "./cursor_calls.d.ts";
/** What the consumer that a name stands for needs to know. */
export declare function plainOptions(options: NamedConsumeOptions): ConsumeOptions;
/** How to consume under a name, which the cluster keeps the place of. */
export interface NamedConsumeOptions extends ConsumeOptions {
    /** 1 to 249 of A-Z a-z 0-9 . _ - */
    readonly name: string;
    /** Where to begin while nothing is saved under the name. @default "earliest" */
    readonly from?: ConsumeFrom;
    /** How often what was handled is saved, in milliseconds, at least 10. @default 1000 */
    readonly saveEveryMs?: number;
    /** A save's token: begin where that save or a later one stands, as soon as a server knows it. */
    readonly afterSave?: string;
}
export interface NamedContext {
    readonly topic: string;
    readonly options: NamedConsumeOptions;
    readonly calls: CursorCalls;
    readonly clock: ClientClock;
    /** Consumes from there. */
    readonly open: (from: ConsumeFrom) => Consumer;
}
/**
 * The records of a topic from where those who read under the same name stopped. A record counts as handled once the next
 * one is asked for; what is handled is saved every now and then and at the end. Whoever leaves the loop with a record in
 * hand gets it again, unless `save` was called: each record is handled at least once.
 */
export declare class NamedConsumer implements AsyncIterableIterator<LogRecord>, AsyncDisposable {
    #private;
    readonly name: string;
    constructor(context: NamedContext);
    /** What was given, the record in hand included. Undefined before anything is known. */
    get cursor(): Cursor | undefined;
    /** Records that came already: so many times `next` answers without waiting. */
    get recordsBuffered(): number;
    [Symbol.asyncIterator](): this;
    next(): Promise<IteratorResult<LogRecord>>;
    /**
     * The same records, as many at a time as came together: what to choose where many come. A batch counts as handled when
     * the next one is asked for.
     */
    batches(): AsyncGenerator<readonly LogRecord[], void, undefined>;
    /** Saves all that was given, the record in hand included: it counts as handled. Undefined when nothing was read yet. */
    save(): Promise<CursorAck | undefined>;
    /** Ends the reading and saves what is handled. */
    return(): Promise<IteratorResult<LogRecord>>;
    [Symbol.asyncDispose](): Promise<void>;
}
