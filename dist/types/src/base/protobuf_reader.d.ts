export declare class ProtobufReader {
    #private;
    /** Number of the present field. */
    field: number;
    /** Its value where it is a varint; exact below 2^53. */
    number: number;
    /** Its bytes where it has a length: a view. Empty otherwise. */
    bytes: Uint8Array;
    /** True when the message is malformed: `next` then says that there is no more. */
    failed: boolean;
    constructor(message: Uint8Array);
    /** Goes to the next field; false at the end. */
    next(): boolean;
}
