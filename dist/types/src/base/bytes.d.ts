/** UTF-8 bytes of a text; bytes are returned as they are. */
export declare function toBytes(value: Uint8Array | string): Uint8Array;
/** Writes a text as UTF-8 at a position; the caller made sure of room. Returns how many bytes it took. */
export declare function textInto(text: string, into: Uint8Array, at: number): number;
/** The text of UTF-8 bytes; invalid sequences become U+FFFD. */
export declare function toText(bytes: Uint8Array): string;
/** Lower-case hexadecimal digits, two a byte. */
export declare function toHex(bytes: Uint8Array): string;
/** The bytes of hexadecimal digits; undefined when the text is anything else. */
export declare function fromHex(text: string): Uint8Array | undefined;
/** All parts in one array. A single part is returned as it is, not copied. */
export declare function concat(parts: readonly Uint8Array[]): Uint8Array;
/** True when both hold the same bytes. */
export declare function sameBytes(left: Uint8Array, right: Uint8Array): boolean;
/** A view on the same memory, to read and write numbers with. */
export declare function viewOf(bytes: Uint8Array): DataView;
/** An unsigned 64-bit little-endian number below 2^53; undefined when it is larger. */
export declare function readUint53(view: DataView, at: number): number | undefined;
/** Writes a whole number from 0 to 2^53 − 1 as unsigned 64-bit little-endian. */
export declare function writeUint53(view: DataView, at: number, value: number): void;
