/**
 * The bytes of the journal (`docs/format.md`): what goes into a segment, and where in it, before it is there. An entry
 * says "these frames belong at this position of this segment", so that writing it twice changes nothing.
 */
import {
  assert,
  type Checksum,
  crc32,
  crc32Between,
  readUint53,
  scanFrame,
  topicOfKey,
  toText,
  viewOf,
  writeUint53,
} from "../base/mod.ts";
import type { LogFile } from "./directory.ts";

/** A file begins with two headers, a sector each: one stays whole while the other is replaced. */
export const headSlotBytes = 512;
export const journalHeadBytes: number = 2 * headSlotBytes;
/** First four bytes of a journal file: "GVJ1". */
const journalMagic = 0x314a5647;
/** First four bytes of an entry: "GVE1". */
const entryMagic = 0x31455647;
const entryHeadBytes = 48;
const formatVersion = 1;

/** Frames on their way into a segment. */
export interface JournalEntry {
  /** Name of the topic's directory: each generation has its own. */
  readonly topic: string;
  /** Base offset of the segment. */
  readonly baseOffset: number;
  /** Where in the segment the frames begin. */
  readonly position: number;
  readonly parts: readonly Uint8Array[];
}

/** An entry as it stands in a file. */
export interface WrittenEntry extends JournalEntry {
  /** The commit that it belongs to: later commits have greater numbers, also across files and lives. */
  readonly batch: number;
  /** How far into the journal file everything was known to be durable when it was written. */
  readonly durableBefore: number;
  readonly entryBytes: number;
}

/** Bytes that an entry takes in the journal. */
export function entryBytesOf(topicBytes: number, frameBytes: number): number {
  return entryHeadBytes + topicBytes + frameBytes;
}

/** A header of a journal file: entries of this batch and of earlier ones are void. */
export function encodeJournalHead(voidThrough: number): Uint8Array {
  const bytes = new Uint8Array(headSlotBytes);
  const view = viewOf(bytes);
  view.setUint32(0, journalMagic, true);
  writeUint53(view, 8, voidThrough);
  view.setUint16(16, formatVersion, true);
  view.setUint32(4, crc32(bytes.subarray(8, 24)), true);
  return bytes;
}

/** What the headers of a journal file say. */
export interface JournalHead {
  /** Through which batch entries are void. */
  readonly voidThrough: number;
  /** Where the next header goes: not over the one that counts. */
  readonly nextAt: number;
}

/** Reads both headers; the greater number counts. Undefined when none is intact. */
export function decodeJournalHead(bytes: Uint8Array): JournalHead | undefined {
  const first = decodeSlot(bytes.subarray(0, headSlotBytes));
  const second = decodeSlot(bytes.subarray(headSlotBytes, journalHeadBytes));
  if (first === undefined && second === undefined) return undefined;
  if ((second ?? -1) > (first ?? -1)) return { voidThrough: second as number, nextAt: 0 };
  return { voidThrough: first as number, nextAt: headSlotBytes };
}

function decodeSlot(bytes: Uint8Array): number | undefined {
  if (bytes.length < headSlotBytes) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== journalMagic) return undefined;
  if (view.getUint32(4, true) !== crc32(bytes.subarray(8, 24))) return undefined;
  return view.getUint16(16, true) === formatVersion ? readUint53(view, 8) : undefined;
}

/** Declares, durably, that all entries of a journal file through this batch are void. */
export async function voidJournal(file: LogFile, voidThrough: number): Promise<void> {
  const head = decodeJournalHead(await file.read(0, journalHeadBytes));
  file.write(head?.nextAt ?? 0, [encodeJournalHead(voidThrough)]);
  await file.sync();
}

/** Where entries are written one behind the other: one view for all of them, which costs more than to write one. */
export class EntryWriter {
  #bytes = new Uint8Array(65_536);
  #view = viewOf(this.#bytes);
  /** Where the next entry goes. */
  #at = 0;

  /** Begins anew, with room for so many bytes. */
  begin(bytes: number): void {
    this.#at = 0;
    if (bytes <= this.#bytes.length) return;
    this.#bytes = new Uint8Array(Math.max(bytes, 2 * this.#bytes.length));
    this.#view = viewOf(this.#bytes);
  }

  /** Writes an entry; `name` is that of its topic as bytes. */
  add(entry: JournalEntry, name: Uint8Array, stamp: { readonly batch: number; readonly durableBefore: number }): void {
    const into = this.#bytes;
    const view = this.#view;
    const at = this.#at;
    const nameEnd = at + entryHeadBytes + name.length;
    let end = nameEnd;
    for (let index = 0; index < entry.parts.length; index++) {
      const part = entry.parts[index] as Uint8Array;
      into.set(part, end);
      end += part.length;
    }
    view.setUint32(at, entryMagic, true);
    writeUint53(view, at + 8, stamp.batch);
    writeUint53(view, at + 16, stamp.durableBefore);
    writeUint53(view, at + 24, entry.baseOffset);
    writeUint53(view, at + 32, entry.position);
    view.setUint32(at + 40, end - nameEnd, true);
    view.setUint32(at + 44, name.length, true);
    into.set(name, at + entryHeadBytes);
    view.setUint32(at + 4, crc32Between(into, at + 8, nameEnd), true);
    this.#at = end;
  }

  /** What was written since `begin`, until the next one. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }
}

/** What lies at a position of a journal file that is in memory as a whole. */
export type EntryScan =
  | { readonly type: "entry"; readonly entry: WrittenEntry }
  /** `header` is there when it is intact and the frames behind it are not. */
  | { readonly type: "bad"; readonly reason: string; readonly header: WrittenEntry | undefined };

/** Reads the entry at `at`. Total over any bytes. */
export function scanEntry(bytes: Uint8Array, at: number, checksum: Checksum): EntryScan {
  const header = readEntryHead(bytes, at);
  if (typeof header === "string") return { type: "bad", reason: header, header: undefined };
  const end = at + header.entryBytes;
  if (end > bytes.length) return { type: "bad", reason: "the entry goes on beyond the end", header };
  const frames = header.parts[0] as Uint8Array;
  for (let inner = 0; inner < frames.length; ) {
    const scan = scanFrame(frames, inner, checksum);
    if (scan.type !== "frame") {
      return { type: "bad", reason: scan.type === "bad" ? scan.reason : "a frame is cut off", header };
    }
    inner += scan.header.frameBytes;
  }
  return { type: "entry", entry: header };
}

function readEntryHead(bytes: Uint8Array, at: number): WrittenEntry | string {
  if (bytes.length - at < entryHeadBytes) return "the file ends";
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, entryHeadBytes);
  if (view.getUint32(0, true) !== entryMagic) return "no entry begins here";
  const nameEnd = at + entryHeadBytes + view.getUint32(44, true);
  if (nameEnd > bytes.length) return "the entry's name goes on beyond the end";
  if (view.getUint32(4, true) !== crc32(bytes.subarray(at + 8, nameEnd))) return "the entry's checksum does not match";
  const batch = readUint53(view, 8);
  const durableBefore = readUint53(view, 16);
  const baseOffset = readUint53(view, 24);
  const position = readUint53(view, 32);
  const topic = toText(bytes.subarray(at + entryHeadBytes, nameEnd));
  if (batch === undefined || durableBefore === undefined || baseOffset === undefined || position === undefined) {
    return "a number is above 2^53";
  }
  if (topicOfKey(topic) === undefined) return "the entry names no topic";
  const entryBytes = nameEnd - at + view.getUint32(40, true);
  const parts = [bytes.subarray(nameEnd, at + entryBytes)];
  return { topic, baseOffset, position, parts, batch, durableBefore, entryBytes };
}

/** What a journal file holds. */
export interface JournalScan {
  /** Entries of this batch and of earlier ones were void. */
  readonly voidThrough: number;
  readonly entries: readonly WrittenEntry[];
  /** Why the entries end where they do, when something that was durable stood behind: then the file is corrupt. */
  readonly corrupt: { readonly at: number; readonly reason: string } | undefined;
}

/** Reads all of a journal file that counts. */
export function scanJournal(bytes: Uint8Array, checksum: Checksum): JournalScan {
  const head = decodeJournalHead(bytes);
  const voidThrough = head?.voidThrough ?? 0;
  const entries: WrittenEntry[] = [];
  let batch = voidThrough + 1;
  let at = journalHeadBytes;
  for (;;) {
    const scan = scanEntry(bytes, at, checksum);
    // What an earlier use of the file left, or a commit that failed, has a smaller number than what stands before it.
    const isCurrent = scan.type === "entry" && scan.entry.batch >= batch;
    if (!isCurrent) {
      const reason = scan.type === "bad" ? scan.reason : `batch ${scan.entry.batch} stands behind batch ${batch}`;
      const resumeAt = scan.type === "bad" && scan.header !== undefined ? at + scan.header.entryBytes : at + 1;
      if (head === undefined && entries.length > 0) {
        return { voidThrough, entries, corrupt: { at: 0, reason: "neither header is intact" } };
      }
      const mark = durableMark(bytes, { from: at, resumeAt, voidThrough });
      return { voidThrough, entries, corrupt: mark > at ? { at, reason } : undefined };
    }
    entries.push(scan.entry);
    batch = scan.entry.batch;
    at += scan.entry.entryBytes;
    assert(at <= bytes.length, "an entry ends within its file");
  }
}

/** The greatest position that entries from the damage on say was durable. The payload of intact headers is skipped. */
function durableMark(
  bytes: Uint8Array,
  place: { readonly from: number; readonly resumeAt: number; readonly voidThrough: number },
): number {
  let mark = 0;
  const look = (at: number): number => {
    const header = readEntryHead(bytes, at);
    if (typeof header === "string") return 1;
    if (header.batch > place.voidThrough && header.durableBefore <= at) mark = Math.max(mark, header.durableBefore);
    return header.entryBytes;
  };
  look(place.from);
  for (let at = place.resumeAt; ; ) {
    at = bytes.indexOf(0x47, at);
    if (at < 0) return mark;
    at += look(at);
  }
}
