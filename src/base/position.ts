import type { ChainHash } from "./frame.ts";
import { isWriterId, type Vector, vectorWritersMax, type WriterId } from "./vector.ts";

/** One entry of a vector as RPC messages carry it: the writer as a 64-bit number. */
export interface Position {
  readonly writer: bigint;
  readonly sequence: bigint;
}

/** A writer id as a 64-bit number; undefined when the text is no writer id. */
export function writerToNumber(writer: WriterId): bigint | undefined {
  return isWriterId(writer) ? BigInt(`0x${writer}`) : undefined;
}

/** The writer id of an unsigned 64-bit number. */
export function writerFromNumber(number: bigint): WriterId {
  return number.toString(16).padStart(16, "0");
}

/** A chain hash as RPC messages carry it. */
export function chainToNumber(chain: ChainHash): bigint {
  return (BigInt(chain.high) << 32n) | BigInt(chain.low);
}

/** The chain hash of an unsigned 64-bit number. */
export function chainFromNumber(number: bigint): ChainHash {
  return { high: Number(number >> 32n), low: Number(number & 0xffff_ffffn) };
}

export function sameChain(left: ChainHash, right: ChainHash): boolean {
  return left.high === right.high && left.low === right.low;
}

/** The entries of a vector. */
export function vectorToPositions(vector: Vector): Position[] {
  const positions: Position[] = [];
  for (const [writer, sequence] of vector) {
    positions.push({ writer: BigInt(`0x${writer}`), sequence: BigInt(sequence) });
  }
  return positions;
}

/** The vector of entries from outside, or a text that says what is wrong with them. */
export function vectorFromPositions(positions: readonly Position[]): Map<WriterId, number> | string {
  if (positions.length > vectorWritersMax) {
    return `${positions.length} writers, allowed are ${vectorWritersMax}`;
  }
  const vector = new Map<WriterId, number>();
  for (const position of positions) {
    const writer = writerFromNumber(position.writer);
    if (vector.has(writer)) return `writer ${writer} stands there twice`;
    if (position.sequence > BigInt(Number.MAX_SAFE_INTEGER)) {
      return `sequence ${position.sequence} of writer ${writer} is above ${Number.MAX_SAFE_INTEGER}`;
    }
    vector.set(writer, Number(position.sequence));
  }
  return vector;
}
