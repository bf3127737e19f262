/**
 * A disk in memory that keeps exactly what a disk promises and no more: it can lose, reorder and tear what was not
 * synced, run full and fail. Deterministic; no I/O.
 */
import { assert, concat, type Random } from "../base/mod.ts";
import type { Directory, LogFile } from "../log/mod.ts";
import { type CrashMode, SimulatedFile } from "./simulated_file.ts";

export type { CrashMode } from "./simulated_file.ts";

export type DiskOperation = "read" | "write" | "sync" | "truncate" | "replace";

/** An error as disks report it. */
export class SimulatedDiskError extends Error {
  override readonly name = "SimulatedDiskError";
  readonly code: "ENOSPC" | "EIO" | "ESTALE" | "ENOENT";

  constructor(code: "ENOSPC" | "EIO" | "ESTALE" | "ENOENT", message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

interface Folder {
  readonly folders: Map<string, Folder>;
  files: Map<string, SimulatedFile>;
  /** The names after each change since the last sync; the first is what a sync made durable. */
  history: Map<string, SimulatedFile>[];
}

/** How often the disk was asked. */
export interface DiskCounts {
  reads: number;
  writes: number;
  bytesWritten: number;
  bytesRead: number;
  syncs: number;
  /** Files open now, and the most that were at once. */
  open: number;
  openMost: number;
}

/** Changes of names that one directory remembers since its last sync. */
const historyMax = 1_000;

export class SimulatedDisk {
  readonly counts: DiskCounts = {
    ...{ reads: 0, writes: 0, bytesWritten: 0, bytesRead: 0, syncs: 0 },
    ...{ open: 0, openMost: 0 },
  };
  /** Awaited before a read or a sync takes effect; replace it to hold the disk up. */
  pause: () => Promise<void> = () => Promise.resolve();
  /** Bytes of all files together; a write beyond fails with ENOSPC after a part of it. */
  bytesMax: number = Number.POSITIVE_INFINITY;
  readonly #root: Folder = newFolder();
  readonly #faults: { operation: DiskOperation; code: "ENOSPC" | "EIO"; times: number; name: string }[] = [];
  #life = 0;

  /** The root directory, for one life: after `crash` it and every handle from it fail with ESTALE. */
  mount(): Directory {
    return new SimulatedDirectory(this, this.#root, this.#life);
  }

  /** The machine stops now. Handles of this life are dead; `mount` again. */
  crash(mode: CrashMode, random: Random): void {
    this.#life++;
    this.pause = () => Promise.resolve();
    crashFolder(this.#root, mode, random);
  }

  /** A disk with the same files, all of them synced: a backup. */
  copy(): SimulatedDisk {
    const copy = new SimulatedDisk();
    copyFolder(this.#root, copy.#root);
    return copy;
  }

  /** Lets the next `times` operations on files whose name contains `name` fail. */
  failNext(operation: DiskOperation, code: "ENOSPC" | "EIO", options: { times?: number; name?: string } = {}): void {
    this.#faults.push({ operation, code, times: options.times ?? 1, name: options.name ?? "" });
  }

  /** Forgets all faults that have not struck yet. */
  healFaults(): void {
    this.#faults.length = 0;
  }

  /** Paths of all files, sorted, for tests that look at or damage what lies there. */
  paths(): string[] {
    return pathsIn(this.#root, "").sort();
  }

  /** A file's bytes as they are now. */
  peek(path: string): Uint8Array {
    const file = this.#find(path);
    return file.read(0, file.size);
  }

  /** Overwrites bytes behind everybody's back. */
  damage(path: string, at: number, bytes: Uint8Array): void {
    this.#find(path).damage(at, bytes);
  }

  /** Deletes a file behind everybody's back. */
  unlink(path: string): void {
    const { folder, name } = this.#locate(path);
    folder.files.delete(name);
    folder.history = [new Map(folder.files)];
  }

  /** Bytes of all files. */
  bytesUsed(): number {
    return this.paths().reduce((sum, path) => sum + this.#find(path).size, 0);
  }

  /** For handles: throws when their life is over or a fault is due. */
  judge(life: number, operation: DiskOperation | undefined, name: string): void {
    if (life !== this.#life) throw new SimulatedDiskError("ESTALE", `${name} belongs to a machine that crashed`);
    if (operation === undefined) return;
    const fault = this.#faults.find((one) => one.operation === operation && one.times > 0 && name.includes(one.name));
    if (fault === undefined) return;
    fault.times--;
    throw new SimulatedDiskError(fault.code, `${operation} of ${name} failed`);
  }

  #find(path: string): SimulatedFile {
    const { folder, name } = this.#locate(path);
    const file = folder.files.get(name);
    assert(file !== undefined, `the simulated disk has a file ${path}`);
    return file;
  }

  #locate(path: string): { folder: Folder; name: string } {
    const names = path.split("/");
    const name = names.pop() as string;
    let folder = this.#root;
    for (const step of names) {
      const next = folder.folders.get(step);
      assert(next !== undefined, `the simulated disk has a directory for ${path}`);
      folder = next;
    }
    return { folder, name };
  }
}

function newFolder(): Folder {
  return { folders: new Map(), files: new Map(), history: [new Map()] };
}

function pathsIn(folder: Folder, prefix: string): string[] {
  const paths = [...folder.files.keys()].map((name) => prefix + name);
  for (const [name, inner] of folder.folders) paths.push(...pathsIn(inner, `${prefix}${name}/`));
  return paths;
}

function crashFolder(folder: Folder, mode: CrashMode, random: Random): void {
  // Names go to the platter in the order of their changes, as in a journal: some prefix of them is there.
  if (mode === "lose-unsynced") folder.files = new Map(folder.history[0]);
  if (mode === "reorder-unsynced") folder.files = new Map(random.pick([...folder.history, folder.files]));
  folder.history = [new Map(folder.files)];
  for (const file of folder.files.values()) file.crash(mode, random);
  for (const inner of folder.folders.values()) crashFolder(inner, mode, random);
}

function copyFolder(from: Folder, to: Folder): void {
  for (const [name, file] of from.files) {
    const copy = new SimulatedFile();
    copy.write(0, file.read(0, file.size));
    copy.beginSync().finish();
    to.files.set(name, copy);
  }
  to.history = [new Map(to.files)];
  for (const [name, inner] of from.folders) {
    const copy = newFolder();
    to.folders.set(name, copy);
    copyFolder(inner, copy);
  }
}

class SimulatedDirectory implements Directory {
  readonly #disk: SimulatedDisk;
  readonly #folder: Folder;
  readonly #life: number;

  constructor(disk: SimulatedDisk, folder: Folder, life: number) {
    this.#disk = disk;
    this.#folder = folder;
    this.#life = life;
  }

  async list(): Promise<string[]> {
    this.#judge(undefined, "the directory");
    return [...this.#folder.files.keys(), ...this.#folder.folders.keys()].sort();
  }

  async directory(name: string): Promise<Directory> {
    this.#judge(undefined, name);
    const folder = this.#folder.folders.get(name) ?? newFolder();
    this.#folder.folders.set(name, folder);
    return new SimulatedDirectory(this.#disk, folder, this.#life);
  }

  async open(name: string, options?: { readonly mustExist?: boolean }): Promise<LogFile> {
    this.#judge(undefined, name);
    let file = this.#folder.files.get(name);
    if (file === undefined && options?.mustExist === true) {
      throw new SimulatedDiskError("ENOENT", `there is no file ${name}`);
    }
    if (file === undefined) {
      file = new SimulatedFile();
      this.#remember();
      this.#folder.files.set(name, file);
    }
    return new SimulatedHandle(this.#disk, file, name, this.#life);
  }

  async readFile(name: string): Promise<Uint8Array | undefined> {
    this.#judge("read", name);
    const file = this.#folder.files.get(name);
    this.#disk.counts.bytesRead += file?.size ?? 0;
    return file?.read(0, file.size);
  }

  async replaceFile(name: string, bytes: Uint8Array): Promise<void> {
    await this.#disk.pause();
    this.#judge("replace", name);
    this.#judgeRoom(name, bytes.length);
    const file = new SimulatedFile();
    file.write(0, bytes);
    file.beginSync().finish();
    this.#folder.files.set(name, file);
    // Replacing is durable at once, whatever other names of the directory wait for a sync.
    for (const names of this.#folder.history) names.set(name, file);
    this.#disk.counts.syncs++;
  }

  async remove(name: string): Promise<void> {
    this.#judge(undefined, name);
    this.#remember();
    this.#folder.files.delete(name);
  }

  async sync(): Promise<void> {
    await this.#disk.pause();
    this.#judge(undefined, "the directory");
    this.#disk.counts.syncs++;
    this.#folder.history = [new Map(this.#folder.files)];
  }

  #remember(): void {
    assert(this.#folder.history.length < historyMax, "a directory is synced before it changed too often");
    this.#folder.history.push(new Map(this.#folder.files));
  }

  #judge(operation: DiskOperation | undefined, name: string): void {
    this.#disk.judge(this.#life, operation, name);
  }

  #judgeRoom(name: string, bytes: number): void {
    if (this.#disk.bytesUsed() + bytes > this.#disk.bytesMax) {
      throw new SimulatedDiskError("ENOSPC", `no room for ${bytes} bytes of ${name}`);
    }
  }
}

class SimulatedHandle implements LogFile {
  readonly #disk: SimulatedDisk;
  readonly #file: SimulatedFile;
  readonly #name: string;
  readonly #life: number;
  #closed = false;

  constructor(disk: SimulatedDisk, file: SimulatedFile, name: string, life: number) {
    this.#disk = disk;
    this.#file = file;
    this.#name = name;
    this.#life = life;
    const { counts } = disk;
    counts.openMost = Math.max(counts.openMost, ++counts.open);
  }

  get size(): number {
    return this.#file.size;
  }

  async read(at: number, length: number): Promise<Uint8Array> {
    this.#judge("read");
    const bytes = this.#file.read(at, length);
    this.#disk.counts.reads++;
    this.#disk.counts.bytesRead += bytes.length;
    return bytes;
  }

  write(at: number, parts: readonly Uint8Array[]): void {
    this.#judge("write");
    const bytes = concat(parts);
    const growth = Math.max(0, at + bytes.length - this.#file.size);
    const room =
      this.#disk.bytesMax === Number.POSITIVE_INFINITY ? growth : this.#disk.bytesMax - this.#disk.bytesUsed();
    this.#disk.counts.writes++;
    if (growth > room) {
      this.#file.write(at, bytes.subarray(0, Math.max(0, bytes.length - growth + Math.max(0, room))));
      throw new SimulatedDiskError("ENOSPC", `no room for ${growth} more bytes of ${this.#name}`);
    }
    this.#disk.counts.bytesWritten += bytes.length;
    this.#file.write(at, bytes);
  }

  async truncate(size: number): Promise<void> {
    this.#judge("truncate");
    this.#file.truncate(size);
  }

  async sync(): Promise<void> {
    this.#judge(undefined);
    this.#disk.counts.syncs++;
    const flying = this.#file.beginSync();
    const before = this.#file.syncing;
    const whole = Promise.all([before.catch(() => undefined), this.#disk.pause()]).then(() => {
      try {
        this.#judge("sync");
      } catch (error) {
        flying.fail();
        throw error;
      }
      flying.finish();
    });
    this.#file.syncing = whole;
    await whole;
  }

  async close(): Promise<void> {
    if (!this.#closed) this.#disk.counts.open--;
    this.#closed = true;
  }

  #judge(operation: DiskOperation | undefined): void {
    assert(!this.#closed, `nobody uses ${this.#name} after closing it`);
    this.#disk.judge(this.#life, operation, this.#name);
  }
}
