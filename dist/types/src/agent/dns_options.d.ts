import { type Address } from "../base/mod.d.ts";
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
export declare const dnsSettingNames: readonly (keyof DnsSettings)[];
/** What is wrong with the first option that makes no sense; undefined when all do. */
export declare function dnsSettingFault(options: DnsSettings): DnsSettingFault | undefined;
/** Undefined when no DNS is to be served. The options were checked. */
export declare function dnsSettingsOf({ dnsAddr, dnsDomain, dnsTtlMs }: DnsSettings): ResolvedDnsSettings | undefined;
