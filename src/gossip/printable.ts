/**
 * A text from the network as it may stand in a line of a log: a name with a line end in it would write lines of its own,
 * and one with an escape would speak to the terminal.
 */
export function printable(text: string): string {
  let shown = "";
  for (const letter of text) {
    const code = letter.codePointAt(0) as number;
    const isControl = code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0x2028 || code === 0x2029;
    shown += isControl ? "\ufffd" : letter;
  }
  return shown;
}
