/** Numbers of DNS that the room speaks of, by their names. */

/** What an answer says of itself. Those above 15 need EDNS to be said. */
export const rcodes = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;

export type Rcode = keyof typeof rcodes;

/** The types that a zone has records of, or an answer of its own for. */
export const types = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;

export type QueryType = keyof typeof types | "OTHER";

const typeNames: ReadonlyMap<number, QueryType> = new Map(
  Object.entries(types).map(([name, number]) => [number, name as QueryType]),
);

export function typeName(type: number): QueryType {
  return typeNames.get(type) ?? "OTHER";
}

export const internetClass = 1;
export const anyClass = 255;

export const headerBytes = 12;

/** Bits of the header's second word. */
export const flags = {
  isResponse: 0x8000,
  opcode: 0x7800,
  isAuthoritative: 0x0400,
  isTruncated: 0x0200,
  wantsRecursion: 0x0100,
  checksNothing: 0x0010,
} as const;
