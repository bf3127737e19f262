import { chainStart, crc32, scanFrame, type WriterId } from "../base/mod.ts";
import { type Chunk, type CommitLog, heldGeneration, keyOf, type TopicLog } from "../log/mod.ts";
import { type Observation, stampIn } from "./observation.ts";
import type { Rot } from "./rot.ts";

/** What it needs of the world. */
export interface LogObserverRoom {
  observe(observation: Observation): void;
  violate(guarantee: string, message: string): void;
}

/** Whose log it is. */
export interface ObservedHost {
  readonly name: string;
  /** Damage that is not for the observer. */
  readonly rot: Rot | undefined;
}

/** More than any number of faults that wait for their time. */
const observeAttemptsMax = 200;
const observeBytesMax = 1_048_576;

/** Tells the checkers what stands in the local log of a node, batch by batch, for one life of it. */
export class LogObserver {
  readonly #room: LogObserverRoom;
  readonly #host: ObservedHost;
  readonly #log: CommitLog;
  /** Topics that grew since they were last observed. */
  readonly #grown = new Set<string>();
  readonly #offsets = new Map<string, number>();
  readonly #firstOffsets = new Map<string, number>();
  /** Per topic how much of each feed was observed. */
  readonly #feeds = new Map<string, Map<WriterId, number>>();

  constructor(room: LogObserverRoom, host: ObservedHost, log: CommitLog) {
    this.#room = room;
    this.#host = host;
    this.#log = log;
    for (const topic of log.topics()) this.#grown.add(keyOf(topic));
    log.onGrow((topic) => this.#grown.add(keyOf(topic)));
  }

  /** Observes what was appended since the last time. Called when the log is at rest. */
  async observeGrowth(): Promise<void> {
    if (this.#grown.size === 0) return;
    const names = [...this.#grown];
    this.#grown.clear();
    for (const name of names) {
      const topic = heldGeneration(this.#log, name);
      if (topic !== undefined) await this.#observeTopic(topic);
    }
  }

  /** Tells where what is held begins, when retention moved that. */
  observeLowWater(): void {
    for (const topic of this.#log.topics()) {
      const { firstOffset, lowWater } = topic;
      const name = keyOf(topic);
      if (firstOffset === (this.#firstOffsets.get(name) ?? 0)) continue;
      this.#firstOffsets.set(name, firstOffset);
      this.#room.observe({ type: "low-water", node: this.#host.name, topic: name, lowWater });
    }
  }

  async #observeTopic(topic: TopicLog): Promise<void> {
    const name = keyOf(topic);
    let offset = await this.#observeForgotten(topic, this.#offsets.get(name) ?? 0);
    const feeds = this.#feedsOf(name);
    while (offset < topic.nextOffset) {
      const look = () => readInSpiteOfFaults(topic, offset);
      const chunk = await (this.#host.rot?.without(look) ?? look());
      if (topic.deleted !== undefined) return;
      if (chunk === undefined) {
        this.#unreadable(`cannot read ${name} at offset ${offset}`);
        return;
      }
      for (let at = 0; at < chunk.frames.length; ) {
        const scan = scanFrame(chunk.frames, at, crc32);
        if (scan.type !== "frame") {
          this.#unreadable(`reads no frame at byte ${at} of ${name}`);
          return;
        }
        // Compaction takes records out at any time: what a batch is known by is what was produced.
        const { producedChecksum: payloadChecksum } = scan.header;
        const batch = { topic: name, ...scan.header, payloadChecksum, stamp: stampIn(chunk.frames, at) };
        this.#room.observe({ type: "appended", node: this.#host.name, batch });
        feeds.set(scan.header.writer, scan.header.baseSequence + scan.header.count - 1);
        at += scan.header.frameBytes;
      }
      offset = chunk.nextOffset;
    }
    this.#offsets.set(name, offset);
  }

  /** What retention took before it was observed counts as a gap. Returns the offset at which records are. */
  async #observeForgotten(topic: TopicLog, observedOffset: number): Promise<number> {
    if (observedOffset >= topic.firstOffset) return observedOffset;
    const name = keyOf(topic);
    const feeds = this.#feedsOf(name);
    // Gap frames that are still there are observed as they are; low-water marks count them as forgotten.
    const firstHeld = await this.#firstHeld(topic);
    let baseOffset = observedOffset;
    for (const [writer, lowWater] of topic.lowWater) {
      const low = Math.min(lowWater, firstHeld.get(writer) ?? lowWater);
      const baseSequence = (feeds.get(writer) ?? 0) + 1;
      const count = low - baseSequence;
      if (count <= 0) continue;
      const unknown = { chain: chainStart, payloadChecksum: 0, baseTimestampMs: 0 };
      const place = { topic: name, writer, baseSequence, count, baseOffset };
      this.#room.observe({ type: "appended", node: this.#host.name, batch: { ...place, ...unknown, kind: "gap" } });
      feeds.set(writer, low - 1);
      baseOffset += count;
    }
    return topic.firstOffset;
  }

  /** The first sequence of each feed of which anything is there. */
  async #firstHeld(topic: TopicLog): Promise<ReadonlyMap<WriterId, number>> {
    const first = new Map<WriterId, number>();
    for (let offset = topic.firstOffset; offset < topic.nextOffset && first.size < topic.have.size; ) {
      const look = () => readInSpiteOfFaults(topic, offset);
      const chunk = await (this.#host.rot?.without(look) ?? look());
      if (chunk === undefined) return first;
      for (let at = 0; at < chunk.frames.length; ) {
        const scan = scanFrame(chunk.frames, at, crc32);
        if (scan.type !== "frame") return first;
        const { writer, baseSequence, frameBytes } = scan.header;
        if (!first.has(writer)) first.set(writer, baseSequence);
        at += frameBytes;
      }
      offset = chunk.nextOffset;
    }
    return first;
  }

  #feedsOf(topic: string): Map<WriterId, number> {
    const known = this.#feeds.get(topic) ?? new Map<WriterId, number>();
    this.#feeds.set(topic, known);
    return known;
  }

  #unreadable(message: string): void {
    this.#room.violate("the log reads what it wrote", `${this.#host.name} ${message}`);
  }
}

/** The observer looks at what is there: a fault that was meant for the node strikes a few times at most. */
async function readInSpiteOfFaults(topic: TopicLog, offset: number): Promise<Chunk | undefined> {
  for (let attempt = 1; attempt <= observeAttemptsMax && topic.deleted === undefined; attempt++) {
    try {
      return await topic.read(offset, observeBytesMax);
    } catch {
      // Tried again: what the node itself makes of such faults is seen by what it does.
    }
  }
  return undefined;
}
