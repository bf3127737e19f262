import { ipToBytes, parseAddress } from "../base/mod.ts";
import { addressCharactersMax } from "./limits.ts";

const hostAllowed = "an IP address or a host name that callers reach, without a port";
const label = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;

/** What an address may be, when this one is none that callers can go to; undefined when it is. */
export function hostFault(text: string): string | undefined {
  return isHost(text) ? undefined : hostAllowed;
}

/** Whether the text is `host:port`, with a port above 0, and can stand in a URL: of some hosts, as `xn--a`, there is none. */
export function isHostAndPort(text: string): boolean {
  const address = parseAddress(text, 0);
  return address !== undefined && address.port > 0 && isHost(address.host) && URL.canParse(`http://${text}`);
}

/** Addresses that bind all interfaces are none to go to. */
function isHost(text: string): boolean {
  if (text === "" || text.length > addressCharactersMax) return false;
  const bytes = ipToBytes(text);
  if (bytes !== undefined) return bytes.some((byte) => byte !== 0);
  const labels = text.replace(/\.$/, "").split(".");
  // What ends in a number is an address, and this is none.
  if (/^\d+$/.test(labels.at(-1) as string)) return false;
  return labels.every((each) => label.test(each));
}
