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
  /** Median of the first third of what is judged. */
  readonly from: number;
  /** Median of its last third. */
  readonly to: number;
  /** The error of their difference, from how much neighbouring samples differ: it is off by thrice as much at most. */
  readonly error: number;
  readonly verdict: Verdict;
}

const megabyte = 1e6;

/** What each may grow by from the first third to the last, as a part of what it was then, and in any case. */
const allowances = {
  heap: { part: 0.02, least: megabyte },
  /** Runtimes give memory back when they like. */
  RSS: { part: 0.15, least: 25 * megabyte },
  sockets: { part: 0, least: 3 },
  files: { part: 0, least: 4 },
  handles: { part: 0, least: 2 },
} as const;

/** Errors that a difference may be off by. */
const errorsMax = 3;

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
    if (known.length < 3) return [];
    const third = Math.ceil(known.length / 3);
    const [from, to] = [median(known.slice(0, third)), median(known.slice(-third))];
    const error = errorOf(known, third);
    const { part, least } = allowances[what as keyof typeof allowances];
    return { what, from, to, error, verdict: verdictOf(to - from, error, Math.max(least, part * from)) };
  });
}

function verdictOf(growth: number, error: number, allowed: number): Verdict {
  if (growth > allowed) return growth > errorsMax * error ? "grows" : "unclear";
  return growth + errorsMax * error > 2 * allowed ? "unclear" : "flat";
}

/**
 * The standard error of the difference of two medians of so many values. How far single values scatter is taken from
 * neighbours, so that a trend is no scatter.
 */
function errorOf(values: readonly number[], count: number): number {
  const steps = values.slice(1).map((value, index) => Math.abs(value - (values[index] as number)));
  // Of a normal distribution the median of the distance of two values is 0.954 of the standard deviation.
  const deviation = median(steps) / 0.954;
  return 1.2533 * deviation * Math.sqrt(2 / count);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
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
