import { type Address, FrameBuilder, type Random, type RecordInput, topicKey, type WriterId } from "../base/mod.ts";
import {
  type CommitLog,
  type FsyncPolicy,
  heldGeneration,
  Log,
  type Retention,
  type TopicLife,
  TopicRegistry,
} from "../log/mod.ts";
import type { MemberEvent } from "../membership/mod.ts";
import { SimulatedDisk } from "./disk.ts";
import { GossipShell, peerOf } from "./gossip_shell.ts";
import { Life, skewed } from "./life.ts";
import { produceLocally } from "./local_produce.ts";
import { LogObserver } from "./log_observer.ts";
import type { Host } from "./network.ts";
import { type NodeServer, serveNode } from "./node_server.ts";
import { ReplicationShell } from "./replication_shell.ts";
import type { Rot } from "./rot.ts";
import { SimClient } from "./sim_client.ts";
import type { SimTopic } from "./sim_topic.ts";
import type { CrashMode } from "./simulated_file.ts";
import type { World } from "./world.ts";

export interface NodeOptions {
  /** When a produce is acknowledged. @default "always" */
  readonly fsync: FsyncPolicy;
  /** Bytes after which a segment is closed. @default 65536 */
  readonly segmentBytesMax: number;
  /** How many topics must wait at once for the journal to be used. @default 8 */
  readonly journalTopicsMin: number;
  /** What its topics may forget. @default nothing */
  readonly retention: Retention;
  /** Bytes between two entries of a segment's index: damage takes all up to the next one. @default 65536 */
  readonly indexEveryBytes: number;
  /** How fast it looks for damage; 0 for not at all. @default 0 */
  readonly scrubBytesPerSecond: number;
  /** How long it rests after it has looked at everything. @default 1000 */
  readonly scrubPauseMs: number;
  /** Frame bytes of one response of a pull: small ones let faults strike within a pull. @default 2048 */
  readonly responseBytesMax: number;
}

export interface CrashOptions {
  /** Its connections are reset; else they stay half open. */
  readonly tellsPeers: boolean;
  /** What it finds in place of its directory. */
  readonly disk?: SimulatedDisk | undefined;
  /** It is told that it begins with a backup. @default false */
  readonly tellsNode?: boolean | undefined;
}

/** Small, so that the journal's files take turns within a run. */
const journalBytesMax = 65_536;
/** How long a node waits at start for its peers to tell what they hold, before it takes writes (rule R5). */
const hearAtStartMs = 3_000;

/** What stands only while the process does. */
interface Parts {
  readonly life: Life;
  readonly log: CommitLog;
  readonly replication: ReplicationShell;
  readonly gossip: GossipShell | undefined;
  readonly server: NodeServer;
}

/** One node of the simulated world: the real log, replication and membership on simulated disks, links and time. */
export class SimNode implements Host {
  readonly name: string;
  readonly address: Address;
  readonly rpcAddress: string;
  readonly options: NodeOptions;
  disk: SimulatedDisk = new SimulatedDisk();
  life = 0;
  isRunning = false;
  isPaused = false;
  isHung = false;
  /** Reasons for which its disk fails on purpose: produces may be refused while there are any. */
  diskFailures = 0;
  /** Damage on its disk that it may not know of. */
  rot: Rot | undefined;
  /** How far its clock on the wall is off. */
  wallSkewMs = 0;
  readonly #world: World;
  readonly #random: Random;
  readonly #builder = new FrameBuilder();
  #life: Life | undefined;
  #client: SimClient | undefined;
  #parts: Parts | undefined;
  /** Its directory is not the one that it had. */
  #replaced = false;
  /** It was told that its directory is a backup. */
  #isToldOfBackup = false;
  /** Resolves once the disk may be opened. */
  #ready: Promise<void> = Promise.resolve();
  /** The power went since the log was last open, maybe while it was being opened. */
  #lostPower = false;
  #takesWritesAtMs = Number.POSITIVE_INFINITY;
  #topics: TopicRegistry | undefined;
  /** The log as it is, where rules are broken on purpose. */
  #trueLog: CommitLog | undefined;
  /** What is told of its log in this life. */
  #observer: LogObserver | undefined;

  constructor(world: World, place: { readonly name: string; readonly index: number }, options: NodeOptions) {
    this.#world = world;
    this.name = place.name;
    this.address = { host: `10.0.0.${place.index + 1}`, port: 7946 };
    this.rpcAddress = `10.0.0.${place.index + 1}:8400`;
    this.options = options;
    this.#random = world.random.fork(`node/${place.name}`);
  }

  /** The node's log; undefined while it is down or still being opened. */
  get log(): CommitLog | undefined {
    return this.#parts?.log;
  }

  get replication(): ReplicationShell | undefined {
    return this.#parts?.replication;
  }

  get gossip(): GossipShell | undefined {
    return this.#parts?.gossip;
  }

  /** What its server answers; undefined while it is down. */
  get server(): NodeServer | undefined {
    return this.#parts?.server;
  }

  /** True when the node is up and takes writes. */
  get isReady(): boolean {
    return this.#parts !== undefined && !this.isPaused && this.#world.nowMs >= this.#takesWritesAtMs;
  }

  /** Starts the process. The log is opened on virtual time: a crash may come before it is open. */
  start(): void {
    if (this.isRunning) return;
    this.life++;
    this.isRunning = true;
    const life = new Life(
      skewed(this.#world, () => this.wallSkewMs),
      this,
    );
    this.#life = life;
    this.disk.pause = () => this.#pauseOfDisk();
    this.trace("starts");
    this.#world.touchLog();
    const environment = {
      randomBytes: (length: number) => this.#random.bytes(length),
      wallMs: () => life.clock.wallMs(),
      after: this.#afterIn(life),
    };
    const { responseBytesMax: _, ...ofLog } = this.options;
    const logOptions = { ...ofLog, journalBytesMax, newWriter: this.#isToldOfBackup };
    const { sabotage } = this.#world;
    const directory = sabotage.directory?.(this.disk.mount()) ?? this.disk.mount();
    this.#ready
      .then(() => Log.open(directory, logOptions, environment))
      .then((log) => {
        this.#trueLog = log;
        return this.#openTopics(sabotage.log?.(log, this) ?? log, life);
      })
      .then(
        life.guard((log: CommitLog) => this.#opened(log, life)),
        life.guard((error: unknown) => this.#openFailed(error)),
      );
  }

  /** Stops the process, or the whole machine, at this moment. Returns which writer it had. */
  crash(mode: CrashMode, options: CrashOptions): { readonly writer: WriterId | undefined } {
    const { disk } = options;
    if (!this.isRunning && disk === undefined) return { writer: undefined };
    this.trace(disk === undefined ? `crashes (${mode})` : "loses its directory");
    const writer = this.log?.writer;
    this.isRunning = false;
    this.isPaused = false;
    this.#parts = undefined;
    this.#life = undefined;
    this.#observer = undefined;
    this.disk.crash(mode, this.#random);
    if (disk !== undefined) {
      this.#ready = this.#world.sabotage.wiped?.(this.disk, disk) ?? Promise.resolve();
      this.disk = disk;
      this.rot = undefined;
      this.#replaced = true;
      this.#isToldOfBackup = options.tellsNode ?? false;
    }
    this.#lostPower ||= mode !== "keep";
    if (options.tellsPeers) this.#world.network.resetAll(this);
    return { writer };
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.#life?.release();
  }

  /** A topic at this node, as a client has it that talks to this node alone. */
  topic(name: string): SimTopic {
    this.#client ??= new SimClient(this.#world, [this], { name: this.name, failover: false });
    return this.#client.topic(name);
  }

  /** Produces one batch of texts, or of records. What becomes of it is observed, also whether so many nodes come to hold it. */
  produce(topic: string, values: readonly (string | RecordInput)[], copies = 1): void {
    const parts = this.#parts;
    if (parts === undefined) return;
    const { life, log, replication } = parts;
    const nowMs = life.clock.wallMs();
    for (const value of values) this.#builder.add(typeof value === "string" ? { value } : value, nowMs);
    produceLocally(
      this.#world,
      { node: this, life, log, replication },
      { topic, frame: this.#builder.finish(), copies },
    );
  }

  /** What it settles about topics; undefined where the world keeps none of that, or the node is down. */
  get topics(): TopicRegistry | undefined {
    return this.#parts && this.#topics;
  }

  /** What is settled about each topic, in words: its generation, too, and whether that was deleted. */
  get settled(): ReadonlyMap<string, string> {
    const { topics, log } = this;
    const wordsOf = (name: string): string => JSON.stringify({ ...topics?.settings(name), ...log?.lives.get(name) });
    return new Map([...(topics?.names ?? [])].map((name) => [name, wordsOf(name)]));
  }

  /** True when a feed is on its disk up to here, whatever its log is made to say. */
  holdsDurably(topic: string, writer: WriterId, last: number): boolean {
    const held = this.#parts && this.#trueLog && heldGeneration(this.#trueLog, topic);
    return (held?.durable.get(writer) ?? 0) >= last;
  }

  /** Observes what was appended since the last time. Called when the log is at rest. */
  async observeGrowth(): Promise<void> {
    await this.#observer?.observeGrowth();
  }

  /** Tells where what it holds begins, when retention moved that. */
  observeLowWater(): void {
    this.#observer?.observeLowWater();
  }

  /** Places of damage that were found and not repaired. */
  get damaged(): readonly string[] {
    const ranges = this.log?.topics().flatMap((topic) => topic.corruptRanges) ?? [];
    return ranges.map(({ file, at }) => `${file}:${at}`);
  }

  trace(text: string): void {
    this.#world.note(`${this.name} ${text}`);
  }

  #pauseOfDisk(): Promise<void> {
    const { syncMs } = this.#world.faults;
    return new Promise((resolve) => {
      this.#world.schedule(this.#world.nowMs + this.#random.between(syncMs[0], syncMs[1]), () => {
        this.#world.touchLog();
        resolve();
      });
    });
  }

  #openFailed(error: unknown): void {
    this.trace(`cannot open its log: ${String(error)}`);
    if ((error as { code?: string }).code === "LOG_CORRUPT" && this.rot?.isThere) {
      // As an operator would: what this disk had, others have.
      this.crash("keep", { tellsPeers: true, disk: new SimulatedDisk() });
      this.#world.schedule(this.#world.nowMs + 1_000, () => this.start());
      return;
    }
    if (this.diskFailures === 0) {
      this.#world.violate("recovery", `${this.name} cannot open its log: ${String(error)}`);
      return;
    }
    // As a supervisor would: the next try may find the disk well.
    this.isRunning = false;
    this.#world.schedule(this.#world.nowMs + 1_000, () => this.start());
  }

  #afterIn(life: Life): (delayMs: number, callback: () => void) => () => void {
    return (delayMs, callback) =>
      life.after(delayMs, () => {
        this.#world.touchLog();
        callback();
      });
  }

  async #openTopics(log: CommitLog, life: Life): Promise<CommitLog> {
    if (!this.#world.keepsTopics) return log;
    const onWarn = (message: string): void => this.trace(message);
    this.#topics = await TopicRegistry.open(log, {
      wallMs: () => life.clock.wallMs(),
      after: this.#afterIn(life),
      onWarn,
    });
    return log;
  }

  #heardOfLife(name: string, { generation, deleted }: TopicLife): void {
    for (let gone = 1; gone < generation + Number(deleted); gone++) {
      this.#world.observe({ type: "deleted", node: this.name, topic: topicKey(name, gone) });
    }
  }

  #opened(log: CommitLog, life: Life): void {
    for (const [name, settled] of log.lives) this.#heardOfLife(name, settled);
    log.onLife(life.guard((change) => this.#heardOfLife(change.topic, change)));
    this.trace(`is up as ${log.writer.slice(0, 4)}`);
    const world = this.#world;
    this.#observer = new LogObserver(world, this, this.#trueLog ?? log);
    // A killed process loses nothing under any policy; a power cut loses what was not synced (rule R2).
    const keepsAcknowledged = this.options.fsync === "always" || !this.#lostPower;
    this.#lostPower = false;
    world.observeReopened(this, { wiped: this.#replaced, keepsAcknowledged });
    world.observe({ type: "writer", node: this.name, writer: log.writer });
    this.#replaced = false;
    this.#isToldOfBackup = false;
    const replication = new ReplicationShell({
      ...{ host: this, life, log, network: world.network, responseBytesMax: this.options.responseBytesMax },
      random: this.#random.fork("replication"),
      trace: (text) => this.trace(text),
      ship: (topic, frames) => {
        world.observe({ type: "served", node: this.name, topic, frames });
        return world.sabotage.shipped?.(frames, this.#random) ?? frames;
      },
      touchLog: () => world.touchLog(),
      dial: (rpcAddress, end) => world.wires.dialRpc(rpcAddress, end),
    });
    const gossip = world.usesGossip ? this.#startGossip(log.writer, life, replication) : undefined;
    const server = serveNode({
      ...{ name: this.name, log, replication, clock: life.clock },
      ...{ isReady: () => this.isReady, touchLog: () => world.touchLog(), change: world.sabotage.served },
    });
    this.#parts = { life, log, replication, gossip, server };
    log.onEvent(
      life.guard((event) => {
        if (event.type !== "new-writer") return;
        world.observe({ type: "writer", node: this.name, writer: event.writer });
        world.writerChanged(this, event.writer);
      }),
    );
    this.#takesWritesAtMs = world.nowMs + hearAtStartMs;
    this.#waitForPeers(life, replication);
    world.started(this);
  }

  /** Writes are taken as soon as all peers told what they hold, or after the bounded wait (rule R5). */
  #waitForPeers(life: Life, replication: ReplicationShell): void {
    if (this.#world.nowMs >= this.#takesWritesAtMs) return;
    const progress = replication.replicator.progress();
    const others = this.#world.nodes.length - 1;
    if (progress.length >= others && progress.every((peer) => peer.state === "heard")) {
      this.#takesWritesAtMs = this.#world.nowMs;
    } else {
      life.after(100, () => this.#waitForPeers(life, replication));
    }
  }

  #startGossip(writer: WriterId, life: Life, replication: ReplicationShell): GossipShell {
    const world = this.#world;
    return new GossipShell({
      ...{ host: this, life, network: world.network, random: this.#random.fork("gossip") },
      ...{ address: this.address, rpcAddress: this.rpcAddress, writer },
      seeds: world.nodes.filter((node) => node !== this).map((node) => node.address),
      send: (to, bytes) => world.wires.sendDatagram(this, to, bytes),
      dial: (to, end) => world.wires.dialGossip(this, to, end),
      onEvent: (event) => this.#memberEvent(event, replication),
    });
  }

  #memberEvent(event: MemberEvent, replication: ReplicationShell): void {
    const { member, type } = event;
    this.trace(`hears ${type} ${member.name} ${member.status}`);
    this.#world.observe({ type: "member", node: this.name, life: this.life, member });
    if (member.name === this.name) return;
    const peer = peerOf(member);
    const isUp = type === "member-join" || (type === "member-update" && member.status === "alive");
    if (isUp && peer) replication.follow(peer);
    else if (type !== "member-update") replication.unfollow(member.name);
  }
}
