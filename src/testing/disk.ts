/**
 * A disk in memory that keeps exactly what a disk promises and no more: it can lose, reorder and tear what was not
 * synced, run full and fail. Deterministic; no I/O.
 */
import { assert, type Random } from "../base/mod.ts";
import type { Directory, DirectoryPath, LogFile } from "../log/mod.ts";
import { SimulatedDiskError } from "./simulated_disk_error.ts";
import { type CrashMode, SimulatedFile } from "./simulated_file.ts";
import { SimulatedHandle } from "./simulated_handle.ts";

export { SimulatedDiskError } from "./simulated_disk_error.ts";
export type { CrashMode } from "./simulated_file.ts";

export type DiskOperation = "read" | "write" | "sync" | "truncate" | "replace" | "sync-names";

/** Something that is about to take effect on the disk. */
export interface DiskStep {
  readonly operation: "write" | "sync" | "truncate" | "replace" | "create" | "remove" | "move" | "sync-names";
  readonly path: string;
  /** What a write writes, and where. */
  readonly at: number;
  readonly bytes: Uint8Array;
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

const noBytes = new Uint8Array(0);

/** Changes of names that one directory remembers since its last sync. */
const historyMax = 1_000;

export class SimulatedDisk {
  readonly counts: DiskCounts = {
    ...{ reads: 0, writes: 0, bytesWritten: 0, bytesRead: 0, syncs: 0 },
    ...{ open: 0, openMost: 0 },
  };
  /** Awaited before a sync takes effect; replace it to hold the disk up. */
  pause: () => Promise<void> = () => Promise.resolve();
  /** Awaited before each read of an open file gives its bytes: what goes on meanwhile is what reads must stand. */
  pauseRead: (() => Promise<void>) | undefined;
  /** Bytes of all files together; a write beyond fails with ENOSPC after a part of it. */
  bytesMax: number = Number.POSITIVE_INFINITY;
  /** Hears of each step before it takes effect: between two of them is where a crash can tell. */
  onStep: ((step: DiskStep) => void) | undefined;
  readonly #root: Folder = newFolder();
  readonly #faults: { operation: DiskOperation; code: "ENOSPC" | "EIO"; times: number; name: string }[] = [];
  #life = 0;

  /** The root directory, for one life: after `crash` it and every handle from it fail with ESTALE. */
  mount(): Directory {
    return new SimulatedDirectory(this, this.#root, { path: "", life: this.#life });
  }

  /** The machine stops now. Handles of this life are dead; `mount` again. */
  crash(mode: CrashMode, random: Random): void {
    this.#life++;
    this.pause = () => Promise.resolve();
    this.pauseRead = undefined;
    crashFolder(this.#root, mode, random);
  }

  /** A disk with the same files, all of them synced: a backup. */
  copy(): SimulatedDisk {
    const copy = new SimulatedDisk();
    copyFolder(this.#root, copy.#root);
    return copy;
  }

  /** A disk in the same state, with all that is not synced: one of them may crash while the other goes on. */
  fork(): SimulatedDisk {
    const fork = new SimulatedDisk();
    forkFolder(this.#root, fork.#root, new Map());
    return fork;
  }

  /** Writes as a program does, without a sync. */
  write(path: string, at: number, bytes: Uint8Array): void {
    this.#find(path).write(at, bytes);
  }

  /** For handles: a step is about to take effect. */
  tell(operation: DiskStep["operation"], path: string, written?: Pick<DiskStep, "at" | "bytes">): void {
    this.onStep?.({ operation, path, at: written?.at ?? 0, bytes: written?.bytes ?? noBytes });
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
  if (mode === "reorder-unsynced" || mode === "mix-unsynced")
    folder.files = new Map(random.pick([...folder.history, folder.files]));
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

/** `forks` has the files that were met: a name that was removed may come back with its file. */
function forkFolder(from: Folder, to: Folder, forks: Map<SimulatedFile, SimulatedFile>): void {
  const forkNames = (names: ReadonlyMap<string, SimulatedFile>): Map<string, SimulatedFile> => {
    const forked = new Map<string, SimulatedFile>();
    for (const [name, file] of names) {
      const fork = forks.get(file) ?? file.fork();
      forks.set(file, fork);
      forked.set(name, fork);
    }
    return forked;
  };
  to.files = forkNames(from.files);
  to.history = from.history.map(forkNames);
  for (const [name, inner] of from.folders) {
    const fork = newFolder();
    to.folders.set(name, fork);
    forkFolder(inner, fork, forks);
  }
}

class SimulatedDirectory implements Directory {
  readonly #disk: SimulatedDisk;
  readonly #folder: Folder;
  /** What stands before the names of files: nothing, or a path that ends in a slash. */
  readonly #path: string;
  readonly #life: number;

  constructor(disk: SimulatedDisk, folder: Folder, place: { readonly path: string; readonly life: number }) {
    this.#disk = disk;
    this.#folder = folder;
    this.#path = place.path;
    this.#life = place.life;
  }

  async list(): Promise<string[]> {
    this.#judge(undefined, "the directory");
    return [...this.#folder.files.keys(), ...this.#folder.folders.keys()].sort();
  }

  async directory(name: string): Promise<Directory> {
    this.#judge(undefined, name);
    const folder = this.#folder.folders.get(name) ?? newFolder();
    this.#folder.folders.set(name, folder);
    return new SimulatedDirectory(this.#disk, folder, { path: `${this.#path}${name}/`, life: this.#life });
  }

  async open(name: string, options?: { readonly mustExist?: boolean }): Promise<LogFile> {
    this.#judge(undefined, name);
    let file = this.#folder.files.get(name);
    if (file === undefined && options?.mustExist === true) {
      throw new SimulatedDiskError("ENOENT", `there is no file ${name}`);
    }
    if (file === undefined) {
      this.#disk.tell("create", this.#path + name);
      file = new SimulatedFile();
      this.#remember();
      this.#folder.files.set(name, file);
    }
    return new SimulatedHandle(this.#disk, file, this.#path + name, this.#life);
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
    this.#disk.tell("replace", this.#path + name);
    const file = new SimulatedFile();
    file.write(0, bytes);
    file.beginSync().finish();
    this.#folder.files.set(name, file);
    // Replacing is durable at once, whatever other names of the directory wait for a sync.
    for (const names of this.#folder.history) names.set(name, file);
    this.#disk.counts.syncs++;
  }

  async rename(from: string, to: string): Promise<void> {
    this.#judge("replace", from);
    const file = this.#folder.files.get(from);
    if (file === undefined) throw new SimulatedDiskError("ENOENT", `there is no file ${from}`);
    this.#disk.tell("replace", this.#path + from);
    this.#remember();
    this.#folder.files.delete(from);
    this.#folder.files.set(to, file);
  }

  async remove(name: string): Promise<void> {
    this.#judge(undefined, name);
    this.#disk.tell("remove", this.#path + name);
    this.#remember();
    this.#folder.files.delete(name);
  }

  async moveDirectory(from: DirectoryPath, to: DirectoryPath): Promise<void> {
    await this.#disk.pause();
    this.#judge("replace", from.join("/"));
    const [source, target] = [from, to].map(([parent]) => this.#folder.folders.get(parent)?.folders);
    const moved = source?.get(from[1]);
    if (moved === undefined || target === undefined) {
      throw new SimulatedDiskError("ENOENT", `there is no directory ${from.join("/")}, or none ${to[0]}`);
    }
    assert(!target.has(to[1]), `nothing is at ${to.join("/")} yet`);
    this.#disk.tell("move", this.#path + from.join("/"));
    source?.delete(from[1]);
    target.set(to[1], moved);
    this.#disk.counts.syncs += 2;
  }

  async removeDirectory(name: string): Promise<void> {
    this.#judge(undefined, name);
    const folder = this.#folder.folders.get(name);
    if (folder === undefined) return;
    assert(folder.files.size + folder.folders.size === 0, `directory ${name} is empty`);
    this.#disk.tell("remove", this.#path + name);
    this.#folder.folders.delete(name);
  }

  async sync(): Promise<void> {
    await this.#disk.pause();
    this.#judge("sync-names", this.#path);
    this.#disk.tell("sync-names", this.#path);
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
