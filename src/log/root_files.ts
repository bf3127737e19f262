/** The two small files at the root of a data directory: who writes here, and whether the last stop was a clean one. */
import {
  type Checksum,
  concat,
  fromHex,
  readUint53,
  toBytes,
  toHex,
  topicOfKey,
  topicsMax,
  toText,
  viewOf,
  type WriterId,
  writeUint53,
} from "../base/mod.ts";
import { LogCorruptError } from "./errors.ts";
import type { TopicEnd } from "./recovery.ts";
import type { FsyncPolicy } from "./types.ts";

export const writerFileName = "writer";
export const cleanStopFileName = "clean-stop";

/** First four bytes of the writer file: "GVW1". */
const writerMagic = 0x31575647;
const writerFileBytes = 24;
/** First four bytes of the clean-stop marker: "GVC1". */
const cleanStopMagic = 0x31435647;
const cleanStopHeadBytes = 12;
const formatVersion = 1;
const policies: readonly FsyncPolicy[] = ["always", "interval", "never"];

/** What the writer file says. */
export interface WriterFile {
  readonly writer: WriterId;
  /** The policy under which the directory was last open: after an unclean stop it tells what may have been lost. */
  readonly fsync: FsyncPolicy;
}

export function encodeWriterFile(file: WriterFile, checksum: Checksum): Uint8Array {
  const bytes = new Uint8Array(writerFileBytes);
  const view = viewOf(bytes);
  view.setUint32(0, writerMagic, true);
  view.setUint16(8, formatVersion, true);
  view.setUint8(10, policies.indexOf(file.fsync));
  bytes.set(fromHex(file.writer) as Uint8Array, 16);
  view.setUint32(4, checksum(bytes.subarray(8)), true);
  return bytes;
}

/** Undefined when the file is damaged; throws when it is intact but of another format. */
export function decodeWriterFile(bytes: Uint8Array, checksum: Checksum): WriterFile | undefined {
  if (bytes.length < writerFileBytes) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== writerMagic) return undefined;
  if (view.getUint32(4, true) !== checksum(bytes.subarray(8))) return undefined;
  const version = view.getUint16(8, true);
  if (version !== formatVersion) {
    throw new LogCorruptError(writerFileName, 8, `format version ${version} is not ${formatVersion}`);
  }
  const fsync = policies[view.getUint8(10)];
  return fsync === undefined ? undefined : { writer: toHex(bytes.subarray(16, 24)), fsync };
}

/** Why a directory may not go on with its writer (rule R5); undefined when it may. */
export function whyMint(
  written: WriterFile | undefined,
  open: {
    readonly hadFile: boolean;
    readonly clean: boolean;
    readonly newWriter: boolean;
    readonly fsync: FsyncPolicy;
  },
): string | undefined {
  if (written === undefined)
    return open.hadFile ? "the writer file is damaged" : "the data directory has no writer yet";
  if (open.newWriter) return "a new writer was asked for";
  if (open.clean) return undefined;
  if (written.fsync !== "always") return `the last stop was not clean, under fsync policy ${written.fsync}`;
  return open.fsync === "always" ? undefined : `the last stop was not clean; the fsync policy is ${open.fsync}`;
}

/** `ends` by the names of the topics' directories. */
export function encodeCleanStop(ends: ReadonlyMap<string, TopicEnd>, checksum: Checksum): Uint8Array {
  const head = new Uint8Array(cleanStopHeadBytes);
  viewOf(head).setUint32(0, cleanStopMagic, true);
  viewOf(head).setUint32(8, ends.size, true);
  const parts = [head];
  for (const [topic, end] of ends) {
    const name = toBytes(topic);
    const entry = new Uint8Array(17 + name.length);
    writeUint53(viewOf(entry), 0, end.baseOffset);
    writeUint53(viewOf(entry), 8, end.bytes);
    entry[16] = name.length;
    entry.set(name, 17);
    parts.push(entry);
  }
  const bytes = concat(parts);
  viewOf(bytes).setUint32(4, checksum(bytes.subarray(8)), true);
  return bytes;
}

/** Undefined when the bytes are no intact marker: the stop then counts as unclean, which is always safe. */
export function decodeCleanStop(bytes: Uint8Array, checksum: Checksum): Map<string, TopicEnd> | undefined {
  if (bytes.length < cleanStopHeadBytes) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== cleanStopMagic) return undefined;
  if (view.getUint32(4, true) !== checksum(bytes.subarray(8))) return undefined;
  const count = view.getUint32(8, true);
  if (count > topicsMax) return undefined;
  const ends = new Map<string, TopicEnd>();
  let at = cleanStopHeadBytes;
  for (let index = 0; index < count; index++) {
    if (at + 17 > bytes.length) return undefined;
    const baseOffset = readUint53(view, at);
    const endBytes = readUint53(view, at + 8);
    const nameEnd = at + 17 + (bytes[at + 16] as number);
    const name = toText(bytes.subarray(at + 17, nameEnd));
    if (baseOffset === undefined || endBytes === undefined || topicOfKey(name) === undefined) return undefined;
    ends.set(name, { baseOffset, bytes: endBytes });
    at = nameEnd;
  }
  return at === bytes.length ? ends : undefined;
}
