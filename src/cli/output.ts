/** Results go to standard output, everything else to standard error. */

/** Writes to standard output; resolves when there is room for more. */
export function printBytes(bytes: Uint8Array | string): Promise<void> {
  if (process.stdout.write(bytes)) return Promise.resolve();
  return new Promise((resolve) => process.stdout.once("drain", resolve));
}

/** Writes one line to standard output. */
export function printLine(line: string): Promise<void> {
  return printBytes(`${line}\n`);
}

/** Tells the person at the terminal something that is no result. */
export function printNote(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Resolves when everything written has left the process. */
export function flushOutput(): Promise<void> {
  return new Promise((resolve) => process.stdout.write("", () => process.stderr.write("", () => resolve())));
}

/** Ends the process quietly when the reader of its output has gone, as `head` does. */
export function endWhenReaderLeaves(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    process.exit(error.code === "EPIPE" ? 0 : 1);
  });
  // Nobody is left to tell.
  process.stderr.on("error", () => {});
}

/** Rows as columns, left-aligned, four spaces apart as `serf` has them. */
export function toColumns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd((widths[column] as number) + 4)).join(""));
  return lines.map((line) => line.trimEnd()).join("\n");
}

/** `1 record`, `2 records`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}
