import { InvalidArgumentError } from "commander";

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Longest time that a flag may say: a day. */
const durationMsMax = 86_400_000;

/** Milliseconds of a text as `1.5s`, `300ms` or `1m30s`. */
export function duration(value: string): number {
  const milliseconds = millisecondsOf(value);
  if (milliseconds !== undefined && milliseconds <= durationMsMax) return milliseconds;
  throw new InvalidArgumentError("Allowed is a time from 1ms to 24h, as 500ms, 15s or 1m30s.");
}

/** Longest time that an option of a node may say: a year. */
const timeMsMax = 365 * 86_400_000;

/** Milliseconds of a time that may also be none, `0`, or days long, as `72h` or `3d`. */
export function timeOf(value: string): number {
  if (value === "0") return 0;
  const milliseconds = millisecondsOf(value);
  if (milliseconds !== undefined && milliseconds <= timeMsMax) return milliseconds;
  throw new InvalidArgumentError("Allowed is 0 or a time up to 365d, as 7d, 500ms, 15s or 1m30s.");
}

/** Whole milliseconds, 1 at least; undefined when the text is no time. */
function millisecondsOf(value: string): number | undefined {
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  const milliseconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (unitsMs[unit as string] ?? 0), 0);
  const isWhole = parts.map(([text]) => text).join("") === value && value !== "";
  return isWhole && milliseconds >= 1 ? Math.round(milliseconds) : undefined;
}
