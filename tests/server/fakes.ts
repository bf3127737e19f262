/** A node without disk, gossip or peers: just enough of each port for the RPCs to be answered from. */
import {
  type ChainHash,
  type Clock,
  chainStart,
  concat,
  crc32,
  type FrameHeader,
  Listeners,
  packedRecordsFault,
  placeFrame,
  scanFrame,
  stampBatch,
  topicNameFault,
  type Vector,
  type WriterId,
} from "../../src/base/mod.ts";
import { systemClock } from "../../src/io/clock.ts";
import type {
  ServedCluster,
  ServedLog,
  ServedMember,
  ServedMemberEvent,
  ServedReadiness,
  ServedReplication,
  ServedShortfall,
  ServedTopic,
  ServerPorts,
  WatchMessage,
} from "../../src/server/mod.ts";

function rethrow(error: unknown): void {
  throw error;
}

/** An error with one of the log's codes. */
export function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

interface StoredFrame {
  readonly bytes: Uint8Array;
  readonly header: FrameHeader;
}

export class MemoryTopic implements ServedTopic {
  readonly name: string;
  generation = 0;
  readonly firstOffset = 0;
  readonly lowWater: Vector = new Map();
  nextOffset = 0;
  bytes = 0;
  have: ReadonlyMap<WriterId, number> = new Map();
  /** Bytes that reads answered with. */
  bytesRead = 0;
  readonly grew = new Listeners<void>(rethrow);
  /** Listeners that are there now. */
  listening = 0;
  /** Set to have produces fail. */
  failure: Error | undefined;
  readonly #writer: WriterId;
  readonly #frames: StoredFrame[] = [];
  readonly #chains = new Map<WriterId, ChainHash>();

  constructor(name: string, writer: WriterId) {
    this.name = name;
    this.#writer = writer;
  }

  get durable(): Vector {
    return this.have;
  }

  get served(): Vector {
    return this.have;
  }

  async produce(frame: Uint8Array): ReturnType<ServedTopic["produce"]> {
    if (this.failure) throw this.failure;
    const scan = scanFrame(frame, 0, crc32);
    if (scan.type !== "frame") throw coded("INVALID_FRAME", "Cannot produce the frame: it is none");
    const { compression, count } = scan.header;
    const fault = compression === "none" ? packedRecordsFault(frame, 120, frame.length, count) : undefined;
    if (fault !== undefined) throw coded("INVALID_FRAME", `Cannot produce the frame: ${fault}`);
    return this.appendAs(this.#writer, frame);
  }

  /** Appends as if it had come from that writer. */
  appendAs(writer: WriterId, frame: Uint8Array): { offset: number; writer: WriterId; sequence: number; count: number } {
    const sequence = (this.have.get(writer) ?? 0) + 1;
    const stamp = { writer, baseSequence: sequence, lamport: 1, generation: this.generation };
    const previousChain = this.#chains.get(writer) ?? chainStart;
    this.#chains.set(writer, stampBatch(frame, { ...stamp, previousChain }));
    const offset = this.nextOffset;
    placeFrame(frame, { baseOffset: offset, durableBefore: 0 });
    const scan = scanFrame(frame, 0);
    if (scan.type !== "frame") throw new Error(`A bad frame: ${JSON.stringify(scan)}`);
    const { count } = scan.header;
    this.#frames.push({ bytes: frame, header: scan.header });
    this.nextOffset += count;
    this.bytes += frame.length;
    this.have = new Map(this.have).set(writer, sequence + count - 1);
    this.grew.emit();
    return { offset, writer, sequence, count };
  }

  async #read(offset: number, bytesMax: number): Promise<{ frames: Uint8Array; nextOffset: number }> {
    if (offset > this.nextOffset) throw coded("OFFSET_OUT_OF_RANGE", `Cannot read offset ${offset}`);
    const wanted = this.#frames.filter(({ header }) => header.baseOffset + header.count > offset);
    const taken = this.#upTo(wanted, bytesMax);
    const last = taken.at(-1)?.header;
    return { frames: this.#join(taken), nextOffset: last ? last.baseOffset + last.count : offset };
  }

  async readShared(offset: number, bytesMax: number): ReturnType<ServedTopic["readShared"]> {
    return { ...(await this.#read(offset, bytesMax)), release() {} };
  }

  async readMissing(have: Vector, bytesMax: number): ReturnType<ServedTopic["readMissing"]> {
    const wanted = this.#frames.filter(
      ({ header }) => header.baseSequence + header.count - 1 > (have.get(header.writer) ?? 0),
    );
    const taken = this.#upTo(wanted, bytesMax);
    return { frames: this.#join(taken), complete: taken.length === wanted.length, lowWater: this.lowWater };
  }

  async offsetAt(timestampMs: number): Promise<number> {
    const found = this.#frames.find(({ header }) => header.baseTimestampMs + header.timestampDeltaMaxMs >= timestampMs);
    return found ? found.header.baseOffset : this.nextOffset;
  }

  async vectorAt(offset: number): Promise<Vector> {
    const vector = new Map<WriterId, number>();
    for (const { header } of this.#frames) {
      const below = Math.min(header.count, offset - header.baseOffset);
      if (below > 0) vector.set(header.writer, header.baseSequence + below - 1);
    }
    return vector;
  }

  onGrow(listener: () => void): () => void {
    return this.grew.add(listener);
  }

  #upTo(frames: readonly StoredFrame[], bytesMax: number): StoredFrame[] {
    const taken: StoredFrame[] = [];
    let bytes = 0;
    for (const frame of frames) {
      bytes += frame.bytes.length;
      if (taken.length > 0 && bytes > bytesMax) break;
      taken.push(frame);
    }
    return taken;
  }

  #join(frames: readonly StoredFrame[]): Uint8Array {
    if (frames.length === 0) return new Uint8Array(0);
    const bytes = concat(frames.map((frame) => frame.bytes));
    this.bytesRead += bytes.length;
    return bytes;
  }
}

export class MemoryLog implements ServedLog {
  readonly writer: WriterId;
  /** Listeners that are there now. */
  listening = 0;
  readonly #topics = new Map<string, MemoryTopic>();
  readonly #grew = new Listeners<ServedTopic>(rethrow);

  constructor(writer: WriterId = "00000000000000a1") {
    this.writer = writer;
  }

  topics(): readonly MemoryTopic[] {
    return [...this.#topics.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  topic(name: string): MemoryTopic | undefined {
    return this.#topics.get(name);
  }

  async openTopic(name: string): Promise<MemoryTopic> {
    return this.open(name);
  }

  /** The same, without waiting. */
  open(name: string): MemoryTopic {
    const held = this.#topics.get(name);
    if (held) return held;
    const fault = topicNameFault(name);
    if (fault) throw coded("INVALID_TOPIC", fault);
    const topic = new MemoryTopic(name, this.writer);
    topic.onGrow(() => this.#grew.emit(topic));
    this.#topics.set(name, topic);
    return topic;
  }

  onGrow(listener: (topic: ServedTopic) => void): () => void {
    this.listening++;
    const remove = this.#grew.add(listener);
    return () => {
      this.listening--;
      remove();
    };
  }
}

export function member(name: string, fields: Partial<ServedMember> = {}): ServedMember {
  return {
    name,
    address: { host: "127.0.0.1", port: 7946 },
    status: "alive",
    tags: new Map([["rpc_addr", `127.0.0.1:84${name.length}0`]]),
    ...fields,
  };
}

export class FakeCluster implements ServedCluster {
  list: ServedMember[] = [];
  joined: string[][] = [];
  left = 0;
  readonly events = new Listeners<ServedMemberEvent>(rethrow);

  members(): readonly ServedMember[] {
    return this.list;
  }

  onEvent(listener: (event: ServedMemberEvent) => void): () => void {
    return this.events.add(listener);
  }

  async join(addresses: readonly string[]): Promise<number> {
    this.joined.push([...addresses]);
    return addresses.length;
  }

  async leave(): Promise<void> {
    this.left++;
  }
}

export class FakeReadiness implements ServedReadiness {
  ready = true;
  readonly #changed = new Listeners<void>(rethrow);

  onChange(listener: () => void): () => void {
    return this.#changed.add(listener);
  }

  become(ready: boolean): void {
    this.ready = ready;
    this.#changed.emit();
  }
}

export class FakeReplication implements ServedReplication {
  readonly node = "alpha";
  messages: WatchMessage[] = [];
  readonly watchers: { node: string; writer: WriterId }[] = [];
  /** What waits for copies were asked for. */
  readonly waits: { topic: string; through: number; copies: number; timeoutMs: number }[] = [];
  /** What they are answered with. */
  shortfall: ServedShortfall | undefined;
  /** Settled before they are answered. */
  copies: Promise<void> = Promise.resolve();

  async awaitCopies(...wait: Parameters<ServedReplication["awaitCopies"]>): Promise<ServedShortfall | undefined> {
    const [topic, produced, asked] = wait;
    const { sequence, count } = await produced;
    this.waits.push({ topic, through: sequence + count - 1, ...asked });
    await this.copies;
    return this.shortfall;
  }

  async *watch(peer: { node: string; writer: WriterId }, signal: AbortSignal): AsyncGenerator<WatchMessage> {
    this.watchers.push(peer);
    yield* this.messages;
    if (!signal.aborted) {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    }
  }
}

/** All ports of a node that a test looks into. */
export interface FakePorts extends ServerPorts {
  readonly log: MemoryLog;
  readonly cluster: FakeCluster;
  readonly replication: FakeReplication;
  readonly readiness: FakeReadiness;
  readonly internalErrors: unknown[];
}

export function fakePorts(clock: Clock = systemClock): FakePorts {
  const internalErrors: unknown[] = [];
  return {
    log: new MemoryLog(),
    cluster: new FakeCluster(),
    replication: new FakeReplication(),
    readiness: new FakeReadiness(),
    clock,
    internalErrors,
    onInternalError: (error) => internalErrors.push(error),
  };
}

/** A clock whose wall stands still and whose time goes on by command. */
export class ManualClock implements Clock {
  #nowMs = 0;
  #due: { atMs: number; callback: () => void }[] = [];

  /** Callbacks that are due later. */
  get waiting(): number {
    return this.#due.length;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return 1_700_000_000_000;
  }

  schedule(atMs: number, callback: () => void): () => void {
    const entry = { atMs, callback };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((each) => each !== entry);
    };
  }

  advance(byMs: number): void {
    this.#nowMs += byMs;
    const due = this.#due.filter((entry) => entry.atMs <= this.#nowMs);
    this.#due = this.#due.filter((entry) => entry.atMs > this.#nowMs);
    for (const entry of due) entry.callback();
  }
}
