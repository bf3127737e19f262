/** UDP to and from everybody on the networks of this machine: a group, heard and spoken to on interfaces of choice. */
import { createSocket, type Socket } from "node:dgram";
import { BlockList } from "node:net";
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import process from "node:process";
import type { Address } from "../base/mod.ts";

/** Interfaces used at the same time. */
const interfacesMax = 8;

/** Datagrams taken in a second on one interface: what is more is dropped. */
const datagramsPerSecondMax = 1_000;

/** Hops of what is sent. One network is not left either way; others refuse what may have come from further away. */
const hops = 255;

/** An interface with an address of the family that was asked for. */
export interface MulticastInterface {
  readonly name: string;
  /** Its first address of the family. */
  readonly address: string;
  readonly family: 4 | 6;
  /** By this the system knows the interface in an IPv6 address. */
  readonly zone: string;
  /** Its own networks as `address/bits`. */
  readonly networks: readonly string[];
}

export interface MulticastOptions {
  readonly interfaces: readonly MulticastInterface[];
  /** The group's address, of the interfaces' family. */
  readonly group: string;
  readonly port: number;
  /** Hears what came from a network of the interface, to the group or to a socket of this. */
  readonly onDatagram: (bytes: Uint8Array, from: Address, through: MulticastInterface) => void;
  readonly onError: (error: Error) => void;
}

/** What happened so far. All only grow. */
export interface MulticastCounters {
  received: number;
  sent: number;
  /** From elsewhere than the interface's networks: nobody there can have heard the group. */
  foreign: number;
  /** More than were to be taken. */
  flooded: number;
}

/** No datagram can be exchanged with a group. Nothing stays open. */
export class MulticastError extends Error {
  override readonly name = "MulticastError";
  readonly code = "MULTICAST_UNAVAILABLE";
  /** The interface that was to be used; undefined when there is none at all. */
  readonly interfaceName: string | undefined;

  constructor(interfaceName: string | undefined, problem: string, options?: ErrorOptions) {
    super(
      `Cannot use multicast${interfaceName === undefined ? "" : ` on interface ${interfaceName}`}: ${problem}`,
      options,
    );
    this.interfaceName = interfaceName;
  }
}

/**
 * The interfaces to use: the one of this name; else the one that has the address which the node is bound to; else all
 * that lead out of this machine. Throws `MulticastError`.
 */
export function multicastInterfaces(options: {
  readonly name?: string | undefined;
  readonly boundTo: string;
  readonly family: 4 | 6;
}): MulticastInterface[] {
  const { name, boundTo, family } = options;
  const all = Object.entries(networkInterfaces());
  if (name !== undefined && !all.some(([each]) => each === name)) {
    const allowed = all.map(([each]) => each).join(", ");
    throw new MulticastError(name, `this machine has no such interface, but ${allowed}`);
  }
  const isAny = boundTo === "0.0.0.0" || boundTo === "::";
  const usable = all.flatMap(([each, infos = []]) => {
    const ours = infos.filter((info) => info.family === `IPv${family}`);
    const isChosen =
      name !== undefined
        ? each === name
        : isAny
          ? ours.some(({ internal }) => !internal)
          : ours.some(({ address }) => address === boundTo);
    return isChosen && ours[0] !== undefined ? [toInterface(each, ours as [NetworkInterfaceInfo], family)] : [];
  });
  if (usable.length === 0) {
    const problem = name === undefined ? `no interface has address ${boundTo}` : `it has no IPv${family} address`;
    throw new MulticastError(name, isAny && name === undefined ? `no interface has an IPv${family} address` : problem);
  }
  return usable.slice(0, interfacesMax);
}

function toInterface(
  name: string,
  infos: readonly [NetworkInterfaceInfo, ...NetworkInterfaceInfo[]],
  family: 4 | 6,
): MulticastInterface {
  const [{ address }] = infos;
  const scope = infos.map((info) => (info.family === "IPv6" ? info.scopeid : 0)).find((id) => id > 0);
  const zone = process.platform === "win32" ? String(scope ?? 0) : name;
  return { name, address, family, zone, networks: infos.flatMap(({ cidr }) => (cidr === null ? [] : [cidr])) };
}

/** Speaks to a group, and listens to it. */
export class MulticastSockets implements AsyncDisposable {
  readonly counters: MulticastCounters = { received: 0, sent: 0, foreign: 0, flooded: 0 };
  readonly #options: MulticastOptions;
  readonly #links: Link[] = [];

  /** Opens sockets on all interfaces where that works. Rejects with `MulticastError` when it works on none. */
  static async open(options: MulticastOptions): Promise<MulticastSockets> {
    const sockets = new MulticastSockets(options);
    const errors: MulticastError[] = [];
    for (const through of options.interfaces) {
      try {
        sockets.#links.push(await sockets.#openLink(through));
      } catch (error) {
        errors.push(new MulticastError(through.name, (error as Error).message, { cause: error }));
      }
    }
    const [first] = errors;
    if (sockets.#links.length === 0) throw first ?? new MulticastError(undefined, "there is no interface to use");
    for (const error of errors) options.onError(error);
    return sockets;
  }

  private constructor(options: MulticastOptions) {
    this.#options = options;
  }

  /** Names of the interfaces where it works. */
  get interfaceNames(): readonly string[] {
    return this.#links.map(({ through }) => through.name);
  }

  /** Asks the group, from a port of our own: what is answered there reaches this process, whoever else shares the group's. */
  ask(bytes: Uint8Array): void {
    const { group, port } = this.#options;
    for (const link of this.#links) this.#send(link, link.asking, bytes, { host: group, port });
  }

  /** Sends from the group's port: to an address, by the interface on which that was heard; else to the group, on all. */
  answer(bytes: Uint8Array, to?: { readonly address: Address; readonly through: string }): void {
    const { group, port } = this.#options;
    for (const link of this.#links) {
      if (to === undefined) this.#send(link, link.listening, bytes, { host: group, port });
      else if (link.through.name === to.through) this.#send(link, link.listening, bytes, to.address);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#links.splice(0).flatMap(({ listening, asking }) => [close(listening), close(asking)]));
  }

  async #openLink(through: MulticastInterface): Promise<Link> {
    const { group, port } = this.#options;
    const networks = new BlockList();
    for (const network of through.networks) {
      const [address = "", bits] = network.split("/");
      networks.addSubnet(address, Number(bits), through.family === 4 ? "ipv4" : "ipv6");
    }
    const listening = await openListening(through, group, port);
    const asking = open(through, false);
    try {
      await bind(asking, anyAddress(through), 0);
      const link: Link = { through, networks, listening, asking, taken: 0, takenSinceMs: 0 };
      const local = through.family === 4 ? through.address : `::%${through.zone}`;
      listening.addMembership(group, local);
      for (const socket of [listening, asking]) {
        socket.setMulticastInterface(local);
        socket.setMulticastTTL(hops);
        socket.setMulticastLoopback(true);
        socket.on("message", (bytes, from) => this.#take(link, bytes, { host: from.address, port: from.port }));
        socket.on("error", this.#options.onError);
      }
      return link;
    } catch (error) {
      await Promise.all([close(listening), close(asking)]);
      throw error;
    }
  }

  #take(link: Link, bytes: Uint8Array, from: Address): void {
    const nowMs = performance.now();
    if (nowMs - link.takenSinceMs >= 1_000) {
      link.taken = 0;
      link.takenSinceMs = nowMs;
    }
    if (++link.taken > datagramsPerSecondMax) {
      this.counters.flooded++;
      return;
    }
    const host = from.host.split("%")[0] as string;
    // Nobody can be answered at port 0: such a datagram is made up.
    if (from.port === 0 || !isOnLink(link, host)) {
      this.counters.foreign++;
      return;
    }
    this.counters.received++;
    this.#options.onDatagram(new Uint8Array(bytes), { host, port: from.port }, link.through);
  }

  #send(link: Link, socket: Socket, bytes: Uint8Array, to: Address): void {
    const isLinkLocal = /^(fe[89ab]|ff)/i.test(to.host);
    const host = link.through.family === 6 && isLinkLocal ? `${to.host}%${link.through.zone}` : to.host;
    try {
      socket.send(bytes, to.port, host, (error) => {
        if (error === null || error === undefined) this.counters.sent++;
        else this.#options.onError(new MulticastError(link.through.name, error.message, { cause: error }));
      });
    } catch (error) {
      // A socket that has just been closed: there is nobody to tell.
      if ((error as { code?: string }).code === "ERR_SOCKET_DGRAM_NOT_RUNNING") return;
      this.#options.onError(new MulticastError(link.through.name, (error as Error).message, { cause: error }));
    }
  }
}

interface Link {
  readonly through: MulticastInterface;
  readonly networks: BlockList;
  /** On the group's port, which other programs may share. */
  readonly listening: Socket;
  /** On a port of its own. */
  readonly asking: Socket;
  taken: number;
  takenSinceMs: number;
}

function isOnLink({ networks, through }: Link, host: string): boolean {
  if (through.family === 6 && /^fe[89ab]/i.test(host)) return true;
  return networks.check(host, through.family === 4 ? "ipv4" : "ipv6");
}

function open({ family }: MulticastInterface, isShared: boolean): Socket {
  return createSocket({ type: family === 4 ? "udp4" : "udp6", reuseAddr: isShared, ipv6Only: family === 6 });
}

function anyAddress({ family }: MulticastInterface): string {
  return family === 4 ? "0.0.0.0" : "::";
}

/**
 * Binds the group's own address, so that datagrams to this machine alone stay with whom they are meant for. Not every
 * system can do that.
 */
async function openListening(through: MulticastInterface, group: string, port: number): Promise<Socket> {
  for (const address of [through.family === 4 ? group : `${group}%${through.zone}`, anyAddress(through)]) {
    const socket = open(through, true);
    try {
      return await bind(socket, address, port);
    } catch (error) {
      await close(socket);
      if (address === anyAddress(through)) throw error;
    }
  }
  throw new Error("the last address was tried");
}

function bind(socket: Socket, address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address, port }, () => {
      socket.removeListener("error", reject);
      resolve(socket);
    });
  });
}

function close(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    try {
      socket.close(() => resolve());
    } catch {
      // It was never bound, or is closed already: either way nothing is left open.
      resolve();
    }
  });
}
