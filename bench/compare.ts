/** Runs the comparisons, both sides in turn, and prints what came of it. */
import { type Comparison, comparisons, type FigureName } from "./comparisons.ts";
import { median } from "./measure.ts";
import type { Contenders } from "./open_contenders.ts";
import type { Round, Side } from "./sides.ts";

/** What the rounds of one side came to. */
export interface SideResult {
  readonly name: string;
  readonly durability: string;
  /** Records a second, or milliseconds. */
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** Processor time of the server and of this process, the client, for each record, in microseconds. */
  readonly serverMicroseconds: number;
  readonly clientMicroseconds: number;
  /** The most memory that the server ever held, in bytes. */
  readonly residentBytesMax: number;
}

export interface ComparisonResult extends Pick<Comparison, "what" | "valueBytes" | "figure" | "must" | "aim"> {
  readonly ours: SideResult;
  readonly peer: SideResult;
  /** Ours divided by the peer's. */
  readonly ratio: number;
}

interface MeasuredRound {
  readonly round: Round;
  readonly serverCpuMs: number;
  readonly clientCpuMs: number;
}

/** Alternates between the two sides, after one round of each that does not count. */
export async function compare(
  contenders: Contenders,
  options: { readonly rounds: number; readonly only: string; readonly onProgress: (line: string) => void },
): Promise<ComparisonResult[]> {
  const results: ComparisonResult[] = [];
  for (const comparison of comparisons(contenders)) {
    if (!comparison.what.includes(options.only)) continue;
    const ours: MeasuredRound[] = [];
    const peer: MeasuredRound[] = [];
    for (let round = 0; round <= options.rounds; round++) {
      ours.push(await measure(comparison.ours));
      peer.push(await measure(comparison.peer));
    }
    const { what, valueBytes, figure, must, aim } = comparison;
    const result = {
      ...{ what, valueBytes, figure, must, aim },
      ours: await summarize(comparison.ours, ours.slice(1), figure),
      peer: await summarize(comparison.peer, peer.slice(1), figure),
    };
    results.push({ ...result, ratio: result.ours.median / result.peer.median });
    options.onProgress(`${what}, ${valueBytes} B: ${(result.ours.median / result.peer.median).toFixed(2)}`);
  }
  return results;
}

async function measure(side: Side): Promise<MeasuredRound> {
  const server = await side.server.usage();
  const client = process.cpuUsage();
  const round = await side.round();
  const { user, system } = process.cpuUsage(client);
  const serverCpuMs = (await side.server.usage()).cpuMs - server.cpuMs;
  return { round, serverCpuMs, clientCpuMs: (user + system) / 1_000 };
}

async function summarize(side: Side, rounds: readonly MeasuredRound[], figure: FigureName): Promise<SideResult> {
  const values = rounds.map(({ round }) => figureOf(round, figure));
  const records = rounds.reduce((sum, { round }) => sum + round.records, 0);
  const total = (of: (round: MeasuredRound) => number): number => rounds.reduce((sum, round) => sum + of(round), 0);
  return {
    name: side.name,
    durability: side.durability,
    median: median(values),
    least: Math.min(...values),
    most: Math.max(...values),
    serverMicroseconds: (total((round) => round.serverCpuMs) / records) * 1_000,
    clientMicroseconds: (total((round) => round.clientCpuMs) / records) * 1_000,
    residentBytesMax: (await side.server.usage()).residentBytesMax,
  };
}

function figureOf(round: Round, figure: FigureName): number {
  return figure === "rate" ? (round.records / round.ms) * 1_000 : (round[figure] ?? Number.NaN);
}

/** Whether the ratio is what it has to be, or even what we want. */
export function verdictOf({ ratio, must, aim, figure }: ComparisonResult): "aim" | "must" | "missed" {
  const reaches = (target: number): boolean => (figure === "rate" ? ratio >= target : ratio <= target);
  return reaches(aim) ? "aim" : reaches(must) ? "must" : "missed";
}

/** The results as a Markdown table, which is also what docs/performance.md shows. */
export function comparisonTable(results: readonly ComparisonResult[]): string {
  const head = [
    "what",
    "durability",
    "ours",
    "peer",
    "ratio",
    "must",
    "aim",
    "reached",
    "µs/record: ours, peer",
    "RSS",
  ];
  const rows = results.map((result) => [
    `${result.what}, ${result.valueBytes} B`,
    result.ours.durability === result.peer.durability
      ? result.ours.durability
      : `${result.ours.durability}; ${result.peer.durability}`,
    quantity(result.ours.median, result.figure),
    quantity(result.peer.median, result.figure),
    result.ratio.toFixed(2),
    `${result.figure === "rate" ? "" : "≤ "}${result.must}`,
    `${result.figure === "rate" ? "" : "≤ "}${result.aim}`,
    verdictOf(result),
    `${costOf(result.ours)}, ${costOf(result.peer)}`,
    `${mebibytes(result.ours)}, ${mebibytes(result.peer)}`,
  ]);
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function quantity(value: number, figure: FigureName): string {
  if (figure !== "rate") return `${figure === "p50Ms" ? "p50" : "p99"} ${value.toFixed(2)} ms`;
  return `${Math.round(value).toLocaleString("en-US")}/s`;
}

/** Processor time of server and client together. */
function costOf({ serverMicroseconds, clientMicroseconds }: SideResult): string {
  return `${serverMicroseconds.toFixed(2)} + ${clientMicroseconds.toFixed(2)}`;
}

function mebibytes({ residentBytesMax }: SideResult): string {
  return `${Math.round(residentBytesMax / 1_048_576)} MiB`;
}
