/** Figures of one measurement and how they are printed. */

export interface Figure {
  /** What was measured. */
  readonly what: string;
  /** Bytes of a record's value. */
  readonly valueBytes: number;
  /** Records a second, median of the rounds; undefined where the figure is a time. */
  readonly recordsPerSecond?: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

/** The median of at least one number. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value at or below which this share of the values lies, 0 to 1. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
}

/** Runs `round` several times and gives the median of what it returns. */
export async function medianOf(rounds: number, round: (index: number) => Promise<number>): Promise<number> {
  const results: number[] = [];
  for (let index = 0; index < rounds; index++) results.push(await round(index));
  return median(results);
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

/** The figures as a table for people. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.what,
    `${figure.valueBytes} B`,
    figure.recordsPerSecond === undefined ? "" : grouped(figure.recordsPerSecond),
    figure.recordsPerSecond === undefined ? "" : ((figure.recordsPerSecond * figure.valueBytes) / 1e6).toFixed(1),
    figure.p50Ms === undefined ? "" : figure.p50Ms.toFixed(2),
    figure.p99Ms === undefined ? "" : figure.p99Ms.toFixed(2),
  ]);
  const head = ["what", "value", "records/s", "MB/s", "p50 ms", "p99 ms"];
  const widths = head.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => (row[column] as string).length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number),
      )
      .join("  ");
  return [line(head), ...rows.map(line)].join("\n");
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
