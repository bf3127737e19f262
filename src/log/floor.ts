/**
 * Where a topic's log begins once retention took segments: without it the sequences of feeds that are wholly gone would
 * begin anew.
 */
import {
  type ChainHash,
  type Checksum,
  fromHex,
  readUint53,
  toHex,
  vectorWritersMax,
  viewOf,
  type WriterId,
  writeUint53,
} from "../base/mod.ts";
import { LogCorruptError } from "./errors.ts";
import type { FeedEnd } from "./feed.ts";

export const floorFileName = "floor";
/** First four bytes of the file: "GVB1". */
const floorMagic = 0x31425647;
const headBytes = 40;
const feedBytes = 32;
const formatVersion = 1;

/** What was there before the first record that is held. */
export interface Floor {
  /** Offset of the first record held. */
  readonly offset: number;
  /** The greatest Lamport number below it. */
  readonly lamport: number;
  /** How far each feed went there, and its hash there. */
  readonly feeds: ReadonlyMap<WriterId, FeedEnd>;
}

export const noFloor: Floor = { offset: 0, lamport: 0, feeds: new Map() };

export function encodeFloor(floor: Floor, checksum: Checksum): Uint8Array {
  const bytes = new Uint8Array(headBytes + feedBytes * floor.feeds.size);
  const view = viewOf(bytes);
  view.setUint32(0, floorMagic, true);
  view.setUint16(8, formatVersion, true);
  writeUint53(view, 16, floor.offset);
  writeUint53(view, 24, floor.lamport);
  view.setUint32(32, floor.feeds.size, true);
  let at = headBytes;
  for (const [writer, { have, chain }] of floor.feeds) {
    bytes.set(fromHex(writer) as Uint8Array, at);
    writeUint53(view, at + 8, have);
    view.setUint32(at + 16, chain?.low ?? 0, true);
    view.setUint32(at + 20, chain?.high ?? 0, true);
    view.setUint32(at + 24, chain === undefined ? 0 : 1, true);
    at += feedBytes;
  }
  view.setUint32(4, checksum(bytes.subarray(8)), true);
  return bytes;
}

/** Throws `LogCorruptError` when the file is damaged: without it the log cannot go on. */
export function decodeFloor(bytes: Uint8Array, path: string, checksum: Checksum): Floor {
  const view = viewOf(bytes);
  if (bytes.length < headBytes || view.getUint32(0, true) !== floorMagic) {
    throw new LogCorruptError(path, 0, "no floor begins here");
  }
  if (view.getUint32(4, true) !== checksum(bytes.subarray(8))) {
    throw new LogCorruptError(path, 4, "the checksum does not match");
  }
  const version = view.getUint16(8, true);
  if (version !== formatVersion) {
    throw new LogCorruptError(path, 8, `format version ${version} is not ${formatVersion}`);
  }
  const count = view.getUint32(32, true);
  if (count > vectorWritersMax || bytes.length !== headBytes + count * feedBytes) {
    throw new LogCorruptError(path, 32, `${count} feeds do not fit ${bytes.length} bytes`);
  }
  const feeds = new Map<WriterId, FeedEnd>();
  for (let at = headBytes; at < bytes.length; at += feedBytes) {
    feeds.set(toHex(bytes.subarray(at, at + 8)), { have: numberAt(view, at + 8), chain: chainAt(view, at + 16) });
  }
  return { offset: numberAt(view, 16), lamport: numberAt(view, 24), feeds };
}

function numberAt(view: DataView, at: number): number {
  return readUint53(view, at) ?? 0;
}

function chainAt(view: DataView, at: number): ChainHash | undefined {
  if (view.getUint32(at + 8, true) === 0) return undefined;
  return { low: view.getUint32(at, true), high: view.getUint32(at + 4, true) };
}
