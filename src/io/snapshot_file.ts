/** The file that a node remembers its cluster in: lines are appended, and it is rewritten when it has grown long. */
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { systemClock } from "./clock.ts";

/** How often what is new is written, as Serf does. */
const flushMs = 500;

/** A file that could not be written is tried again this seldom. */
const retryMs = 10_000;

/** Bytes of the file that are read, its last ones: many times what a cluster of the largest size takes. */
const readBytesMax = 16_777_216;

/** A snapshot file that cannot be opened. */
export class SnapshotFileError extends Error {
  override readonly name = "SnapshotFileError";
  readonly code = "SNAPSHOT_FILE";
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super(`Cannot use snapshot file ${path}: ${messageOf(cause)}`, { cause });
    this.path = path;
  }
}

/** What stands in the file. */
export interface SnapshotSource {
  /** Lines that are new since the last call. */
  takeLines(): string;
  /** All that is remembered, to stand in place of all lines. */
  text(): string;
  /** Whether a file of so many bytes should be rewritten. */
  isTooLong(bytes: number): boolean;
  /** The file cannot be written: what happens until it can is remembered all the same, and written then. */
  warn(message: string): void;
}

/** The whole lines of a file, none when there is none. Rejects with `SnapshotFileError`. */
export async function readSnapshotFile(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path, "r");
    try {
      return await readTail(file);
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return new Uint8Array(0);
    throw new SnapshotFileError(path, error);
  }
}

async function readTail(file: FileHandle): Promise<Uint8Array> {
  const { size } = await file.stat();
  const start = Math.max(0, size - readBytesMax);
  const bytes = new Uint8Array(size - start);
  let read = 0;
  while (read < bytes.length) {
    const { bytesRead } = await file.read(bytes, read, bytes.length - read, start + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  // The line that the start falls into is not whole.
  const first = start === 0 ? 0 : bytes.indexOf(lineEnd) + 1;
  return bytes.subarray(first, read);
}

/**
 * Writes what its source says, every half second, one step after the other. Once it is open no error stops it: it warns,
 * and writes everything anew later on.
 */
export class SnapshotFile implements AsyncDisposable {
  readonly #path: string;
  readonly #source: SnapshotSource;
  #file: FileHandle | undefined;
  #bytes = 0;
  /** The file does not hold what it should: only a rewrite helps. */
  #isBroken = false;
  #brokenAtMs = Number.NEGATIVE_INFINITY;
  #hasWarned = false;
  #steps: Promise<void> = Promise.resolve();
  #cancelTimer: () => void = () => {};
  #isDisposed = false;

  /** Opens a file, creating it when missing, and writes the first lines. Rejects with `SnapshotFileError`. */
  static async open(path: string, source: SnapshotSource): Promise<SnapshotFile> {
    const snapshot = new SnapshotFile(path, source);
    try {
      snapshot.#file = await open(path, "a+");
      await snapshot.#measure(snapshot.#file);
    } catch (error) {
      await snapshot.#close();
      throw new SnapshotFileError(path, error);
    }
    await snapshot.flush();
    snapshot.#schedule();
    return snapshot;
  }

  private constructor(path: string, source: SnapshotSource) {
    this.#path = path;
    this.#source = source;
  }

  /** Writes what is new. Never rejects. After disposal the file is another's: nothing is written. */
  flush(): Promise<void> {
    return this.#isDisposed ? this.#steps : this.#then(() => this.#flush());
  }

  /** Writes what is new, so that it outlasts a power cut. Never rejects. After disposal nothing is written. */
  sync(): Promise<void> {
    return this.#isDisposed ? this.#steps : this.#then(() => this.#sync());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#cancelTimer();
    await this.#then(async () => {
      await this.#sync();
      await this.#close();
    });
  }

  /** A line that a crash tore must not merge with the next one: such a file is rewritten. */
  async #measure(file: FileHandle): Promise<void> {
    this.#bytes = (await file.stat()).size;
    if (this.#bytes === 0) return;
    const last = new Uint8Array(1);
    await file.read(last, 0, 1, this.#bytes - 1);
    this.#isBroken = last[0] !== lineEnd;
  }

  #schedule(): void {
    if (this.#isDisposed) return;
    this.#cancelTimer = systemClock.schedule(systemClock.nowMs() + flushMs, () => {
      void this.flush().then(() => this.#schedule());
    });
  }

  #then(step: () => Promise<void>): Promise<void> {
    this.#steps = this.#steps.then(step).catch((error: unknown) => this.#fail(error));
    return this.#steps;
  }

  async #flush(): Promise<void> {
    const lines = this.#source.takeLines();
    if (this.#isBroken || this.#file === undefined) {
      if (systemClock.nowMs() >= this.#brokenAtMs + retryMs) await this.#rewrite();
      return;
    }
    if (lines === "") return;
    await this.#file.appendFile(lines);
    this.#bytes += Buffer.byteLength(lines);
    if (this.#source.isTooLong(this.#bytes)) await this.#rewrite();
  }

  async #sync(): Promise<void> {
    // The last chance, so it does not wait for its turn.
    this.#brokenAtMs = Number.NEGATIVE_INFINITY;
    await this.#flush();
    await this.#file?.sync();
  }

  /** Puts a file of what is remembered now in the place of the old one, which stays whole until then. */
  async #rewrite(): Promise<void> {
    const written = `${this.#path}.compact`;
    const text = this.#source.text();
    try {
      const file = await open(written, "w");
      try {
        await file.appendFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      // Some systems replace no file that is open.
      await this.#close();
      await rename(written, this.#path);
    } catch (error) {
      await rm(written, { force: true }).catch(() => {});
      throw error;
    }
    this.#file = await open(this.#path, "a");
    this.#bytes = Buffer.byteLength(text);
    this.#isBroken = false;
    this.#hasWarned = false;
  }

  #fail(error: unknown): void {
    this.#isBroken = true;
    this.#brokenAtMs = systemClock.nowMs();
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#source.warn(`Cannot write snapshot file ${this.#path}: ${messageOf(error)}`);
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}

const lineEnd = 10;

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
