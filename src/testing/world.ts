import { Random, toHex, type Vector, type WriterId } from "../base/mod.ts";
import { keyOf } from "../log/mod.ts";
import type { MemberStatus } from "../membership/mod.ts";
import { Chaos } from "./chaos.ts";
import { SimulatedDisk } from "./disk.ts";
import { EventQueue } from "./event_queue.ts";
import type { Faults } from "./faults.ts";
import { Introductions } from "./introductions.ts";
import { Judges, type Violation } from "./judges.ts";
import { Network } from "./network.ts";
import type { FinalState, Observation } from "./observation.ts";
import type { Sabotage } from "./sabotage.ts";
import { SimClient, type SimClientOptions } from "./sim_client.ts";
import { type NodeOptions, SimNode } from "./sim_node.ts";
import type { CrashMode } from "./simulated_file.ts";
import { Wires } from "./wires.ts";
import { WorldTimeoutError } from "./world_errors.ts";
import { type CreateWorldOptions, resolveWorldOptions } from "./world_options.ts";

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

/** Time in which members find each other, at most. */
const meetMsMax = 60_000;
const untilMsMax = 60_000;
const noWeather = { strikeEveryMs: 0, falseAlarmEveryMs: 0, datagramLoss: 0, streamLoss: 0 } as const;
/** Turns of the microtask queue without any activity after which the logs are at rest. */
const quietTurns = 60;
/** Turns after which a log that never rests is a bug. */
const turnsMax = 100_000;
/** Events of one `runFor`; a world that has more runs in circles. */
const eventsMax = 5_000_000;

/**
 * A world in one process: virtual time, packets and disks, and nodes that run the real log, replication and membership.
 * One seed gives one trace, on every runtime.
 */
export class World {
  readonly epochMs: number = 1_700_000_000_000;
  readonly random: Random;
  readonly network: Network;
  /** For nodes and clients. */
  readonly wires: Wires;
  readonly usesGossip: boolean;
  readonly keepsTopics: boolean;
  readonly sabotage: Sabotage;
  readonly nodes: SimNode[] = [];
  readonly trace: string[] = [];
  /** Events that ran. */
  events = 0;
  nowMs = 0;
  readonly #queue = new EventQueue();
  readonly #judges: Judges;
  readonly #stopsAtViolation: boolean;
  /** Where there is no gossip. */
  readonly #introductions: Introductions | undefined;
  /** Nodes whose log was just opened and is observed anew. */
  readonly #recovering: { readonly node: SimNode; readonly keepsAcknowledged: boolean }[] = [];
  /** Counts everything that may set a log in motion. */
  #activity = 0;
  #logTouched = false;
  #chaos: Chaos | undefined;

  /** A world without nodes. Tests of applications begin with `World.create`. */
  constructor(seed: number | string, faults: Faults, options: WorldOptions = {}) {
    this.random = new Random(seed);
    this.#judges = new Judges(this);
    this.wires = new Wires(this);
    this.network = new Network(this, this.random.fork("network"), faults);
    const membership = this.random.fork("membership");
    this.usesGossip = options.gossip ?? true;
    this.keepsTopics = options.topics ?? false;
    this.#introductions = this.usesGossip ? undefined : new Introductions(this, membership);
    this.sabotage = options.sabotage ?? {};
    this.#stopsAtViolation = options.stopsAtViolation ?? false;
  }

  /**
   * A cluster in memory, on virtual time, whose nodes have found each other: for unit tests of whoever uses the log. Throws
   * `InvalidWorldOptionError`.
   */
  static async create(options: CreateWorldOptions = {}): Promise<World> {
    const { names, seed, faults, node, topics } = resolveWorldOptions(options);
    const world = new World(seed, { ...faults, ...noWeather }, { topics });
    for (const name of names) world.addNode(name, node);
    await world.until(() => world.nodes.every((one) => one.isReady && world.sees(one)), { withinMs: meetMsMax });
    world.faults = faults;
    world.#chaos = new Chaos(world, new Random(`chaos/${seed}`));
    return world;
  }

  get violations(): readonly Violation[] {
    return this.#judges.violations;
  }

  /** Records that nodes acknowledged. */
  get acknowledged(): number {
    return this.#judges.acknowledged;
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
  crash(name: string, disk: CrashMode = "lose-unsynced", options: { readonly tellsPeers?: boolean } = {}): void {
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
    if (tellsNode) return;
    // It may have got another writer since the backup was taken: it is the old one that goes on.
    const former = toHex(backup.peek("writer").subarray(16, 24));
    for (const forked of new Set([former, writer ?? former])) this.observe({ type: "forked", writer: forked });
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

  /** Runs until the condition holds. Rejects when it does not within that time. @default 60000 ms */
  async until(condition: () => boolean, options: { readonly withinMs?: number } = {}): Promise<void> {
    const withinMs = options.withinMs ?? untilMsMax;
    const endMs = this.nowMs + withinMs;
    for (await this.#rest(); !condition(); ) {
      if (this.nowMs >= endMs) throw new WorldTimeoutError("meet the condition", withinMs);
      // At the next event at once: between two of them nothing changes.
      const nextMs = Math.max(Math.ceil(this.#queue.nextAtMs) - this.nowMs, 0);
      await this.runFor(Math.min(nextMs, endMs - this.nowMs));
    }
  }

  /** Runs until the promise settles, and settles as it does. Rejects when that takes longer. */
  async settled<Value>(promise: Promise<Value>, wait: { withinMs: number; doing: string }): Promise<Value> {
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
      this.#activity++;
    };
    promise.then(settle, settle);
    this.touchLog();
    await this.#rest();
    await this.until(() => isSettled, wait).catch(() => {
      throw new WorldTimeoutError(wait.doing, wait.withinMs);
    });
    return promise;
  }

  /** What every node that is up holds. */
  finalStates(): FinalState[] {
    return this.nodes.map((node) => {
      const held = new Map<string, Vector>();
      for (const topic of node.log?.topics() ?? []) held.set(keyOf(topic), topic.have);
      const members = node.gossip?.membership.members() ?? [];
      const believed = new Map(members.map(({ name, status }) => [name, status]));
      return { node: node.name, held, members: believed, settled: node.settled, damaged: node.damaged };
    });
  }

  /** True when every node is up and no checker would find fault with the end. */
  get hasConverged(): boolean {
    if (this.nodes.some((node) => node.log === undefined)) return false;
    return this.#judges.isContent(this.finalStates());
  }

  /** Undoes everything that strikes did, and lets nothing strike any more. */
  calm(): void {
    this.#chaos?.stop();
  }

  /**
   * The library's client of these nodes, of all unless some are named, over the simulated network: partitions call it
   * "client" or by the name that it is given.
   */
  client(nodes: readonly string[] = this.nodes.map(({ name }) => name), options: SimClientOptions = {}): SimClient {
    return new SimClient(
      this,
      nodes.map((name) => this.node(name)),
      options,
    );
  }

  /** True when this node believes all nodes to be alive. */
  sees(node: SimNode): boolean {
    const alive = node.gossip?.membership.members().filter(({ status }) => status === "alive");
    return alive?.length === this.nodes.length;
  }

  /** Tells every node of every other, where the world tells of members. */
  introduceAll(): void {
    this.#introductions?.introduceAll();
  }

  /** Lets every checker judge the end. Call it after the world was healed, all nodes run again, and it had time. */
  finish(): readonly Violation[] {
    this.#judges.finish(this.finalStates());
    return this.violations;
  }

  /** Nodes that ever believed this of a member. */
  everSaw(name: string, status: MemberStatus): string[] {
    return this.nodes.map((node) => node.name).filter((observer) => this.#judges.sawEver(observer, name, status));
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
    this.#judges.violate(guarantee, message);
  }

  /** Shows the checkers what happened. */
  observe(observation: Observation): void {
    this.#activity++;
    this.#judges.observe(observation);
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
