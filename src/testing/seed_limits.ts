import { type FaultKind, faultKinds } from "./faults.ts";

/** What of a seed's random world happens. Nothing given: all of it. What is left keeps its own random numbers. */
export interface SeedLimits {
  /** Kinds of faults that happen where the seed draws them. @default all */
  readonly faults?: readonly FaultKind[] | undefined;
  /** Numbers of the strikes that happen. @default all */
  readonly strikes?: readonly number[] | undefined;
  /** Numbers of the produces that happen. @default all */
  readonly produces?: readonly number[] | undefined;
  /** How many consumers read at most. @default as many as the seed draws */
  readonly consumers?: number | undefined;
  /** How many nodes there are at most, before others join. @default as many as the seed draws */
  readonly nodes?: number | undefined;
  /** How long faults strike and records are produced, in milliseconds. @default 15000 */
  readonly stormMs?: number | undefined;
}

/** The flags of `grapevine simulate` that ask for these limits, after `--seed N`. */
export function flagsOf(limits: SeedLimits): string[] {
  const { faults, strikes, produces, consumers, nodes, stormMs } = limits;
  const flags: string[] = [];
  if (faults !== undefined && faults.length < faultKinds.length) flags.push("--faults", faults.join(",") || "none");
  if (strikes !== undefined) flags.push("--strikes", rangesOf(strikes) || "none");
  if (produces !== undefined) flags.push("--produces", rangesOf(produces) || "none");
  if (consumers !== undefined) flags.push("--consumers", String(consumers));
  if (nodes !== undefined) flags.push("--nodes", String(nodes));
  if (stormMs !== undefined) flags.push("--storm-ms", String(stormMs));
  return flags;
}

/** `3,7,10-14`; "" when there are none. */
export function rangesOf(numbers: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const number of [...numbers].sort((left, right) => left - right)) {
    const open = ranges.at(-1);
    if (open !== undefined && number <= open.last + 1) open.last = number;
    else ranges.push({ first: number, last: number });
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}

/** More numbers than any world has. */
const numbersMax = 100_000;

/** The numbers of `3,7,10-14`, or of `none`; undefined when the text is something else. */
export function numbersOf(text: string): number[] | undefined {
  if (text === "none") return [];
  const numbers: number[] = [];
  for (const part of text.split(",")) {
    const range = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part);
    if (range === null) return undefined;
    const first = Number(range[1]);
    const last = Number(range[2] ?? range[1]);
    if (first < 1 || last < first || numbers.length + last - first >= numbersMax) return undefined;
    for (let number = first; number <= last; number++) numbers.push(number);
  }
  return numbers;
}
