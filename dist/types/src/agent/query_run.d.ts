/** Whom a query asks, and how. */
export interface QueryOptions {
    /** Only nodes of these names. @default all */
    readonly nodes?: readonly string[] | undefined;
    /** Only nodes in whose tags these expressions (RE2) are found, all of them. @default none */
    readonly tags?: {
        readonly [tag: string]: string;
    } | undefined;
    /** How long answers are waited for. @default 16 intervals of gossip for each digit of the cluster's size */
    readonly timeoutMs?: number | undefined;
    /** Whether nodes are to say at once that the query arrived. @default true */
    readonly wantsAcks?: boolean | undefined;
    /** Copies of each answer that go by way of other nodes, for networks that lose packets. @default 0 */
    readonly relayFactor?: number | undefined;
}
/** What one node said: that the query arrived, or its answer. */
export interface QueryAnswer {
    readonly type: "ack" | "response";
    readonly from: string;
    readonly payload: Uint8Array;
}
export interface QueryResult {
    /** `complete`: all alive members that it was for have answered. `stopped`: the asking node has. */
    readonly type: "complete" | "timed-out" | "stopped";
    /** Alive members that it was for and that did not answer. */
    readonly silent: readonly string[];
    /** Nodes that the query reached, in the order of their words. */
    readonly acks: readonly string[];
    readonly responses: ReadonlyMap<string, Uint8Array>;
}
/** Answers as they come, by iterating; all of them at the end, by `result`. Never rejects: silence is a result too. */
export declare class QueryRun implements AsyncIterable<QueryAnswer> {
    #private;
    readonly result: Promise<QueryResult>;
    constructor();
    add(answer: QueryAnswer): void;
    finish(outcome: Pick<QueryResult, "type" | "silent">): void;
    /** All answers, those that came already too, until the query is over. */
    [Symbol.asyncIterator](): AsyncGenerator<QueryAnswer, void>;
}
