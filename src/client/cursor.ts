/** What a consumer has read, as text to keep. Opaque, and valid on every node. */
export type Cursor = string;

/** What every cursor's text begins with, so that it is told from other words for a start. */
const prefix = "c1.";
const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"];
const lettersOfBase64Url = /^[A-Za-z0-9_-]*$/;

/** True when the text looks like a cursor. */
export function isCursor(text: string): boolean {
  return text.startsWith(prefix) && lettersOfBase64Url.test(text.slice(prefix.length));
}

/** The text of a cursor's bytes. */
export function cursorToText(bytes: Uint8Array): Cursor {
  let text = prefix;
  const { length } = bytes;
  for (let at = 0; at < length; at += 3) {
    // Beyond the end there is nothing, which counts as zero.
    const bits = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
    text += (letters[bits >>> 18] as string) + (letters[(bits >>> 12) & 63] as string);
    if (at + 1 < length) text += letters[(bits >>> 6) & 63] as string;
    if (at + 2 < length) text += letters[bits & 63] as string;
  }
  return text;
}

/** The bytes of a cursor's text; undefined when it is none. */
export function cursorToBytes(text: string): Uint8Array | undefined {
  if (!isCursor(text)) return undefined;
  const base64 = text.slice(prefix.length).replaceAll("-", "+").replaceAll("_", "/");
  if (base64.length % 4 === 1) return undefined;
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}
