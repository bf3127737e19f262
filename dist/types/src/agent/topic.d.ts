import type { RecordInput } from "../base/mod.d.ts";
import type { ConsumeOptions, Consumer, GroupConsumeOptions, GroupConsumer, LogClient, NamedConsumeOptions, NamedConsumer, ProduceAck, ProduceOptions, SendAck } from "../client/mod.d.ts";
/** How durable what is produced must be before it is answered. */
export type TopicProduceOptions = Pick<ProduceOptions, "acks" | "timeoutMs" | "expectedSequence">;
/**
 * A topic of a node that runs in this process. Calls go straight to the node: no network is involved. The same words as
 * the client's, with the same meaning.
 */
export declare class AgentTopic {
    #private;
    readonly name: string;
    constructor(name: string, client: LogClient);
    /**
     * Resolves when the record is as durable on this node as its `fsync` option says, or on as many nodes as `acks` asks for;
     * fails with `NotReplicatedError` when they are too few in time. Records that are produced at the same time with the
     * same options share a batch and an fsync, in order.
     */
    produce(record: RecordInput, options?: TopicProduceOptions): Promise<SendAck>;
    /** Produces several records as one batch: all of them are stored, or none. */
    produceBatch(records: readonly RecordInput[], options?: TopicProduceOptions): Promise<ProduceAck>;
    /**
     * The topic's records, from the earliest unless the options say otherwise; waits at the end for what comes. With a
     * `name`, from where those who read under it stopped, on whatever node; with a `group`, this member's share.
     */
    consume(options: NamedConsumeOptions): NamedConsumer;
    consume(options: GroupConsumeOptions): GroupConsumer;
    consume(options?: ConsumeOptions): Consumer;
    /** Waits for what was produced through this object. */
    close(): Promise<void>;
}
