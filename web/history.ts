/** How fast something grows, over the last minutes. Pure. */

/** One second apart these are ten minutes. */
export const pointsMax = 600;

const intervalMsLeast = 500;

/** Counters as a node tells them. */
export interface Counters {
  readonly records: number;
  readonly bytes: number;
}

/** Points of a chart: times in seconds and rates; null where a rate is not known. */
export type Points = readonly [times: number[], records: (number | null)[], bytes: (number | null)[]];

/** Turns counters into rates. What one node counts cannot be compared with what another counts: `break` says so. */
export class History {
  readonly points: Points = [[], [], []];
  #last: (Counters & { readonly atMs: number }) | undefined;

  /** The latest rates, per second. */
  get rates(): Counters | undefined {
    const [, records, bytes] = this.points;
    const last = records.at(-1);
    return last === undefined || last === null ? undefined : { records: last, bytes: bytes.at(-1) ?? 0 };
  }

  /** Counters that were read at a time. */
  count(atMs: number, counters: Counters): void {
    const last = this.#last;
    // The page asks out of turn now and then: so short a while says little of a rate.
    if (last !== undefined && atMs - last.atMs < intervalMsLeast) return;
    this.#last = { ...counters, atMs };
    if (last === undefined) return;
    const seconds = (atMs - last.atMs) / 1_000;
    const records = (counters.records - last.records) / seconds;
    // A topic that was deleted begins anew; what retention takes hides what came.
    const bytes = counters.bytes < last.bytes ? undefined : (counters.bytes - last.bytes) / seconds;
    if (records < 0) this.add(atMs, undefined);
    else this.add(atMs, { records, bytes: bytes ?? null });
  }

  /** Rates that somebody else computed. */
  add(atMs: number, rates: { readonly records: number; readonly bytes: number | null } | undefined): void {
    const [times, records, bytes] = this.points;
    times.push(atMs / 1_000);
    records.push(rates?.records ?? null);
    bytes.push(rates?.bytes ?? null);
    if (times.length > pointsMax) for (const column of this.points) column.shift();
  }

  /** Counters from now on have nothing to do with those before. */
  break(atMs: number): void {
    if (this.#last !== undefined) this.add(atMs, undefined);
    this.#last = undefined;
  }
}
