/** The first byte of every message. Peers know these numbers: append, never change. */
export declare const serfType: {
    readonly leave: 0;
    readonly join: 1;
    readonly pushPull: 2;
    readonly userEvent: 3;
    readonly query: 4;
    readonly queryResponse: 5;
    readonly conflictResponse: 6;
    readonly keyRequest: 7;
    readonly keyResponse: 8;
    readonly relay: 9;
};
/** Bits of a query's flags. In a response the first marks an ack. */
export declare const queryFlag: {
    readonly ack: 1;
    readonly noBroadcast: 2;
};
export interface JoinIntent {
    readonly type: "join";
    readonly lamport: number;
    readonly node: string;
}
export interface LeaveIntent {
    readonly type: "leave";
    readonly lamport: number;
    readonly node: string;
    /** Forget the member altogether. */
    readonly prune: boolean;
}
export interface UserEvent {
    readonly type: "user-event";
    readonly lamport: number;
    readonly name: string;
    readonly payload: Uint8Array;
    readonly coalesce: boolean;
}
export interface Query {
    readonly type: "query";
    readonly lamport: number;
    readonly id: number;
    readonly address: Uint8Array;
    readonly port: number;
    readonly sourceNode: string;
    readonly filters: readonly Uint8Array[];
    readonly flags: number;
    readonly relayFactor: number;
    readonly timeoutMs: number;
    readonly name: string;
    readonly payload: Uint8Array;
}
export interface QueryResponse {
    readonly type: "query-response";
    readonly lamport: number;
    readonly id: number;
    readonly from: string;
    readonly flags: number;
    readonly payload: Uint8Array;
}
/** A message to pass on to one node. */
export interface Relay {
    readonly type: "relay";
    readonly ip: Uint8Array;
    readonly port: number;
    readonly destination: string;
    /** The message, its type byte first. */
    readonly inner: Uint8Array;
}
/** The whole state of a node, exchanged in push/pulls. */
export interface SerfState {
    readonly type: "state";
    readonly lamport: number;
    readonly statusLamports: ReadonlyMap<string, number>;
    readonly leftMembers: readonly string[];
    readonly eventLamport: number;
    readonly events: readonly {
        readonly lamport: number;
        readonly name: string;
        readonly payload: Uint8Array;
    }[];
    readonly queryLamport: number;
}
export type SerfMessage = JoinIntent | LeaveIntent | UserEvent | Query | QueryResponse | Relay | SerfState;
/** Decodes one message. Undefined when it is malformed or of a type that is not known. */
export declare function decodeSerfMessage(bytes: Uint8Array): SerfMessage | undefined;
/** Encodes one message, its type byte first. */
export declare function encodeSerfMessage(message: SerfMessage): Uint8Array;
