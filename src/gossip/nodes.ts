import { type Address, ipToText, type Random } from "../base/mod.ts";
import type { Suspicion } from "./suspicion.ts";
import type { NodeSnapshot } from "./types.ts";
import type { Alive, NodeState } from "./wire.ts";

/** A node of the table. Changed only by the rules in `swim.ts`. */
export interface Node {
  readonly name: string;
  /** The bytes as they came: never normalised, because peers compare bytes. */
  addressBytes: Uint8Array;
  address: Address;
  meta: Uint8Array;
  versions: Uint8Array;
  incarnation: number;
  state: NodeState;
  stateSinceMs: number;
  suspicion: Suspicion | undefined;
}

/** True while the node takes part: alive, or suspect but not given up. */
export function isUp(node: Node): boolean {
  return node.state === "alive" || node.state === "suspect";
}

/** Highest protocol of memberlist that the node understands: 3 TCP pings, 4 nacks, 5 checksums. */
export function protocolMax(node: Node): number {
  return node.versions[1] ?? 0;
}

/** What an alive message says about the node now. */
export function aliveOf(node: Node): Alive {
  return {
    type: "alive",
    incarnation: node.incarnation,
    node: node.name,
    address: node.addressBytes,
    port: node.address.port,
    meta: node.meta,
    versions: node.versions,
  };
}

export function snapshotOf(node: Node): NodeSnapshot {
  const { name, address, addressBytes, meta, versions, incarnation, state } = node;
  return { name, address, addressBytes, meta, versions, incarnation, state };
}

/** The text address of an alive message. Its bytes were checked to be 4 or 16. */
export function addressOf(alive: Alive): Address {
  return { host: ipToText(alive.address) as string, port: alive.port };
}

/** All nodes known, and the order in which they are probed. */
export class NodeTable {
  readonly #byName = new Map<string, Node>();
  /** A random order in which each is probed once, then shuffled anew: that bounds the time until each is noticed. */
  #order: Node[] = [];
  #next = 0;
  readonly #random: Random;
  /** Hears of each node that is forgotten. */
  onForgotten: (name: string) => void = () => {};

  constructor(random: Random) {
    this.#random = random;
  }

  get size(): number {
    return this.#byName.size;
  }

  get(name: string): Node | undefined {
    return this.#byName.get(name);
  }

  all(): Iterable<Node> {
    return this.#byName.values();
  }

  /** Adds a node at a random place of the order, so that newcomers are not all probed last. */
  add(node: Node): void {
    this.#byName.set(node.name, node);
    this.#order.push(node);
    const at = this.#random.below(this.#order.length);
    const moved = this.#order[at] as Node;
    this.#order[at] = node;
    this.#order[this.#order.length - 1] = moved;
  }

  /** The next node to probe for which `wanted` holds. At each end of the order, forgets those that `isGone` names. */
  nextToProbe(wanted: (node: Node) => boolean, isGone: (node: Node) => boolean): Node | undefined {
    for (let checked = 0; checked <= this.#order.length; checked++) {
      if (this.#next >= this.#order.length) {
        this.#forget(isGone);
        this.#random.shuffle(this.#order);
        this.#next = 0;
      }
      const node = this.#order[this.#next++];
      if (node !== undefined && wanted(node)) return node;
    }
    return undefined;
  }

  /** Up to `count` different nodes for which `wanted` holds, at random. */
  pick(count: number, wanted: (node: Node) => boolean): Node[] {
    const picked: Node[] = [];
    if (this.#order.length < 3 * count) {
      for (const node of this.#random.shuffle([...this.#order])) {
        if (picked.length < count && wanted(node)) picked.push(node);
      }
      return picked;
    }
    // In a large table a few draws find enough; when they do not, fewer nodes are told this round.
    for (let draw = 0; draw < 3 * this.#order.length && picked.length < count; draw++) {
      const node = this.#order[this.#random.below(this.#order.length)] as Node;
      if (wanted(node) && !picked.includes(node)) picked.push(node);
    }
    return picked;
  }

  #forget(isGone: (node: Node) => boolean): void {
    this.#order = this.#order.filter((node) => {
      if (!isGone(node)) return true;
      this.#byName.delete(node.name);
      this.onForgotten(node.name);
      return false;
    });
  }
}
