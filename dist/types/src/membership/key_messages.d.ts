/** What a node says about a change of its keys, or about the keys it has. Keys are in base64. */
export interface KeyResponse {
    readonly result: boolean;
    /** Why it failed. */
    readonly message: string;
    readonly keys: readonly string[];
    readonly primaryKey: string;
}
/** The payload of a query about a key; without one for the list of them. */
export declare function encodeKeyRequest(key: Uint8Array): Uint8Array;
/** The key of a request; undefined when that cannot be read. */
export declare function decodeKeyRequest(payload: Uint8Array): Uint8Array | undefined;
export declare function encodeKeyResponse({ result, message, keys, primaryKey }: KeyResponse): Uint8Array;
/** Undefined when the payload is no answer about keys. */
export declare function decodeKeyResponse(payload: Uint8Array): KeyResponse | undefined;
