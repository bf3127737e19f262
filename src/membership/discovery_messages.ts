/** What nodes say to those on their own network that they do not know yet: multicast DNS, as Serf's agents use it. */
import { type Address, crc32, toBytes } from "../base/mod.ts";

/** Records that matter here; questions about all others are nobody's. */
export type ServiceRecordType = "PTR" | "SRV" | "TXT" | "A" | "AAAA";

export interface ServiceQuestion {
  readonly name: string;
  readonly type: ServiceRecordType | "ANY";
  /** Whether the asker wants to be answered alone. */
  readonly wantsUnicast: boolean;
}

export type ServiceRecord =
  | { readonly type: "PTR"; readonly name: string; readonly ttlSeconds: number; readonly target: string }
  | {
      readonly type: "SRV";
      readonly name: string;
      readonly ttlSeconds: number;
      readonly target: string;
      readonly port: number;
    }
  | { readonly type: "A" | "AAAA"; readonly name: string; readonly ttlSeconds: number; readonly address: string }
  | { readonly type: "TXT"; readonly name: string; readonly ttlSeconds: number; readonly text: string };

/** A message as far as it is about services. Names have no dot at their end. */
export interface ServiceMessage {
  /** Who is answered alone knows the answer by it. */
  readonly id: number;
  readonly isResponse: boolean;
  readonly questions: readonly ServiceQuestion[];
  readonly records: readonly ServiceRecord[];
}

/** What a cluster that can be discovered may be called: it is a part of a DNS label of 63 bytes. */
export const discoverNamePattern: RegExp = /^[A-Za-z0-9_-]{1,57}$/;

/** How long others may remember what is said here. */
export const ttlSeconds = 120;

const labelBytesMax = 63;

/** Bytes of a node's name that leave room for the rest of its service's name within the 255 of DNS. */
const nameBytesMax = 160;

/** The name under which all nodes of a cluster are found. */
export function serviceName(cluster: string): string {
  return `_serf_${cluster}._tcp.local`;
}

/** The name of one node's service: its own name, if DNS can carry that. */
export function instanceName(cluster: string, nodeName: string): string {
  const bytes = (text: string): number => toBytes(text).length;
  const fits = nodeName.split(".").every((label) => label !== "" && bytes(label) <= labelBytesMax);
  const isPlain = fits && bytes(nodeName) <= nameBytesMax && !/\p{Cc}/u.test(nodeName);
  return `${isPlain ? nodeName : `node-${digest(nodeName)}`}.${serviceName(cluster)}`;
}

/** The records that lead to a node. The order matters to Serf: a port belongs to an instance, an address to a host. */
export function recordsOf(cluster: string, nodeName: string, address: Address): ServiceRecord[] {
  const instance = instanceName(cluster, nodeName);
  // A host name of its own: what the machine is called, others may say with other addresses.
  const host = `serf-${digest(`${instance} ${address.host}`)}.local`;
  return [
    { type: "PTR", name: serviceName(cluster), ttlSeconds, target: instance },
    { type: "SRV", name: instance, ttlSeconds, target: host, port: address.port },
    { type: address.host.includes(":") ? "AAAA" : "A", name: host, ttlSeconds, address: address.host },
    { type: "TXT", name: instance, ttlSeconds, text: `Serf '${cluster}' cluster` },
  ];
}

/** Names of DNS are the same in upper and lower case. */
export function sameName(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

/** The nodes that a message leads to: instance, and where it says that it is. Whatever is incomplete leads nowhere. */
export function instancesIn(
  cluster: string,
  records: readonly ServiceRecord[],
): { readonly instance: string; readonly address: Address }[] {
  const service = serviceName(cluster);
  return records.flatMap((pointer) => {
    // A lifetime of 0 is a goodbye.
    if (pointer.type !== "PTR" || !sameName(pointer.name, service) || pointer.ttlSeconds === 0) return [];
    const place = records.find((record) => record.type === "SRV" && sameName(record.name, pointer.target));
    if (place?.type !== "SRV" || place.port === 0) return [];
    const hosts = records.filter(
      (record) => (record.type === "A" || record.type === "AAAA") && sameName(record.name, place.target),
    );
    return hosts.flatMap((host) => {
      const address = "address" in host ? { host: host.address, port: place.port } : undefined;
      return address === undefined ? [] : [{ instance: pointer.target, address }];
    });
  });
}

function digest(text: string): string {
  return crc32(toBytes(text)).toString(16).padStart(8, "0");
}
