/** Which members are asked for. Texts are expressions for the whole of what they match; empty ones match all. */
export interface MemberFilter {
    readonly name: string;
    readonly status: string;
    readonly tags: ReadonlyMap<string, string>;
}
export type AgentRequest = {
    readonly command: "handshake";
    readonly version: number;
} | {
    readonly command: "auth";
    readonly key: string;
} | {
    readonly command: "event";
    readonly name: string;
    readonly payload: Uint8Array;
    readonly coalesce: boolean;
} | {
    readonly command: "force-leave";
    readonly node: string;
    readonly prune: boolean;
} | {
    readonly command: "join";
    readonly addresses: readonly string[];
    readonly replay: boolean;
} | {
    readonly command: "members";
} | {
    readonly command: "members-filtered";
    readonly filter: MemberFilter;
} | {
    readonly command: "tags";
    readonly set: ReadonlyMap<string, string>;
    readonly remove: readonly string[];
} | {
    readonly command: "stream";
    readonly filters: string;
} | {
    readonly command: "monitor";
    readonly level: string;
} | {
    readonly command: "stop";
    readonly seq: number;
} | AgentQueryRequest | {
    readonly command: "respond";
    readonly id: number;
    readonly payload: Uint8Array;
} | {
    readonly command: "install-key" | "use-key" | "remove-key";
    readonly key: string;
} | {
    readonly command: "list-keys";
} | {
    readonly command: "stats";
} | {
    readonly command: "get-coordinate";
    readonly node: string;
} | {
    readonly command: "leave";
};
export interface AgentQueryRequest {
    readonly command: "query";
    readonly name: string;
    readonly payload: Uint8Array;
    readonly nodes: readonly string[];
    readonly tags: ReadonlyMap<string, string>;
    readonly wantsAcks: boolean;
    readonly relayFactor: number;
    /** Undefined when the node is to choose. */
    readonly timeoutMs: number | undefined;
}
export type AgentCommand = AgentRequest["command"];
/** Bytes of one request at most: many times what any event, query or list of addresses takes. */
export declare const agentRequestBytesMax = 65536;
/** What stands next in a stream of requests. After `unsupported` and `malformed` the rest of the stream means nothing. */
export type RequestScan = {
    readonly type: "request";
    readonly seq: number;
    readonly request: AgentRequest;
} | {
    readonly type: "more";
}
/** Nobody knows whether such a command has a body. */
 | {
    readonly type: "unsupported";
    readonly seq: number;
    readonly command: string;
} | {
    readonly type: "malformed";
    readonly reason: string;
};
/** Reads requests from bytes as they arrive. Total over any bytes. */
export declare class AgentRequestReader {
    #private;
    /** True between the first byte of a request and its last. */
    get isAmidRequest(): boolean;
    push(bytes: Uint8Array): void;
    next(): RequestScan;
}
