import { SingleBar } from "cli-progress";

/** A progress bar, or nothing that looks like one. */
export interface Progress {
  add(amount: number): void;
  stop(): void;
}

/** Shows a bar on standard error when that is a terminal and the whole is known. */
export function showProgress(options: { readonly total: number | undefined; readonly unit: string }): Progress {
  if (options.total === undefined || !process.stderr.isTTY) return { add() {}, stop() {} };
  const bar = new SingleBar({
    stream: process.stderr,
    format: `[{bar}] {percentage}% | {value}/{total} ${options.unit} | {eta_formatted} left`,
    hideCursor: true,
    etaBuffer: 50,
  });
  bar.start(options.total, 0);
  return {
    add: (amount) => bar.increment(amount),
    stop: () => bar.stop(),
  };
}
