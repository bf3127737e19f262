import { assert, concat } from "../base/mod.ts";
import type { LogFile } from "../log/mod.ts";
import type { DiskOperation, SimulatedDisk } from "./disk.ts";
import { SimulatedDiskError } from "./simulated_disk_error.ts";
import type { SimulatedFile } from "./simulated_file.ts";

/** An open file of a simulated disk, for one life of the machine. */
export class SimulatedHandle implements LogFile {
  readonly #disk: SimulatedDisk;
  readonly #file: SimulatedFile;
  readonly #path: string;
  readonly #name: string;
  readonly #life: number;
  #closed = false;

  constructor(disk: SimulatedDisk, file: SimulatedFile, path: string, life: number) {
    this.#disk = disk;
    this.#file = file;
    this.#path = path;
    this.#name = path.slice(path.lastIndexOf("/") + 1);
    this.#life = life;
    const { counts } = disk;
    counts.openMost = Math.max(counts.openMost, ++counts.open);
  }

  get size(): number {
    return this.#file.size;
  }

  async read(at: number, length: number): Promise<Uint8Array> {
    this.#judge("read");
    if (this.#disk.pauseRead) await this.#disk.pauseRead();
    const bytes = this.#file.read(at, length);
    this.#disk.counts.reads++;
    this.#disk.counts.bytesRead += bytes.length;
    return bytes;
  }

  write(at: number, parts: readonly Uint8Array[]): void {
    this.#judge("write");
    const bytes = concat(parts);
    this.#disk.tell("write", this.#path, { at, bytes });
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
    this.#disk.tell("truncate", this.#path);
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
        this.#disk.tell("sync", this.#path);
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
