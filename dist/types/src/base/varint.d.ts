/** Bytes that the longest varint takes: whole numbers below 2^53, seven bits a byte. */
export declare const varintBytesMax = 8;
/** Writes a whole number from 0 to 2^53 − 1, seven bits a byte, lowest first. Returns the position after it. */
export declare function writeVarint(bytes: Uint8Array, at: number, value: number): number;
/** How many bytes `writeVarint` takes. */
export declare function varintBytesOf(value: number): number;
/** Reads varints one after another and never beyond `end`. A bad or cut varint sets `failed` and yields 0. */
export declare class VarintReader {
    #private;
    at: number;
    failed: boolean;
    constructor(bytes: Uint8Array, at: number, end: number);
    next(): number;
}
/** Maps signed to unsigned so that small magnitudes stay short: 0, −1, 1, −2 become 0, 1, 2, 3. */
export declare function zigzag(value: number): number;
/** The inverse of `zigzag`. */
export declare function unzigzag(value: number): number;
