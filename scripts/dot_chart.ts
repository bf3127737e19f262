/** Rows of dots on one axis as SVG: how each of many figures stands to its target. */
import * as echarts from "echarts";
import { asImage, colours, faint, ink } from "./chart.ts";

/** A kind of dots, one at most in each row. */
export interface DotSeries {
  readonly name: string;
  readonly symbol: "circle" | "diamond" | "tick";
  /** For each row: where the dot stands; undefined for none. */
  readonly values: readonly (number | undefined)[];
  /** What is written for each dot, in a column of the series at the right. */
  readonly labels?: readonly (string | undefined)[];
}

export interface DotChart {
  readonly title: string;
  readonly x: string;
  readonly rows: readonly string[];
  readonly series: readonly DotSeries[];
  /** Where a line goes through all rows, and what it says. */
  readonly line: { readonly at: number; readonly name: string };
}

const width = 960;
const rowHeight = 28;
const [top, bottom, left, right, columnWidth] = [74, 56, 424, 16, 52];

/** Draws it with an axis whose steps multiply. Values must be above 0. */
export function drawDots({ title, x, rows, series, line }: DotChart): string {
  const height = top + rows.length * rowHeight + bottom;
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  const columns = series.filter(({ labels }) => labels !== undefined);
  const values = series.flatMap((dots) => dots.values.filter((value) => value !== undefined));
  const axisEnd = 10 ** Math.ceil(Math.log10(Math.max(line.at, ...values)));
  chart.setOption({
    animation: false,
    textStyle: { color: ink, fontFamily: "system-ui, sans-serif" },
    title: { text: title, left: 12, top: 8, textStyle: { color: ink, fontSize: 14, fontWeight: 600 } },
    legend: {
      data: series.map(({ name }) => name),
      ...{ left: 8, top: 34, itemWidth: 14, itemGap: 18 },
      textStyle: { color: ink, fontSize: 11 },
    },
    grid: { left, top, width: width - left - right - columns.length * columnWidth, height: rows.length * rowHeight },
    xAxis: {
      ...{ type: "log", name: x, nameLocation: "middle", nameGap: 30 },
      min: 10 ** Math.floor(Math.log10(Math.min(line.at, ...values))),
      max: axisEnd,
      nameTextStyle: { color: ink, fontSize: 12 },
      axisLabel: { color: ink, fontSize: 11 },
      axisLine: { lineStyle: { color: ink } },
      splitLine: { lineStyle: { color: faint } },
    },
    yAxis: {
      ...{ type: "category", data: [...rows], inverse: true },
      axisLabel: { color: ink, fontSize: 11, interval: 0 },
      axisTick: { show: false },
      axisLine: { show: false },
      splitLine: { show: true, lineStyle: { color: faint } },
    },
    series: [
      ...series.map((dots, index) => ({
        ...seriesOf(dots, index),
        ...(index === 0 ? { markLine: markOf(line) } : {}),
      })),
      ...columns.map((dots, column) => columnOf(dots, { axisEnd, column })),
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return asImage(svg, title);
}

function seriesOf({ name, symbol, values }: DotSeries, index: number): object {
  return {
    ...{ type: "scatter", name, itemStyle: { color: colourOf(symbol, index), opacity: 1 } },
    symbol: symbol === "tick" ? "rect" : symbol,
    symbolSize: symbol === "tick" ? [3, 16] : 11,
    data: values.flatMap((value, row) => (value === undefined ? [] : [[value, row]])),
  };
}

function colourOf(symbol: DotSeries["symbol"], index: number): string {
  return symbol === "tick" ? ink : (colours[index % colours.length] as string);
}

/** Labels of dots that are not seen, at the end of the axis. */
function columnOf({ symbol, labels }: DotSeries, place: { readonly axisEnd: number; readonly column: number }): object {
  const { axisEnd, column } = place;
  return {
    ...{ type: "scatter", symbol: "circle", symbolSize: 0.01, clip: false, itemStyle: { opacity: 1 } },
    data: (labels ?? []).flatMap((label, row) => (label === undefined ? [] : [{ value: [axisEnd, row], name: label }])),
    label: {
      ...{ show: true, formatter: "{b}", position: "right", align: "right", distance: 0 },
      ...{ offset: [columnWidth * (column + 1), 0], color: colourOf(symbol, column), fontSize: 11 },
    },
  };
}

function markOf({ at, name }: DotChart["line"]): object {
  return {
    ...{ silent: true, symbol: "none", data: [{ xAxis: at }] },
    lineStyle: { color: ink, width: 1.5, type: "solid" },
    label: { show: true, formatter: name, position: "start", distance: 22, color: ink, fontSize: 11 },
  };
}
