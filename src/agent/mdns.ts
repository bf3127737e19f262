/** Finds the other nodes of a cluster on the networks of this machine by multicast DNS, as `serf agent -discover` does. */
import { randomBytes } from "node:crypto";
import { type Address, formatAddress, Random, toHex } from "../base/mod.ts";
import { systemClock } from "../io/clock.ts";
import { Driver } from "../io/driver.ts";
import { type MulticastInterface, MulticastSockets, multicastInterfaces } from "../io/multicast_socket.ts";
import {
  Discovery,
  type DiscoveryCounters,
  type DiscoveryEffect,
  type DiscoveryInput,
  discoverNamePattern,
  discoveryPort,
  type Member,
} from "../membership/mod.ts";
import { decodeServiceMessage, encodeServiceMessage } from "./discovery_codec.ts";

export interface MdnsOptions {
  /**
   * Finds nodes that were given the same name, on this network, and joins them: 1 to 57 of `A-Z a-z 0-9 _ -`. Agents of
   * Serf with `-discover` are found too, and find this node. @default nobody is looked for
   */
  readonly discover?: string | undefined;
  /**
   * Name of the network interface to look on. @default the one that has the address which the node is bound to; when that
   * is any, all that lead out of the machine
   */
  readonly mdnsIface?: string | undefined;
}

/** A name that DNS cannot carry. Nothing was started. */
export class InvalidDiscoverNameError extends RangeError {
  override readonly name = "InvalidDiscoverNameError";
  readonly code = "INVALID_DISCOVER_NAME";
  readonly discover: string;

  constructor(discover: string) {
    super(`Cannot discover nodes by the name ${JSON.stringify(discover)}: allowed are 1 to 57 of A-Z a-z 0-9 _ -`);
    this.discover = discover;
  }
}

/** The groups of multicast DNS. */
const groups = { 4: "224.0.0.251", 6: "ff02::fb" } as const;

/** Nodes that are joined at the same time: one that does not answer holds the others up for seconds. */
const joinsAtOnce = 4;

/** How long it is taken for true who is alive, and where. */
const placesForMs = 100;

/** Trouble of the network is told of at most this often. */
const warnEveryMs = 60_000;

/** What discovery needs of its node. */
export interface DiscoverableNode {
  readonly localName: string;
  /** Where it is bound. */
  readonly address: Address;
  /** Where others reach it. */
  readonly advertised: Address;
  members(): readonly Member[];
  /** Contacts these gossip addresses. Rejects when none was reached. */
  join(addresses: readonly string[]): Promise<unknown>;
}

export interface MdnsCounters extends DiscoveryCounters {
  readonly datagramsReceived: number;
  readonly datagramsSent: number;
  /** Datagrams from beyond this network, more than were to be taken, or not to be read. */
  readonly datagramsDropped: number;
}

/** Looks for others, and is found, until it is disposed of. */
export class Mdns implements AsyncDisposable {
  readonly #node: DiscoverableNode;
  readonly #onWarn: (message: string) => void;
  readonly #machine: Discovery;
  #sockets: MulticastSockets | undefined;
  #driver: Driver<DiscoveryInput, DiscoveryEffect> | undefined;
  #places: ReadonlySet<string> = new Set();
  #placesAtMs = Number.NEGATIVE_INFINITY;
  #unreadable = 0;
  #warnedAtMs = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  /** Undefined when the options ask for none. Rejects with `InvalidDiscoverNameError` or `MulticastError`. */
  static async start(
    node: DiscoverableNode,
    options: MdnsOptions & { readonly onWarn: (message: string) => void },
  ): Promise<Mdns | undefined> {
    const { discover, mdnsIface, onWarn } = options;
    if (discover === undefined) return undefined;
    if (!discoverNamePattern.test(discover)) throw new InvalidDiscoverNameError(discover);
    const family = node.advertised.host.includes(":") ? 6 : 4;
    const interfaces = multicastInterfaces({ name: mdnsIface, boundTo: node.address.host, family });
    const mdns = new Mdns(node, discover, onWarn);
    await mdns.#open(interfaces, groups[family]);
    return mdns;
  }

  private constructor(node: DiscoverableNode, cluster: string, onWarn: (message: string) => void) {
    this.#node = node;
    this.#onWarn = onWarn;
    const isKnown = (address: Address): boolean => this.#alivePlaces().has(formatAddress(address));
    const { localName: nodeName, advertised: address } = node;
    this.#machine = new Discovery({ cluster, nodeName, address, isKnown }, new Random(toHex(randomBytes(16))));
  }

  get counters(): MdnsCounters {
    const { received = 0, sent = 0, foreign = 0, flooded = 0 } = this.#sockets?.counters ?? {};
    const datagramsDropped = foreign + flooded + this.#unreadable;
    return { ...this.#machine.counters, datagramsReceived: received, datagramsSent: sent, datagramsDropped };
  }

  /** Names of the interfaces that it looks on. */
  get interfaceNames(): readonly string[] {
    return this.#sockets?.interfaceNames ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    await this.#driver?.[Symbol.asyncDispose]();
    await this.#sockets?.[Symbol.asyncDispose]();
  }

  async #open(interfaces: readonly MulticastInterface[], group: string): Promise<void> {
    this.#sockets = await MulticastSockets.open({
      interfaces,
      group,
      port: discoveryPort,
      onDatagram: (bytes, from, through) => this.#hear(bytes, from, through.name),
      onError: (error) => this.#warnOf(error),
    });
    this.#driver = new Driver(this.#machine, systemClock, (effect) => this.#perform(effect));
    // The first question is asked at once.
    this.#driver.push({ type: "wake" });
  }

  /** Gathered now and then only: whoever floods this network must not make a large cluster's members be listed each time. */
  #alivePlaces(): ReadonlySet<string> {
    const nowMs = systemClock.nowMs();
    if (nowMs - this.#placesAtMs >= placesForMs) {
      const alive = this.#node.members().filter(({ status }) => status === "alive");
      this.#places = new Set(alive.map(({ address }) => formatAddress(address)));
      this.#placesAtMs = nowMs;
    }
    return this.#places;
  }

  #hear(bytes: Uint8Array, from: Address, through: string): void {
    const message = decodeServiceMessage(bytes);
    if (message === undefined) {
      this.#unreadable++;
      return;
    }
    this.#driver?.push({ type: "heard", from: { address: from, through }, message });
  }

  #perform(effect: DiscoveryEffect): undefined {
    switch (effect.type) {
      case "ask":
        this.#sockets?.ask(encodeServiceMessage(effect.message));
        return;
      case "answer":
        this.#sockets?.answer(encodeServiceMessage(effect.message), effect.to);
        return;
      case "found":
        void this.#join(effect.addresses);
        return;
      default:
        effect satisfies never;
    }
  }

  /** Whoever does not answer is found again in the next round. */
  async #join(addresses: readonly Address[]): Promise<void> {
    const failed: string[] = [];
    for (let next = 0; next < addresses.length && !this.#isStopped; next += joinsAtOnce) {
      const some = addresses.slice(next, next + joinsAtOnce).map(formatAddress);
      const outcomes = await Promise.allSettled(some.map((address) => this.#node.join([address])));
      for (const [index, { status }] of outcomes.entries())
        if (status === "rejected") failed.push(some[index] as string);
    }
    if (failed.length > 0) this.#warnOf(new Error(`Cannot join what was discovered: ${failed.join(", ")}`));
  }

  #warnOf(error: Error): void {
    const nowMs = systemClock.nowMs();
    if (this.#isStopped || nowMs - this.#warnedAtMs < warnEveryMs) return;
    this.#warnedAtMs = nowMs;
    this.#onWarn(error.message);
  }
}
