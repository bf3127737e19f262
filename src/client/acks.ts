import { create } from "@bufbuild/protobuf";
import { type Acks as AcksMessage, AcksSchema } from "../gen/log/v1/log_pb.ts";
import { cursorToText } from "./cursor.ts";
import { ClientError, NotReplicatedError } from "./errors.ts";
import type { ProduceAnswer } from "./hot_messages.ts";

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

const replicatedMax = 100;
const timeoutMsMax = 300_000;

/** Throws `ClientError` where they make no sense. */
export function askedAcks(options: { readonly acks?: Acks; readonly timeoutMs?: number }): AskedAcks {
  const { acks: { replicated = 1 } = {}, timeoutMs = 0 } = options;
  return {
    replicated: whole("acks.replicated", replicated, [1, replicatedMax]),
    timeoutMs: whole("timeoutMs", timeoutMs, [0, timeoutMsMax]),
  };
}

/** A client takes too few copies as an answer: an error would end a stream, and with it what others wait for. */
export function acksOf({ replicated }: Pick<AskedAcks, "replicated">): AcksMessage {
  return create(AcksSchema, { replicated, answerShortfall: replicated > 1 });
}

function whole(option: string, value: number, [low, high]: readonly [number, number]): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  const message = `Cannot produce: ${option} is ${value}, allowed are whole numbers from ${low} to ${high}`;
  throw new ClientError("INVALID_ARGUMENT", message, { fate: "unsent" });
}

/** What is told of the record at this index of a batch that too few nodes hold. */
export function notReplicated(answer: ProduceAnswer, index: number): NotReplicatedError {
  const { offset, firstSequence, writer, shortfall } = answer;
  const token = cursorToText(answer.token);
  const place = { offset: offset + index, sequence: firstSequence + index, writer, token };
  return new NotReplicatedError(place, shortfall?.asked ?? 0, shortfall ?? { holders: [], lacking: [] });
}
