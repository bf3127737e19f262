/**
 * The rules of SWIM as memberlist has them: what is believed about whom. This file decides; it sends nothing but news.
 */
import { formatAddress, sameBytes } from "../base/mod.ts";
import type { Core } from "./core.ts";
import type { Courier } from "./courier.ts";
import { addressOf, aliveOf, isUp, type Node, type NodeTable, snapshotOf } from "./nodes.ts";
import type { Paths } from "./paths.ts";
import { Suspicion, suspicionTimes } from "./suspicion.ts";
import {
  type Alive,
  accusedIncarnationMax,
  type Dead,
  incarnationMax,
  type NodeState,
  type RemoteNode,
  type Suspect,
} from "./wire.ts";

export class Swim {
  readonly local: Node;
  /** Set once this node says goodbye: from then on it does not contradict its own death. */
  leaving = false;
  /** How unwell this node seems to itself (Lifeguard), 0 to `awarenessMaxMult` − 1. */
  health = 0;
  readonly #core: Core;
  readonly #nodes: NodeTable;
  readonly #courier: Courier;
  readonly #paths: Paths;
  /** The greatest incarnation this node has used. */
  #incarnation: number;

  constructor(core: Core, nodes: NodeTable, courier: Courier, paths: Paths) {
    this.#core = core;
    this.#nodes = nodes;
    this.#courier = courier;
    this.#paths = paths;
    const { name, address, addressBytes, meta, versions, incarnation } = core.options;
    this.#incarnation = incarnation;
    this.local = {
      name,
      addressBytes,
      address,
      meta,
      versions,
      incarnation,
      state: "alive",
      stateSinceMs: 0,
      suspicion: undefined,
    };
    nodes.add(this.local);
    for (const node of core.options.knows) {
      if (node.name !== name) nodes.add({ ...node, state: "alive", stateSinceMs: 0, suspicion: undefined });
    }
    courier.spread(name, aliveOf(this.local));
  }

  /** Feels better (negative) or worse (positive). */
  adjustHealth(change: number): void {
    const worst = this.#core.options.settings.awarenessMaxMult - 1;
    this.health = Math.min(worst, Math.max(0, this.health + change));
  }

  /** Says something new about this node. */
  setMeta(meta: Uint8Array): void {
    if (sameBytes(meta, this.local.meta) || this.leaving) return;
    this.local.meta = meta;
    this.#incarnation = Math.min(incarnationMax, this.#incarnation + 1);
    this.local.incarnation = this.#incarnation;
    this.#courier.spread(this.local.name, aliveOf(this.local));
    this.#core.emit({ type: "node", change: "updated", node: snapshotOf(this.local) });
  }

  /** Applies an alive message. */
  alive(message: Alive): void {
    const isLocal = message.node === this.local.name;
    if (isLocal && this.leaving) return;
    if (!canTalk(message.versions, this.local.versions)) {
      // A node without versions would count as protocol 0 and break every push/pull of the cluster while it is known.
      this.#core.drop("alive-without-versions");
      return;
    }
    const known = this.#nodes.get(message.node);
    // A port of 0 means the receiver's own, by memberlist's custom.
    const alive = message.port === 0 ? { ...message, port: this.local.address.port } : message;
    if (known === undefined) this.#welcome(alive);
    else if (isLocal) this.#aliveAboutSelf(alive);
    else this.#aliveAboutKnown(known, alive);
  }

  #welcome(alive: Alive): void {
    // Unknown nodes start at incarnation 0 and only a greater one is believed.
    if (alive.incarnation === 0) {
      this.#core.drop("alive-incarnation-0");
      return;
    }
    if (this.#nodes.size >= this.#core.options.nodesMax) {
      this.#core.drop("too-many-nodes");
      this.#core.warn(
        "too-many-nodes",
        `Cannot remember node ${alive.node}: ${this.#nodes.size} nodes are known already`,
      );
      return;
    }
    const node: Node = {
      name: alive.node,
      addressBytes: alive.address,
      address: addressOf(alive),
      meta: alive.meta,
      versions: alive.versions,
      incarnation: alive.incarnation,
      state: "alive",
      stateSinceMs: this.#core.nowMs,
      suspicion: undefined,
    };
    this.#nodes.add(node);
    this.#courier.spread(node.name, alive);
    this.#core.emit({ type: "node", change: "joined", node: snapshotOf(node) });
  }

  #aliveAboutSelf(alive: Alive): void {
    if (!this.#hasSameAddress(this.local, alive)) {
      this.#reportConflict(this.local, alive);
      return;
    }
    if (alive.incarnation < this.local.incarnation) return;
    const isEcho =
      alive.incarnation === this.local.incarnation &&
      sameBytes(alive.meta, this.local.meta) &&
      sameBytes(alive.versions, this.local.versions);
    if (!isEcho) this.#refute(alive.incarnation);
  }

  #aliveAboutKnown(node: Node, alive: Alive): void {
    let moved = false;
    if (!this.#hasSameAddress(node, alive)) {
      if (!this.#mayMove(node)) {
        this.#reportConflict(node, alive);
        return;
      }
      moved = true;
    }
    if (alive.incarnation <= node.incarnation && !moved) return;
    const wasUp = isUp(node);
    if (!wasUp) this.#paths.returned(node);
    else if (node.state === "suspect") this.#paths.refuted(node);
    const metaChanged = !sameBytes(node.meta, alive.meta);
    this.#clearSuspicion(node);
    this.#courier.spread(node.name, alive);
    node.incarnation = alive.incarnation;
    node.meta = alive.meta;
    node.versions = alive.versions;
    node.addressBytes = alive.address;
    node.address = addressOf(alive);
    if (moved) this.#paths.moved(node);
    this.#setState(node, "alive");
    if (!wasUp) this.#core.emit({ type: "node", change: "joined", node: snapshotOf(node) });
    else if (metaChanged) this.#core.emit({ type: "node", change: "updated", node: snapshotOf(node) });
  }

  /** Who left may come back from elsewhere at once, who died only after a while: it may be alive where it was. */
  #mayMove(node: Node): boolean {
    const reclaimMs = this.#core.options.settings.deadNodeReclaimMs;
    if (node.state === "left") return true;
    return node.state === "dead" && reclaimMs > 0 && this.#core.nowMs - node.stateSinceMs > reclaimMs;
  }

  #hasSameAddress(node: Node, alive: Alive): boolean {
    return node.address.port === alive.port && sameBytes(node.addressBytes, alive.address);
  }

  #reportConflict(node: Node, alive: Alive): void {
    this.#core.counters.conflicts++;
    const claimed = addressOf(alive);
    const [other, held] = [formatAddress(claimed), formatAddress(node.address)];
    this.#core.warn("conflict", `Cannot accept ${other} for node ${node.name}: that name belongs to ${held}`);
    this.#core.emit({ type: "conflict", node: snapshotOf(node), claimed });
  }

  /** Applies a suspect message, or this node's own suspicion. */
  suspect(message: Suspect): void {
    const node = this.#nodes.get(message.node);
    if (node === this.local) {
      this.#accused(message);
      return;
    }
    if (node === undefined || message.incarnation < node.incarnation || this.#isBeyondBelief(message)) return;
    if (node.suspicion !== undefined) {
      if (node.suspicion.confirm(message.from)) {
        this.#courier.spread(node.name, message);
        this.#armSuspicion(node, node.suspicion);
      }
      return;
    }
    if (node.state !== "alive") return;
    if (message.from === this.local.name) this.#paths.suspected(node);
    this.#courier.spread(node.name, message);
    this.#core.counters.suspicions++;
    node.incarnation = message.incarnation;
    this.#setState(node, "suspect");
    const { settings, confirmationsWanted } = this.#core.options;
    const times = suspicionTimes(settings, this.#nodes.size, confirmationsWanted);
    const nowMs = this.#core.nowMs;
    const never = { atMs: nowMs, cancel: () => {} };
    node.suspicion = new Suspicion(times, nowMs, message.from, never);
    this.#armSuspicion(node, node.suspicion);
  }

  #armSuspicion(node: Node, suspicion: Suspicion): void {
    suspicion.timer.cancel();
    suspicion.timer = this.#core.schedule.at(Math.max(this.#core.nowMs, suspicion.deadlineMs), () => {
      this.dead({ type: "dead", incarnation: node.incarnation, node: node.name, from: this.local.name });
    });
  }

  #clearSuspicion(node: Node): void {
    node.suspicion?.timer.cancel();
    node.suspicion = undefined;
  }

  /** Applies a dead message: a goodbye when the node says it itself, a verdict otherwise. */
  dead(message: Dead, onFinished?: () => void): void {
    const node = this.#nodes.get(message.node);
    if (node === this.local && !this.leaving) {
      this.#accused(message);
      return;
    }
    if (node === undefined || message.incarnation < node.incarnation || !isUp(node)) return;
    if (this.#isBeyondBelief(message)) return;
    this.#clearSuspicion(node);
    this.#courier.spread(node.name, message, onFinished);
    node.incarnation = message.incarnation;
    this.#setState(node, message.node === message.from ? "left" : "dead");
    this.#core.emit({ type: "node", change: "gone", node: snapshotOf(node) });
  }

  /** True of accusations by others that no honest count could contradict; who is accused tries nevertheless. */
  #isBeyondBelief({ node, from, incarnation }: Suspect | Dead): boolean {
    if (incarnation <= accusedIncarnationMax || node === this.local.name || from === this.local.name) return false;
    this.#core.drop("absurd-incarnation");
    return true;
  }

  /**
   * Contradicts an accusation; one of old as well, for where nobody hears this node for a while its refutation gets lost.
   * The accuser is told straight away: it gives this node up first, and in a small cluster gossip misses one in ten.
   */
  #accused({ type, incarnation, from }: Suspect | Dead): void {
    if (this.leaving) return;
    const { name } = this.local;
    if (incarnation >= this.local.incarnation) {
      if (type === "suspect") this.#paths.accusedBy(from);
      this.#refute(incarnation);
    } else if (!this.#courier.isSpreading(name)) this.#courier.spread(name, aliveOf(this.local));
    const accuser = this.#core.options.answersAccusers ? this.#nodes.get(from) : undefined;
    if (accuser !== undefined && accuser !== this.local) this.#courier.sendAlone(accuser.address, aliveOf(this.local));
  }

  /** Contradicts what is said about this node, with an incarnation above the accusation's. */
  #refute(accusedIncarnation: number): void {
    this.#incarnation = Math.min(incarnationMax, Math.max(this.#incarnation, accusedIncarnation) + 1);
    this.local.incarnation = this.#incarnation;
    this.#core.counters.refutations++;
    this.adjustHealth(1);
    this.#courier.spread(this.local.name, aliveOf(this.local));
  }

  #setState(node: Node, state: NodeState): void {
    if (node.state === state) return;
    node.state = state;
    node.stateSinceMs = this.#core.nowMs;
  }

  /** Applies what a peer believes. Returns what keeps the two sides apart, or undefined. */
  merge(remote: readonly RemoteNode[]): string | undefined {
    const fault = this.#versionFault(remote);
    if (fault !== undefined) return fault;
    const from = this.local.name;
    for (const { alive, state } of remote) {
      const { node, incarnation } = alive;
      // Another's verdict is not taken over: the node gets the time to refute it here too.
      if (state === "alive") this.alive(alive);
      else if (state === "left") this.dead({ type: "dead", incarnation, node, from: node });
      else this.suspect({ type: "suspect", incarnation, node, from });
    }
    return undefined;
  }

  /** All nodes of both sides must speak what all that are alive understand. */
  #versionFault(remote: readonly RemoteNode[]): string | undefined {
    const understood = { lowMin: 0, lowMax: 255, highMin: 0, highMax: 255 };
    const narrow = (versions: Uint8Array) => {
      understood.lowMin = Math.max(understood.lowMin, versions[0] as number);
      understood.lowMax = Math.min(understood.lowMax, versions[1] as number);
      understood.highMin = Math.max(understood.highMin, versions[3] as number);
      understood.highMax = Math.min(understood.highMax, versions[4] as number);
    };
    // Entries without sane versions are dropped one by one later: they must not stop the rest.
    const sane = remote.filter(({ alive }) => canTalk(alive.versions, this.local.versions));
    for (const { alive, state } of sane) if (state === "alive") narrow(alive.versions);
    for (const node of this.#nodes.all()) if (node.state === "alive") narrow(node.versions);
    const check = (name: string, versions: Uint8Array): string | undefined => {
      const [, , low, , , high] = versions as unknown as VersionNumbers;
      if (low < understood.lowMin || low > understood.lowMax) {
        return `node ${name} speaks memberlist protocol ${low}, understood are ${understood.lowMin} to ${understood.lowMax}`;
      }
      if (high < understood.highMin || high > understood.highMax) {
        return `node ${name} speaks Serf protocol ${high}, understood are ${understood.highMin} to ${understood.highMax}`;
      }
      return undefined;
    };
    for (const { alive } of sane) {
      const fault = check(alive.node, alive.versions);
      if (fault !== undefined) return fault;
    }
    for (const node of this.#nodes.all()) {
      const fault = check(node.name, node.versions);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
}

/** True when a node of these versions and this one can talk: such a node cannot spoil exchanges with others. */
function canTalk(versions: Uint8Array, ownVersions: Uint8Array): boolean {
  if (versions.length !== 6) return false;
  const [low, high, spoken, serfLow, serfHigh, serfSpoken] = versions as unknown as VersionNumbers;
  const [ownLow, ownHigh, ownSpoken, ownSerfLow, ownSerfHigh, ownSerfSpoken] = ownVersions as unknown as VersionNumbers;
  if (low === 0 || low > ownSpoken || high < ownSpoken || spoken < ownLow || spoken > ownHigh) return false;
  return serfLow <= ownSerfSpoken && serfHigh >= ownSerfSpoken && serfSpoken >= ownSerfLow && serfSpoken <= ownSerfHigh;
}

type VersionNumbers = [number, number, number, number, number, number];
