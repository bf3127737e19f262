export declare class ProtobufReader {
    #private;
    /** Number of the present field. */
    field: number;
    /** Its value where it is a varint; exact below 2^53. */
    number: number;
    /** Where its bytes begin and end where it has a length; empty otherwise. */
    start: number;
    end: number;
    /** True when the message is malformed: `next` then says that there is no more. */
    failed: boolean;
    /** The message is the bytes from `at` to `end`. */
    constructor(message: Uint8Array, at?: number, end?: number);
    /** The bytes of the present field: a view, made anew each time. */
    get bytes(): Uint8Array;
    /** Goes to the next field; false at the end. */
    next(): boolean;
}
