/** Answers the DNS for one domain: bytes of a query in, bytes of its answer out. Asks nobody, and remembers nobody. */
import type { Random } from "../base/mod.ts";
import { AnswerWriter, datagramBytesMax, datagramBytesMin, headerOf } from "./answer_writer.ts";
import { anyClass, internetClass, type QueryType, type Rcode, typeName } from "./codes.ts";
import type { DnsDirectory } from "./directory.ts";
import { domainCharactersMax, ipText, parseDomain } from "./names.ts";
import { type Query, readQuery, type Silence } from "./query.ts";
import { type Resolution, Resolver, without } from "./resolver.ts";
import { Zone } from "./zone.ts";

/** Bytes of a message over TCP, where its length has 16 bits. */
const messageBytesMax = 65_535;

/** Bytes of the smallest record: an address, by a reference to its name. */
const recordBytesMin = 16;

/** The greatest time that a record may be kept (RFC 2181). */
export const ttlSecondsMax = 2_147_483_647;

export interface DnsOptions {
  /** The domain that all names end in: up to 100 letters, digits, hyphens and dots. @default "grapevine" */
  readonly domain?: string | undefined;
  /** How long others may keep an answer. What fails is gone from answers at once only with 0. @default 0 */
  readonly ttlSeconds?: number | undefined;
  /** IP address at which others reach this server. */
  readonly serverIp: string;
}

/** An option that makes no sense. */
export class InvalidDnsOptionError extends RangeError {
  override readonly name = "InvalidDnsOptionError";
  readonly code = "INVALID_DNS_OPTION";
  readonly option: string;
  readonly value: unknown;
  readonly allowed: string;

  constructor(option: string, value: unknown, allowed: string) {
    super(`Cannot use option ${option} of DNS: it is ${JSON.stringify(value)}, allowed is ${allowed}`);
    this.option = option;
    this.value = value;
    this.allowed = allowed;
  }
}

export const dnsDomainDefault = "grapevine";

export interface DnsCounters {
  /** Queries that were answered, by what was asked and what was said. Of what could not be read the type is `OTHER`. */
  readonly answered: Iterable<{ readonly type: QueryType; readonly rcode: Rcode; readonly count: number }>;
  /** What came and got no answer, by why. */
  readonly silent: Readonly<Record<Silence, number>>;
  /** Answers that did not fit into a datagram. */
  readonly truncated: number;
}

export class DnsResponder {
  readonly #resolver: Resolver;
  readonly #answered = new Map<string, { readonly type: QueryType; readonly rcode: Rcode; count: number }>();
  readonly #silent: Record<Silence, number> = { short: 0, long: 0, response: 0 };
  #truncated = 0;

  /** Throws `InvalidDnsOptionError`. */
  constructor(options: DnsOptions, directory: DnsDirectory, random: Random) {
    const { domain = dnsDomainDefault, ttlSeconds = 0, serverIp } = options;
    const labels = parseDomain(domain);
    if (labels === undefined) {
      const allowed = `up to ${domainCharactersMax} letters, digits, hyphens and dots`;
      throw new InvalidDnsOptionError("domain", domain, allowed);
    }
    if (!(Number.isInteger(ttlSeconds) && ttlSeconds >= 0 && ttlSeconds <= ttlSecondsMax)) {
      throw new InvalidDnsOptionError("ttlSeconds", ttlSeconds, `a whole number from 0 to ${ttlSecondsMax}`);
    }
    const ip = ipText(serverIp);
    if (ip === undefined) throw new InvalidDnsOptionError("serverIp", serverIp, "an IP address");
    this.#resolver = new Resolver(new Zone(labels, ip, directory), random, ttlSeconds);
  }

  get counters(): DnsCounters {
    return { answered: this.#answered.values(), silent: this.#silent, truncated: this.#truncated };
  }

  /** Undefined when the bytes get no answer. Never throws, and never more bytes than the asker takes. */
  answer(bytes: Uint8Array, over: "udp" | "tcp"): Uint8Array | undefined {
    const read = readQuery(bytes);
    switch (read.type) {
      case "silence":
        this.#silent[read.reason]++;
        return undefined;
      case "fault":
        this.#count("OTHER", read.rcode);
        return headerOf(read.id, read.repeatedFlags, read.rcode);
      case "query":
        return this.#answer(read.query, over === "tcp" ? messageBytesMax : datagramRoom(read.query));
      default:
        return read satisfies never;
    }
  }

  #answer(query: Query, bytesMax: number): Uint8Array {
    const type = typeName(query.type);
    // One more than fits, so that an answer that is cut off says so.
    const resolution = this.#resolve(query, type, Math.floor(bytesMax / recordBytesMin) + 1);
    const { rcode, answers, authorities, additionals } = resolution;
    const writer = new AnswerWriter(query, bytesMax);
    // Over TCP there is nowhere else to ask: what does not fit is left out, and as the order is random, others next time.
    const isTruncated = !answers.every((each) => writer.add("answers", each)) && bytesMax < messageBytesMax;
    for (const each of authorities) writer.add("authorities", each);
    if (!isTruncated) for (const each of additionals) if (!writer.add("additionals", each)) break;
    this.#count(type, rcode);
    if (isTruncated) this.#truncated++;
    return writer.finish({ rcode, isTruncated });
  }

  #resolve({ edns, class: asked, labels }: Query, type: QueryType, answersMax: number): Resolution {
    if (edns !== undefined && edns.version > 0) return without("BADVERS");
    if (type === "OPT") return without("FORMERR");
    if (asked !== internetClass && asked !== anyClass) return without("REFUSED");
    return this.#resolver.resolve(labels, type, answersMax);
  }

  #count(type: QueryType, rcode: Rcode): void {
    const key = `${type} ${rcode}`;
    const counted = this.#answered.get(key) ?? { type, rcode, count: 0 };
    counted.count++;
    this.#answered.set(key, counted);
  }
}

/** Bytes of the largest datagram for this asker. */
function datagramRoom({ edns }: Query): number {
  return Math.min(Math.max(edns?.udpBytes ?? 0, datagramBytesMin), datagramBytesMax);
}
