import { type LogRecord, type WriterId } from "../base/mod.d.ts";
import { type RecordKey, type ServiceRecord } from "./record.d.ts";
/** Header of a record that says why it was written. */
export declare const reasonHeader = "reason";
/** What became of a key. */
export interface Folded extends RecordKey {
    /** Undefined: not registered. */
    readonly record: ServiceRecord | undefined;
    /** Of a node: it says that it is away. */
    readonly away: boolean;
    readonly reason: string;
    readonly writer: WriterId;
}
/**
 * What the topic of services comes to: of each key the latest record by (lamport, writer, sequence). All nodes come to the
 * same in whatever order the records reach them. What makes no sense is counted and passed over.
 */
export declare class ServiceFold {
    #private;
    constructor(onChange: (folded: Folded) => void);
    /** Records that were passed over: damaged, of a later version, or beyond what is kept in memory. */
    get skipped(): number;
    get services(): number;
    /** Nodes that said whether they are away, until somebody takes that out. */
    get nodes(): Iterable<string>;
    get(key: RecordKey): ServiceRecord | undefined;
    isAway(node: string): boolean;
    /** Takes in whole frames of the topic. Frames that are not whole or not to be read count as one record passed over. */
    takeFrames(frames: Uint8Array): void;
    take(record: Pick<LogRecord, "key" | "value" | "headers" | "writer" | "sequence">, lamport: number): void;
}
