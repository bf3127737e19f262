import type { RecordInput } from "../base/mod.d.ts";
import type { ClientClock } from "./client_clock.d.ts";
import type { ConnectOptions, ConsumeOptions, ProduceAck, ProduceOptions } from "./client_options.d.ts";
import { ClusterCalls } from "./cluster_calls.d.ts";
import type { Consumer } from "./consumer.d.ts";
import { CursorCalls } from "./cursor_calls.d.ts";
import { type GroupConsumeOptions, GroupConsumer } from "./group_consumer.d.ts";
import { HomeProducer, type HomeProducerOptions } from "./home_producer.d.ts";
import { type NamedConsumeOptions, NamedConsumer } from "./named_consumer.d.ts";
import type { Producer } from "./producer.d.ts";
import type { ProducerOptions } from "./producer_options.d.ts";
import { type CallOptions } from "./questions.d.ts";
import { ServiceCalls } from "./service_calls.d.ts";
import type { OpenTransport } from "./transport.d.ts";
import type { MemberDescription, MemberEvent, ServerDescription, TopicDescription, TopicSettingsChange } from "./types.d.ts";
export interface LogClientOptions extends ConnectOptions {
    readonly openTransport: OpenTransport;
    /** @default the runtime's */
    readonly clock?: ClientClock;
}
/**
 * A caller's end of the log. It talks to one server, the first; when that one proves unreachable, the next call goes to
 * the next. Questions (`members`, `topics` …), produces and consumers go on there by themselves; other changes never do.
 */
export declare class LogClient implements AsyncDisposable {
    #private;
    /** What operators ask of the asked node's cluster. */
    readonly cluster: ClusterCalls;
    /** How far consumers have read that go by a name. */
    readonly cursors: CursorCalls;
    /** Services that nodes register, and how well they are. */
    readonly services: ServiceCalls;
    constructor(urls: readonly string[], options: LogClientOptions);
    /** The URL of the server that the next call goes to. */
    get server(): string;
    /**
     * Sends records one by one and batches them by itself, in order, over one stream where the runtime has such. With
     * `home`, each record to the home of its key.
     */
    producer(topic: string, options: HomeProducerOptions): HomeProducer;
    producer(topic: string, options?: ProducerOptions): Producer;
    /**
     * Produces one record, or several as one batch. What gets no answer is sent again, to other servers, too, and stored
     * once all the same.
     */
    produce(topic: string, records: RecordInput | readonly RecordInput[], options?: ProduceOptions): Promise<ProduceAck>;
    /**
     * Reads a topic from a place on, and waits at its end for what comes. With a `name`, from where those who read under it
     * stopped, on whatever node; with a `group`, its share of it. Goes on at another server when one fails.
     */
    consume(topic: string, options: NamedConsumeOptions): NamedConsumer;
    consume(topic: string, options: GroupConsumeOptions): GroupConsumer;
    consume(topic: string, options?: ConsumeOptions): Consumer;
    members(options?: CallOptions): Promise<MemberDescription[]>;
    /** Every member as a join first, then every change, until the loop is left or the signal fires. */
    watchMembers(options?: {
        readonly signal?: AbortSignal;
    }): AsyncGenerator<MemberEvent>;
    /** The topics that the asked node holds; the cluster's own, whose names begin with "_", only when asked for. */
    topics({ internal, ...options }?: CallOptions & {
        readonly internal?: boolean;
    }): Promise<TopicDescription[]>;
    /** A node that does not hold it asks one that does, unless only what the asked node holds is wanted. */
    describeTopic(topic: string, { heldOnly, ...options }?: CallOptions & {
        readonly heldOnly?: boolean;
    }): Promise<TopicDescription>;
    /**
     * Creates a topic, with settings of its own if any are given. Fails with `ALREADY_EXISTS` when the node knows it. One
     * that was deleted begins anew, in its next generation.
     */
    createTopic(topic: string, settings?: TopicSettingsChange, options?: CallOptions): Promise<TopicDescription>;
    /**
     * Changes what holds for a topic on all nodes. Resolves when the asked node has it on disk and keeps to it; the others
     * do as soon as they hear of it. Of changes on two sides of a partition one holds everywhere in the end.
     */
    setTopic(topic: string, settings: TopicSettingsChange, options?: CallOptions): Promise<TopicDescription>;
    /**
     * Deletes a topic on all nodes, with all its records, also those that other nodes took and the asked one has not heard
     * of. Resolves with the generation that was deleted when the asked node has it on disk and the topic is gone there.
     * Whoever consumes it fails with `NOT_FOUND`, as does a produce: only `createTopic` brings it back, empty.
     */
    deleteTopic(topic: string, options?: CallOptions): Promise<{
        readonly generation: number;
    }>;
    servers(options?: CallOptions): Promise<ServerDescription[]>;
    /** Makes the asked node contact others by their gossip addresses. Resolves with how many were reached. */
    join(addresses: readonly string[], options?: CallOptions): Promise<number>;
    /** Makes the asked node leave the cluster in good order and stop. */
    leave(options?: CallOptions): Promise<void>;
    /** Closes the connections. Producers and consumers that are still open fail. */
    [Symbol.asyncDispose](): Promise<void>;
    close(): void;
}
