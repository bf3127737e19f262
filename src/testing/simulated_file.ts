import type { Random } from "../base/mod.ts";

/** What a disk writes as a whole: a sector arrives or it does not. */
export const sectorBytes = 512;

/** What becomes of bytes that were written but not synced when the machine stops. */
export type CrashMode =
  /** The process was killed: everything written is there. */
  | "keep"
  /** The power went: only what was synced is there. */
  | "lose-unsynced"
  /** The power went: any subset of the unsynced sectors is there. */
  | "reorder-unsynced"
  /** The power went: of each file none, some or all of the unsynced sectors are there. */
  | "mix-unsynced"
  /** The process was killed within its last write: only a part of that is there. */
  | "tear-last-write";

/** A sync on its way to the platter. */
export interface FlyingSync {
  readonly finish: () => void;
  readonly fail: () => void;
}

/** The bytes of one file: as programs see them, and as they are on the platter. */
export class SimulatedFile {
  #bytes = new Uint8Array(0);
  #size = 0;
  #platter = new Uint8Array(0);
  #platterSize = 0;
  /** Sectors that the next sync carries to the platter. */
  readonly #dirty = new Set<number>();
  /** Sectors of syncs that are on their way. */
  readonly #flying = new Set<readonly number[]>();
  /** The sync that began last: a later one ends after it. */
  syncing: Promise<void> = Promise.resolve();
  #lastWrite: { readonly at: number; readonly sizeBefore: number; readonly before: Uint8Array } | undefined;

  get size(): number {
    return this.#size;
  }

  read(at: number, length: number): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(Math.min(at, this.#size), Math.min(at + length, this.#size));
  }

  write(at: number, bytes: Uint8Array): void {
    const end = at + bytes.length;
    this.#lastWrite = { at, sizeBefore: this.#size, before: this.read(at, bytes.length) };
    this.#bytes = withRoom(this.#bytes, Math.max(end, this.#size));
    this.#bytes.set(bytes, at);
    this.#markDirty(Math.min(at, this.#size), end);
    this.#size = Math.max(end, this.#size);
  }

  truncate(size: number): void {
    const low = Math.min(size, this.#size);
    const high = Math.max(size, this.#size);
    this.#bytes = withRoom(this.#bytes, high);
    this.#bytes.fill(0, low, high);
    this.#markDirty(low, high);
    this.#size = size;
    this.#lastWrite = undefined;
  }

  /** A file in the same state: what is unsynced, or on its way, is unsynced there. */
  fork(): SimulatedFile {
    const fork = new SimulatedFile();
    fork.#bytes = this.#bytes.slice(0, this.#size);
    fork.#size = this.#size;
    fork.#platter = this.#platter.slice(0, this.#platterSize);
    fork.#platterSize = this.#platterSize;
    for (const sectors of [this.#dirty, ...this.#flying]) for (const sector of sectors) fork.#dirty.add(sector);
    fork.#lastWrite = this.#lastWrite;
    return fork;
  }

  /** What one sync will carry to the platter: later writes are not in it. It must be finished or failed. */
  beginSync(): FlyingSync {
    const size = this.#size;
    const dirty = [...this.#dirty];
    this.#flying.add(dirty);
    const sectors = dirty.map((sector) => {
      const bytes = new Uint8Array(sectorBytes);
      bytes.set(this.#bytes.subarray(sector * sectorBytes, Math.min((sector + 1) * sectorBytes, this.#size)));
      return { sector, bytes };
    });
    this.#dirty.clear();
    const lastWrite = this.#lastWrite;
    const finish = () => {
      this.#flying.delete(dirty);
      if (this.#lastWrite === lastWrite) this.#lastWrite = undefined;
      for (const { sector, bytes } of sectors) this.#putOnPlatter(sector, bytes);
      this.#platter = withRoom(this.#platter, size);
      this.#platter.fill(0, size);
      this.#platterSize = size;
    };
    // A failed sync forgets its pages: they are clean in memory and not on the platter, as on Linux.
    return { finish, fail: () => this.#flying.delete(dirty) };
  }

  /** Overwrites bytes on the platter and in memory, as rot or a stray write would. */
  damage(at: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, at);
    if (at + bytes.length <= this.#platterSize) this.#platter.set(bytes, at);
  }

  crash(mode: CrashMode, random: Random): void {
    // Pages on their way to the platter are still to be written, whatever became of the process that waited for them.
    for (const sectors of this.#flying) for (const sector of sectors) this.#dirty.add(sector);
    this.#flying.clear();
    // Nobody of the next life waits for what this one began.
    this.syncing = Promise.resolve();
    if (mode === "tear-last-write") this.#tearLastWrite(random);
    if (mode === "reorder-unsynced") this.#keepSomeSectors(random, 0.5);
    if (mode === "mix-unsynced") this.#keepSomeSectors(random, random.pick([0, 0.2, 0.8, 1]) as number);
    if (mode === "lose-unsynced") {
      this.#bytes = this.#platter.slice(0, this.#platterSize);
      this.#size = this.#platterSize;
      this.#dirty.clear();
    }
    this.#lastWrite = undefined;
  }

  #tearLastWrite(random: Random): void {
    const last = this.#lastWrite;
    if (last === undefined) return;
    const end = Math.max(this.#size, last.at);
    const kept = last.at + random.below(end - last.at + 1);
    this.#bytes.fill(0, kept, end);
    this.#bytes.set(
      last.before.subarray(Math.min(kept - last.at, last.before.length)),
      Math.min(kept, last.sizeBefore),
    );
    this.#size = Math.max(kept, last.sizeBefore);
  }

  #keepSomeSectors(random: Random, keptShare: number): void {
    const size = this.#sizeAfterPowerCut(random);
    const bytes = new Uint8Array(size);
    bytes.set(this.#platter.subarray(0, Math.min(size, this.#platterSize)));
    for (const sector of [...this.#dirty].sort((left, right) => left - right)) {
      const from = sector * sectorBytes;
      if (from >= size || random.chance(1 - keptShare)) continue;
      bytes.fill(0, from, Math.min(from + sectorBytes, size));
      bytes.set(this.#bytes.subarray(from, Math.min(from + sectorBytes, size, this.#size)), from);
    }
    this.#bytes = bytes;
    this.#size = size;
    this.#platter = bytes.slice();
    this.#platterSize = size;
    this.#dirty.clear();
  }

  /** The size is metadata: it may be the old one, the new one, or that of any moment between. */
  #sizeAfterPowerCut(random: Random): number {
    const low = Math.min(this.#size, this.#platterSize);
    const high = Math.max(this.#size, this.#platterSize);
    const choice = random.below(3);
    if (choice === 0) return this.#platterSize;
    return choice === 1 ? this.#size : random.between(low, high);
  }

  #putOnPlatter(sector: number, bytes: Uint8Array): void {
    const from = sector * sectorBytes;
    this.#platter = withRoom(this.#platter, from + sectorBytes);
    this.#platter.set(bytes, from);
  }

  #markDirty(from: number, to: number): void {
    const last = Math.ceil(to / sectorBytes);
    for (let sector = Math.floor(from / sectorBytes); sector < last; sector++) this.#dirty.add(sector);
  }
}

function withRoom(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  if (bytes.length >= length) return bytes;
  const grown = new Uint8Array(Math.max(length, 2 * bytes.length, 4096));
  grown.set(bytes);
  return grown;
}
