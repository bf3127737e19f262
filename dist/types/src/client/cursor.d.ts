/** What a consumer has read, as text to keep. Opaque, and valid on every node. */
export type Cursor = string;
/** True when the text looks like a cursor. */
export declare function isCursor(text: string): boolean;
/** The text of a cursor's bytes. */
export declare function cursorToText(bytes: Uint8Array): Cursor;
/** The bytes of a cursor's text; undefined when it is none. */
export declare function cursorToBytes(text: string): Uint8Array | undefined;
