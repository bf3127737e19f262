import { concat } from "../base/mod.ts";

/** One line of an input, without its newline. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** A line that is longer than allowed. */
export class LineTooLongError extends RangeError {
  override readonly name = "LineTooLongError";
  readonly code = "LINE_TOO_LONG";
  readonly line: number;

  constructor(line: number, allowedBytes: number) {
    super(`Cannot read line ${line}: it has more than ${allowedBytes} bytes`);
    this.line = line;
  }
}

const newline = 10;

/**
 * Cuts chunks into lines as they come, holding no more than one line. The last line counts without a newline too; bytes
 * are kept as they are, carriage returns among them.
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  lineBytesMax: number,
): AsyncGenerator<Line[]> {
  let number = 0;
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  for await (const chunk of chunks) {
    const lines: Line[] = [];
    let at = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, at)) {
      const bytes = concat([...rest, chunk.subarray(at, end)]);
      number++;
      if (bytes.length > lineBytesMax) {
        if (lines.length > 0) yield lines;
        throw new LineTooLongError(number, lineBytesMax);
      }
      lines.push({ number, bytes });
      rest = [];
      restBytes = 0;
      at = end + 1;
    }
    if (lines.length > 0) yield lines;
    if (at < chunk.length) rest.push(chunk.subarray(at));
    restBytes += chunk.length - at;
    if (restBytes > lineBytesMax) throw new LineTooLongError(number + 1, lineBytesMax);
  }
  if (restBytes > 0) yield [{ number: number + 1, bytes: concat(rest) }];
}
