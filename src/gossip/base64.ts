/** Base64 with padding in the standard alphabet: how keys are written. Pure rooms have no function of a runtime for it. */
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The text of any bytes. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    for (let letter = 0; letter < 4; letter++) {
      const isPadding = at + letter > bytes.length;
      text += isPadding ? "=" : letters[(group >> (18 - 6 * letter)) & 63];
    }
  }
  return text;
}

/** The bytes of a text; undefined when it is not the one text that `encodeBase64` gives for them. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  for (let at = 0, end = 0; at < text.length; at += 4, end += 3) {
    let group = 0;
    for (let letter = 0; letter < 4; letter++) {
      const isPadding = at + letter >= text.length - padding;
      const value = isPadding ? 0 : letters.indexOf(text[at + letter] as string);
      if (value < 0) return undefined;
      group = (group << 6) | value;
    }
    for (let byte = 0; byte < 3 && end + byte < bytes.length; byte++)
      bytes[end + byte] = (group >> (16 - 8 * byte)) & 255;
  }
  // Bits beyond the last byte must be zero, so that two texts never stand for one key.
  return encodeBase64(bytes) === text ? bytes : undefined;
}
