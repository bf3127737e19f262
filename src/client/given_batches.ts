import type { ProducerStamp } from "../base/mod.ts";

/** Producers, each with an epoch, whose batches are remembered: those of which one came last. */
const producersMax = 1_000;
/** Runs of numbers that are remembered of each: the highest. */
const runsMax = 64;

/** Numbers that were given, `from` to `to`. */
interface Run {
  from: number;
  to: number;
}

/**
 * The batches that a consumer gave lately, by what their producers call them. A producer that tried again at another node
 * made two of one batch, each in the feed of its own node: the consumer gives one.
 */
export class GivenBatches {
  /** Their runs in rising order. Who came last stands last. */
  readonly #producers = new Map<string, Run[]>();
  /** The one that came last, which mostly comes next. */
  #last: { readonly producer: string; readonly epoch: number; readonly runs: Run[] } | undefined;

  /** True when these records were not given before. From then on they were. */
  add(stamp: ProducerStamp, count: number): boolean {
    const runs = this.#runsOf(stamp);
    const from = stamp.sequence;
    const to = from + count - 1;
    const newest = runs.at(-1);
    if (newest === undefined || from > newest.to + 1) {
      runs.push({ from, to });
      if (runs.length > runsMax) runs.shift();
      return true;
    }
    if (from === newest.to + 1) {
      newest.to = to;
      return true;
    }
    return insert(runs, from, to);
  }

  #runsOf({ producer, epoch }: ProducerStamp): Run[] {
    const last = this.#last;
    if (last !== undefined && last.producer === producer && last.epoch === epoch) return last.runs;
    const key = `${producer}/${epoch}`;
    const runs = this.#producers.get(key) ?? [];
    this.#producers.delete(key);
    this.#producers.set(key, runs);
    if (this.#producers.size > producersMax) {
      for (const oldest of this.#producers.keys()) {
        this.#producers.delete(oldest);
        break;
      }
    }
    this.#last = { producer, epoch, runs };
    return runs;
  }
}

/** False when all of them are there already. */
function insert(runs: Run[], from: number, to: number): boolean {
  let first = 0;
  while (first < runs.length && (runs[first] as Run).to < from - 1) first++;
  const met = runs[first];
  if (met !== undefined && met.from <= from && to <= met.to) return false;
  const merged: Run = { from, to };
  let after = first;
  for (; after < runs.length && (runs[after] as Run).from <= to + 1; after++) {
    const run = runs[after] as Run;
    merged.from = Math.min(merged.from, run.from);
    merged.to = Math.max(merged.to, run.to);
  }
  runs.splice(first, after - first, merged);
  if (runs.length > runsMax) runs.shift();
  return true;
}
