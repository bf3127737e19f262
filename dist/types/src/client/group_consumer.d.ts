import type { LogRecord } from "../base/mod.d.ts";
import { type ClientClock } from "./client_clock.d.ts";
import type { ConsumeFrom, ConsumeOptions } from "./client_options.d.ts";
import type { Consumer } from "./consumer.d.ts";
import { type GroupPlace, type GroupWork } from "./group_calls.d.ts";
/** How to share a topic with others who consume under the same group. */
export interface GroupConsumeOptions extends ConsumeOptions {
    /** 1 to 249 of A-Z a-z 0-9 . _ - */
    readonly group: string;
    /** Name of this member, of the same letters: with it a member that begins again gets the same slots. @default a random one */
    readonly member?: string;
    /** Where slots begin of which nothing is saved. @default "earliest" */
    readonly from?: ConsumeFrom;
}
export interface GroupContext {
    readonly topic: string;
    readonly options: GroupConsumeOptions;
    readonly clock: ClientClock;
    /** How long the group's home may be out of reach, in milliseconds. */
    readonly patienceMs: number;
    readonly work: (work: GroupWork) => Promise<GroupPlace>;
    /** Consumes from there. */
    readonly open: (from: ConsumeFrom) => Consumer;
}
/**
 * The records of the slots that are this member's. Each record of the topic falls into a slot by its key, and each slot is
 * one member's at a time; all of them together see every record at least once. A record counts as handled once the next
 * one is asked for. Every second the member says how far it got, and is told which slots are its own; one that cannot do
 * so until its lease is over stops giving records, because others may have its slots.
 */
export declare class GroupConsumer implements AsyncIterableIterator<LogRecord>, AsyncDisposable {
    #private;
    readonly group: string;
    readonly member: string;
    constructor(context: GroupContext, member: string);
    /** The slots that are this member's now. */
    get slots(): readonly number[];
    [Symbol.asyncIterator](): this;
    next(): Promise<IteratorResult<LogRecord>>;
    /** Ends the reading, saves what is handled and lets others have the slots. */
    return(): Promise<IteratorResult<LogRecord>>;
    [Symbol.asyncDispose](): Promise<void>;
    /** Counts the record in hand as handled, also where it is the last that is taken. It is saved with the next word home. */
    handled(): void;
}
