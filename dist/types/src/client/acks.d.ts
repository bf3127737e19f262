import { type Acks as AcksMessage } from "../gen/log/v1/log_pb.d.ts";
import { NotReplicatedError } from "./errors.d.ts";
import type { ProduceAnswer } from "./hot_messages.d.ts";
/** How durable a record must be before its produce is answered. */
export interface Acks {
    /**
     * Nodes, the asked one included, that must hold it durably: 1 to 100. 1 is the asked node alone, by its fsync policy;
     * from 2 on only what is fsynced counts, and the record survives the loss of all of these disks but one.
     * @default 1
     */
    readonly replicated?: number;
}
/** Acks and the wait for them, as every request says them. */
export interface AskedAcks {
    readonly replicated: number;
    readonly timeoutMs: number;
}
/** Throws `ClientError` where they make no sense. */
export declare function askedAcks(options: {
    readonly acks?: Acks;
    readonly timeoutMs?: number;
}): AskedAcks;
/** A client takes too few copies as an answer: an error would end a stream, and with it what others wait for. */
export declare function acksOf({ replicated }: Pick<AskedAcks, "replicated">): AcksMessage;
/** What is told of the record at this index of a batch that too few nodes hold. */
export declare function notReplicated(answer: ProduceAnswer, index: number): NotReplicatedError;
