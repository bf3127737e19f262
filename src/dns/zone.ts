/**
 * Which names there are below the domain, and what each has. A name that is there without what was asked for is told from
 * one that is not there: the second says that nothing is below it either, and resolvers believe that.
 */
import type { ServiceInstance } from "../base/mod.ts";
import type { DnsDirectory, DnsNode } from "./directory.ts";
import { ipOfLabel, ipText, isHostName, isServiceLabel, labelOfIp } from "./names.ts";

/** What a name stands for. */
export type Entry =
  /** The domain itself. */
  | { readonly type: "apex" }
  /** There are names below it, and nothing else. */
  | { readonly type: "empty" }
  | { readonly type: "address"; readonly address: string }
  /**
   * Those that are not critical. Whoever keeps answers takes an alias for all that a name has: so that all find the ports of
   * services whose hosts have names, there are names without one.
   */
  | { readonly type: "service"; readonly instances: readonly ServiceInstance[]; readonly mayBeAlias: boolean }
  /** Those that are alive. */
  | { readonly type: "node"; readonly nodes: readonly DnsNode[] };

/** Where something is: an IP address, or the name of a host that others know. */
export type Place =
  | { readonly ip: string; readonly host?: undefined }
  | { readonly ip?: undefined; readonly host: string };

export class Zone {
  /** The domain, as names end in it. */
  readonly domain: string;
  readonly #domainLabels: readonly string[];
  readonly #directory: DnsDirectory;
  /** Where the one is reached that serves the zone. */
  readonly #serverIp: string;

  constructor(domainLabels: readonly string[], serverIp: string, directory: DnsDirectory) {
    this.domain = domainLabels.join(".");
    this.#domainLabels = domainLabels;
    this.#serverIp = serverIp;
    this.#directory = directory;
  }

  get isReady(): boolean {
    return this.#directory.isReady;
  }

  /** Name of the one that serves the zone. */
  get serverName(): string {
    return `ns.${this.domain}`;
  }

  /** The labels of a name before the domain; undefined when the name is elsewhere. */
  labelsWithin(labels: readonly string[]): readonly string[] | undefined {
    const count = labels.length - this.#domainLabels.length;
    const isWithin = count >= 0 && this.#domainLabels.every((label, index) => labels[count + index] === label);
    return isWithin ? labels.slice(0, count) : undefined;
  }

  /** What there is by the name of these labels and the domain; undefined for nothing. */
  find(labels: readonly string[]): Entry | undefined {
    const branch = labels.at(-1);
    const rest = labels.slice(0, -1);
    switch (branch) {
      case undefined:
        return { type: "apex" };
      case "ns":
        return rest.length === 0 ? { type: "address", address: this.#serverIp } : undefined;
      case "addr":
        return findAddress(rest);
      case "node":
        return this.#findNode(rest);
      case "service":
        return this.#findService(rest);
      default:
        return undefined;
    }
  }

  /** A name of this zone for an address at a node: the node's where it has the same address, else one that spells it. */
  nameOf(address: string, nodeName: string): string {
    const name = `${nodeName}.node.${this.domain}`;
    // Names of nodes are told apart by their case elsewhere, and not here: one of two would stand for both.
    const [node, ...others] = isHostName(name) ? this.#directory.nodes(nodeName.toLowerCase()) : [];
    const isThere = node?.isAlive === true && others.length === 0 && ipText(node.address) === address;
    return isThere ? name : `${labelOfIp(address)}.addr.${this.domain}`;
  }

  #findNode(labels: readonly string[]): Entry | undefined {
    if (labels.length === 0) return { type: "empty" };
    const name = labels.join(".");
    const nodes = this.#directory.nodes(name);
    if (nodes.length > 0) return { type: "node", nodes: nodes.filter(({ isAlive }) => isAlive) };
    return this.#directory.isAboveNodes(name) ? { type: "empty" } : undefined;
  }

  /** `NAME`, `TAG.NAME` where tags may have dots, and `_NAME._TAG` as RFC 2782 has it, where `_tcp` is no tag. */
  #findService(labels: readonly string[]): Entry | undefined {
    const last = labels.at(-1);
    if (last === undefined) return { type: "empty" };
    if (last.startsWith("_")) {
      const [service, tag, ...others] = labels;
      if (tag === undefined) return { type: "empty" };
      if (others.length > 0 || !service?.startsWith("_")) return undefined;
      return this.#findInstances(service.slice(1), {
        tag: tag === "_tcp" ? undefined : tag.slice(1),
        mayBeAlias: false,
      });
    }
    const tag = labels.length > 1 ? labels.slice(0, -1).join(".") : undefined;
    return this.#findInstances(last, { tag, mayBeAlias: true });
  }

  #findInstances(
    name: string,
    { tag, mayBeAlias }: { readonly tag: string | undefined; readonly mayBeAlias: boolean },
  ): Entry | undefined {
    const all = isServiceLabel(name) ? this.#directory.services(name) : [];
    const tagged = tag === undefined ? all : all.filter(({ tags }) => tags.some((each) => each.toLowerCase() === tag));
    if (tagged.length > 0) {
      return { type: "service", instances: tagged.filter(({ state }) => state !== "critical"), mayBeAlias };
    }
    const isAbove = all.some(({ tags }) => tags.some((each) => each.toLowerCase().endsWith(`.${tag}`)));
    return isAbove ? { type: "empty" } : undefined;
  }
}

function findAddress([label, ...others]: readonly string[]): Entry | undefined {
  if (label === undefined) return { type: "empty" };
  const address = others.length === 0 ? ipOfLabel(label) : undefined;
  return address === undefined ? undefined : { type: "address", address };
}

/** Where an instance is; undefined when its address is nothing that DNS can tell. */
export function placeOf(address: string): Place | undefined {
  const ip = ipText(address);
  if (ip !== undefined) return { ip };
  const host = address.endsWith(".") ? address.slice(0, -1) : address;
  return isHostName(host) ? { host } : undefined;
}
