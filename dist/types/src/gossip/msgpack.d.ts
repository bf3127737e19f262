/**
 * A decoded value. Strings and byte strings share one form: the wire does not tell them apart. Whole numbers from 2^53 on
 * are infinite.
 */
export type Value = null | boolean | number | Uint8Array | readonly Value[] | ReadonlyMap<string, Value>;
/** Why reading stopped: the bytes end too early, or they are no message. */
export type Fault = "cut" | "malformed";
/** Reads one value after another. Total over any bytes: the first trouble sets `fault` and yields null from then on. */
export declare class MsgpackReader {
    #private;
    at: number;
    fault: Fault | undefined;
    /** Of more than `itemsMax` values none is made: each byte of a hostile message may claim to be an object of its own. */
    constructor(bytes: Uint8Array, at?: number, itemsMax?: number);
    /** Passes over the next value without making it, whatever it is: in constant memory, and much faster. */
    passOver(): void;
    /** The next value. Byte strings are views on the same memory. */
    value(depth?: number): Value;
}
/** Reads the named fields of a decoded struct. A missing field is its type's zero; a wrong type sets `failed`. */
export declare class Fields {
    #private;
    failed: boolean;
    constructor(value: Value);
    has(name: string): boolean;
    /** A whole number from 0 to `max`. */
    uint(name: string, max?: number): number;
    /** A whole number from 0 on of up to 64 bits: infinite from 2^53 on, for the caller to judge. */
    count(name: string): number;
    /** A finite number of any kind. */
    number(name: string): number;
    flag(name: string): boolean;
    bytes(name: string): Uint8Array;
    text(name: string): string;
    /** A text that goes back onto the wire as the very bytes that came. */
    exactText(name: string): string;
    list(name: string): readonly Value[];
    map(name: string): ReadonlyMap<string, Value>;
}
/**
 * The text of a byte string if it encodes to the very same bytes. Names are compared by bytes elsewhere, so a name that
 * is not UTF-8 is refused rather than mangled.
 */
export declare function exactTextOf(value: Value): string | undefined;
/** Reads one struct that fills the bytes from `at` on; what comes after it is ignored, as Go's decoder does. */
export declare function readFields(bytes: Uint8Array, at: number, itemsMax?: number): Fields | undefined;
