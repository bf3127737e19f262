import { InvalidArgumentError } from "commander";

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Longest time that a flag may say: a day. */
const durationMsMax = 86_400_000;

/** Milliseconds of a text as `1.5s`, `300ms` or `1m30s`. */
export function duration(value: string): number {
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  const milliseconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (unitsMs[unit as string] ?? 0), 0);
  const isWhole = parts.map(([text]) => text).join("") === value && value !== "";
  if (isWhole && milliseconds >= 1 && milliseconds <= durationMsMax) return Math.round(milliseconds);
  throw new InvalidArgumentError("Allowed is a time from 1ms to 24h, as 500ms, 15s or 1m30s.");
}
