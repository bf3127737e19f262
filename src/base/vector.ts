import { VarintReader, varintBytesMax, writeVarint } from "./varint.ts";

/** The 64-bit random id of a data directory: 16 lower-case hexadecimal digits. */
export type WriterId = string;

/**
 * Per writer the highest sequence s such that 1…s are held (from the low-water mark on). A writer that is absent stands
 * at 0.
 */
export type Vector = ReadonlyMap<WriterId, number>;

/** Writers that one vector may hold when it comes from outside. */
export const vectorWritersMax = 10_000;

/** True when the text is a writer id. */
export function isWriterId(text: string): boolean {
  return /^[0-9a-f]{16}$/.test(text);
}

/** True when `left` holds at least what `right` holds, of every writer. */
export function covers(left: Vector, right: Vector): boolean {
  for (const [writer, sequence] of right) if ((left.get(writer) ?? 0) < sequence) return false;
  return true;
}

/** How many records `theirs` holds that `ours` lacks. */
export function countMissing(ours: Vector, theirs: Vector): number {
  let missing = 0;
  for (const [writer, sequence] of theirs) missing += Math.max(0, sequence - (ours.get(writer) ?? 0));
  return missing;
}

/** The pointwise maximum. */
export function mergeVectors(left: Vector, right: Vector): Map<WriterId, number> {
  const merged = new Map(left);
  for (const [writer, sequence] of right) if ((merged.get(writer) ?? 0) < sequence) merged.set(writer, sequence);
  return merged;
}

/** True when both say the same of every writer. */
export function sameVector(left: Vector, right: Vector): boolean {
  return covers(left, right) && covers(right, left);
}

/** Writer id and sequence as varints, sorted by writer, so that equal vectors have equal bytes. */
export function encodeVector(vector: Vector): Uint8Array {
  const entries = [...vector].sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
  const bytes = new Uint8Array(varintBytesMax + entries.length * (8 + varintBytesMax));
  let at = writeVarint(bytes, 0, entries.length);
  for (const [writer, sequence] of entries) {
    for (let index = 0; index < 8; index++) {
      bytes[at++] = Number.parseInt(writer.slice(2 * index, 2 * index + 2), 16);
    }
    at = writeVarint(bytes, at, sequence);
  }
  return bytes.slice(0, at);
}

/** The inverse of `encodeVector`; undefined when the bytes are not exactly one vector. */
export function decodeVector(bytes: Uint8Array): Map<WriterId, number> | undefined {
  const reader = new VarintReader(bytes, 0, bytes.length);
  const count = reader.next();
  if (reader.failed || count > vectorWritersMax) return undefined;
  const vector = new Map<WriterId, number>();
  for (let entry = 0; entry < count; entry++) {
    if (reader.at + 8 > bytes.length) return undefined;
    let writer = "";
    for (let index = 0; index < 8; index++)
      writer += (bytes[reader.at + index] as number).toString(16).padStart(2, "0");
    reader.at += 8;
    vector.set(writer, reader.next());
  }
  return reader.failed || reader.at !== bytes.length || vector.size !== count ? undefined : vector;
}
