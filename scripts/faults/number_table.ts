/** A byte for each number from 0 on: what became of so many millions of records fits into memory, and into a file. */
import { readFileSync, writeFileSync } from "node:fs";

const bytesMin = 65_536;

export class NumberTable {
  #bytes = new Uint8Array(bytesMin);
  /** Numbers below it have a byte. */
  length = 0;

  static read(file: string): NumberTable {
    const table = new NumberTable();
    table.#bytes = new Uint8Array(readFileSync(file));
    table.length = table.#bytes.length;
    return table;
  }

  /** 0 for one that was never set. */
  get(number: number): number {
    return number < this.length ? (this.#bytes[number] as number) : 0;
  }

  set(number: number, byte: number): void {
    if (number >= this.#bytes.length) {
      const longer = new Uint8Array(Math.max(2 * this.#bytes.length, number + 1));
      longer.set(this.#bytes);
      this.#bytes = longer;
    }
    this.#bytes[number] = byte;
    this.length = Math.max(this.length, number + 1);
  }

  write(file: string): void {
    writeFileSync(file, this.#bytes.subarray(0, this.length));
  }
}
