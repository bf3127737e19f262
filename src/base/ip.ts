/**
 * IP addresses between text and the bytes of the wire. Peers compare addresses by bytes: the 4-byte and the 16-byte form
 * of one IPv4 address are in conflict. So what a node sent about itself is kept and passed on as the bytes that came.
 */

/** The 4 or 16 bytes of an address in text form, without a zone; undefined when the text is no IP address. */
export function ipToBytes(text: string): Uint8Array | undefined {
  return text.includes(":") ? ipv6ToBytes(text) : ipv4ToBytes(text);
}

/** The text form of 4 or 16 bytes; undefined for any other length. IPv4 within IPv6 comes out as IPv4. */
export function ipToText(bytes: Uint8Array): string | undefined {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return undefined;
  if (isMappedIpv4(bytes)) return bytes.subarray(12).join(".");
  return ipv6ToText(bytes);
}

function isMappedIpv4(bytes: Uint8Array): boolean {
  for (let index = 0; index < 10; index++) if (bytes[index] !== 0) return false;
  return bytes[10] === 255 && bytes[11] === 255;
}

function ipv4ToBytes(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (const [index, part] of parts.entries()) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes[index] = Number(part);
  }
  return bytes;
}

function ipv6ToBytes(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groupsToBytes(halves[0] as string);
  const tail = halves.length === 2 ? groupsToBytes(halves[1] as string) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

function groupsToBytes(text: string): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [index, group] of groups.entries()) {
    if (group.includes(".") && index === groups.length - 1) {
      const last = ipv4ToBytes(group);
      if (last === undefined) return undefined;
      bytes.push(...last);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      const number = Number.parseInt(group, 16);
      bytes.push(number >> 8, number & 255);
    }
  }
  return bytes;
}

/** The canonical form of RFC 5952: lower case, no leading zeros, the longest run of zero groups shortened. */
function ipv6ToText(bytes: Uint8Array): string {
  const groups: number[] = [];
  for (let index = 0; index < 16; index += 2)
    groups.push((bytes[index] as number) * 256 + (bytes[index + 1] as number));
  let runStart = -1;
  let runLength = 1;
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && groups[end] === 0) end++;
    if (end - start > runLength) {
      runStart = start;
      runLength = end - start;
    }
  }
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  if (runStart < 0) return hex(groups);
  return `${hex(groups.slice(0, runStart))}::${hex(groups.slice(runStart + runLength))}`;
}
