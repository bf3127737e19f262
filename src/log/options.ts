import { type Checksum, crc32 } from "../base/mod.ts";
import { InvalidLogOptionError } from "./errors.ts";
import type { FsyncPolicy, LogOptions, Retention } from "./types.ts";

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
  readonly scrubPauseMs: number;
  readonly compactionBytesPerSecond: number;
  readonly compactionDirtyRatioMin: number;
  readonly compactionEveryMs: number;
  readonly retention: Retention;
  readonly newWriter: boolean;
  readonly checksum: Checksum;
}

/** Nodes that anybody may wait for. */
export const copiesMax = 100;

const kibibyte = 1_024;
const mebibyte = 1_024 * kibibyte;
const gibibyte = 1_024 * mebibyte;

/** Checks and fills the options; throws `InvalidLogOptionError`. */
export function resolveOptions(options: LogOptions): ResolvedLogOptions {
  const fsync = options.fsync ?? "always";
  if (fsync !== "always" && fsync !== "interval" && fsync !== "never") {
    throw new InvalidLogOptionError("fsync", fsync, "always, interval or never");
  }
  const segmentBytesMax = whole("segmentBytesMax", options.segmentBytesMax ?? 256 * mebibyte, 64 * kibibyte, gibibyte);
  return {
    fsync,
    fsyncIntervalMs: whole("fsyncIntervalMs", options.fsyncIntervalMs ?? 1_000, 1, 3_600_000),
    segmentBytesMax,
    indexEveryBytes: whole("indexEveryBytes", options.indexEveryBytes ?? 64 * kibibyte, 512, 16 * mebibyte),
    pendingBytesMax: whole("pendingBytesMax", options.pendingBytesMax ?? 64 * mebibyte, 64 * kibibyte, gibibyte),
    journalTopicsMin: whole("journalTopicsMin", options.journalTopicsMin ?? 8, 1, 1_000_000),
    journalBytesMax: whole("journalBytesMax", options.journalBytesMax ?? 32 * mebibyte, 64 * kibibyte, gibibyte),
    scrubBytesPerSecond: rate("scrubBytesPerSecond", options.scrubBytesPerSecond ?? 0),
    scrubPauseMs: whole("scrubPauseMs", options.scrubPauseMs ?? 3_600_000, 1_000, 31_536_000_000),
    compactionBytesPerSecond: rate("compactionBytesPerSecond", options.compactionBytesPerSecond ?? 16 * mebibyte),
    compactionDirtyRatioMin: ratio("compactionDirtyRatioMin", options.compactionDirtyRatioMin ?? 0.5),
    compactionEveryMs: whole("compactionEveryMs", options.compactionEveryMs ?? 60_000, 1_000, 86_400_000),
    retention: checkRetention(options.retention ?? {}, segmentBytesMax),
    newWriter: options.newWriter ?? false,
    checksum: options.checksum ?? crc32,
  };
}

/** The same retention, if it makes sense; throws `InvalidLogOptionError`. */
export function checkRetention(retention: Retention, segmentBytesMax: number): Retention {
  const { bytesMin, ageMaxMs, segmentsMax, keepUntilReplicas, bytesMax } = retention;
  if (bytesMin !== undefined) whole("retention.bytesMin", bytesMin, segmentBytesMax, Number.MAX_SAFE_INTEGER);
  if (ageMaxMs !== undefined) whole("retention.ageMaxMs", ageMaxMs, 1_000, Number.MAX_SAFE_INTEGER);
  if (segmentsMax !== undefined) whole("retention.segmentsMax", segmentsMax, 1, Number.MAX_SAFE_INTEGER);
  if (keepUntilReplicas !== undefined) whole("retention.keepUntilReplicas", keepUntilReplicas, 1, copiesMax);
  if (bytesMax !== undefined) whole("retention.bytesMax", bytesMax, segmentBytesMax, Number.MAX_SAFE_INTEGER);
  return retention;
}

function rate(option: string, value: number): number {
  return value === 0 ? 0 : whole(option, value, 64 * kibibyte, gibibyte);
}

function ratio(option: string, value: number): number {
  if (value >= 0.01 && value <= 1) return value;
  throw new InvalidLogOptionError(option, value, "a number from 0.01 to 1");
}

function whole(option: string, value: number, low: number, high: number): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new InvalidLogOptionError(option, value, `a whole number from ${low} to ${high}`);
}
