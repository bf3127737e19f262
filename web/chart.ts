/** Rates over time. uPlot draws; the page's style sheet says in which colours. */
import uPlot from "uplot";
import { make } from "./elements.ts";
import { markText, shortText, sizeText } from "./formats.ts";
import type { Points } from "./history.ts";

export interface ChartOptions {
  readonly title: string;
  readonly unit: "records" | "bytes";
  /** Charts of one group show the same moment under the pointer. */
  readonly group: string;
}

/** Seconds that are in sight. */
const spanSeconds = 300;
const spanSecondsLeast = 60;
/** Marks of bytes are round in powers of two. */
const binarySteps = Array.from({ length: 40 }, (_, power) => 2 ** power);

export class RateChart {
  readonly element: HTMLElement;
  readonly #options: ChartOptions;
  readonly #now = make("output", "chart-now", "–");
  readonly #frame = make("div", "chart-frame");
  #plot: uPlot | undefined;
  #points: Points = [[], [], []];

  constructor(options: ChartOptions) {
    this.#options = options;
    const head = make("div", "chart-head", make("h3", "", options.title), this.#now);
    this.#now.setAttribute("aria-live", "off");
    this.#frame.setAttribute("role", "img");
    this.element = make("div", "chart", head, this.#frame);
    this.element.dataset["unit"] = options.unit;
    new ResizeObserver(() => this.#resize()).observe(this.#frame);
  }

  show(points: Points): void {
    this.#points = points;
    const last = points[this.#column].at(-1);
    const text = last === undefined || last === null ? "–" : this.#text(last);
    this.#now.textContent = text;
    this.#frame.setAttribute("aria-label", `${this.#options.title}, now ${text}`);
    if (this.#frame.clientWidth === 0) return;
    this.#plot ??= this.#draw();
    this.#plot.setData(this.#data());
  }

  /** Another palette holds: the canvas does not follow by itself. */
  recolour(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
    this.show(this.#points);
  }

  get #column(): 1 | 2 {
    return this.#options.unit === "records" ? 1 : 2;
  }

  #data(): uPlot.AlignedData {
    return [this.#points[0], this.#points[this.#column]] as uPlot.AlignedData;
  }

  #text(value: number): string {
    return `${this.#options.unit === "records" ? shortText(value) : sizeText(value)}/s`;
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#frame;
    if (width === 0) return;
    if (this.#plot === undefined) this.show(this.#points);
    else this.#plot.setSize({ width, height });
  }

  #draw(): uPlot {
    const style = getComputedStyle(this.element);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    const line = colour("--chart-line");
    const font = `11px ${colour("--sans")}`;
    const axis = {
      stroke: colour("--quiet"),
      font,
      ticks: { show: false },
      grid: { stroke: colour("--grid"), width: 1 },
    };
    return new uPlot(
      {
        width: this.#frame.clientWidth,
        height: this.#frame.clientHeight,
        legend: { show: false },
        padding: [8, 24, 0, 0],
        cursor: { sync: { key: this.#options.group }, y: false, drag: { setScale: false, x: false, y: false } },
        scales: {
          x: { time: true, range: (_, __, max) => spanOf(this.#points[0], max) },
          y: { range: (_, __, max) => [0, Math.max(this.#options.unit === "records" ? 5 : 1_024, (max ?? 0) * 1.12)] },
        },
        axes: [
          { ...axis, size: 24, space: 70, grid: { show: false }, values: (_, times) => times.map(timeText) },
          {
            ...axis,
            size: 58,
            space: 40,
            ...(this.#options.unit === "bytes" && { incrs: binarySteps }),
            values: (_, values) =>
              values.map((value) => markText(this.#options.unit === "records" ? shortText(value) : sizeText(value))),
          },
        ],
        series: [
          {},
          {
            stroke: line,
            width: 1.5,
            fill: (plot) => fade(plot, line),
            points: { show: false },
            spanGaps: false,
          },
        ],
        hooks: { setCursor: [(plot) => this.#point(plot)] },
      },
      this.#data(),
      this.#frame,
    );
  }

  /** What was at the moment under the pointer. */
  #point(plot: uPlot): void {
    const { idx } = plot.cursor;
    const column = this.#points[this.#column];
    const value = idx === null || idx === undefined ? column.at(-1) : column[idx];
    const at = idx === null || idx === undefined ? undefined : this.#points[0][idx];
    const text = value === undefined || value === null ? "–" : this.#text(value);
    this.#now.textContent = at === undefined ? text : `${timeText(at)}  ${text}`;
  }
}

/** The latest minutes; at least one, so that the first points do not jump about. */
function spanOf(times: readonly number[], max: number | null): [number, number] {
  const last = max ?? Date.now() / 1_000;
  const first = times[0] ?? last;
  return [last - Math.min(spanSeconds, Math.max(spanSecondsLeast, last - first)), last];
}

function fade(plot: uPlot, line: string): CanvasGradient {
  const gradient = plot.ctx.createLinearGradient(0, plot.bbox.top, 0, plot.bbox.top + plot.bbox.height);
  gradient.addColorStop(0, `${line}3d`);
  gradient.addColorStop(1, `${line}05`);
  return gradient;
}

function timeText(seconds: number): string {
  const at = new Date(seconds * 1_000);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
