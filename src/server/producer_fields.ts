/** Who produces, as a request says it beside its records (`docs/producers.md`). */
import { headersBytes, type ProducerStamp, readProducerStamp, writeProducerStamp } from "../base/mod.ts";
import type { ProduceRequest } from "../gen/log/v1/log_pb.ts";
import { invalidArgument } from "./errors.ts";

type ProducerFields = Pick<ProduceRequest, "producerId" | "producerEpoch" | "producerSequence">;

/** Stamps a frame that was packed here with what the request says; without an id it stays blank. */
export function stampAsAsked(frame: Uint8Array, fields: ProducerFields): void {
  const stamp = stampOf(fields);
  if (stamp !== undefined) writeProducerStamp(frame, stamp);
}

/** A frame says in its header who produced it: the request may say the same or nothing. */
export function checkStamped(frame: Uint8Array, fields: ProducerFields): void {
  const asked = stampOf(fields);
  // What is too short to be a frame is refused by the log.
  if (asked === undefined || frame.length < headersBytes) return;
  const stamp = readProducerStamp(frame);
  if (stamp?.producer === asked.producer && stamp.epoch === asked.epoch && stamp.sequence === asked.sequence) return;
  throw invalidArgument(`Cannot produce: the request says ${wordsOf(asked)}, its frame says ${wordsOf(stamp)}`);
}

/** Undefined when the request names no producer. */
function stampOf({ producerId, producerEpoch: epoch, producerSequence }: ProducerFields): ProducerStamp | undefined {
  if (producerId === 0n) {
    if (epoch === 0 && producerSequence === 0n) return undefined;
    throw invalidArgument("Cannot produce: producer_epoch and producer_sequence need a producer_id that is not 0");
  }
  if (producerSequence < 1n || producerSequence > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw invalidArgument(
      `Cannot produce: producer_sequence is ${producerSequence}, allowed are 1 to ${Number.MAX_SAFE_INTEGER}`,
    );
  }
  const producer = producerId.toString(16).padStart(16, "0");
  return { producer, epoch, sequence: Number(producerSequence) };
}

function wordsOf(stamp: ProducerStamp | undefined): string {
  if (stamp === undefined) return "no producer";
  return `producer ${stamp.producer}, epoch ${stamp.epoch}, sequence ${stamp.sequence}`;
}
