/** The real disk: `Directory` and `LogFile` over `node:fs`, which all three runtimes have. */
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsync,
  ftruncateSync,
  openSync,
  read,
  readSync,
  writeSync,
  writevSync,
} from "node:fs";
import { access, constants, mkdir, open, readdir, readFile, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { assert, concat } from "../base/mod.ts";
import type { Directory, DirectoryPath, LogFile } from "../log/mod.ts";
import { codeOf, lockDirectory } from "./directory_lock.ts";
import { newBytes } from "./envelope_reader.ts";

const fdatasyncAsync = promisify(fdatasync);
const fsyncAsync = promisify(fsync);

/** Parts of one `writev`: Linux takes 1,024, others as few as 16 a call but then write short, which is handled. */
const vectorPartsMax = 512;
/** Up to this size parts are copied into one buffer: that costs less than a vector (Deno's is a loop of writes). */
const copiedBytesMax = 524_288;

/** A sync is done on this thread while they take less than this: about what gossip and other callers do not notice. */
const inlineSyncMsMax = 1;
/** The same for reads of at most so many bytes: most find what they read in the system's memory. */
const inlineReadMsMax = 1;
const inlineReadBytesMax = 524_288;
/** How often a file that is written is looked at whether it still has a name. */
const lookEveryMs = 1_000;
/** Weight of the past in the moving averages of what syncs and reads take. */
const timesAveraged = 8;

/** The data directory cannot be created or written. */
export class DirectoryNotWritableError extends Error {
  override readonly name = "DirectoryNotWritableError";
  readonly code = "DIRECTORY_NOT_WRITABLE";
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super(`Cannot use data directory ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.path = path;
  }
}

/** Somebody removed a file, or its directory, while it was open: what is written there is gone once it is closed. */
export class FileRemovedError extends Error {
  override readonly name = "FileRemovedError";
  readonly code = "FILE_REMOVED";

  constructor(path: string) {
    super(`Cannot write ${path}: the file was removed while it was open`);
  }
}

/** Something is where a directory should go. Nothing was moved. */
export class PathTakenError extends Error {
  override readonly name = "PathTakenError";
  readonly code = "PATH_TAKEN";

  constructor(path: string) {
    super(`Cannot move a directory to ${path}: something is there`);
  }
}

/** A directory that this process owns alone, until it is disposed of. */
export interface OwnedDirectory extends Directory, AsyncDisposable {
  readonly path: string;
}

/**
 * Opens a data directory, creating it when missing, and locks it. Rejects with `DirectoryNotWritableError` or
 * `DirectoryLockedError`.
 */
export async function openDirectory(path: string): Promise<OwnedDirectory> {
  const absolute = resolve(path);
  let unlock: () => Promise<void>;
  try {
    await createDirectory(absolute);
    await access(absolute, constants.R_OK | constants.W_OK | constants.X_OK);
    unlock = await lockDirectory(absolute);
  } catch (error) {
    throw codeOf(error) === "DIRECTORY_LOCKED" ? error : new DirectoryNotWritableError(absolute, error);
  }
  return new LockedDirectory(absolute, unlock);
}

/**
 * Creates a directory and its missing parents, durably. Not by `mkdir` with `recursive`: Node's never ends where the
 * system says of a parent that is there that it is not (below /proc, for one).
 */
async function createDirectory(path: string): Promise<void> {
  const parent = dirname(path);
  try {
    await mkdir(path);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return;
    if (codeOf(error) !== "ENOENT" || parent === path || (await isThere(parent))) throw error;
    await createDirectory(parent);
    await mkdir(path);
  }
  await syncDirectory(parent);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    await fsyncAsync(fd);
  } finally {
    closeSync(fd);
  }
}

class DiskDirectory implements Directory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async list(): Promise<string[]> {
    return (await readdir(this.path)).sort();
  }

  async directory(name: string): Promise<Directory> {
    const path = this.#pathOf(name);
    await createDirectory(path);
    return new DiskDirectory(path);
  }

  async open(name: string, options?: { readonly mustExist?: boolean }): Promise<LogFile> {
    const create = options?.mustExist === true ? 0 : constants.O_CREAT;
    const path = this.#pathOf(name);
    return new DiskFile(path, openSync(path, constants.O_RDWR | create, 0o644));
  }

  async readFile(name: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(this.#pathOf(name));
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  async replaceFile(name: string, bytes: Uint8Array): Promise<void> {
    const draft = this.#pathOf(`${name}.new`);
    const file = await open(draft, "w", 0o644);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, this.#pathOf(name));
    await this.sync();
  }

  async rename(from: string, to: string): Promise<void> {
    await rename(this.#pathOf(from), this.#pathOf(to));
  }

  async remove(name: string): Promise<void> {
    await rm(this.#pathOf(name), { force: true });
  }

  async moveDirectory(from: DirectoryPath, to: DirectoryPath): Promise<void> {
    const [source, target] = [from, to].map(([parent]) => this.#pathOf(parent)) as [string, string];
    // A directory may silently take the place of an empty one.
    if (await isThere(join(target, to[1]))) throw new PathTakenError(join(target, to[1]));
    await rename(join(source, from[1]), join(target, to[1]));
    await syncDirectory(target);
    await syncDirectory(source);
  }

  async removeDirectory(name: string): Promise<void> {
    try {
      await rmdir(this.#pathOf(name));
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }

  sync(): Promise<void> {
    return syncDirectory(this.path);
  }

  #pathOf(name: string): string {
    assert(name !== "" && !name.includes("/") && !name.includes("\\"), "a name has no path in it");
    return join(this.path, name);
  }
}

class LockedDirectory extends DiskDirectory implements OwnedDirectory {
  readonly #unlock: () => Promise<void>;

  constructor(path: string, unlock: () => Promise<void>) {
    super(path);
    this.#unlock = unlock;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#unlock();
  }
}

class DiskFile implements LogFile {
  readonly #path: string;
  readonly #fd: number;
  /** When it was last seen to have a name. */
  #seenAtMs = performance.now();
  /** What a sync of this file takes, a moving average: a slow disk must not hold the whole program up. */
  #syncMs = inlineSyncMsMax;
  /** The same of a read. */
  #readMs = 0;
  #size: number;
  #closed = false;
  /** Reads and syncs on their way: the file number must not go to another file before they end. */
  readonly #inFlight = new Set<Promise<unknown>>();

  constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
    this.#size = fstatSync(fd).size;
  }

  get size(): number {
    return this.#size;
  }

  read(at: number, length: number, into?: Uint8Array): Promise<Uint8Array> {
    this.#assertOpen();
    return this.#track(this.#read(at, length, into));
  }

  async #read(at: number, length: number, into: Uint8Array | undefined): Promise<Uint8Array> {
    const wanted = Math.max(0, Math.min(length, this.#size - at));
    const bytes = into === undefined || into.length < wanted ? newBytes(wanted) : into.subarray(0, wanted);
    let filled = 0;
    while (filled < wanted) {
      const startMs = performance.now();
      // On another thread it takes twice as long, and on this one nothing else: as long as the disk need not be waited for.
      const inline = this.#readMs < inlineReadMsMax && wanted <= inlineReadBytesMax;
      const count = inline
        ? readSync(this.#fd, bytes, filled, wanted - filled, at + filled)
        : await this.#readSome(bytes, filled, at + filled);
      this.#readMs += (performance.now() - startMs - this.#readMs) / timesAveraged;
      if (count === 0) return bytes.subarray(0, filled);
      filled += count;
    }
    return bytes;
  }

  write(at: number, parts: readonly Uint8Array[]): void {
    this.#assertOpen();
    this.#assertNamed();
    let position = at;
    for (let first = 0; first < parts.length; first += vectorPartsMax) {
      const some = parts.slice(first, first + vectorPartsMax);
      const bytes = some.reduce((sum, part) => sum + part.length, 0);
      if (some.length === 1 || bytes <= copiedBytesMax) this.#writeAll(concat(some), position);
      else this.#writeVector(some, bytes, position);
      position += bytes;
    }
  }

  /** The operating system takes writes to a file without a name, and forgets them: nobody must be told otherwise for long. */
  #assertNamed(): void {
    const nowMs = performance.now();
    if (nowMs - this.#seenAtMs < lookEveryMs) return;
    if (fstatSync(this.#fd).nlink === 0) throw new FileRemovedError(this.#path);
    this.#seenAtMs = nowMs;
  }

  async truncate(size: number): Promise<void> {
    this.#assertOpen();
    ftruncateSync(this.#fd, size);
    this.#size = size;
  }

  sync(options?: { readonly alone?: boolean }): Promise<void> {
    this.#assertOpen();
    return options?.alone === true && this.#syncMs < inlineSyncMsMax ? this.#syncInline() : this.#syncAside();
  }

  /** On this thread: on a fast disk the way to another one and back costs as much as the sync itself. */
  async #syncInline(): Promise<void> {
    const startMs = performance.now();
    fdatasyncSync(this.#fd);
    this.#tookMs(performance.now() - startMs);
  }

  async #syncAside(): Promise<void> {
    const startMs = performance.now();
    await this.#track(fdatasyncAsync(this.#fd));
    this.#tookMs(performance.now() - startMs);
  }

  #tookMs(ms: number): void {
    this.#syncMs += (ms - this.#syncMs) / timesAveraged;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled(this.#inFlight);
    closeSync(this.#fd);
  }

  async #track<Result>(operation: Promise<Result>): Promise<Result> {
    this.#inFlight.add(operation);
    try {
      return await operation;
    } finally {
      this.#inFlight.delete(operation);
    }
  }

  #readSome(bytes: Uint8Array, into: number, at: number): Promise<number> {
    return new Promise((succeed, fail) => {
      read(this.#fd, bytes, into, bytes.length - into, at, (error, count) => {
        if (error) fail(error);
        else succeed(count);
      });
    });
  }

  #writeAll(bytes: Uint8Array, at: number): void {
    let written = 0;
    while (written < bytes.length) {
      const count = writeSync(this.#fd, bytes, written, bytes.length - written, at + written);
      assert(count > 0, "a write that does not fail writes something");
      written += count;
      this.#size = Math.max(this.#size, at + written);
    }
  }

  #writeVector(parts: readonly Uint8Array[], bytes: number, at: number): void {
    const written = writevSync(this.#fd, parts, at);
    this.#size = Math.max(this.#size, at + written);
    // What a short write left over is written as one piece: rare, so that the copy does not matter.
    if (written < bytes) this.#writeAll(concat(parts).subarray(written), at + written);
  }

  /** A file number that was closed may belong to another file by now. */
  #assertOpen(): void {
    assert(!this.#closed, "nobody uses a file after closing it");
  }
}
