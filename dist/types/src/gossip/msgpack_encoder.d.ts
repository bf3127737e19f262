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
