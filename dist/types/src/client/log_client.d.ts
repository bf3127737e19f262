import { type Compression, type RecordInput } from "../base/mod.d.ts";
import { type Acks } from "./acks.d.ts";
import { ClusterCalls } from "./cluster_calls.d.ts";
import { Consumer, type Gap } from "./consumer.d.ts";
import { type Cursor } from "./cursor.d.ts";
import { Producer, type ProducerOptions, type SendAck } from "./producer.d.ts";
import type { OpenTransport } from "./transport.d.ts";
import type { MemberDescription, MemberEvent, ServerDescription, TopicDescription, TopicSettingsChange } from "./types.d.ts";
export interface ConnectOptions {
    /** How servers are talked to. @default what suits the runtime */
    readonly openTransport?: OpenTransport;
    /** How long a question (not a produce, not a stream) may take, in milliseconds. @default 10000 */
    readonly timeoutMs?: number;
}
/** Where to begin reading: `latest` is after the last record, a number is an offset of the asked node. */
export type ConsumeFrom = "earliest" | "latest" | number | Date | Cursor;
export interface ConsumeOptions {
    /** @default "earliest" */
    readonly from?: ConsumeFrom;
    /** Wait until the node holds what the produce with this token wrote. */
    readonly after?: string;
    /** Wait at the end for what comes. Otherwise stop at the end as it is when the call begins. @default true */
    readonly follow?: boolean;
    /** Ends the reading, without an error. */
    readonly signal?: AbortSignal;
    /** Hears of records that are gone for ever. */
    readonly onGap?: (gap: Gap) => void;
}
export interface ProduceOptions {
    /** How the batch is compressed if that makes it shorter. @default "none" */
    readonly compression?: Compression;
    /** How durable the records must be first; `NotReplicatedError` when they are not in time. @default the asked node alone */
    readonly acks?: Acks;
    /** How long the server waits for acks of other nodes, in milliseconds, up to 300,000; 0 is its default of 10,000. @default 0 */
    readonly timeoutMs?: number;
    readonly signal?: AbortSignal;
}
/** Where records went: `offset` and `sequence` are the first's, the others follow it. */
export interface ProduceAck extends SendAck {
    readonly count: number;
    /** `consume` with it as `after` waits, on any node, until that node holds these records. */
    readonly token: string;
}
/**
 * A caller's end of the log. It talks to one server, the first; when that one proves unreachable, the next call goes to
 * the next. Questions (`members`, `topics` …) are asked again there by themselves; what writes or streams never is.
 */
export declare class LogClient implements AsyncDisposable {
    #private;
    /** What operators ask of the asked node's cluster. */
    readonly cluster: ClusterCalls;
    constructor(urls: readonly string[], options: ConnectOptions & {
        readonly openTransport: OpenTransport;
    });
    /** The URL of the server that the next call goes to. */
    get server(): string;
    /** Sends records one by one and batches them by itself, in order, over one stream where the runtime has such. */
    producer(topic: string, options?: ProducerOptions): Producer;
    /** Produces one record, or several as one batch. */
    produce(topic: string, records: RecordInput | readonly RecordInput[], options?: ProduceOptions): Promise<ProduceAck>;
    /** Reads a topic from a place on, and waits at its end for what comes. */
    consume(topic: string, options?: ConsumeOptions): Consumer;
    members(): Promise<MemberDescription[]>;
    /** Every member as a join first, then every change, until the loop is left or the signal fires. */
    watchMembers(options?: {
        readonly signal?: AbortSignal;
    }): AsyncGenerator<MemberEvent>;
    /** The topics that the asked node holds; the cluster's own, whose names begin with "_", only when asked for. */
    topics(asked?: {
        readonly internal?: boolean;
    }): Promise<TopicDescription[]>;
    describeTopic(topic: string): Promise<TopicDescription>;
    /**
     * Creates a topic, with settings of its own if any are given. Fails with `ALREADY_EXISTS` when the node knows it. One
     * that was deleted begins anew, in its next generation.
     */
    createTopic(topic: string, settings?: TopicSettingsChange): Promise<TopicDescription>;
    /**
     * Changes what holds for a topic on all nodes. Resolves when the asked node has it on disk and keeps to it; the others
     * do as soon as they hear of it. Of changes on two sides of a partition one holds everywhere in the end.
     */
    setTopic(topic: string, settings: TopicSettingsChange): Promise<TopicDescription>;
    /**
     * Deletes a topic on all nodes, with all its records, also those that other nodes took and the asked one has not heard
     * of. Resolves with the generation that was deleted when the asked node has it on disk and the topic is gone there.
     * Whoever consumes it fails with `NOT_FOUND`, as does a produce: only `createTopic` brings it back, empty.
     */
    deleteTopic(topic: string): Promise<{
        readonly generation: number;
    }>;
    servers(): Promise<ServerDescription[]>;
    /** Makes the asked node contact others by their gossip addresses. Resolves with how many were reached. */
    join(addresses: readonly string[]): Promise<number>;
    /** Makes the asked node leave the cluster in good order and stop. */
    leave(): Promise<void>;
    /** Closes the connections. Producers and consumers that are still open fail. */
    [Symbol.asyncDispose](): Promise<void>;
    close(): void;
}
