import type { LogRecord } from "../src/client/browser.ts";
import { make, makeButton } from "./elements.ts";
import { clockText, countText, hexText, momentText, sizeText, strictTextOf } from "./formats.ts";
import { toLine, toWhole } from "./value_view.ts";

/** Bytes of a value that the page keeps. */
const valueBytesMax = 256 * 1_024;
const headersShownMax = 50;

/** A record as the page keeps it: its bytes are its own, so that what they came in can go. */
export interface KeptRecord
  extends Pick<LogRecord, "offset" | "writer" | "sequence" | "timestampMs" | "key" | "headers" | "value"> {
  /** Of the value, which may be cut. */
  readonly valueBytes: number;
}

export function keep(record: LogRecord): KeptRecord {
  const { offset, writer, sequence, timestampMs, headers } = record;
  return {
    ...{ offset, writer, sequence, timestampMs },
    key: record.key?.slice(0, valueBytesMax),
    headers: headers
      .slice(0, headersShownMax)
      .map(({ name, value }) => ({ name, value: value.slice(0, valueBytesMax) })),
    value: record.value.slice(0, valueBytesMax),
    valueBytes: record.value.length,
  };
}

export interface RowStyle {
  readonly words: readonly string[];
  /** The name of the node that wrote a feed. */
  writerName(writer: string): string | undefined;
}

/** One record as a line that opens. */
export function toRow(record: KeptRecord, style: RowStyle): HTMLElement {
  const time = make("time", "", clockText(record.timestampMs));
  time.title = momentText(record.timestampMs);
  const key = record.key === undefined ? make("span", "key none", "–") : make("span", "key", shortKey(record.key));
  const value = make("span", "value", ...toLine(record.value, style.words));
  const line = makeButton("row", "", () => open());
  line.append(make("span", "offset", String(record.offset)), time, key, value);
  line.tabIndex = -1;
  line.setAttribute("aria-expanded", "false");
  const item = make("li", "record", line);
  const open = (): void => {
    const isOpen = line.getAttribute("aria-expanded") === "true";
    line.setAttribute("aria-expanded", String(!isOpen));
    if (isOpen) item.lastElementChild?.remove();
    else {
      item.append(toDetails(record, style));
      item.scrollIntoView({ block: "nearest" });
    }
  };
  return item;
}

/** Told in place of records that came too fast to be read. */
export function toSkipped(count: number): HTMLElement {
  return make("li", "skipped", `${countText(count)} records came too fast to be drawn`);
}

function toDetails(record: KeptRecord, style: RowStyle): HTMLElement {
  const { writer, sequence, timestampMs, key, headers, value, valueBytes } = record;
  const facts = make("dl", "facts");
  const add = (term: string, text: string): void => facts.append(make("dt", "", term), make("dd", "", text));
  add("Time", momentText(timestampMs));
  if (key !== undefined) add("Key", strictTextOf(key) ?? hexText(key));
  add("Feed", `${style.writerName(writer) ?? "unknown node"} · ${writer}`);
  add("Sequence", countText(sequence));
  add(
    "Size",
    valueBytes > value.length
      ? `${sizeText(valueBytes)}, the first ${sizeText(value.length)} are shown`
      : sizeText(valueBytes),
  );
  for (const header of headers) add(`Header ${header.name}`, strictTextOf(header.value) ?? hexText(header.value));
  const copy = makeButton("small", "Copy value", () => {
    const text = strictTextOf(value) ?? hexText(value);
    const done = (label: string) => (): void => {
      copy.textContent = label;
    };
    // Pages that came over plain HTTP from another machine may not write to the clipboard.
    const written = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error("no clipboard"));
    written.then(done("Copied"), done("The browser refused"));
  });
  return make("div", "record-more", toWhole(value), make("div", "record-facts", facts, copy));
}

function shortKey(key: Uint8Array): string {
  const text = strictTextOf(key.subarray(0, 200)) ?? hexText(key.subarray(0, 16));
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
