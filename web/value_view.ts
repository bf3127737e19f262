/** A value as people read it: JSON that folds, text, or bytes. Nothing of it is ever read as markup. */
import { make } from "./elements.ts";
import { counted, hexText, sizeText, strictTextOf } from "./formats.ts";
import { jsonOf } from "./search.ts";

/** Letters of a value in its row. */
const lineMax = 400;
/** Bytes of a value in the row, where they are no text. */
const lineBytesMax = 48;
/** Letters of a value that was opened. */
const lettersMax = 64_000;
const dumpBytesMax = 1_024;
/** Entries of one object or list, and how deep they are shown. */
const entriesMax = 100;
const depthMax = 32;
/** Objects up to this depth are unfolded at first. */
const unfoldedDepth = 2;

const pieces = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)/g;

/** One line of it. What was searched for is marked. */
export function toLine(value: Uint8Array, words: readonly string[]): Node[] {
  if (value.length === 0) return [make("span", "quiet", "empty")];
  const text = strictTextOf(value);
  if (text === undefined) {
    const more = value.length > lineBytesMax ? " …" : "";
    const size = make("span", "bytes-size", sizeText(value.length));
    return [size, make("span", "bytes", `${hexText(value.subarray(0, lineBytesMax))}${more}`)];
  }
  const line = text.length > lineMax ? `${text.slice(0, lineMax)}…` : text;
  const marked = words.filter((word) => word !== "");
  if (marked.length > 0) return toMarked(line, marked);
  return /^\s*[[{]/.test(line) ? toColoured(line) : [new Text(line)];
}

function toColoured(line: string): Node[] {
  const nodes: Node[] = [];
  let at = 0;
  for (const match of line.matchAll(pieces)) {
    const [whole, string, colon, number] = match;
    if (match.index > at) nodes.push(new Text(line.slice(at, match.index)));
    const kind =
      string === undefined ? (number === undefined ? "literal" : "number") : colon === undefined ? "string" : "name";
    nodes.push(make("span", `json-${kind}`, whole));
    at = match.index + whole.length;
  }
  nodes.push(new Text(line.slice(at)));
  return nodes;
}

function toMarked(line: string, words: readonly string[]): Node[] {
  const expression = new RegExp(words.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|"), "gi");
  const nodes: Node[] = [];
  let at = 0;
  for (const match of line.matchAll(expression)) {
    if (match.index > at) nodes.push(new Text(line.slice(at, match.index)));
    nodes.push(make("mark", "", match[0]));
    at = match.index + match[0].length;
  }
  nodes.push(new Text(line.slice(at)));
  return nodes;
}

/** All of it, as far as a page can show it. */
export function toWhole(value: Uint8Array): HTMLElement {
  if (value.length === 0)
    return make("p", "quiet", "The value is empty. In a compacted topic this takes the key away.");
  const text = strictTextOf(value);
  if (text === undefined) return make("pre", "dump", dumpOf(value));
  const parsed = jsonOf(text);
  if (typeof parsed === "object" && parsed !== null) return make("div", "json", toTree(parsed, undefined, 0));
  const shown = text.length > lettersMax ? `${text.slice(0, lettersMax)}\n… ${sizeText(value.length)} in all` : text;
  return make("pre", "text", shown);
}

function toTree(value: unknown, name: string | undefined, depth: number): HTMLElement {
  const label = name === undefined ? [] : [make("span", "json-name", name), ": "];
  if (typeof value !== "object" || value === null) return make("div", "json-leaf", ...label, toLeaf(value));
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  const size = isList ? counted(entries.length, "item") : counted(entries.length, "field");
  if (entries.length === 0) return make("div", "json-leaf", ...label, isList ? "[ ]" : "{ }");
  if (depth >= depthMax) return make("div", "json-leaf", ...label, `${size}, too deep to show`);
  const summary = make(
    "summary",
    "",
    ...label,
    isList ? "[" : "{",
    make("span", "quiet", ` ${size} `),
    isList ? "]" : "}",
  );
  const details = make("details", "json-branch", summary);
  const fill = (): void => {
    // What is folded is not built: a value may have thousands of entries.
    if (details.childElementCount > 1) return;
    const children = entries.slice(0, entriesMax).map(([key, entry]) => toTree(entry, key, depth + 1));
    const more = entries.length - entriesMax;
    if (more > 0) children.push(make("div", "quiet", `… ${counted(more, "more entry")}`.replace("entrys", "entries")));
    details.append(make("div", "json-children", ...children));
  };
  details.addEventListener("toggle", () => {
    if (details.open) fill();
  });
  if (depth < unfoldedDepth) {
    details.open = true;
    fill();
  }
  return details;
}

function toLeaf(value: unknown): HTMLElement {
  if (typeof value === "string") {
    const shown = value.length > lettersMax ? `${value.slice(0, lettersMax)}…` : value;
    return make("span", "json-string", JSON.stringify(shown));
  }
  return make("span", typeof value === "number" ? "json-number" : "json-literal", String(value));
}

/** Offset, sixteen bytes, and what of them are letters. */
function dumpOf(bytes: Uint8Array): string {
  const lines: string[] = [];
  const shown = bytes.subarray(0, dumpBytesMax);
  for (let at = 0; at < shown.length; at += 16) {
    const part = shown.subarray(at, at + 16);
    const letters = Array.from(part, (byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
    lines.push(`${at.toString(16).padStart(6, "0")}  ${hexText(part).padEnd(47)}  ${letters}`);
  }
  if (bytes.length > shown.length) lines.push(`… ${sizeText(bytes.length)} in all`);
  return lines.join("\n");
}
