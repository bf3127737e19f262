/**
 * Services and nodes as names of the DNS. Pure: bytes of a query and the directory in, bytes of the answer out. Decides what
 * each name has and how much of it an answer may hold; not where the bytes come from, nor who is healthy.
 */
export type { QueryType, Rcode } from "./codes.ts";
export type { DnsDirectory, DnsNode } from "./directory.ts";
export { domainCharactersMax, parseDomain } from "./names.ts";
export { queryBytesMax, type Silence } from "./query.ts";
export {
  type DnsCounters,
  type DnsOptions,
  DnsResponder,
  dnsDomainDefault,
  InvalidDnsOptionError,
  ttlSecondsMax,
} from "./responder.ts";
