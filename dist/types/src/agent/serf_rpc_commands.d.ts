/** What the commands of Serf's agent RPC do to a node, those apart that go on after their answer. */
import { type AgentRequest, type Member, type ReplyBody } from "../membership/mod.d.ts";
import type { MembershipNode } from "./membership.d.ts";
/** What a command came to. An error may have a body beside it: clients read one. */
export interface Outcome {
    readonly error?: string;
    readonly body?: ReplyBody;
}
export type TagsChange = (set: ReadonlyMap<string, string>, remove: readonly string[]) => void;
export type PlainRequest = Exclude<AgentRequest, {
    command: "handshake" | "auth" | "stream" | "monitor" | "stop" | "query" | "respond" | "leave";
}>;
/** What runs the node, for `serf info`. */
export interface ProgramFacts {
    readonly os: string;
    readonly arch: string;
    readonly version: string;
}
export declare class SerfRpcCommands {
    #private;
    constructor(node: MembershipNode, changeTags: TagsChange, facts: ProgramFacts);
    /** Rejects with whatever the node refuses. */
    run(request: PlainRequest): Promise<Outcome>;
    memberBody(member: Member): ReplyBody;
}
/** Changes the tags of a node that has no tags but those of its operator. */
export declare function operatorTags(node: MembershipNode): TagsChange;
