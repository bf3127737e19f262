/** Whether what a process takes up stays the same over time. */
import type { Taken } from "./node_process.ts";

export interface Sample extends Taken {
  /** Since the load began. */
  readonly minutes: number;
  readonly rounds: number;
}

/** `unclear`: it may have grown by more than is allowed, and what comes and goes is too much to tell. */
export type Verdict = "flat" | "grows" | "unclear";

export interface Trend {
  readonly what: string;
  /** The least of the first third of what is judged: caches and connections that come and go are what is above it. */
  readonly from: number;
  /** The least of its last third. */
  readonly to: number;
  /** How much the next to least is above them, in the third where that is more: so well the least is known. */
  readonly error: number;
  readonly verdict: Verdict;
}

const megabyte = 1e6;

/** What each may grow by from the first third to the last, as a part of what it was then, and in any case. */
const allowances = {
  /** Runtimes go on to compile: Bun half a megabyte and more in five minutes. */
  heap: { part: 0.02, least: megabyte },
  /** Runtimes give memory back when they like. */
  RSS: { part: 0.15, least: 25 * megabyte },
  sockets: { part: 0, least: 2 },
  files: { part: 0, least: 4 },
  handles: { part: 0, least: 2 },
} as const;

/** Two in each third. */
const samplesMin = 6;

/** Of samples of a process that is warm. */
export function trendsOf(samples: readonly Sample[]): Trend[] {
  const series: Readonly<Record<keyof typeof allowances, readonly (number | undefined)[]>> = {
    heap: samples.map(({ heapBytes }) => heapBytes),
    RSS: samples.map(({ residentBytes }) => residentBytes),
    sockets: samples.map(({ sockets }) => sockets),
    files: samples.map(({ files }) => files),
    handles: samples.map(({ handles }) => handles),
  };
  return Object.entries(series).flatMap(([what, values]) => {
    const known = values.filter((value) => value !== undefined);
    if (known.length < samplesMin) return [];
    const third = Math.ceil(known.length / 3);
    const [[from, aboveFrom], [to, aboveTo]] = [leastTwo(known.slice(0, third)), leastTwo(known.slice(-third))];
    const error = Math.max(aboveFrom - from, aboveTo - to);
    const { part, least } = allowances[what as keyof typeof allowances];
    return { what, from, to, error, verdict: verdictOf(to - from, error, Math.max(least, part * from)) };
  });
}

function verdictOf(growth: number, error: number, allowed: number): Verdict {
  if (growth > allowed) return growth > 2 * error ? "grows" : "unclear";
  return growth + error > 2 * allowed ? "unclear" : "flat";
}

function leastTwo(values: readonly number[]): readonly [least: number, next: number] {
  const sorted = [...values].sort((left, right) => left - right);
  return [sorted[0] as number, sorted[1] as number];
}

const words: Readonly<Record<Verdict, string>> = { flat: "", grows: ": GROWS", unclear: ": UNCLEAR" };

export function describeTrends(trends: readonly Trend[]): string {
  return trends
    .map(({ what, from, to, error, verdict }) => {
      const isBytes = what === "heap" || what === "RSS";
      const told = (value: number): string => (isBytes ? (value / megabyte).toFixed(2) : value.toFixed(1));
      return `${what} from ${told(from)} to ${told(to)}${isBytes ? " MB" : ""} (± ${told(error)})${words[verdict]}`;
    })
    .join(", ");
}
