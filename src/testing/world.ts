import { type Address, Random, type Vector, type WriterId } from "../base/mod.ts";
import { keyOf } from "../log/mod.ts";
import type { MemberStatus } from "../membership/mod.ts";
import { Damage } from "./checkers/damage.ts";
import { NoDuplicates } from "./checkers/g1_no_duplicates.ts";
import { SameFeed } from "./checkers/g2_same_feed.ts";
import { CausalOrder } from "./checkers/g3_causal_order.ts";
import { Convergence } from "./checkers/g4_convergence.ts";
import { Availability } from "./checkers/g5_availability.ts";
import { Cursors } from "./checkers/g6_cursors.ts";
import { Copies } from "./checkers/g7_copies.ts";
import { Durability } from "./checkers/g7_durability.ts";
import { ForkedSide } from "./checkers/g7_forked_side.ts";
import { ReadYourWrites } from "./checkers/g8_read_your_writes.ts";
import { MembershipOrder } from "./checkers/membership_order.ts";
import { SimulatedDisk } from "./disk.ts";
import { EventQueue } from "./event_queue.ts";
import type { Faults } from "./faults.ts";
import type { GossipPipe } from "./gossip_shell.ts";
import { Introductions } from "./introductions.ts";
import { Network, type PipeEnd } from "./network.ts";
import { batchWords, type Checker, type FinalState, type Observation } from "./observation.ts";
import type { RpcMessage, RpcPipe } from "./replication_shell.ts";
import type { Sabotage } from "./sabotage.ts";
import { type NodeOptions, SimNode } from "./sim_node.ts";
import { answerCall, type CallMessage, type CallPipe, processOf, SimulatedCalls } from "./simulated_calls.ts";
import type { CrashMode } from "./simulated_file.ts";

export interface WorldOptions {
  /** True: members find each other by gossip. False: the world tells them, with wrong advice now and then. @default true */
  readonly gossip?: boolean | undefined;
  /** True: nodes keep `_topics`, so that topics can be deleted and created again. @default false */
  readonly topics?: boolean | undefined;
  /** Breaks rules on purpose, to show that a checker notices. */
  readonly sabotage?: Sabotage | undefined;
  /** `runFor` ends at the first violation. @default false */
  readonly stopsAtViolation?: boolean | undefined;
}

/** A broken guarantee. */
export interface Violation {
  readonly guarantee: string;
  readonly atMs: number;
  readonly message: string;
}

/** Turns of the microtask queue without any activity after which the logs are at rest. */
const quietTurns = 60;
/** Turns after which a log that never rests is a bug. */
const turnsMax = 100_000;
/** Events of one `runFor`; a world that has more runs in circles. */
const eventsMax = 5_000_000;
/** Violations kept; the first ones tell the story. */
const violationsMax = 20;

/**
 * A world in one process: virtual time, packets and disks, and nodes that run the real log, replication and membership.
 * One seed gives one trace, on every runtime.
 */
export class World {
  readonly epochMs: number = 1_700_000_000_000;
  readonly random: Random;
  readonly network: Network;
  readonly usesGossip: boolean;
  readonly keepsTopics: boolean;
  readonly sabotage: Sabotage;
  readonly nodes: SimNode[] = [];
  readonly trace: string[] = [];
  readonly violations: Violation[] = [];
  /** Records that nodes acknowledged. */
  acknowledged = 0;
  /** Events that ran. */
  events = 0;
  nowMs = 0;
  readonly #queue = new EventQueue();
  readonly #checkers: Checker[];
  readonly #stopsAtViolation: boolean;
  /** Where there is no gossip. */
  readonly #introductions: Introductions | undefined;
  /** Nodes whose log was just opened and is observed anew. */
  readonly #recovering: { readonly node: SimNode; readonly keepsAcknowledged: boolean }[] = [];
  readonly #beliefs = new Set<string>();
  /** Counts everything that may set a log in motion. */
  #activity = 0;
  #logTouched = false;

  constructor(seed: number | string, faults: Faults, options: WorldOptions = {}) {
    this.random = new Random(seed);
    this.network = new Network(this, this.random.fork("network"), faults);
    const membership = this.random.fork("membership");
    this.usesGossip = options.gossip ?? true;
    this.keepsTopics = options.topics ?? false;
    this.#introductions = this.usesGossip ? undefined : new Introductions(this, membership);
    this.sabotage = options.sabotage ?? {};
    this.#stopsAtViolation = options.stopsAtViolation ?? false;
    this.#checkers = [
      ...[new NoDuplicates(), new SameFeed(), new CausalOrder(), new Convergence(), new Availability()],
      ...[new Cursors(), new Durability(), new ForkedSide(), new Copies(), new ReadYourWrites()],
      ...[new MembershipOrder(), new Damage()],
    ];
  }

  get faults(): Faults {
    return this.network.faults;
  }

  /** Changes the weather. */
  set faults(faults: Faults) {
    this.network.faults = faults;
  }

  /** Adds a node and starts it. */
  addNode(name: string, options: Partial<NodeOptions> = {}): SimNode {
    const sizes = { segmentBytesMax: 65_536, indexEveryBytes: 65_536, responseBytesMax: 2_048 };
    const counts = { journalTopicsMin: 8, scrubBytesPerSecond: 0, scrubPauseMs: 1_000 };
    const { retention: rules } = this.faults;
    const retention = rules.length > 0 ? this.random.fork(`retention/${name}`).pick(rules) : undefined;
    const filled = { fsync: "always", ...sizes, ...counts, retention: retention ?? {}, ...options } as const;
    const node = new SimNode(this, { name, index: this.nodes.length }, filled);
    this.nodes.push(node);
    node.start();
    return node;
  }

  /** The node of this name. */
  node(name: string): SimNode {
    const node = this.nodes.find((one) => one.name === name);
    if (node === undefined)
      throw new RangeError(`Cannot find node ${name}: there are ${this.nodes.map((one) => one.name)}`);
    return node;
  }

  /** Neither side hears the other; with `oneWay` only the right side does not hear the left. */
  partition(left: readonly string[], right: readonly string[], options: { readonly oneWay?: boolean } = {}): void {
    this.note(`partition ${left.join(" ")} | ${right.join(" ")}${options.oneWay ? " (one way)" : ""}`);
    for (const one of left) {
      for (const other of right) {
        this.network.cut(one, other);
        if (!options.oneWay) this.network.cut(other, one);
      }
    }
  }

  /** Everybody hears everybody again. */
  heal(): void {
    if (!this.network.isWhole) this.note("the network is whole");
    this.network.healAll();
  }

  /** The process stands still until `resume`: nothing reaches it, its timers wait. */
  pause(name: string): void {
    this.node(name).trace("is paused");
    this.node(name).pause();
  }

  resume(name: string): void {
    if (!this.node(name).isPaused) return;
    this.node(name).trace("resumes");
    this.node(name).resume();
  }

  /** The node's RPC server accepts and never answers, until `unhang`. */
  hang(name: string): void {
    this.node(name).trace("hangs");
    this.node(name).isHung = true;
  }

  unhang(name: string): void {
    if (!this.node(name).isHung) return;
    this.node(name).trace("answers again");
    this.node(name).isHung = false;
  }

  /** The process or its machine stops. Without `tellsPeers` its connections stay half open. */
  crash(name: string, disk: CrashMode, options: { readonly tellsPeers?: boolean } = {}): void {
    this.node(name).crash(disk, { tellsPeers: options.tellsPeers ?? true });
    this.#introductions?.stopped(this.node(name));
  }

  /** The node stops and its data directory is gone. */
  wipe(name: string): void {
    this.node(name).crash("keep", { tellsPeers: true, disk: new SimulatedDisk() });
    this.#introductions?.stopped(this.node(name));
  }

  /** What is on the node's disk now, to be put back later. */
  backup(name: string): SimulatedDisk {
    this.node(name).trace("is backed up");
    return this.node(name).disk.copy();
  }

  /**
   * The node stops and its directory is put back as it was at the backup: `restart` it. Unless it is told, as
   * operators must, it does not know, and goes on with the writer that it had.
   */
  restore(name: string, backup: SimulatedDisk, options: { readonly tellsNode?: boolean } = {}): void {
    const tellsNode = options.tellsNode ?? true;
    const { writer } = this.node(name).crash("keep", { tellsPeers: true, disk: backup.copy(), tellsNode });
    this.#introductions?.stopped(this.node(name));
    if (!tellsNode && writer !== undefined) this.observe({ type: "forked", writer });
  }

  /** The node's clock on the wall is suddenly another one; what it measures time with is not. */
  jumpClock(name: string, ms: number): void {
    this.node(name).trace(`has a clock that jumps by ${ms} ms`);
    this.node(name).wallSkewMs += ms;
  }

  /** Starts a node that is down. */
  restart(name: string): void {
    this.node(name).start();
  }

  /** A peer is falsely taken for gone, and found again a little later. Only where the world tells of members. */
  falseAlarm(observer: string, name: string): void {
    this.#introductions?.falseAlarm(this.node(observer), this.node(name));
  }

  /** Runs everything that is due within the next so many milliseconds. */
  async runFor(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    // What the caller did before this is due as well.
    await this.#rest();
    for (let events = 0; this.#queue.nextAtMs <= endMs; events++) {
      if (events >= eventsMax) throw new RangeError(`Cannot run on: ${events} events within ${ms} ms`);
      this.nowMs = Math.max(this.nowMs, this.#queue.nextAtMs);
      this.#queue.pop()?.();
      this.events++;
      if (this.#logTouched) await this.#rest();
      if (this.#stopsAtViolation && this.violations.length > 0) return;
    }
    this.nowMs = endMs;
  }

  /** What every node that is up holds. */
  finalStates(): FinalState[] {
    return this.nodes.map((node) => {
      const held = new Map<string, Vector>();
      for (const topic of node.log?.topics() ?? []) held.set(keyOf(topic), topic.have);
      const members = node.gossip?.membership.members() ?? [];
      const believed = new Map(members.map(({ name, status }) => [name, status]));
      return { node: node.name, held, members: believed, damaged: node.damaged };
    });
  }

  /** True when every node is up and no checker would find fault with the end. */
  get hasConverged(): boolean {
    if (this.nodes.some((node) => node.log === undefined)) return false;
    const states = this.finalStates();
    return this.#checkers.every((checker) => checker.finish(states).length === 0);
  }

  /** Tells every node of every other, where the world tells of members. */
  introduceAll(): void {
    this.#introductions?.introduceAll();
  }

  /** Lets every checker judge the end. Call it after the world was healed and had time. */
  finish(): readonly Violation[] {
    const states = this.finalStates();
    for (const checker of this.#checkers) {
      for (const message of checker.finish(states)) this.violate(checker.name, message);
    }
    return this.violations;
  }

  /** Nodes that ever believed this of a member. */
  everSaw(name: string, status: MemberStatus): string[] {
    return this.nodes.map((node) => node.name).filter((observer) => this.#beliefs.has(`${observer}/${name}/${status}`));
  }

  /** Lets something happen at a moment of virtual time. */
  schedule(atMs: number, run: () => void): void {
    this.#activity++;
    this.#queue.push(atMs, run);
  }

  /** Adds a line to the trace. */
  note(text: string): void {
    this.trace.push(`${this.nowMs} ${text}`);
  }

  /** A log was called: before the next event, everything that follows from it at once has happened. */
  touchLog(): void {
    this.#activity++;
    this.#logTouched = true;
  }

  /** Notes that a guarantee is broken. */
  violate(guarantee: string, message: string): void {
    this.note(`VIOLATION ${guarantee}: ${message}`);
    if (this.violations.length < violationsMax) this.violations.push({ guarantee, atMs: this.nowMs, message });
  }

  /** Shows the checkers what happened. */
  observe(observation: Observation): void {
    this.#activity++;
    if (observation.type === "acknowledged") this.acknowledged += observation.count;
    if (observation.type === "appended") this.note(`${observation.node} has ${batchWords(observation.batch)}`);
    if (observation.type === "member") {
      this.#beliefs.add(`${observation.node}/${observation.member.name}/${observation.member.status}`);
    }
    for (const checker of this.#checkers) {
      const message = checker.observe(observation);
      if (message !== undefined) this.violate(checker.name, message);
    }
  }

  /** For nodes: their log was opened. It is observed from its beginning as soon as it rests. */
  observeReopened(node: SimNode, how: { readonly wiped: boolean; readonly keepsAcknowledged: boolean }): void {
    this.observe({ type: "reopened", node: node.name, wiped: how.wiped });
    this.#recovering.push({ node, keepsAcknowledged: how.keepsAcknowledged });
    this.touchLog();
  }

  /** For nodes: tells the others of one that came up, and it of them. */
  started(node: SimNode): void {
    this.#introductions?.started(node);
  }

  /** For nodes: tells the others of a new writer. */
  writerChanged(node: SimNode, writer: WriterId): void {
    node.gossip?.setWriter(writer);
    this.#introductions?.changed(node);
  }

  /** For nodes: opens an RPC stream. */
  dialRpc(rpcAddress: string, end: PipeEnd<RpcMessage>): RpcPipe {
    const target = (): SimNode | undefined => this.nodes.find((node) => node.rpcAddress === rpcAddress);
    return this.network.connect(end, target, {
      isRpc: true,
      accept: (pipe) => target()?.replication?.accept(pipe),
    });
  }

  /** Calls of the RPC server of a node, from a process of this name that always runs. */
  callsTo(node: string, caller: string): SimulatedCalls {
    const server = this.node(node);
    const touchLog = (): void => this.touchLog();
    const dial = (end: PipeEnd<CallMessage>): CallPipe =>
      this.network.connect(end, () => server, {
        isRpc: true,
        accept: (pipe) => server.methods && answerCall(server, pipe, { methods: server.methods, touchLog }),
      });
    return new SimulatedCalls(processOf(caller), dial);
  }

  /** For nodes: opens a gossip stream. */
  dialGossip(from: SimNode, to: Address, end: PipeEnd<Uint8Array>): GossipPipe {
    const target = (): SimNode | undefined => this.nodes.find((node) => node.address.host === to.host);
    return this.network.connect(end, target, {
      isRpc: false,
      accept: (pipe) => target()?.gossip?.accept(pipe, from.address),
    });
  }

  /** For nodes: sends a gossip packet. */
  sendDatagram(from: SimNode, to: Address, bytes: Uint8Array): void {
    const target = this.nodes.find((node) => node.address.host === to.host);
    if (target === undefined) return;
    this.network.datagram(from.name, target.name, () => target.gossip?.receive(from.address, bytes));
  }

  /** Waits until every log is idle or waits for its disk, and observes what came of it. */
  async #rest(): Promise<void> {
    while (this.#logTouched) {
      this.#logTouched = false;
      await this.#settle();
      const recovering = this.#recovering.splice(0);
      // Before anybody can know of it: what was forgotten excuses what others lack.
      for (const node of this.nodes) node.observeLowWater();
      for (const node of this.nodes) await node.observeGrowth();
      for (const { node, keepsAcknowledged } of recovering) {
        this.observe({ type: "recovered", node: node.name, keepsAcknowledged });
      }
    }
  }

  async #settle(): Promise<void> {
    let quiet = 0;
    let seen = this.#activity;
    for (let turn = 0; quiet < quietTurns; turn++) {
      if (turn >= turnsMax) throw new RangeError(`Cannot go on: a log has not come to rest in ${turn} turns`);
      await undefined;
      quiet = seen === this.#activity ? quiet + 1 : 0;
      seen = this.#activity;
    }
  }
}
