/** Names of the zone as text: what may stand in one, and those that stand for addresses. */
import { fromHex, ipToBytes, ipToText, toHex } from "../base/mod.ts";

/** Characters of a name, without a dot at its end. */
const nameCharactersMax = 253;

/** Characters of a zone's name, so that a service of the longest name and a tag fit in front of it. */
export const domainCharactersMax = 100;

/** A label as hosts have them, and the underscore that some names of machines have. */
const labelPattern = /^[a-z0-9_-]{1,63}$/i;

/** True for what a record may point to: labels of letters, digits, hyphens and underscores. */
export function isHostName(text: string): boolean {
  return text.length <= nameCharactersMax && text.split(".").every((label) => labelPattern.test(label));
}

/** True for a label, in lower case, that can be the name of a service. */
export function isServiceLabel(label: string): boolean {
  return /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(label);
}

/** The labels of a zone's name in lower case; undefined when it cannot be one. */
export function parseDomain(text: string): readonly string[] | undefined {
  const labels = text.toLowerCase().split(".");
  const isGood = text.length <= domainCharactersMax && labels.every(isServiceLabel);
  return isGood && isHostName(text) ? labels : undefined;
}

/** An address in the one form that it is compared and told in; undefined when the text is no IP address. */
export function ipText(text: string): string | undefined {
  const bytes = ipToBytes(text);
  return bytes && ipToText(bytes);
}

/** The label that stands for an address: `7f000001`. */
export function labelOfIp(address: string): string {
  return toHex(ipToBytes(address) ?? new Uint8Array(0));
}

/** The address that a label stands for; undefined when it stands for none. */
export function ipOfLabel(label: string): string | undefined {
  const bytes = label.length === 8 || label.length === 32 ? fromHex(label) : undefined;
  return bytes && ipToText(bytes);
}
