import { type Coordinate, type Encodable } from "../gossip/mod.d.ts";
import type { AgentCommand } from "./agent_rpc_requests.d.ts";
import type { Member, MemberEvent, UserEventNotice } from "./types.d.ts";
/** The errors of the protocol itself, in the words that its clients know. */
export declare const agentRpcError: {
    readonly unsupportedCommand: "Unsupported command";
    readonly unsupportedVersion: "Unsupported IPC version";
    readonly handshakeRequired: "Handshake required";
    readonly handshakeRepeated: "Handshake already performed";
    readonly authRequired: "Authentication required";
    readonly authRefused: "Invalid authentication token";
    readonly seqInUse: "Stream with given sequence exists";
    readonly monitorExists: "Monitor already exists";
    readonly filterInvalid: "Invalid event filter";
    readonly queryUnknown: "No pending queries matching ID";
};
/** The only version of the protocol that there is. */
export declare const agentRpcVersion = 1;
export type ReplyBody = {
    readonly [field: string]: Encodable;
};
/** A header with the number of the request, an error that is empty when all is well, and a body if the command has one. */
export declare function encodeReply(seq: number, error: string, body?: ReplyBody): Uint8Array;
/** What stands for the body of a command that failed: its clients read one all the same. */
export declare function emptyBody(command: AgentCommand): ReplyBody | undefined;
export declare function memberBody(member: Member, versions: Uint8Array): ReplyBody;
export declare function coordinateBody(coordinate: Coordinate | undefined): ReplyBody;
export declare function keysBody(result: {
    readonly nodes: number;
    readonly answered: number;
    readonly errors: ReadonlyMap<string, string>;
    readonly keys?: ReadonlyMap<string, number>;
}): ReplyBody;
/** What a client is told of a query that it asked. */
export declare function queryRecord(type: "ack" | "response" | "done", from?: string, payload?: Uint8Array): ReplyBody;
export declare function memberEventRecord({ type }: MemberEvent, members: readonly ReplyBody[]): ReplyBody;
export declare function userEventRecord({ name, payload, coalesce, lamport }: UserEventNotice): ReplyBody;
/** A query that a client may answer by the id. */
export declare function queryNoticeRecord(id: number, query: {
    name: string;
    payload: Uint8Array;
    lamport: number;
}): ReplyBody;
