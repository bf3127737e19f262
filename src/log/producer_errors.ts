/** What stamped batches are refused for. */
import type { ProducerStamp } from "../base/mod.ts";

/** Another instance of the producer, with a higher epoch, took its place. Nothing was appended. */
export class ProducerFencedError extends Error {
  override readonly name = "ProducerFencedError";
  readonly code = "PRODUCER_FENCED";
  readonly producer: string;
  readonly epoch: number;
  /** The one that took over. */
  readonly currentEpoch: number;

  constructor({ producer, epoch }: ProducerStamp, currentEpoch: number) {
    super(`Cannot append the batch: producer ${producer} has epoch ${currentEpoch} by now, the batch has ${epoch}`);
    this.producer = producer;
    this.epoch = epoch;
    this.currentEpoch = currentEpoch;
  }
}

/** Some of the batch's sequences are held in other batches: whoever repeats one repeats it as it was. Nothing was appended. */
export class ProducerOverlapError extends RangeError {
  override readonly name = "ProducerOverlapError";
  readonly code = "PRODUCER_OVERLAP";

  constructor(stamp: ProducerStamp, count: number, held: { readonly first: number; readonly last: number }) {
    const known = `sequences ${held.first} to ${held.last} are held, and a batch is repeated as a whole`;
    super(`Cannot append ${wordsOf(stamp, count)}: ${known}`);
  }
}

/** All of the batch's sequences are held, but where is not known any more. Nothing was appended: it is stored. */
export class DuplicateForgottenError extends RangeError {
  override readonly name = "DuplicateForgottenError";
  readonly code = "DUPLICATE_FORGOTTEN";

  constructor(stamp: ProducerStamp, count: number) {
    super(`Cannot say where ${wordsOf(stamp, count)} are: they are stored, too long ago or in other batches`);
  }
}

function wordsOf({ producer, epoch, sequence }: ProducerStamp, count: number): string {
  return `sequences ${sequence} to ${sequence + count - 1} of producer ${producer}, epoch ${epoch}`;
}
