/** Options of the DNS that a node serves. */
import { isIP } from "node:net";
import { type Address, parseAddress } from "../base/mod.ts";
import { dnsDomainDefault, domainCharactersMax, parseDomain, ttlSecondsMax } from "../dns/mod.ts";

export interface DnsSettings {
  /**
   * IP address and port to answer the DNS at, for services and nodes of the cluster: UDP and TCP. Port 0 picks a free one.
   * Whoever reaches it learns all of them: a loopback or a private address. @default none
   */
  readonly dnsAddr?: string | undefined;
  /** What all its names end in: up to 100 letters, digits, hyphens and dots. @default "grapevine" */
  readonly dnsDomain?: string | undefined;
  /** How long others may keep what it said, cut to whole seconds: as long they may call what is gone. @default 0 */
  readonly dnsTtlMs?: number | undefined;
}

export interface ResolvedDnsSettings {
  readonly bind: Address;
  readonly domain: string;
  readonly ttlSeconds: number;
}

export interface DnsSettingFault {
  readonly option: string;
  readonly value: unknown;
  readonly allowed: string;
}

export const dnsSettingNames: readonly (keyof DnsSettings)[] = ["dnsAddr", "dnsDomain", "dnsTtlMs"];

/** The port that Consul has for it, in case nobody says one. */
const dnsPortDefault = 8_600;

/** What is wrong with the first option that makes no sense; undefined when all do. */
export function dnsSettingFault(options: DnsSettings): DnsSettingFault | undefined {
  const { dnsAddr, dnsDomain, dnsTtlMs } = options;
  if (dnsAddr === undefined) {
    const given = dnsSettingNames.find((name) => options[name] !== undefined);
    return given && { option: given, value: options[given], allowed: "nothing, because dnsAddr is not given" };
  }
  if (addressOf(dnsAddr) === undefined) {
    return { option: "dnsAddr", value: dnsAddr, allowed: "ip, ip:port or [ipv6]:port" };
  }
  if (dnsDomain !== undefined && (typeof dnsDomain !== "string" || parseDomain(dnsDomain) === undefined)) {
    const allowed = `a domain of up to ${domainCharactersMax} letters, digits, hyphens and dots`;
    return { option: "dnsDomain", value: dnsDomain, allowed };
  }
  const isTime = dnsTtlMs === undefined || (Number.isInteger(dnsTtlMs) && dnsTtlMs >= 0);
  if (isTime && (dnsTtlMs ?? 0) <= ttlSecondsMax * 1_000) return undefined;
  return { option: "dnsTtlMs", value: dnsTtlMs, allowed: `a whole number from 0 to ${ttlSecondsMax * 1_000}` };
}

/** Undefined when no DNS is to be served. The options were checked. */
export function dnsSettingsOf({ dnsAddr, dnsDomain, dnsTtlMs }: DnsSettings): ResolvedDnsSettings | undefined {
  const bind = dnsAddr === undefined ? undefined : addressOf(dnsAddr);
  if (bind === undefined) return undefined;
  return { bind, domain: dnsDomain ?? dnsDomainDefault, ttlSeconds: Math.floor((dnsTtlMs ?? 0) / 1_000) };
}

/** A name could stand for an address that more than this machine reaches. */
function addressOf(text: unknown): Address | undefined {
  const address = typeof text === "string" ? parseAddress(text, dnsPortDefault) : undefined;
  return address !== undefined && isIP(address.host) !== 0 ? address : undefined;
}
