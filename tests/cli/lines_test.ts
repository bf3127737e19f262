import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Line, LineTooLongError, linesOf } from "../../src/cli/lines.ts";

/** What comes of a text that arrives in pieces of so many bytes. */
async function split(text: string, pieceBytes: number, lineBytesMax = 100): Promise<string[]> {
  const bytes = new TextEncoder().encode(text);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(bytes.subarray(at, at + pieceBytes));
  const lines: Line[] = [];
  for await (const some of linesOf(pieces, lineBytesMax)) lines.push(...some);
  assert.equal(
    lines.map(({ number }) => number),
    lines.map((_, index) => index + 1),
  );
  return lines.map((line) => new TextDecoder().decode(line.bytes));
}

for (const pieceBytes of [1, 2, 3, 7, 1_000]) {
  test(`linesOf() cuts the same lines from pieces of ${pieceBytes} bytes`, async () => {
    assert.equal(await split("", pieceBytes), []);
    assert.equal(await split("\n", pieceBytes), [""]);
    assert.equal(await split("a", pieceBytes), ["a"]);
    assert.equal(await split("a\n", pieceBytes), ["a"]);
    assert.equal(await split("a\n\nbc\r\nünï\n\nlast", pieceBytes), ["a", "", "bc\r", "ünï", "", "last"]);
  });

  test(`linesOf() gives the lines before one that is too long, in pieces of ${pieceBytes} bytes`, async () => {
    assert.equal(await split("12345\n12345", pieceBytes, 5), ["12345", "12345"]);
    for (const text of ["1\n123456\n2", "1\n123456"]) {
      try {
        await split(text, pieceBytes, 5);
        assert.unreachable();
      } catch (error) {
        assert.instance(error, LineTooLongError);
        assert.is((error as LineTooLongError).line, 2);
      }
    }
  });
}

test.run();
