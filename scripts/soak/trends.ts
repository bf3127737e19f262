/** Whether what a process takes up stays the same over time. */
import type { Taken } from "./node_process.ts";

export interface Sample extends Taken {
  /** Since the load began. */
  readonly minutes: number;
  readonly rounds: number;
}

export interface Trend {
  readonly what: string;
  /** At the end of the warm-up, as the line through all that followed has it. */
  readonly from: number;
  readonly to: number;
  readonly isFlat: boolean;
}

/** The first part of a run, in which caches fill and code is compiled. */
const warmUpPart = 0.4;
const megabyte = 1e6;

/** What each may grow by from the warm-up to the end, as a part of what it was then, and in any case. */
const allowances = {
  heap: { part: 0.05, least: 2 * megabyte },
  /** Runtimes give memory back when they like. */
  RSS: { part: 0.15, least: 25 * megabyte },
  sockets: { part: 0, least: 2 },
  files: { part: 0, least: 4 },
  handles: { part: 0, least: 2 },
} as const;

export function trendsOf(samples: readonly Sample[]): Trend[] {
  const warm = samples.slice(Math.floor(samples.length * warmUpPart));
  const series: Readonly<Record<keyof typeof allowances, readonly (number | undefined)[]>> = {
    heap: warm.map(({ heapBytes }) => heapBytes),
    RSS: warm.map(({ residentBytes }) => residentBytes),
    sockets: warm.map(({ sockets }) => sockets),
    files: warm.map(({ files }) => files),
    handles: warm.map(({ handles }) => handles),
  };
  return Object.entries(series).flatMap(([what, values]) => {
    const known = values.filter((value) => value !== undefined);
    if (known.length < 2) return [];
    const { from, to } = lineThrough(known);
    const { part, least } = allowances[what as keyof typeof allowances];
    return { what, from, to, isFlat: to - from <= Math.max(least, part * from) };
  });
}

/** The ends of the straight line that is nearest to values at equal distances. */
function lineThrough(values: readonly number[]): { readonly from: number; readonly to: number } {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let covariance = 0;
  let variance = 0;
  for (const [index, value] of values.entries()) {
    covariance += (index - middle) * (value - mean);
    variance += (index - middle) ** 2;
  }
  const slope = covariance / variance;
  return { from: mean - slope * middle, to: mean + slope * middle };
}

export function describeTrends(trends: readonly Trend[]): string {
  return trends
    .map(({ what, from, to, isFlat }) => {
      const told = (value: number): string =>
        what === "heap" || what === "RSS" ? `${(value / megabyte).toFixed(1)} MB` : value.toFixed(1);
      return `${what} from ${told(from)} to ${told(to)}${isFlat ? "" : ": GROWS"}`;
    })
    .join(", ");
}
