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

/** What the frame at `start` says of its producer, if anything. Its headers were checked. */
export function readProducerStamp(bytes: Uint8Array, start = 0): ProducerStamp | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start);
  if (view.getUint32(at.producer, true) === 0 && view.getUint32(at.producer + 4, true) === 0) return undefined;
  const sequence = readUint53(view, at.producerSequence);
  if (sequence === undefined) return undefined;
  return { producer: readProducerId(view, at.producer), epoch: view.getUint32(at.producerEpoch, true), sequence };
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
