/** Results as Markdown tables: what the bench prints is what docs/performance.md shows. */
import type { FigureName } from "./comparisons.ts";
import type { GrowthPoint } from "./growth.ts";
import type { Figure } from "./measure.ts";
import type { Profile } from "./profile/fold.ts";
import type { ComparisonResult, Setting, SideResult } from "./results.ts";

export type Verdict = "aim" | "must" | "missed";

/** A row of the table of targets, whatever it was measured by. */
export interface TargetRow {
  readonly what: string;
  readonly ratio: number;
  readonly must: number;
  readonly aim: number;
  /** Delays are better when they are smaller. */
  readonly isLessBetter: boolean;
}

/** Whether the ratio is what it has to be, or even what we want it to be. */
export function verdictOf({ ratio, must, aim, isLessBetter }: TargetRow): Verdict {
  const reaches = (target: number): boolean => (isLessBetter ? ratio <= target : ratio >= target);
  return reaches(aim) ? "aim" : reaches(must) ? "must" : "missed";
}

export function nameOf({ what, valueBytes, figure, ours }: ComparisonResult): string {
  const statistic = { rate: "", p50Ms: ", p50", p99Ms: ", p99" }[figure];
  const durability = ours.durability === "written before ack" ? "" : `, ${ours.durability}`;
  return `${what}${statistic}, ${valueBytes} B${durability}`;
}

/** Those of the comparisons that have a target, and what the growth has to be. */
export function targetRows(
  comparisons: readonly ComparisonResult[],
  growth: readonly GrowthPoint[],
): readonly TargetRow[] {
  const compared = comparisons.flatMap((result) => {
    const { ratio, must, aim, figure } = result;
    if (must === undefined || aim === undefined) return [];
    return [{ what: nameOf(result), ratio, must, aim, isLessBetter: figure !== "rate" }];
  });
  return [...compared, ...growthTargets.flatMap((target) => growthRow(target, growth))];
}

/** The last point of a series against its first. */
const growthTargets = [
  { series: "produce, by bytes of the log", from: 10_000_000, to: 10_000_000_000, must: 0.9, aim: 1 },
  { series: "consume the newest, by bytes of the log", from: 10_000_000, to: 10_000_000_000, must: 0.9, aim: 1 },
  { series: "delivered, by tails", from: 1, to: 100, must: 0.7, aim: 1 },
] as const;

function growthRow(target: (typeof growthTargets)[number], points: readonly GrowthPoint[]): TargetRow[] {
  const { series, from, to, must, aim } = target;
  const valueAt = (at: number): number | undefined =>
    points.find((point) => point.series === series && point.at === at)?.value;
  const [first, last] = [valueAt(from), valueAt(to)];
  if (first === undefined || last === undefined) return [];
  const what = `${series}: ${shortNumber(to)} / ${shortNumber(from)}`;
  return [{ what, ratio: last / first, must, aim, isLessBetter: false }];
}

export function comparisonTable(results: readonly ComparisonResult[]): string {
  const head = ["what", "ours", "peer", "ratio", "must", "aim", "reached", "CPU µs/record, ours", "peer's", "memory"];
  const rows = results.map((result) => {
    const { must, aim, figure, ratio, ours, peer } = result;
    const sign = figure === "rate" ? "" : "≤ ";
    const isLessBetter = figure !== "rate";
    return [
      `${result.what}, ${result.valueBytes} B: ${durabilityOf(result)}`,
      quantity(ours, figure),
      quantity(peer, figure),
      ratio.toFixed(2),
      must === undefined ? "" : `${sign}${must}`,
      aim === undefined ? "" : `${sign}${aim}`,
      must === undefined || aim === undefined ? "" : verdictOf({ what: "", ratio, must, aim, isLessBetter }),
      costOf(ours),
      costOf(peer),
      `${mebibytes(ours)}, ${mebibytes(peer)} MiB`,
    ];
  });
  return markdownTable(head, rows);
}

function durabilityOf({ ours, peer }: ComparisonResult): string {
  return ours.durability === peer.durability ? ours.durability : `${ours.durability}; peer ${peer.durability}`;
}

/** The median, and in parentheses the least and the most of the rounds. */
function quantity({ median, least, most }: SideResult, figure: FigureName): string {
  if (figure === "rate") return `${thousands(median)}/s (${thousands(least)}–${thousands(most)})`;
  return `${figure === "p50Ms" ? "p50" : "p99"} ${median.toFixed(2)} ms (${least.toFixed(2)}–${most.toFixed(2)})`;
}

function thousands(value: number): string {
  return value < 10_000 ? `${(value / 1_000).toFixed(1)}k` : `${Math.round(value / 1_000).toLocaleString("en-US")}k`;
}

/** Processor time of the server and of the client. */
function costOf({ serverMicroseconds, clientMicroseconds }: SideResult): string {
  const client = clientMicroseconds === undefined ? "not known" : clientMicroseconds.toFixed(2);
  return `${serverMicroseconds.toFixed(2)} + ${client}`;
}

function mebibytes({ residentBytesMax }: SideResult): number {
  return Math.round(residentBytesMax / 1_048_576);
}

/** The targets that growth has, which are ratios between points. */
export function targetTable(rows: readonly TargetRow[]): string {
  const cells = rows.map((row) => [row.what, row.ratio.toFixed(2), `${row.must}`, `${row.aim}`, verdictOf(row)]);
  return markdownTable(["what", "ratio", "must", "aim", "reached"], cells);
}

export function aloneTable(figures: readonly Figure[]): string {
  const cells = figures.map(({ what, valueBytes, recordsPerSecond, p50Ms, p99Ms }) => [
    `${what}, ${valueBytes} B`,
    recordsPerSecond === undefined ? "" : `${thousands(recordsPerSecond)}/s`,
    recordsPerSecond === undefined ? "" : ((recordsPerSecond * valueBytes) / 1e6).toFixed(1),
    p50Ms?.toFixed(2) ?? "",
    p99Ms?.toFixed(2) ?? "",
  ]);
  return markdownTable(["what", "records", "MB/s", "p50 ms", "p99 ms"], cells);
}

export function growthTable(points: readonly GrowthPoint[]): string {
  const cells = points.map(({ series, at, value, least, most, unit }) => {
    const digits = unit === "ratio" ? 3 : value < 10_000 ? 1 : 0;
    const text = (number: number): string =>
      number.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return [series, shortNumber(at), `${text(value)} (${text(least)}–${text(most)})`, unit];
  });
  return markdownTable(["what", "at", "median", "unit"], cells);
}

/** Shares of the time in which a process did something, and what one record costs of it. */
export function profileTable(profiles: readonly Profile[]): string {
  const cells = profiles.flatMap(({ process, cpuMicroseconds, categories }) => [
    [`**${process}**`, "**100 %**", `**${cpuMicroseconds.toFixed(3)}**`],
    ...categories.map(({ name, share }) => [
      name,
      `${(share * 100).toFixed(1)} %`,
      (share * cpuMicroseconds).toFixed(3),
    ]),
  ]);
  return markdownTable(["what the time goes to", "share", "CPU µs/record"], cells);
}

export function settingLine({ runtime, measuredAt, machine, versions }: Setting): string {
  return `${runtime}; ${machine}; ${versions.join(", ")}; ${measuredAt}`;
}

export function shortNumber(value: number): string {
  const units: readonly (readonly [size: number, unit: string])[] = [
    [1e9, " GB"],
    [1e6, " MB"],
  ];
  for (const [size, unit] of units) if (value >= size) return `${value / size}${unit}`;
  return value.toLocaleString("en-US");
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
