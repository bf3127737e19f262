import { type Checksum, crc32 } from "../base/mod.ts";
import { InvalidLogOptionError } from "./errors.ts";
import type { FsyncPolicy, LogOptions } from "./types.ts";

/** Every option, checked and filled. */
export interface ResolvedLogOptions {
  readonly fsync: FsyncPolicy;
  readonly fsyncIntervalMs: number;
  readonly segmentBytesMax: number;
  readonly indexEveryBytes: number;
  readonly pendingBytesMax: number;
  readonly journalTopicsMin: number;
  readonly journalBytesMax: number;
  readonly scrubBytesPerSecond: number;
  readonly newWriter: boolean;
  readonly checksum: Checksum;
}

const kibibyte = 1_024;
const mebibyte = 1_024 * kibibyte;
const gibibyte = 1_024 * mebibyte;

/** Checks and fills the options; throws `InvalidLogOptionError`. */
export function resolveOptions(options: LogOptions): ResolvedLogOptions {
  const fsync = options.fsync ?? "always";
  if (fsync !== "always" && fsync !== "interval" && fsync !== "never") {
    throw new InvalidLogOptionError("fsync", fsync, "always, interval or never");
  }
  return {
    fsync,
    fsyncIntervalMs: whole("fsyncIntervalMs", options.fsyncIntervalMs ?? 1_000, 1, 3_600_000),
    segmentBytesMax: whole("segmentBytesMax", options.segmentBytesMax ?? 256 * mebibyte, 64 * kibibyte, gibibyte),
    indexEveryBytes: whole("indexEveryBytes", options.indexEveryBytes ?? 64 * kibibyte, 512, 16 * mebibyte),
    pendingBytesMax: whole("pendingBytesMax", options.pendingBytesMax ?? 64 * mebibyte, 64 * kibibyte, gibibyte),
    journalTopicsMin: whole("journalTopicsMin", options.journalTopicsMin ?? 8, 1, 1_000_000),
    journalBytesMax: whole("journalBytesMax", options.journalBytesMax ?? 32 * mebibyte, 64 * kibibyte, gibibyte),
    scrubBytesPerSecond: scrubRate(options.scrubBytesPerSecond ?? 0),
    newWriter: options.newWriter ?? false,
    checksum: options.checksum ?? crc32,
  };
}

function scrubRate(value: number): number {
  return value === 0 ? 0 : whole("scrubBytesPerSecond", value, 64 * kibibyte, gibibyte);
}

function whole(option: string, value: number, low: number, high: number): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new InvalidLogOptionError(option, value, `a whole number from ${low} to ${high}`);
}
