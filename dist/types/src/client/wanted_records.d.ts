import { type FrameHeader, type LogRecord, type Place, type Vector } from "../base/mod.d.ts";
import type { End } from "./topic_end.d.ts";
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
/** Which of the records that come a consumer wants: servers send whole batches, and go on behind the end. */
export declare class WantedRecords {
    #private;
    constructor(start: Start);
    /** Stops where the first stream's server ended when it was asked. */
    endAt(end: End): void;
    /** Another stream begins, at this place if it is known. */
    move(place: Place | undefined): void;
    /** How far this writer was read before the present stream. */
    readBefore(writer: string): number;
    has(record: LogRecord): boolean;
    /** True when all of the batch stands behind the end: what is not wanted need not be readable. */
    isBehindEnd({ baseOffset, baseSequence, writer }: FrameHeader): boolean;
    /** By offset; and by what was read, because a cursor of another node may cover this log's end and not its middle. */
    isOver(nextOffset: number, read: Vector | undefined): boolean;
    /**
     * What was read once a response was read to its end, of which the server says this. Undefined when only the records
     * that were given can tell, because the end stands within it.
     */
    readAt(nextOffset: number, vector: Vector): Map<string, number> | undefined;
}
