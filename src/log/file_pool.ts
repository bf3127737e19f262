import { assert } from "../base/mod.ts";
import type { Directory, LogFile } from "./directory.ts";

/** Files that all topics of a log keep open together, beside those in use at this moment. */
export const openFilesMax = 256;

/** The file is no longer part of the log: what was there is below its first offset now, or in a file that replaced it. */
export class FileRetiredError extends Error {
  override readonly name = "FileRetiredError";
  readonly code = "FILE_RETIRED";

  constructor(file: string) {
    super(`Cannot read ${file}: retention or compaction took it`);
  }
}

/** Opens files when they are needed and closes those that were used longest ago. */
export class FilePool {
  /** Open files that nobody uses now, the one used longest ago first. */
  readonly #idle = new Set<PooledFile>();

  /** Called by files when their last user is done. */
  park(file: PooledFile): Promise<void> | undefined {
    this.#idle.delete(file);
    this.#idle.add(file);
    if (this.#idle.size <= openFilesMax) return undefined;
    const [oldest] = this.#idle;
    assert(oldest !== undefined, "a set that is too large is not empty");
    this.#idle.delete(oldest);
    return oldest.close();
  }

  /** Called by files when they are about to be used, or closed. */
  unpark(file: PooledFile): void {
    this.#idle.delete(file);
  }
}

/** A file that is open only while it is used, or lately was. */
export class PooledFile {
  readonly name: string;
  readonly #pool: FilePool;
  readonly #directory: Directory;
  #file: Promise<LogFile> | undefined;
  /** What `#file` resolved with. */
  #opened: LogFile | undefined;
  #users = 0;
  #isRetired = false;
  #whenUnused: (() => void) | undefined;

  constructor(pool: FilePool, directory: Directory, name: string) {
    this.#pool = pool;
    this.#directory = directory;
    this.name = name;
  }

  /** The file if it is open now: only for what is done before anything is awaited. */
  get opened(): LogFile | undefined {
    return this.#opened;
  }

  /** Calls `action` with the open file. */
  async use<Result>(action: (file: LogFile) => Promise<Result> | Result): Promise<Result> {
    if (this.#isRetired) throw new FileRetiredError(this.name);
    if (this.#users++ === 0) this.#pool.unpark(this);
    try {
      // A file that went missing must not come back empty.
      this.#file ??= this.#directory.open(this.name, { mustExist: true });
      const opening = this.#file;
      const file = await opening;
      if (this.#file === opening) this.#opened = file;
      return await action(file);
    } catch (error) {
      // A file that failed is opened anew by its next user: a handle may stay broken when the disk is well again.
      if (this.#users === 1) await this.close();
      throw error;
    } finally {
      if (--this.#users === 0) {
        this.#whenUnused?.();
        if (this.#file !== undefined && !this.#isRetired) await this.#pool.park(this);
      }
    }
  }

  /** Lets those who use it finish, closes it, and lets nobody use it again. */
  async retire(): Promise<void> {
    this.#isRetired = true;
    if (this.#users > 0) {
      await new Promise<void>((resolve) => {
        this.#whenUnused = resolve;
      });
    }
    await this.close();
  }

  /** Closes it; a later use opens it again. */
  async close(): Promise<void> {
    this.#pool.unpark(this);
    const file = this.#file;
    this.#file = undefined;
    this.#opened = undefined;
    if (file === undefined) return;
    try {
      await (await file).close();
    } catch {
      // Nothing is lost: what had to be on disk was synced, and a failed sync was reported where it happened.
    }
  }
}
