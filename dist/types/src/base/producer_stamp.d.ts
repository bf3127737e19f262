/** The 64-bit id that a producer gave itself: 16 lower-case hexadecimal digits, not all 0. */
export type ProducerId = string;
/**
 * What a batch is known by wherever it is produced again: each of its records has a number of its producer's own, within
 * an epoch. Stands in the batch header, so that it is on disk and travels with the batch.
 */
export interface ProducerStamp {
    readonly producer: ProducerId;
    /** A greater one takes over from the lower ones. 0 to 2^32 - 1. */
    readonly epoch: number;
    /** The first record's number, from 1; the others follow it. */
    readonly sequence: number;
}
/** The greatest epoch: it is a 32-bit number. */
export declare const producerEpochMax = 4294967295;
/** False for most frames, and quickly: the frame at `start` says nothing of a producer. Its headers were checked. */
export declare function isStamped(bytes: Uint8Array, start?: number): boolean;
/** What the frame at `start` says of its producer, if anything. Its headers were checked. */
export declare function readProducerStamp(bytes: Uint8Array, start?: number): ProducerStamp | undefined;
/** As `readProducerStamp`, unless it is nothing to know a batch of so many records by. */
export declare function usableProducerStamp(bytes: Uint8Array, start: number, count: number): ProducerStamp | undefined;
/** Why a frame of so many records cannot be known by its stamp; undefined when it can, or has none. */
export declare function producerStampFault(frame: Uint8Array, count: number): string | undefined;
/** Writes it into a frame with blank stamps, that `FrameBuilder` finished, and seals the frame again. */
export declare function writeProducerStamp(frame: Uint8Array, stamp: ProducerStamp): void;
/** True when the text is a producer id. */
export declare function isProducerId(text: string): boolean;
