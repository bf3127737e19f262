/** The newest records of a tail, and which of them wait to be drawn. Bounded in number and in bytes. Pure. */
import type { LogRecord } from "../src/client/browser.ts";
import type { Search } from "./search.ts";
import { type KeptRecord, keep } from "./tail_row.ts";

/** Records that are kept, to be searched again. */
export const recordsKeptMax = 2_000;
export const bytesKeptMax: number = 16 * 1_048_576;
/** Records that are looked through at once: more than that in one answer are not searched. */
const searchedMax = 5_000;

/** What became of records that arrived. */
export interface Arrival {
  readonly found: number;
  /** Neither shown nor looked at. */
  readonly passed: number;
}

export class TailBuffer {
  #kept: KeptRecord[] = [];
  #bytes = 0;
  #waiting: KeptRecord[] = [];
  #skipped = 0;
  #search: Search | undefined;

  /** Records that wait to be drawn, those included that are gone already. */
  get waiting(): number {
    return this.#waiting.length + this.#skipped;
  }

  get kept(): number {
    return this.#kept.length;
  }

  clear(): void {
    this.#kept = [];
    this.#bytes = 0;
    this.#waiting = [];
    this.#skipped = 0;
  }

  /** Searches what is kept anew: what it finds waits to be drawn, and nothing else. */
  search(search: Search | undefined): void {
    this.#search = search;
    this.#skipped = 0;
    this.#waiting = search === undefined ? [...this.#kept] : this.#kept.filter((record) => search.matches(record));
  }

  arrived(records: readonly LogRecord[]): Arrival {
    const search = this.#search;
    const looked = search === undefined ? records : records.slice(-searchedMax);
    const found = search === undefined ? looked : looked.filter((record) => search.matches(record));
    const kept = records.slice(-recordsKeptMax).map(keep);
    this.#kept.push(...kept);
    for (const record of kept) this.#bytes += bytesOf(record);
    // What was found long before the end of the answer is not among the kept ones any more.
    const foundKept = search === undefined ? kept : kept.filter((record) => search.matches(record));
    const lost = found.length - foundKept.length;
    this.#waiting.push(...foundKept);
    this.#skipped += Math.max(0, lost);
    this.#trim();
    return { found: found.length, passed: records.length - looked.length };
  }

  /** The newest of those that wait, at most so many, and how many before them will not be drawn. */
  take(max: number): { readonly records: readonly KeptRecord[]; readonly skipped: number } {
    const records = this.#waiting.slice(-max);
    const skipped = this.#skipped + this.#waiting.length - records.length;
    this.#waiting = [];
    this.#skipped = 0;
    return { records, skipped };
  }

  #trim(): void {
    let drop = Math.max(0, this.#kept.length - recordsKeptMax);
    for (let index = 0; index < this.#kept.length - 1; index++) {
      if (index >= drop && this.#bytes <= bytesKeptMax) break;
      this.#bytes -= bytesOf(this.#kept[index] as KeptRecord);
      drop = Math.max(drop, index + 1);
    }
    this.#kept.splice(0, drop);
    const gone = Math.max(0, this.#waiting.length - recordsKeptMax);
    this.#waiting.splice(0, gone);
    this.#skipped += gone;
  }
}

function bytesOf({ key, value, headers }: KeptRecord): number {
  return headers.reduce((sum, header) => sum + header.value.length, (key?.length ?? 0) + value.length + 64);
}
