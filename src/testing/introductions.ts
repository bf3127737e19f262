import type { Random } from "../base/mod.ts";
import type { SimNode } from "./sim_node.ts";

/** What it needs of the world. */
export interface IntroductionsRoom {
  readonly nowMs: number;
  readonly nodes: readonly SimNode[];
  schedule(atMs: number, run: () => void): void;
}

/**
 * Tells nodes of each other where there is no gossip: late, and wrongly now and then, because membership is advice that
 * no guarantee may depend on.
 */
export class Introductions {
  readonly #room: IntroductionsRoom;
  readonly #random: Random;

  constructor(room: IntroductionsRoom, random: Random) {
    this.#room = room;
    this.#random = random;
  }

  /** Tells the others of a node that came up, and it of them. */
  started(node: SimNode): void {
    this.changed(node);
    for (const other of this.#others(node)) this.#followSoon(node, other);
  }

  /** Tells the others of a node's new writer. */
  changed(node: SimNode): void {
    for (const other of this.#others(node)) this.#followSoon(other, node);
  }

  /** The others find out after a while, or never. */
  stopped(node: SimNode): void {
    for (const other of this.#others(node)) {
      if (this.#random.chance(0.3)) continue;
      this.#later(this.#random.between(100, 6_000), () => {
        if (!node.isRunning) unfollow(other, node);
      });
    }
  }

  /** A peer is falsely taken for gone, and found again a little later. */
  falseAlarm(observer: SimNode, node: SimNode): void {
    unfollow(observer, node);
    this.#later(this.#random.between(50, 3_000), () => follow(observer, node));
  }

  /** Tells every node of every other. */
  introduceAll(): void {
    for (const node of this.#room.nodes) for (const other of this.#others(node)) follow(node, other);
  }

  #others(node: SimNode): SimNode[] {
    return this.#room.nodes.filter((other) => other !== node);
  }

  #followSoon(node: SimNode, other: SimNode): void {
    this.#later(this.#random.between(5, 500), () => follow(node, other));
  }

  #later(delayMs: number, run: () => void): void {
    this.#room.schedule(this.#room.nowMs + delayMs, run);
  }
}

function follow(node: SimNode, other: SimNode): void {
  const writer = other.log?.writer;
  if (writer === undefined || node.isPaused) return;
  node.replication?.follow({ name: other.name, rpcAddress: other.rpcAddress, writer });
}

function unfollow(node: SimNode, other: SimNode): void {
  if (!node.isPaused) node.replication?.unfollow(other.name);
}
