/** What nodes say to those on their own network that they do not know yet: multicast DNS, as Serf's agents use it. */
import { type Address } from "../base/mod.d.ts";
/** Records that matter here; questions about all others are nobody's. */
export type ServiceRecordType = "PTR" | "SRV" | "TXT" | "A" | "AAAA";
export interface ServiceQuestion {
    readonly name: string;
    readonly type: ServiceRecordType | "ANY";
    /** Whether the asker wants to be answered alone. */
    readonly wantsUnicast: boolean;
}
export type ServiceRecord = {
    readonly type: "PTR";
    readonly name: string;
    readonly ttlSeconds: number;
    readonly target: string;
} | {
    readonly type: "SRV";
    readonly name: string;
    readonly ttlSeconds: number;
    readonly target: string;
    readonly port: number;
} | {
    readonly type: "A" | "AAAA";
    readonly name: string;
    readonly ttlSeconds: number;
    readonly address: string;
} | {
    readonly type: "TXT";
    readonly name: string;
    readonly ttlSeconds: number;
    readonly text: string;
};
/** A message as far as it is about services. Names have no dot at their end. */
export interface ServiceMessage {
    /** Who is answered alone knows the answer by it. */
    readonly id: number;
    readonly isResponse: boolean;
    readonly questions: readonly ServiceQuestion[];
    readonly records: readonly ServiceRecord[];
}
/** What a cluster that can be discovered may be called: it is a part of a DNS label of 63 bytes. */
export declare const discoverNamePattern: RegExp;
/** How long others may remember what is said here. */
export declare const ttlSeconds = 120;
/** The name under which all nodes of a cluster are found. */
export declare function serviceName(cluster: string): string;
/** The name of one node's service: its own name, if DNS can carry that. */
export declare function instanceName(cluster: string, nodeName: string): string;
/** The records that lead to a node. The order matters to Serf: a port belongs to an instance, an address to a host. */
export declare function recordsOf(cluster: string, nodeName: string, address: Address): ServiceRecord[];
/** Names of DNS are the same in upper and lower case. */
export declare function sameName(left: string, right: string): boolean;
/** The nodes that a message leads to: instance, and where it says that it is. Whatever is incomplete leads nowhere. */
export declare function instancesIn(cluster: string, records: readonly ServiceRecord[]): {
    readonly instance: string;
    readonly address: Address;
}[];
