import type { LogFile } from "./directory.ts";

/** Bytes copied at once. */
const rewriteBytes = 1_048_576;

/**
 * Writes pages again that a failed sync may have left clean in memory but not on disk: only so will the next sync carry
 * them there. The bytes stay the same, so that a crash in between harms nothing.
 */
export async function rewrite(file: LogFile, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += rewriteBytes) {
    file.write(at, [await file.read(at, Math.min(rewriteBytes, to - at))]);
  }
}
