/** The charts of docs/performance.md. */
import { type ChartPanel, drawChart } from "../scripts/chart.ts";
import { drawDots } from "../scripts/dot_chart.ts";
import type { GrowthPoint } from "./growth.ts";
import { type MeasuredRuntime, measuredRuntimes, type Results } from "./results.ts";
import { type TargetRow, targetRows } from "./tables.ts";

export type ResultsByRuntime = Readonly<Record<MeasuredRuntime, Results>>;

/** A chart and the name of its file. */
export interface ChartFile {
  readonly file: string;
  readonly title: string;
  readonly svg: string;
}

const targetsTitle = "Ratio to the peer, against what it must be";

const titles: Readonly<Record<MeasuredRuntime, string>> = { bun: "Bun", node: "Node" };

/** Those for which something was measured. */
export function drawCharts(results: ResultsByRuntime): ChartFile[] {
  const charts: ChartFile[] = [];
  const targets = drawTargets(results);
  if (targets !== undefined) charts.push({ file: "targets.svg", title: targetsTitle, svg: `${targets}\n` });
  for (const [file, panels] of growthCharts) {
    const drawn = panels.map((panel) => panelOf(panel, results)).filter((panel) => panel !== undefined);
    if (drawn.length > 0)
      charts.push({ file, title: drawn.map(({ title }) => title).join("; "), svg: `${drawChart(drawn)}\n` });
  }
  return charts;
}

/** Each ratio divided by what it must be, so that one line is right for all; less is better turned round. */
function drawTargets(results: ResultsByRuntime): string | undefined {
  const measured = measuredRuntimes.map((runtime) => ({
    runtime,
    rows: targetRows(results[runtime].peers?.results ?? [], results[runtime].growth?.results ?? []),
  }));
  const all = new Map<string, TargetRow>(measured.flatMap(({ rows }) => rows.map((row) => [row.what, row] as const)));
  if (all.size === 0) return undefined;
  const names = [...all.keys()];
  const dots = measured
    .filter(({ rows }) => rows.length > 0)
    .map(({ runtime, rows }) => {
      const byName = new Map(rows.map((row) => [row.what, row]));
      const found = names.map((name) => byName.get(name));
      return {
        name: titles[runtime],
        symbol: runtime === "bun" ? ("circle" as const) : ("diamond" as const),
        values: found.map((row) => row && (row.isLessBetter ? row.must / row.ratio : row.ratio / row.must)),
        labels: found.map((row) => row && `${row.ratio.toPrecision(2)}×`),
      };
    });
  const aims = [...all.values()].map(({ must, aim, isLessBetter }) => (isLessBetter ? must / aim : aim / must));
  return drawDots({
    title: targetsTitle,
    x: "times better than it must be",
    rows: names,
    series: [...dots, { name: "aim", symbol: "tick", values: aims }],
    line: { at: 1, name: "must" },
  });
}

interface GrowthPanel extends Pick<ChartPanel, "title" | "x" | "y" | "logX" | "logY"> {
  readonly series: string;
  readonly scale?: number;
  readonly scaleY?: number;
}

const bySize = { x: "MB in the log", logX: true, scale: 1e-6 } as const;

const growthCharts: readonly (readonly [file: string, panels: readonly GrowthPanel[]])[] = [
  [
    "growth.svg",
    [
      {
        ...bySize,
        series: "produce, by bytes of the log",
        title: "Produce, by size",
        y: "thousand records/s",
        scaleY: 1e-3,
      },
      {
        ...bySize,
        series: "consume the newest, by bytes of the log",
        title: "Consume, by size",
        y: "thousand records/s",
        scaleY: 1e-3,
      },
      { ...bySize, series: "open after a kill, by bytes of the log", title: "Open after a kill", y: "ms" },
    ],
  ],
  [
    "tails.svg",
    [
      {
        ...{ series: "delivered, by tails", title: "Delivered per CPU second of the node", logX: true },
        ...{ x: "tails", y: "MB" },
      },
    ],
  ],
  [
    "topics.svg",
    [
      {
        ...{ series: "produce with fsync, by topics in turn", title: "Produce with fsync", logX: true },
        ...{ x: "topics in turn", y: "thousand records/s", scaleY: 1e-3 },
      },
    ],
  ],
];

function panelOf(
  { series, scale = 1, scaleY = 1, ...panel }: GrowthPanel,
  results: ResultsByRuntime,
): ChartPanel | undefined {
  const lines = measuredRuntimes.flatMap((runtime) => {
    const points = (results[runtime].growth?.results ?? []).filter((point: GrowthPoint) => point.series === series);
    if (points.length === 0) return [];
    return [{ name: titles[runtime], points: points.map(({ at, value }) => [at * scale, value * scaleY] as const) }];
  });
  return lines.length === 0 ? undefined : { ...panel, lines };
}
