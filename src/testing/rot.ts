import type { SimulatedDisk } from "./disk.ts";

/** Damage in one file of a disk, behind everybody's back, until somebody overwrites it. */
export class Rot {
  readonly path: string;
  readonly #disk: SimulatedDisk;
  readonly #at: number;
  readonly #sound: Uint8Array;
  readonly #damaged: Uint8Array;

  /** Flips so many bytes from a place on. */
  constructor(disk: SimulatedDisk, path: string, place: { readonly at: number; readonly bytes: number }) {
    this.path = path;
    this.#disk = disk;
    this.#at = place.at;
    this.#sound = disk.peek(path).slice(place.at, place.at + place.bytes);
    this.#damaged = this.#sound.map((byte) => byte ^ 0xff);
    disk.damage(path, this.#at, this.#damaged);
  }

  /** False once it was repaired, or its file is gone. */
  get isThere(): boolean {
    if (!this.#disk.paths().includes(this.path)) return false;
    const now = this.#disk.peek(this.path).subarray(this.#at, this.#at + this.#damaged.length);
    return now.length === this.#damaged.length && now.every((byte, index) => byte === this.#damaged[index]);
  }

  /** What an observer sees who looks through it: for him alone the disk is sound meanwhile. */
  async without<Result>(look: () => Promise<Result>): Promise<Result> {
    if (!this.isThere) return look();
    this.#disk.damage(this.path, this.#at, this.#sound);
    try {
      return await look();
    } finally {
      this.#disk.damage(this.path, this.#at, this.#damaged);
    }
  }
}
