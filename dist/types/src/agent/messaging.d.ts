/** User events and queries of a node, for its user: names and payloads in, listeners and answers out. */
import { Listeners } from "../base/mod.d.ts";
import type { Membership, MembershipEffect, MembershipInput, NameConflict, QueryNotice, UserEventNotice } from "../membership/mod.d.ts";
import { type QueryOptions, QueryRun } from "./query_run.d.ts";
export type Payload = Uint8Array | string;
export interface EventOptions {
    /** Of several events of this name in a short while, listeners may be told only the latest. @default false */
    readonly coalesce?: boolean | undefined;
}
/** A query that some node asks this one, itself perhaps. */
export interface IncomingQuery extends QueryNotice {
    /** Answers, once and in time. Throws `QueryClosedError` or `QueryTooLargeError`. */
    respond(payload: Payload): void;
}
/** What is returned is the answer; undefined gives none. */
export type QueryHandler = (query: IncomingQuery) => Payload | undefined | Promise<Payload | undefined>;
export type MessagingEffect = Extract<MembershipEffect, {
    type: "user-event" | "query" | "query-acknowledged" | "query-answered" | "query-finished" | "name-conflict";
}>;
export interface MessagingParts {
    readonly machine: Membership;
    readonly push: (input: MembershipInput) => void;
    /** Hears what listeners and handlers throw. */
    readonly onError: (error: unknown) => void;
}
export declare class Messaging {
    #private;
    readonly userEvents: Listeners<UserEventNotice>;
    readonly queries: Listeners<IncomingQuery>;
    readonly conflicts: Listeners<NameConflict>;
    constructor(parts: MessagingParts);
    event(name: string, payload: Payload, { coalesce }: EventOptions): void;
    /** Asks, and returns what collects the answers. */
    query(name: string, payload: Payload, options: QueryOptions & {
        readonly internal?: boolean;
    }): QueryRun;
    /** Answers queries of a name; the result ends that. */
    onQuery(name: string, handler: QueryHandler): () => void;
    perform(effect: MessagingEffect): void;
    /** Nothing more comes: what is still asked ends now. */
    stop(): void;
}
