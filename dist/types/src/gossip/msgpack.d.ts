/** A decoded value. Strings and byte strings share one form: the wire does not tell them apart. */
export type Value = null | boolean | number | Uint8Array | readonly Value[] | ReadonlyMap<string, Value>;
/** Why reading stopped: the bytes end too early, or they are no message. */
export type Fault = "cut" | "malformed";
/** Reads one value after another. Total over any bytes: the first trouble sets `fault` and yields null from then on. */
export declare class MsgpackReader {
    #private;
    at: number;
    fault: Fault | undefined;
    constructor(bytes: Uint8Array, at?: number);
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
export declare function readFields(bytes: Uint8Array, at: number): Fields | undefined;
/** A number that goes out in 64-bit floating point also when it is whole. */
export declare class Float64 {
    readonly value: number;
    constructor(value: number);
}
/** Bytes that go out as bin, the form that the newer MessagePack has for them. Gossip never sends it. */
export declare class Bin {
    readonly bytes: Uint8Array;
    constructor(bytes: Uint8Array);
}
/** What the encoder takes: plain objects and maps become maps, undefined and null become nil. */
export type Encodable = undefined | null | boolean | number | string | Uint8Array | Float64 | Bin | readonly Encodable[] | ReadonlyMap<string, Encodable> | {
    readonly [field: string]: Encodable;
};
/** Encodes one value. Fields of an object go out sorted, so that equal messages have equal bytes. */
export declare function encodeMsgpack(value: Encodable): Uint8Array;
