/** The value below which this share of the sorted values lies; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Milliseconds as seconds with two decimals; a dash where nothing was measured. */
export function seconds(ms: number): string {
  return Number.isNaN(ms) ? "-" : (ms / 1_000).toFixed(2);
}

/** A share of a whole in percent; a dash where there is no whole. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? "-" : `${((100 * part) / whole).toFixed(Math.abs(part) * 10 < whole ? 2 : 1)} %`;
}

/** Rows below a head, as a table of Markdown, so that documents take it as it is. */
export function tableOf(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const texts = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(3, ...texts.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number))).join(" | ")} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(texts[0] as string[]), rule, ...texts.slice(1).map(line)].join("\n");
}
