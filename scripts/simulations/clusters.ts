import type { Address } from "../../src/base/mod.ts";
import type { NodeSnapshot } from "../../src/gossip/mod.ts";

/** Each node has an IP address of its own. */
export function addressOf(index: number): Address {
  return { host: `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`, port: 7946 };
}

export function nameOf(index: number): string {
  return `node${index}`;
}

/** What every node of a formed cluster knows of every other. Shared by all of them: thousands of nodes fit in memory. */
export function formedCluster(nodes: number, meta: Uint8Array): NodeSnapshot[] {
  const versions = Uint8Array.of(1, 5, 2, 2, 5, 4);
  return Array.from({ length: nodes }, (_, index) => ({
    name: nameOf(index),
    address: addressOf(index),
    addressBytes: Uint8Array.of(10, (index >> 16) & 255, (index >> 8) & 255, index & 255),
    meta,
    versions,
    incarnation: 1,
    state: "alive" as const,
  }));
}
