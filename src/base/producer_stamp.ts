import { readUint53, viewOf, writeUint53 } from "./bytes.ts";
import { at, sealHeader } from "./frame.ts";
import { readProducerId, writeProducerId } from "./writer_bytes.ts";

/** The 64-bit id that a producer gave itself: 16 lower-case hexadecimal digits, not all 0. */
export type ProducerId = string;

/**
 * What a batch is known by wherever it is produced again: each of its records has a number of its producer's own, within
 * an epoch. Stands in the batch header, so that it is on disk and travels with the batch.
 */
export interface ProducerStamp {
  readonly producer: ProducerId;
  /** A greater one takes over from the lower ones. 0 to 2^32 - 1. */
  readonly epoch: number;
  /** The first record's number, from 1; the others follow it. */
  readonly sequence: number;
}

/** The greatest epoch: it is a 32-bit number. */
export const producerEpochMax = 0xffff_ffff;

/** Where what is said of the producer ends in the batch header. It begins with the id. */
const stampEnd = at.producerEpoch + 4;

/** False for most frames, and quickly: the frame at `start` says nothing of a producer. Its headers were checked. */
export function isStamped(bytes: Uint8Array, start = 0): boolean {
  for (let index = start + at.producer; index < start + stampEnd; index++) if (bytes[index] !== 0) return true;
  return false;
}

/** What the frame at `start` says of its producer, if anything. Its headers were checked. */
export function readProducerStamp(bytes: Uint8Array, start = 0): ProducerStamp | undefined {
  if (!isStamped(bytes, start)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + start);
  if (view.getUint32(at.producer, true) === 0 && view.getUint32(at.producer + 4, true) === 0) return undefined;
  const sequence = readUint53(view, at.producerSequence);
  if (sequence === undefined) return undefined;
  return { producer: readProducerId(view, at.producer), epoch: view.getUint32(at.producerEpoch, true), sequence };
}

/** As `readProducerStamp`, unless it is nothing to know a batch of so many records by. */
export function usableProducerStamp(bytes: Uint8Array, start: number, count: number): ProducerStamp | undefined {
  const stamp = readProducerStamp(bytes, start);
  return stamp === undefined || sequenceFault(stamp.sequence, count) !== undefined ? undefined : stamp;
}

/** Why a frame of so many records cannot be known by its stamp; undefined when it can, or has none. */
export function producerStampFault(frame: Uint8Array, count: number): string | undefined {
  if (!isStamped(frame)) return undefined;
  const stamp = readProducerStamp(frame);
  if (stamp !== undefined) return sequenceFault(stamp.sequence, count);
  const view = viewOf(frame);
  const hasId = view.getUint32(at.producer, true) !== 0 || view.getUint32(at.producer + 4, true) !== 0;
  return hasId ? "its producer sequence is above 2^53" : "it has a producer epoch or sequence, and no producer id";
}

function sequenceFault(sequence: number, count: number): string | undefined {
  if (sequence === 0) return "its producer sequence is 0, they count from 1";
  if (sequence <= Number.MAX_SAFE_INTEGER - (count - 1)) return undefined;
  return `its ${count} records from producer sequence ${sequence} on go above 2^53`;
}

/** Writes it into a frame with blank stamps, that `FrameBuilder` finished, and seals the frame again. */
export function writeProducerStamp(frame: Uint8Array, stamp: ProducerStamp): void {
  const view = viewOf(frame);
  writeProducerId(view, at.producer, stamp.producer);
  writeUint53(view, at.producerSequence, stamp.sequence);
  view.setUint32(at.producerEpoch, stamp.epoch, true);
  sealHeader(frame, view);
}

/** True when the text is a producer id. */
export function isProducerId(text: string): boolean {
  return /^[0-9a-f]{16}$/.test(text) && text !== "0000000000000000";
}
