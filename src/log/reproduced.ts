/**
 * The small file of a topic that says which feeds of our own, given up since, were produced again, and from where on
 * (rule R6). Written before the first batch is produced again, so that a crash finds what was begun.
 */
import { type Checksum, fromHex, readUint53, toHex, viewOf, type WriterId, writeUint53 } from "../base/mod.ts";

export const reproducedFileName = "reproduced";
/** First four bytes of the file: "GVR1". */
const reproducedMagic = 0x31525647;
const headBytes = 16;
const entryBytes = 40;
const formatVersion = 1;
/** Writers of one topic that are remembered: a node that forked so often begins to forget the first. */
export const reproducedWritersMax = 64;

/** What of one feed is, or is being, produced again. */
export interface Reproduced {
  readonly writer: WriterId;
  readonly from: number;
  readonly through: number;
  /** The producer id that batches get which had none, to find them again. */
  readonly producer: string;
  readonly isDone: boolean;
}

export function encodeReproduced(entries: readonly Reproduced[], checksum: Checksum): Uint8Array {
  const bytes = new Uint8Array(headBytes + entryBytes * entries.length);
  const view = viewOf(bytes);
  view.setUint32(0, reproducedMagic, true);
  view.setUint16(8, formatVersion, true);
  view.setUint32(12, entries.length, true);
  let at = headBytes;
  for (const { writer, from, through, producer, isDone } of entries) {
    bytes.set(fromHex(writer) as Uint8Array, at);
    writeUint53(view, at + 8, from);
    writeUint53(view, at + 16, through);
    bytes.set(fromHex(producer) as Uint8Array, at + 24);
    view.setUint8(at + 32, isDone ? 1 : 0);
    at += entryBytes;
  }
  view.setUint32(4, checksum(bytes.subarray(8)), true);
  return bytes;
}

/** What is damaged says nothing: at worst records are produced again once more. */
export function decodeReproduced(bytes: Uint8Array | undefined, checksum: Checksum): readonly Reproduced[] {
  if (bytes === undefined || bytes.length < headBytes) return [];
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== reproducedMagic || view.getUint16(8, true) !== formatVersion) return [];
  if (view.getUint32(4, true) !== checksum(bytes.subarray(8))) return [];
  const count = view.getUint32(12, true);
  if (count > reproducedWritersMax || bytes.length !== headBytes + count * entryBytes) return [];
  const entries: Reproduced[] = [];
  for (let at = headBytes; at < bytes.length; at += entryBytes) {
    entries.push({
      writer: toHex(bytes.subarray(at, at + 8)),
      from: readUint53(view, at + 8) ?? 1,
      through: readUint53(view, at + 16) ?? 0,
      producer: toHex(bytes.subarray(at + 24, at + 32)),
      isDone: view.getUint8(at + 32) === 1,
    });
  }
  return entries;
}
