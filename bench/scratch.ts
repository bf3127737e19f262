/** Files of a measurement: gone when it ends, fails, or is told to stop. */
import { rmSync } from "node:fs";
import { mkdtemp, rm, statfs } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

/** Runs `work` with a directory of its own, on a disk that has room for so many bytes. */
export async function withScratch<Result>(
  bytesNeeded: number,
  work: (directory: string) => Promise<Result>,
): Promise<Result> {
  const { bavail, bsize } = await statfs(os.tmpdir());
  if (bavail * bsize < bytesNeeded) {
    const [free, needed] = [bavail * bsize, bytesNeeded].map((bytes) => (bytes / 1e9).toFixed(1));
    throw new RangeError(`Cannot measure in ${os.tmpdir()}: ${free} GB are free, ${needed} GB are needed`);
  }
  const directory = await mkdtemp(path.join(os.tmpdir(), "grapevine-bench-"));
  const remove = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  const stop = (): never => process.exit(1);
  process.once("exit", remove);
  for (const signal of stopSignals) process.once(signal, stop);
  try {
    return await work(directory);
  } finally {
    for (const signal of stopSignals) process.removeListener(signal, stop);
    process.removeListener("exit", remove);
    await rm(directory, { recursive: true, force: true });
  }
}

const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
