/** Line charts as SVG: read on white and on black, without a browser. */
import * as echarts from "echarts";

export interface ChartLine {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly dashed?: boolean | undefined;
}

/** One pair of axes with its lines. */
export interface ChartPanel {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** Axes whose steps multiply. Values must be above 0. */
  readonly logX?: boolean | undefined;
  readonly logY?: boolean | undefined;
  readonly lines: readonly ChartLine[];
}

/** Colours that stand out on white and on black alike. */
export const colours: readonly string[] = ["#2f81f7", "#e0823d", "#2da44e", "#a371f7", "#d6336c", "#1f9e9e"];
export const ink = "#808890";
export const faint = "#80889040";

const panelWidth = 460;
const height = 380;

/** Draws the panels side by side. */
export function drawChart(panels: readonly ChartPanel[]): string {
  const chart = echarts.init(null, null, {
    renderer: "svg",
    ssr: true,
    width: panelWidth * panels.length,
    height,
  });
  const left = (index: number) => index * panelWidth;
  chart.setOption({
    animation: false,
    textStyle: { color: ink, fontFamily: "system-ui, sans-serif" },
    title: panels.map(({ title }, index) => ({
      text: title,
      left: left(index) + 56,
      top: 8,
      textStyle: { color: ink, fontSize: 14, fontWeight: 600 },
    })),
    legend: panels.map(({ lines }, index) => ({
      data: lines.map(({ name }) => name),
      left: left(index) + 50,
      top: 32,
      width: panelWidth - 70,
      itemWidth: 18,
      itemGap: 16,
      textStyle: { color: ink, fontSize: 11 },
    })),
    grid: panels.map((_, index) => ({
      left: left(index) + 56,
      top: 92,
      width: panelWidth - 84,
      height: height - 92 - 52,
    })),
    xAxis: panels.map(({ x, logX, lines }, index) => ({
      ...axis(x, logX ?? false),
      gridIndex: index,
      nameGap: 28,
      ...rangeOf(
        lines.flatMap(({ points }) => points.map(([value]) => value)),
        logX ?? false,
      ),
    })),
    yAxis: panels.map(({ y, logY }, index) => ({ ...axis(y, logY ?? false), gridIndex: index, nameGap: 40 })),
    series: panels.flatMap(({ lines }, panel) =>
      lines.map(({ name, points, dashed }, index) => ({
        type: "line",
        name,
        xAxisIndex: panel,
        yAxisIndex: panel,
        data: points.map((point) => [...point]),
        symbol: "circle",
        symbolSize: 6,
        color: colours[index % colours.length],
        lineStyle: { width: 2, type: dashed ? "dashed" : "solid" },
      })),
    ),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return asImage(svg, panels.map(({ title }) => title).join("; "));
}

/** Without what only a page with a pointer has use for, and with a title for who cannot see it. */
export function asImage(svg: string, title: string): string {
  return (
    svg
      // Numbered by how much was drawn before, which is not the drawing's.
      .replace(/\bzr\d+-/g, "zr-")
      .replace(/<style[^>]*>[\s\S]*?<\/style>\n?/g, "")
      .replace(/ (?:class|pointer-events)="[^"]*"/g, "")
      .replace(/^<svg ([^>]*)>/, `<svg role="img" $1>\n<title>${title.replace(/[<&]/g, "")}</title>`)
  );
}

function axis(name: string, isLog: boolean): object {
  return {
    type: isLog ? "log" : "value",
    name,
    nameLocation: "middle",
    nameTextStyle: { color: ink, fontSize: 12 },
    axisLabel: { color: ink, fontSize: 11 },
    axisLine: { lineStyle: { color: ink } },
    splitLine: { lineStyle: { color: faint } },
    minorSplitLine: { show: false },
  };
}

/** The first and last value end a logarithmic axis; a plain one begins at 0. */
function rangeOf(values: readonly number[], isLog: boolean): object {
  return isLog && values.length > 0 ? { min: Math.min(...values), max: Math.max(...values) } : {};
}
