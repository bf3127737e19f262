/** Reading a segment from end to end: what recovery and the rebuilding of an index are made of. */
import { type Checksum, type FrameHeader, frameHeaderBytes, readPlace, scanFrame } from "../base/mod.ts";
import type { LogFile } from "./directory.ts";

/** Bytes that are read at once. A larger frame is read as a whole. */
const windowBytes = 1_048_576;

/** Where a segment stops being readable, and why. */
export interface Damage {
  readonly at: number;
  readonly reason: string;
  /** Where the next frame would begin if the damage is within the payload of one. */
  readonly resumeAt: number;
}

/** A part of a file in memory. */
class Window {
  readonly #file: LogFile;
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;

  constructor(file: LogFile) {
    this.#file = file;
  }

  async load(at: number, length: number): Promise<void> {
    this.bytes = await this.#file.read(at, Math.max(windowBytes, length));
    this.start = at;
  }
}

/**
 * Calls `visit` for every frame until it returns why a frame cannot be right. Returns where the frames end: with the
 * file, or at damage.
 */
export async function scanSegment(
  file: LogFile,
  checksum: Checksum,
  visit: (header: FrameHeader, position: number, bytes: Uint8Array) => string | undefined,
): Promise<Damage | undefined> {
  const size = file.size;
  const window = new Window(file);
  let at = 0;
  while (at < size) {
    const inWindow = at - window.start;
    const scan = scanFrame(window.bytes, inWindow, checksum);
    if (scan.type === "cut") {
      if (at + scan.bytesNeeded > size) return { at, reason: "the frame goes on beyond the end", resumeAt: size };
      await window.load(at, scan.bytesNeeded);
      if (window.bytes.length >= scan.bytesNeeded) continue;
      return { at, reason: "the file gives fewer bytes than it has", resumeAt: size };
    }
    if (scan.type === "bad") return { at, reason: scan.reason, resumeAt: at + payloadSkip(window.bytes, inWindow) };
    const frame = window.bytes.subarray(inWindow, inWindow + scan.header.frameBytes);
    const fault = visit(scan.header, at, frame);
    if (fault !== undefined) return { at, reason: fault, resumeAt: at + scan.header.frameBytes };
    at += scan.header.frameBytes;
  }
  return undefined;
}

/** Producers choose what a payload holds, frames included: with its headers intact, it is not searched for marks. */
function payloadSkip(bytes: Uint8Array, at: number): number {
  const scan = scanFrame(bytes, at);
  return scan.type === "frame" ? scan.header.frameBytes : 1;
}

/**
 * The greatest position that frames behind the damage say was durable when they were written; 0 when there are none. A
 * mark counts also when the batch behind it is damaged.
 */
export async function durableMarkAfter(file: LogFile, damage: Damage): Promise<number> {
  const size = file.size;
  const window = new Window(file);
  let mark = 0;
  let at = damage.resumeAt;
  while (at + frameHeaderBytes <= size) {
    if (at + frameHeaderBytes > window.start + window.bytes.length) {
      await window.load(at, frameHeaderBytes);
      if (window.bytes.length < frameHeaderBytes) break;
    }
    const found = nextMagic(window.bytes, at - window.start);
    at = window.start + found;
    // A header that the window cuts is looked at in the next one.
    if (window.bytes.length - found < frameHeaderBytes) continue;
    const place = readPlace(window.bytes, found);
    if (place !== undefined && place.durableBefore <= at) mark = Math.max(mark, place.durableBefore);
    at++;
  }
  return mark;
}

/** The position after the last byte from `from` on that is not zero; `from` when there is only room ahead. */
export async function endOfContent(file: LogFile, from: number): Promise<number> {
  let end = from;
  for (let at = from; at < file.size; ) {
    const bytes = await file.read(at, windowBytes);
    if (bytes.length === 0) break;
    const last = bytes.findLastIndex((byte) => byte !== 0);
    if (last >= 0) end = at + last + 1;
    at += bytes.length;
  }
  return end;
}

/** Position of the next "G" of "GVF1", or as near to the end as a header could begin. */
function nextMagic(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0x47, from); at >= 0; at = bytes.indexOf(0x47, at + 1)) {
    if (at + 4 > bytes.length) return at;
    if (bytes[at + 1] === 0x56 && bytes[at + 2] === 0x46 && bytes[at + 3] === 0x31) return at;
  }
  return bytes.length;
}
