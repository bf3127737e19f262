import { parseAddress } from "../base/mod.ts";
import { addressCharactersMax } from "./limits.ts";

const hostAllowed = "an IP address or a host name that callers reach, without a port";
const label = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;

/** What an address may be, when this one is none that callers can go to; undefined when it is. */
export function hostFault(text: string): string | undefined {
  return isHost(text) ? undefined : hostAllowed;
}

/** Whether the text is `host:port`, with a port above 0. */
export function isHostAndPort(text: string): boolean {
  const address = parseAddress(text, 0);
  return address !== undefined && address.port > 0 && isHost(address.host);
}

/** Addresses that bind all interfaces are none to go to. */
function isHost(text: string): boolean {
  if (text === "" || text.length > addressCharactersMax || text === "0.0.0.0") return false;
  if (text.includes(":")) return isIpv6(text) && /[1-9a-fA-F]/.test(text);
  const labels = text.replace(/\.$/, "").split(".");
  if (/^\d+$/.test(labels.at(-1) as string)) return labels.length === 4 && labels.every(isOctet);
  return labels.every((each) => label.test(each));
}

function isOctet(text: string): boolean {
  return /^(?:0|[1-9]\d{0,2})$/.test(text) && Number(text) <= 255;
}

function isIpv6(text: string): boolean {
  const [left = "", right, ...more] = text.split("::");
  if (more.length > 0) return false;
  const groups = [groupsOf(left), groupsOf(right ?? "")];
  const count = groups.reduce((sum, each) => sum + each.length, 0);
  return (
    groups.flat().every((group) => /^[0-9a-fA-F]{1,4}$/.test(group)) && (right === undefined ? count === 8 : count < 8)
  );
}

function groupsOf(text: string): readonly string[] {
  return text === "" ? [] : text.split(":");
}
