/** The DNS of a node: its members and the services of all nodes, by name. */
import { randomBytes } from "node:crypto";
import { BlockList, isIP } from "node:net";
import {
  type DisposalStack,
  formatAddress,
  parseAddress,
  Random,
  type ServiceInstance,
  type ServiceQuery,
  toHex,
} from "../base/mod.ts";
import { type DnsCounters, type DnsDirectory, type DnsNode, DnsResponder } from "../dns/mod.ts";
import { type DnsSocketCounters, DnsSockets } from "../io/dns_sockets.ts";
import type { Member } from "../membership/mod.ts";
import type { ResolvedDnsSettings } from "./dns_options.ts";

/** What the DNS needs of its node. */
export interface NamedNode {
  readonly membership: {
    /** Where others reach it. */
    readonly advertised: { readonly host: string };
    members(): readonly Member[];
    /** Calls back whenever `members` may say otherwise than before. */
    onEvent(listener: () => void): () => void;
  };
  readonly services: { lookUp(query: ServiceQuery): readonly ServiceInstance[] };
  /** Whether it has met its cluster, and has not left it. */
  readonly isReady: () => boolean;
  /** Hears what an operator should hear. */
  readonly onWarn: (message: string) => void;
}

/** Undefined when none is asked for. Rejects with `PortTakenError` or `BadListenAddressError`. */
export async function openDns(
  settings: ResolvedDnsSettings | undefined,
  node: NamedNode,
  stack: DisposalStack,
): Promise<NodeDns | undefined> {
  return settings && stack.use(await NodeDns.open(settings, node));
}

export class NodeDns implements AsyncDisposable {
  readonly #responder: DnsResponder;
  readonly #sockets: DnsSockets;
  readonly #directory: NodeDirectory;

  /** Answers from now on. Rejects with `PortTakenError` or `BadListenAddressError`. */
  static async open(settings: ResolvedDnsSettings, node: NamedNode): Promise<NodeDns> {
    const { bind, domain, ttlSeconds } = settings;
    const isAny = bind.host === "0.0.0.0" || bind.host === "::";
    const serverIp = isAny ? node.membership.advertised.host : bind.host;
    const directory = new NodeDirectory(node);
    const random = new Random(toHex(randomBytes(16)));
    const responder = new DnsResponder({ domain, ttlSeconds, serverIp }, directory, random);
    const sockets = await DnsSockets.open({
      bind,
      answer: (query, over) => responder.answer(query, over),
      onError: (error) => node.onWarn(`DNS has trouble with its socket: ${error.message}`),
    });
    const { address } = sockets;
    if (isOpenToAll(address.host)) {
      node.onWarn(`DNS listens on ${formatAddress(address)}: whoever reaches it learns all services and nodes`);
    }
    return new NodeDns(responder, sockets, directory);
  }

  private constructor(responder: DnsResponder, sockets: DnsSockets, directory: NodeDirectory) {
    this.#responder = responder;
    this.#sockets = sockets;
    this.#directory = directory;
  }

  /** `host:port` of both UDP and TCP, with the port that was picked. */
  get address(): string {
    return formatAddress(this.#sockets.address);
  }

  get counters(): DnsCounters {
    return this.#responder.counters;
  }

  get socketCounters(): Readonly<DnsSocketCounters> {
    return this.#sockets.counters;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#directory.stop();
    await this.#sockets[Symbol.asyncDispose]();
  }
}

/** Names of members are found without going through all of them, as long as nothing happens to any. */
class NodeDirectory implements DnsDirectory {
  readonly stop: () => void;
  readonly #node: NamedNode;
  #index: NameIndex | undefined;

  constructor(node: NamedNode) {
    this.#node = node;
    this.stop = node.membership.onEvent(() => {
      this.#index = undefined;
    });
  }

  get isReady(): boolean {
    return this.#node.isReady();
  }

  services(name: string): readonly ServiceInstance[] {
    return this.#node.services.lookUp({ name, states: ["passing", "warning", "critical"] });
  }

  nodes(name: string): readonly DnsNode[] {
    return this.#names.nodes.get(name) ?? [];
  }

  isAboveNodes(name: string): boolean {
    return this.#names.above.has(name);
  }

  get #names(): NameIndex {
    this.#index ??= indexOf(this.#node.membership.members());
    return this.#index;
  }
}

/** By names in lower case. */
interface NameIndex {
  readonly nodes: ReadonlyMap<string, readonly DnsNode[]>;
  /** What names end in after a dot. */
  readonly above: ReadonlySet<string>;
}

function indexOf(members: readonly Member[]): NameIndex {
  const nodes = new Map<string, DnsNode[]>();
  const above = new Set<string>();
  for (const { name, address, status, tags } of members) {
    const key = name.toLowerCase();
    const rpcAddress = tags.get("rpc_addr");
    const rpc = rpcAddress === undefined ? undefined : parseAddress(rpcAddress, 0);
    const node: DnsNode = { name, address: address.host, isAlive: status === "alive", rpc, tags };
    nodes.set(key, [...(nodes.get(key) ?? []), node]);
    for (let dot = key.indexOf("."); dot >= 0; dot = key.indexOf(".", dot + 1)) above.add(key.slice(dot + 1));
  }
  return { nodes, above };
}

/** Networks that the internet does not lead to. */
const ownNetworks: readonly (readonly [network: string, bits: number])[] = [
  ["127.0.0.0", 8],
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["169.254.0.0", 16],
  ["100.64.0.0", 10],
  ["::1", 128],
  ["fc00::", 7],
  ["fe80::", 10],
];

/** Whether others may reach an address than those of one's own networks. */
function isOpenToAll(host: string): boolean {
  const own = new BlockList();
  for (const [network, bits] of ownNetworks) own.addSubnet(network, bits, familyOf(network));
  return !own.check(host, familyOf(host));
}

function familyOf(host: string): "ipv4" | "ipv6" {
  return isIP(host) === 6 ? "ipv6" : "ipv4";
}
