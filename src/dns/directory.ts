import type { ServiceInstance } from "../base/mod.ts";

/** A node as look-ups find it. */
export interface DnsNode {
  readonly name: string;
  /** IP address. */
  readonly address: string;
  readonly isAlive: boolean;
  /** Where its RPCs are served; undefined for a member that serves none. */
  readonly rpc: { readonly host: string; readonly port: number } | undefined;
  readonly tags: ReadonlyMap<string, string>;
}

/** What the zone is made of. Names are asked for in lower case, and stand for names in any case. */
export interface DnsDirectory {
  /** False while it does not know yet, or not any more, what there is: askers are sent to another server. */
  readonly isReady: boolean;
  /** All instances of a service, whatever their state. */
  services(name: string): readonly ServiceInstance[];
  nodes(name: string): readonly DnsNode[];
  /** Whether the names of nodes end in a dot and this: then it is a name too, although nothing is there. */
  isAboveNodes(name: string): boolean;
}
