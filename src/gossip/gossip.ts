import { formatAddress, type Machine, type Random } from "../base/mod.ts";
import { type Coordinate, Coordinates } from "./coordinates.ts";
import { Core } from "./core.ts";
import { Courier } from "./courier.ts";
import { Exchanges } from "./exchanges.ts";
import type { Keyring } from "./keyring.ts";
import { isUp, type Node, NodeTable, snapshotOf } from "./nodes.ts";
import { type GossipOptions, resolveGossipOptions } from "./options.ts";
import { openPacket } from "./packet.ts";
import { Paths, type PeerHealth } from "./paths.ts";
import { Prober } from "./prober.ts";
import { Swim } from "./swim.ts";
import type { GossipCounters, GossipEffect, GossipInput, NodeSnapshot, QueueReport } from "./types.ts";
import { decodeMessage, type Message } from "./wire.ts";

/**
 * A wake later than this means that the event loop was stalled: by a long computation, a stopped process, a sleeping
 * machine. Well above the jitter of timers on a busy machine, well below any deadline that judges a peer.
 */
const stallMsMin = 100;

/** What waits in the sockets after a stall is heard within this time, before any deadline is judged. */
const catchUpMs = 25;

/** Members that are told straight away that this node goes. */
const goodbyesMax = 8;

/**
 * SWIM with Lifeguard as memberlist speaks it. Decides who is alive; does no I/O, and knows nothing of what the upper
 * layer says in user messages, metas and user states.
 */
export class Gossip implements Machine<GossipInput, GossipEffect> {
  readonly #core: Core;
  readonly #nodes: NodeTable;
  readonly #courier: Courier;
  readonly #swim: Swim;
  readonly #exchanges: Exchanges;
  readonly #coordinates: Coordinates;
  readonly #paths: Paths;
  readonly #prober: Prober;
  #started = false;
  /** How far the machine's own time is behind: during a stall it stands still. */
  #behindMs = 0;
  #caughtUp = false;
  #departing = false;

  /** Throws `InvalidGossipOptionError` or `InvalidKeyError`. */
  constructor(options: GossipOptions, random: Random) {
    this.#core = new Core(resolveGossipOptions(options), random);
    this.#nodes = new NodeTable(random.fork("nodes"));
    this.#courier = new Courier(this.#core, this.#nodes);
    this.#paths = new Paths(this.#nodes);
    this.#swim = new Swim(this.#core, this.#nodes, this.#courier, this.#paths);
    this.#exchanges = new Exchanges(this.#core, this.#nodes, this.#swim, this.#paths);
    const { name, nodesMax } = this.#core.options;
    this.#coordinates = new Coordinates({ name, peersMax: nodesMax });
    const coordinates = this.#coordinates;
    const parts = {
      courier: this.#courier,
      swim: this.#swim,
      exchanges: this.#exchanges,
      coordinates,
      paths: this.#paths,
    };
    this.#prober = new Prober(this.#core, this.#nodes, parts);
  }

  get wakeAtMs(): number {
    return this.#started ? this.#core.schedule.nextAtMs + this.#behindMs : 0;
  }

  get counters(): GossipCounters {
    return this.#core.counters;
  }

  /** Broadcasts waiting, by queue. */
  get queueDepths(): {
    readonly news: number;
    readonly intent: number;
    readonly query: number;
    readonly event: number;
  } {
    return this.#courier.depths;
  }

  /** The same queues with their limits and what was pruned. */
  get queues(): readonly QueueReport[] {
    return this.#courier.queues;
  }

  /** The keys that this node encrypts with, to be changed while it runs. Without encryption there are none. */
  get keyring(): Keyring {
    return this.#core.envelope.keyring;
  }

  /** Where a node stands in the space of round trips: this node, or one whose ack was heard. */
  coordinateOf(name: string): Coordinate | undefined {
    return this.#coordinates.of(name);
  }

  /** How often this node's place was lost, to absurd ones of others. */
  get coordinateResets(): number {
    return this.#coordinates.resets;
  }

  /** The round trip between two nodes in milliseconds, estimated from where they stand. */
  rttMs(left: string, right: string): number | undefined {
    return this.#coordinates.rttMs(left, right);
  }

  /** Bytes of the largest message that a `broadcast` can ever spread: 1395 without label and encryption. */
  get spreadBytesMax(): number {
    return this.#courier.spreadBytesMax;
  }

  /** How unwell this node seems to itself: 0 is well. */
  get health(): number {
    return this.#swim.health;
  }

  /** This node. */
  get local(): NodeSnapshot {
    return snapshotOf(this.#swim.local);
  }

  /** What is known of a node. */
  node(name: string): NodeSnapshot | undefined {
    const node = this.#nodes.get(name);
    return node && snapshotOf(node);
  }

  /** The incarnation that a node is known at; undefined when it is not known. */
  incarnationOf(name: string): number | undefined {
    return this.#nodes.get(name)?.incarnation;
  }

  /** All nodes known, this one included, in the order in which they became known. */
  nodes(): NodeSnapshot[] {
    return [...this.#nodes.all()].map(snapshotOf);
  }

  /** What this node sees of the way to another: counts, and what is wrong in words; undefined when it is not known. */
  peerHealth(name: string): PeerHealth | undefined {
    const node = this.#nodes.get(name);
    if (node === undefined || node === this.#swim.local) return undefined;
    return this.#paths.reportOn(node, this.#core.nowMs, this.#core.options.settings.probeTimeoutMs);
  }

  step(input: GossipInput, nowMs: number): GossipEffect[] {
    this.#core.effects = [];
    this.#forgiveStall(nowMs);
    this.#core.nowMs = Math.max(this.#core.nowMs, nowMs - this.#behindMs);
    if (!this.#started) this.#start();
    if (input.type !== "wake") this.#apply(input);
    else if (this.#core.schedule.nextAtMs <= this.#core.nowMs) {
      this.#caughtUp = false;
      this.#core.schedule.runDue(this.#core.nowMs);
    }
    return this.#core.effects;
  }

  /**
   * After a stall the answers of peers wait in the sockets, yet timers come first: they would judge peers by deadlines
   * that nobody could have met. So the machine's time stands still during a stall, and what waits is heard first. Once
   * for each batch of deadlines: a node that is always late still gets on. It also feels worse by one, and by one more for
   * each whole probe interval that it was late, so that it gives peers more time while it stalls.
   */
  #forgiveStall(nowMs: number): void {
    const lateMs = nowMs - this.#behindMs - this.#core.schedule.nextAtMs;
    if (lateMs < stallMsMin || this.#caughtUp) return;
    this.#caughtUp = true;
    this.#core.counters.stalledMs += lateMs;
    const { forgivesStalls, settings } = this.#core.options;
    if (!forgivesStalls) return;
    this.#behindMs += lateMs + catchUpMs;
    this.#swim.adjustHealth(1 + Math.floor(lateMs / settings.probeIntervalMs));
  }

  #start(): void {
    this.#started = true;
    const { probeIntervalMs, gossipIntervalMs } = this.#core.options.settings;
    this.#repeat(probeIntervalMs, () => this.#prober.tick());
    this.#repeat(gossipIntervalMs, () => this.#courier.gossip());
    const firstMs = this.#core.random.below(this.#pushPullIntervalMs());
    this.#core.schedule.at(this.#core.nowMs + firstMs, () => this.#pushPull());
  }

  /** Ticks after a random part of the interval, so that nodes started together do not speak together; skips missed ticks. */
  #repeat(intervalMs: number, tick: () => void): void {
    const run = (): void => {
      tick();
      this.#core.schedule.at(this.#core.nowMs + intervalMs, run);
    };
    this.#core.schedule.at(this.#core.nowMs + this.#core.random.below(intervalMs), run);
  }

  #pushPull(): void {
    const partner = this.#nodes.pick(1, (node) => node !== this.#swim.local && node.state === "alive")[0];
    if (partner !== undefined) {
      this.#exchanges.pushPull(partner.address, false, (error) => {
        if (error !== undefined) this.#core.warn("push-pull", `Cannot exchange state with ${partner.name}: ${error}`);
      });
    }
    this.#core.schedule.at(this.#core.nowMs + this.#pushPullIntervalMs(), () => this.#pushPull());
  }

  /** Full exchanges cost more the larger the cluster is: from 32 nodes on each doubling adds one interval. */
  #pushPullIntervalMs(): number {
    let factor = 1;
    for (let nodes = 32; nodes < this.#nodes.size; nodes *= 2) factor++;
    return factor * this.#core.options.settings.pushPullIntervalMs;
  }

  #apply(input: Exclude<GossipInput, { type: "wake" }>): void {
    const core = this.#core;
    switch (input.type) {
      case "datagram":
        this.#datagram(input);
        return;
      case "stream-accepted":
        this.#exchanges.accepted(input.stream, input.from);
        return;
      case "stream-bytes":
        this.#exchanges.received(input.stream, input.bytes);
        return;
      case "stream-closed":
        this.#exchanges.closed(input.stream, input.error);
        return;
      case "push-pull":
        this.#exchanges.pushPull(input.to, true, (error) => core.emit({ type: "push-pulled", id: input.id, error }));
        return;
      case "set-meta":
        this.#swim.setMeta(input.meta);
        return;
      case "leave":
        this.#leave();
        return;
      case "broadcast": {
        const { id } = input;
        const finished = id === undefined ? undefined : () => core.emit({ type: "broadcast-finished", id });
        this.#courier.spreadUser(input.class, input.bytes, finished);
        return;
      }
      case "send-user":
        this.#courier.sendAlone(input.to, { type: "user", bytes: input.bytes });
        return;
      case "path-tested":
        this.#pathTested(input.name, input.arrived);
        return;
      default:
        input satisfies never;
    }
  }

  #pathTested(name: string, arrived: boolean): void {
    this.#paths.tested(name, arrived ? "works" : "lost");
    const node = this.#nodes.get(name);
    if (node !== undefined && isUp(node)) this.#prober.tellOfPath(node);
  }

  #datagram(input: Extract<GossipInput, { type: "datagram" }>): void {
    this.#core.counters.packetsReceived++;
    this.#core.counters.bytesReceived += input.bytes.length;
    this.#paths.heard(input.from, this.#core.nowMs);
    const opened = this.#core.envelope.openPacket(input.bytes);
    if (opened.type === "refused") {
      this.#core.drop(`packet-${opened.fault}`);
      this.#core.warn(opened.fault, `Cannot read a datagram from ${formatAddress(input.from)}: ${opened.reason}`);
      return;
    }
    const { messages, faults } = openPacket(opened.bytes);
    for (const fault of faults) this.#core.drop(`packet-${fault}`);
    for (const bytes of messages) {
      const message = decodeMessage(bytes);
      if (message === undefined) this.#core.drop("malformed-message");
      else this.#receive(message, input.from);
    }
  }

  #receive(message: Message, from: Extract<GossipInput, { type: "datagram" }>["from"]): void {
    switch (message.type) {
      case "ping":
        this.#prober.pinged(message, from);
        return;
      case "indirect-ping":
        this.#prober.asked(message, from);
        return;
      case "ack":
        this.#prober.acked(message, from);
        return;
      case "nack":
        this.#prober.nacked(message);
        return;
      case "suspect":
        this.#swim.suspect(message);
        return;
      case "alive":
        this.#swim.alive(message);
        return;
      case "dead":
        this.#swim.dead(message);
        return;
      case "user":
        this.#core.emit({ type: "user-message", bytes: message.bytes });
        return;
      default:
        message satisfies never;
    }
  }

  #leave(): void {
    if (this.#departing) return;
    this.#departing = true;
    this.#swim.leaving = true;
    const { local } = this.#swim;
    let departed = false;
    const depart = (): void => {
      if (departed) return;
      departed = true;
      this.#core.emit({ type: "departed" });
    };
    const { name, incarnation } = local;
    const goodbye = { type: "dead", incarnation, node: name, from: name } as const;
    this.#swim.dead(goodbye, depart);
    const listens = (node: Node): boolean => node !== local && isUp(node);
    // Gossip goes to the recently dead as well, and in a small cluster its few rounds may miss all that live.
    for (const { address } of this.#nodes.pick(goodbyesMax, listens)) this.#courier.sendAlone(address, goodbye);
    const hasListeners = [...this.#nodes.all()].some(listens);
    if (!hasListeners) depart();
    else this.#core.schedule.at(this.#core.nowMs + this.#core.options.settings.broadcastTimeoutMs, depart);
  }
}
