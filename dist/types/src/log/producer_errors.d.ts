/** What stamped batches are refused for. */
import type { ProducerStamp } from "../base/mod.d.ts";
/** Another instance of the producer, with a higher epoch, took its place. Nothing was appended. */
export declare class ProducerFencedError extends Error {
    readonly name = "ProducerFencedError";
    readonly code = "PRODUCER_FENCED";
    readonly producer: string;
    readonly epoch: number;
    /** The one that took over. */
    readonly currentEpoch: number;
    constructor({ producer, epoch }: ProducerStamp, currentEpoch: number);
}
/** Some of the batch's sequences are held in other batches: whoever repeats one repeats it as it was. Nothing was appended. */
export declare class ProducerOverlapError extends RangeError {
    readonly name = "ProducerOverlapError";
    readonly code = "PRODUCER_OVERLAP";
    constructor(stamp: ProducerStamp, count: number, held: {
        readonly first: number;
        readonly last: number;
    });
}
/** All of the batch's sequences are held, but where is not known any more. Nothing was appended: it is stored. */
export declare class DuplicateForgottenError extends RangeError {
    readonly name = "DuplicateForgottenError";
    readonly code = "DUPLICATE_FORGOTTEN";
    constructor(stamp: ProducerStamp, count: number);
}
