/**
 * Bit 4 of the attributes: a writer produced the batch again that a former one of its node had written (rule R6). It keeps
 * its producer's stamp, but what a consumer has read of that former feed elsewhere may have been another history of it.
 */
import { viewOf } from "./bytes.ts";
import { at, sealHeader } from "./frame.ts";

export const reproducedBit = 16;

/** True when the frame at `start` was produced again. Its headers were checked. */
export function isReproduced(bytes: Uint8Array, start = 0): boolean {
  return ((bytes[start + at.attributes] as number) & reproducedBit) !== 0;
}

/** Says so of a frame, and seals it again. */
export function markReproduced(frame: Uint8Array): void {
  frame[at.attributes] = (frame[at.attributes] as number) | reproducedBit;
  sealHeader(frame, viewOf(frame));
}
