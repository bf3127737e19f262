/** Numbers, sizes and times as people read them. */

const whole = new Intl.NumberFormat("en");
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

export function countText(count: number): string {
  return whole.format(count);
}

/** `1 record`, `2 records`. */
export function counted(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Three figures: 987, 1.23k, 12.3k, 123k, 1.23M. */
export function shortText(value: number): string {
  const units = ["", "k", "M", "G", "T"];
  let unit = 0;
  let scaled = value;
  for (; Math.abs(scaled) >= 999.5 && unit < units.length - 1; unit++) scaled /= 1_000;
  if (unit === 0 && (Number.isInteger(scaled) || scaled >= 100)) return String(Math.round(scaled));
  return `${figures(scaled)}${units[unit]}`;
}

/** The same without zeros that say nothing: for the marks of an axis. */
export function markText(text: string): string {
  return text.replace(/\.0+(?=\D|$)|(\.\d*?)0+(?=\D|$)/, "$1");
}

function figures(value: number): string {
  const decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return value.toFixed(decimals);
}

/** Bytes in powers of two. */
export function sizeText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let scaled = bytes;
  for (; scaled >= 1_023.5 && unit < units.length - 1; unit++) scaled /= 1_024;
  return `${unit === 0 ? Math.round(scaled) : figures(scaled)} ${units[unit]}`;
}

/** A round trip: microseconds matter in a rack, milliseconds between continents. */
export function roundTripText(milliseconds: number): string {
  if (milliseconds < 0.095) return `${Math.round(milliseconds * 1_000)} µs`;
  if (milliseconds < 9.95) return `${milliseconds.toFixed(milliseconds < 0.995 ? 2 : 1)} ms`;
  return `${Math.round(milliseconds)} ms`;
}

/** How long something lasts, in its greatest unit or two. */
export function durationText(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes < 5 ? joined(minutes, "min", seconds % 60, "s") : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return joined(hours, "h", minutes % 60, "min");
  return joined(Math.floor(hours / 24), "d", hours % 24, "h");
}

function joined(greater: number, unit: string, lesser: number, smaller: string): string {
  return lesser === 0 ? `${greater} ${unit}` : `${greater} ${unit} ${lesser} ${smaller}`;
}

export function agoText(sinceMs: number, nowMs: number): string {
  return nowMs - sinceMs < 1_500 ? "just now" : `${durationText(nowMs - sinceMs)} ago`;
}

/** `14:02:11` here. */
export function clockText(atMs: number): string {
  return Number.isFinite(atMs) && Math.abs(atMs) <= 8.64e15 ? clock.format(atMs) : "no time";
}

/** The whole of it. */
export function momentText(atMs: number): string {
  return Number.isFinite(atMs) && Math.abs(atMs) <= 8.64e15 ? moment.format(atMs) : "no time";
}

/** `host:port` of a server's URL. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

const decoder = new TextDecoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What is no UTF-8 in it is replaced. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Undefined for what is no text: invalid UTF-8, or control characters that texts do not have. */
export function strictTextOf(bytes: Uint8Array): string | undefined {
  try {
    const text = strictDecoder.decode(bytes);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what tells bytes from text
    return /[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : text;
  } catch {
    // Not UTF-8: the caller shows the bytes.
    return undefined;
  }
}

/** Bytes in hexadecimal, in pairs. */
export function hexText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
