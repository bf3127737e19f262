/** Runs the comparisons, both sides in turn. */
import { comparisons, type FigureName } from "./comparisons.ts";
import { median } from "./measure.ts";
import type { Contenders } from "./open_contenders.ts";
import type { ComparisonResult, SideResult } from "./results.ts";
import type { Round, Side } from "./sides.ts";

interface MeasuredRound {
  readonly round: Round;
  readonly serverCpuMs: number;
  readonly clientCpuMs: number;
}

/** Alternates between the two sides, after one round of each that does not count. */
export async function compare(
  contenders: Contenders,
  options: {
    readonly rounds: number;
    readonly only: string;
    readonly measuredAt: string;
    readonly onProgress: (line: string) => void;
  },
): Promise<ComparisonResult[]> {
  const results: ComparisonResult[] = [];
  for (const comparison of comparisons(contenders)) {
    if (!comparison.what.includes(options.only)) continue;
    const ours: MeasuredRound[] = [];
    const peer: MeasuredRound[] = [];
    for (let round = 0; round <= options.rounds; round++) {
      // What came before the rounds that count is not their memory.
      if (round === 1) await Promise.all([comparison.ours, comparison.peer].map(({ server }) => server.forgetPeak()));
      ours.push(await measure(comparison.ours));
      peer.push(await measure(comparison.peer));
    }
    const { what, valueBytes, figure, target } = comparison;
    const sides = {
      ours: await summarize(comparison.ours, ours.slice(1), figure),
      peer: await summarize(comparison.peer, peer.slice(1), figure),
    };
    const ratio = sides.ours.median / sides.peer.median;
    const { rounds, measuredAt } = options;
    results.push({ what, valueBytes, figure, ...target, ...sides, ratio, rounds, measuredAt });
    options.onProgress(`${what}, ${valueBytes} B: ${ratio.toFixed(2)}`);
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
    clientMicroseconds: side.isDrivenApart ? undefined : (total((round) => round.clientCpuMs) / records) * 1_000,
    residentBytesMax: (await side.server.usage()).residentBytesMax,
  };
}

function figureOf(round: Round, figure: FigureName): number {
  return figure === "rate" ? (round.records / round.ms) * 1_000 : (round[figure] ?? Number.NaN);
}
