/** A few membership machines on virtual time and a network that can be cut: small, and the same on every runtime. */
import { type Address, formatAddress, Random, toText } from "../../src/base/mod.ts";
import {
  type Member,
  type MemberStatus,
  Membership,
  type MembershipEffect,
  type MembershipInput,
  type MembershipOptions,
  type QueryNotice,
} from "../../src/membership/mod.ts";

/** One-way time of everything on the network. */
const latencyMs = 2;

interface Stream {
  readonly node: VirtualNode;
  readonly id: number;
  readonly peer: () => Stream | undefined;
  open: boolean;
}

export interface VirtualNode {
  readonly name: string;
  readonly address: Address;
  readonly machine: Membership;
  readonly streams: Map<number, Stream>;
  /** What came in while it was paused. */
  readonly waiting: MembershipInput[];
  isPaused: boolean;
  isDead: boolean;
  nextAccepted: number;
  wakeSequence: number;
  hasLeft: boolean;
}

interface Happening {
  readonly atMs: number;
  readonly sequence: number;
  readonly run: () => void;
}

export class VirtualCluster {
  nowMs = 0;
  /** What every node saw: `atMs observer event member`. */
  readonly trace: string[] = [];
  /** Hears of queries that nodes may answer. */
  onQuery: ((node: VirtualNode, query: QueryNotice) => void) | undefined;
  /** Hears of answers to queries. */
  onAnswer: ((node: VirtualNode, payload: Uint8Array) => void) | undefined;
  /** Datagrams that arrive twice, out of a thousand. */
  duplicationPerMille = 0;
  /** Datagrams that are lost, out of a thousand. */
  lossPerMille = 0;
  /** Which way datagrams do not pass, while streams do; nobody's unless set. */
  losesDatagrams: (from: string, to: string) => boolean = () => false;
  readonly #nodes = new Map<string, VirtualNode>();
  readonly #random: Random;
  readonly #happenings: Happening[] = [];
  #sequence = 0;
  #cut: ReadonlySet<string> = new Set();
  #nextJoin = 1;

  constructor(seed: string) {
    this.#random = new Random(seed);
  }

  /** `key` tells nodes of one name apart. */
  add(name: string, options: Partial<MembershipOptions> = {}, key: string = name): VirtualNode {
    const port = 7001 + this.#nodes.size;
    const address = options.address ?? { host: "127.0.0.1", port };
    const settings = { name, profile: "lan" as const, ...options, address };
    const node: VirtualNode = {
      name: key,
      address,
      machine: new Membership(settings, this.#random.fork(`${name}/${this.#sequence}`)),
      streams: new Map(),
      waiting: [],
      isPaused: false,
      isDead: false,
      nextAccepted: 2,
      wakeSequence: 0,
      hasLeft: false,
    };
    this.#nodes.set(key, node);
    this.push(node, { type: "wake" });
    return node;
  }

  /** Adds nodes with these names, the first being everybody's seed, and lets them settle. */
  start(names: readonly string[], options: Partial<MembershipOptions> = {}): VirtualNode[] {
    const nodes = names.map((name) => this.add(name, options));
    for (const node of nodes.slice(1)) this.join(node, nodes[0] as VirtualNode);
    this.run(3_000);
    return nodes;
  }

  node(name: string): VirtualNode {
    return this.#nodes.get(name) as VirtualNode;
  }

  join(node: VirtualNode, ...seeds: VirtualNode[]): void {
    this.push(node, { type: "join", id: this.#nextJoin++, addresses: seeds.map((seed) => seed.address) });
  }

  /** The process stands still; the system goes on taking in what is sent to it. */
  pause(node: VirtualNode): void {
    node.isPaused = true;
  }

  /** The process goes on: timers come first, then what waited. */
  resume(node: VirtualNode): void {
    node.isPaused = false;
    this.push(node, { type: "wake" });
    for (const input of node.waiting.splice(0)) this.push(node, input);
  }

  kill(node: VirtualNode): void {
    node.isDead = true;
    for (const stream of node.streams.values()) this.#hangUp(stream);
    node.streams.clear();
  }

  /** Cuts these nodes off from the others; no names heal it. */
  partition(...names: string[]): void {
    this.#cut = new Set(names);
  }

  /** How `observer` sees the others: `a=alive b=left`. */
  view(observer: VirtualNode): string {
    const members = observer.machine.members().map((member: Member) => `${member.name}=${member.status}`);
    return members.sort().join(" ");
  }

  /** Everybody who ever saw this status of this member. */
  everSaw(name: string, type: string): string[] {
    const seen = this.trace.filter((line) => line.endsWith(` ${type} ${name}`));
    return [...new Set(seen.map((line) => line.split(" ")[1] as string))].sort();
  }

  /** Runs until all living, running nodes see this status; says how long it took, or fails after `withinMs`. */
  runUntilAllSee(name: string, status: MemberStatus, withinMs: number): number {
    const startMs = this.nowMs;
    const observers = [...this.#nodes.values()].filter((node) => !node.isDead && !node.isPaused && node.name !== name);
    while (observers.some((node) => node.machine.member(name)?.status !== status)) {
      if (this.nowMs - startMs > withinMs) {
        const views = observers.map((node) => `${node.name} sees ${node.machine.member(name)?.status}`);
        throw new Error(`Cannot see ${name} ${status} everywhere within ${withinMs} ms: ${views.join(", ")}`);
      }
      this.run(50);
    }
    return this.nowMs - startMs;
  }

  run(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    for (let next = this.#happenings[0]; next !== undefined && next.atMs <= endMs; next = this.#happenings[0]) {
      this.#happenings.shift();
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = endMs;
  }

  push(node: VirtualNode, input: MembershipInput): void {
    if (node.isDead) return;
    if (node.isPaused) {
      if (input.type !== "wake") node.waiting.push(input);
      return;
    }
    for (const effect of node.machine.step(input, this.nowMs)) this.#perform(node, effect);
    node.wakeSequence++;
    const { wakeSequence } = node;
    if (node.machine.wakeAtMs === Number.POSITIVE_INFINITY) return;
    this.#at(Math.max(this.nowMs, node.machine.wakeAtMs), () => {
      if (node.wakeSequence === wakeSequence) this.push(node, { type: "wake" });
    });
  }

  #at(atMs: number, run: () => void): void {
    const happening = { atMs, sequence: this.#sequence++, run };
    let low = 0;
    let high = this.#happenings.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#happenings[middle] as Happening).atMs <= atMs) low = middle + 1;
      else high = middle;
    }
    this.#happenings.splice(low, 0, happening);
  }

  #perform(node: VirtualNode, effect: MembershipEffect): void {
    switch (effect.type) {
      case "send": {
        const to = this.#nodeAt(effect.to);
        const isLost = this.#random.below(1_000) < this.lossPerMille;
        if (to === undefined || isLost || this.#isCut(node, to) || this.losesDatagrams(node.name, to.name)) return;
        const bytes = effect.bytes.slice();
        const isTwice = this.duplicationPerMille > 0 && this.#random.below(1_000) < this.duplicationPerMille;
        const copies = isTwice ? 2 : 1;
        for (let copy = 0; copy < copies; copy++) {
          const atMs = this.nowMs + latencyMs + copy;
          this.#at(atMs, () => this.push(to, { type: "datagram", from: node.address, bytes: bytes.slice() }));
        }
        return;
      }
      case "dial":
        this.#dial(node, effect.stream, effect.to);
        return;
      case "stream-write": {
        const stream = node.streams.get(effect.stream);
        const bytes = effect.bytes.slice();
        this.#at(this.nowMs + 2 * latencyMs, () => this.#arrive(stream, { type: "stream-bytes", stream: 0, bytes }));
        return;
      }
      case "stream-close": {
        const stream = node.streams.get(effect.stream);
        node.streams.delete(effect.stream);
        this.#at(this.nowMs + 2 * latencyMs, () => this.#arrive(stream, { type: "stream-closed", stream: 0 }));
        return;
      }
      case "event":
        this.trace.push(`${this.nowMs} ${node.name} ${effect.event.type} ${effect.event.member.name}`);
        return;
      case "left":
        node.hasLeft = true;
        this.trace.push(`${this.nowMs} ${node.name} left`);
        return;
      case "joined":
        this.trace.push(`${this.nowMs} ${node.name} joined ${effect.contacted.map(formatAddress).join()}`);
        return;
      case "user-event":
        this.trace.push(`${this.nowMs} ${node.name} user-event ${effect.event.lamport} ${effect.event.name}`);
        return;
      case "query":
        this.trace.push(`${this.nowMs} ${node.name} query ${effect.query.name}`);
        this.onQuery?.(node, effect.query);
        return;
      case "query-acknowledged":
        this.trace.push(`${this.nowMs} ${node.name} acknowledged ${effect.from}`);
        return;
      case "query-answered":
        this.trace.push(`${this.nowMs} ${node.name} answered ${effect.from} ${toText(effect.payload)}`);
        this.onAnswer?.(node, effect.payload);
        return;
      case "query-finished":
        this.trace.push(
          `${this.nowMs} ${node.name} finished ${effect.outcome.type} ${[...effect.outcome.silent].sort().join()}`,
        );
        return;
      case "name-conflict": {
        const { name, matching, responses, outcome } = effect.conflict;
        this.trace.push(`${this.nowMs} ${node.name} conflict ${name} ${matching}/${responses} ${outcome}`);
        return;
      }
      case "warn":
        this.trace.push(`${this.nowMs} ${node.name} warns ${effect.message}`);
        return;
      default:
        effect satisfies never;
    }
  }

  #dial(node: VirtualNode, id: number, to: Address): void {
    const target = this.#nodeAt(to);
    let far: Stream | undefined;
    const near: Stream = { node, id, peer: () => far, open: true };
    node.streams.set(id, near);
    this.#at(this.nowMs + latencyMs, () => {
      if (target === undefined || this.#isCut(node, target)) {
        if (node.streams.delete(id)) this.push(node, { type: "stream-closed", stream: id, error: "no connection" });
        return;
      }
      const accepted: Stream = { node: target, id: target.nextAccepted, peer: () => near, open: true };
      target.nextAccepted += 2;
      far = accepted;
      target.streams.set(accepted.id, accepted);
      this.push(target, { type: "stream-accepted", stream: accepted.id, from: node.address });
    });
  }

  /** Delivers to the other end of a stream, if that still listens. */
  #arrive(from: Stream | undefined, input: Extract<MembershipInput, { stream: number }>): void {
    const to = from?.peer();
    if (from === undefined || to === undefined || !to.node.streams.has(to.id)) return;
    if (this.#isCut(from.node, to.node)) return;
    if (input.type === "stream-closed") to.node.streams.delete(to.id);
    this.push(to.node, { ...input, stream: to.id });
  }

  #hangUp(stream: Stream): void {
    this.#at(this.nowMs + latencyMs, () => this.#arrive(stream, { type: "stream-closed", stream: 0, error: "reset" }));
  }

  #nodeAt(address: Address): VirtualNode | undefined {
    const key = formatAddress(address);
    return [...this.#nodes.values()].find((node) => formatAddress(node.address) === key && !node.isDead);
  }

  #isCut(left: VirtualNode, right: VirtualNode): boolean {
    return this.#cut.has(left.name) !== this.#cut.has(right.name);
  }
}
