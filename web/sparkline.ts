import { draw } from "./elements.ts";

const width = 56;
const height = 16;
const pointsShown = 60;

/** The last minute of a rate, without figures. */
export function toSparkline(rates: readonly (number | null)[]): SVGElement {
  const shown = rates.slice(-pointsShown);
  const most = Math.max(1, ...shown.map((rate) => rate ?? 0));
  const step = width / (pointsShown - 1);
  const start = width - (shown.length - 1) * step;
  const points = shown.map((rate, index) => {
    const x = (start + index * step).toFixed(1);
    return `${x},${(height - 1.5 - ((rate ?? 0) / most) * (height - 3)).toFixed(1)}`;
  });
  return draw(
    "svg",
    { class: "sparkline", viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" },
    draw("polyline", { points: points.join(" "), fill: "none" }),
  );
}
