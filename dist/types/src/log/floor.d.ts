/**
 * Where a topic's log begins once retention took segments: without it the sequences of feeds that are wholly gone would
 * begin anew.
 */
import { type Checksum, type WriterId } from "../base/mod.d.ts";
import type { FeedEnd } from "./feed.d.ts";
export declare const floorFileName = "floor";
/** What was there before the first record that is held. */
export interface Floor {
    /** Offset of the first record held. */
    readonly offset: number;
    /** The greatest Lamport number below it. */
    readonly lamport: number;
    /** How far each feed went there, and its hash there. */
    readonly feeds: ReadonlyMap<WriterId, FeedEnd>;
}
export declare const noFloor: Floor;
export declare function encodeFloor(floor: Floor, checksum: Checksum): Uint8Array;
/** Throws `LogCorruptError` when the file is damaged: without it the log cannot go on. */
export declare function decodeFloor(bytes: Uint8Array, path: string, checksum: Checksum): Floor;
