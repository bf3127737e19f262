/**
 * A record of `_cursors` (`docs/consumers.md`): what one node knew of one named cursor when it wrote it. Its key is the
 * topic, the cursor's name and the node's writer, so that nobody else's record hides it: a later one of the same node says
 * all that the earlier ones say, whatever compaction keeps.
 */
import {
  concat,
  cursorNameFault,
  decodeVector,
  encodeVector,
  firstGeneration,
  generationMax,
  isWriterId,
  mergeVectors,
  sameVector,
  topicNameFault,
  toText,
  VarintReader,
  type Vector,
  varintBytesMax,
  type WriterId,
  writeVarint,
} from "../base/mod.ts";

/** How far those who read under a name have come. */
export interface CursorState {
  /** Of the topic: a cursor of a generation that was deleted says nothing about the next one. */
  readonly generation: number;
  /** How often it was set anew or deleted: only what was read since then counts. */
  readonly resets: number;
  readonly deleted: boolean;
  /** Nothing where it is deleted. */
  readonly vector: Vector;
}

export interface CursorKey {
  readonly topic: string;
  readonly name: string;
}

const valueVersion = 1;
/** Bytes of a value: all of them stay in memory. A vector of as many writers as may be fits. */
export const cursorBytesMax = 262_144;
/** How often one cursor can be set anew or deleted. */
export const resetsMax = 0xffff_ffff;

export function encodeCursorKey({ topic, name }: CursorKey, writer: WriterId): string {
  return `${topic}/${name}/${writer}`;
}

/** Undefined for anything that no node wrote. */
export function decodeCursorKey(key: Uint8Array): CursorKey | undefined {
  const [topic = "", name = "", writer = "", ...more] = toText(key).split("/");
  if (more.length > 0 || topicNameFault(topic) !== undefined || !isWriterId(writer)) return undefined;
  return slotlessFault(name) === undefined ? { topic, name } : undefined;
}

/** Version · flags (bit 0 deleted) · varint generation · varint resets · vector. */
export function encodeCursorState({ generation, resets, deleted, vector }: CursorState): Uint8Array {
  const head = new Uint8Array(2 + 2 * varintBytesMax);
  head[0] = valueVersion;
  head[1] = Number(deleted);
  const at = writeVarint(head, writeVarint(head, 2, generation), resets);
  return concat([head.subarray(0, at), encodeVector(vector)]);
}

/** Undefined for anything that is of a later version, or makes no sense. */
export function decodeCursorState(value: Uint8Array): CursorState | undefined {
  if (value.length > cursorBytesMax || value[0] !== valueVersion || (value[1] ?? 2) > 1) return undefined;
  const reader = new VarintReader(value, 2, value.length);
  const generation = reader.next();
  const resets = reader.next();
  const vector = reader.failed ? undefined : decodeVector(value.subarray(reader.at));
  if (vector === undefined || resets > resetsMax) return undefined;
  if (generation < firstGeneration || generation > generationMax) return undefined;
  return { generation, resets, deleted: value[1] === 1, vector };
}

/**
 * What two nodes know together. The order in which records come does not matter, nor how often: of the greatest
 * generation, in it of the greatest number of resets, a delete, else the pointwise maximum.
 */
export function joinCursors(left: CursorState, right: CursorState): CursorState {
  if (left.generation !== right.generation) return left.generation > right.generation ? left : right;
  if (left.resets !== right.resets) return left.resets > right.resets ? left : right;
  if (left.deleted || right.deleted) return left.deleted ? left : right;
  return { ...left, vector: mergeVectors(left.vector, right.vector) };
}

export function sameCursor(left: CursorState, right: CursorState): boolean {
  if (left.generation !== right.generation || left.resets !== right.resets) return false;
  return left.deleted === right.deleted && sameVector(left.vector, right.vector);
}

/** What a group keeps for one of its slots is named after both: `billing~7`. No name that users give looks so. */
const slotSuffix = /~\d{1,4}$/;

function slotlessFault(name: string): string | undefined {
  return cursorNameFault(name.replace(slotSuffix, ""));
}
