/** What the latest record of each key must be, in topics that are compacted by key. */
import type { Vector, WriterId } from "../../src/base/mod.ts";
import type { Served } from "./reading.ts";

/** A record that was acknowledged under a key. */
interface Row {
  readonly key: string;
  /** Empty where it deletes the key. */
  readonly text: string;
  readonly writer: WriterId;
  readonly sequence: number;
}

/** Tables of one log, whose records are acknowledged one after another: the last of a key is the latest one. */
export class Tables {
  readonly #rows = new Map<string, Row[]>();

  acknowledged(topic: string, row: Row): void {
    const rows = this.#rows.get(topic) ?? [];
    rows.push(row);
    this.#rows.set(topic, rows);
  }

  isTable(topic: string): boolean {
    return this.#rows.has(topic);
  }

  /** How many rows each topic has now. */
  counts(): ReadonlyMap<string, number> {
    return new Map([...this.#rows].map(([topic, rows]) => [topic, rows.length]));
  }

  /**
   * What a topic serves otherwise than its rows say: of those so many that were acknowledged, which it holds by its vector,
   * and of those that nobody was told of, which it serves.
   */
  faultsOf(
    topic: string,
    { frames, have, count }: { readonly frames: readonly Served[]; readonly have: Vector; readonly count: number },
  ): string[] {
    const expected = new Map<string, string>();
    const told = new Set<string>();
    for (const { key, text, writer, sequence } of (this.#rows.get(topic) ?? []).slice(0, count)) {
      if (sequence > (have.get(writer) ?? 0)) continue;
      expected.set(key, text);
      told.add(`${writer}/${sequence}`);
    }
    const found = new Map<string, string>();
    for (const { header, records } of frames) {
      for (const { key, text, sequence } of records) {
        if (key === undefined) continue;
        found.set(key, text);
        if (!told.has(`${header.writer}/${sequence}`)) expected.set(key, text);
      }
    }
    const faults: string[] = [];
    for (const key of new Set([...expected.keys(), ...found.keys()])) {
      // A key that is deleted is as one that never was.
      const [wanted, latest] = [expected.get(key) ?? "", found.get(key) ?? ""];
      if (wanted !== latest) faults.push(`key ${key} is "${latest.slice(0, 20)}", not "${wanted.slice(0, 20)}"`);
    }
    return faults;
  }
}
