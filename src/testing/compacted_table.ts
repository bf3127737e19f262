import {
  FrameBuilder,
  headersBytes,
  type LogRecord,
  type Random,
  readRecords,
  scanFrame,
  toText,
} from "../base/mod.ts";
import type { TopicLog } from "../log/mod.ts";
import type { SimNode } from "./sim_node.ts";
import type { World } from "./world.ts";

export interface CompactedTableOptions {
  readonly topic: string;
  readonly keys: number;
  /** Mean milliseconds between two writes in the whole world, and between two compactions. */
  readonly writeEveryMs: number;
  readonly compactEveryMs: number;
}

/** Longer than any run: what tombstones hide may come late after a partition. */
const tombstoneGraceMs = Number.MAX_SAFE_INTEGER;
const readBytesMax = 1_048_576;

/** A topic that is compacted by key: written on random nodes, compacted on random nodes at random times. */
export class CompactedTable {
  readonly #world: World;
  readonly #random: Random;
  readonly #options: CompactedTableOptions;
  #isStopped = false;
  #written = 0;
  /** Records that compactions removed. */
  removed = 0;

  constructor(world: World, random: Random, options: CompactedTableOptions) {
    this.#world = world;
    this.#random = random;
    this.#options = options;
    this.#again(options.writeEveryMs, (node) => this.#write(node));
    this.#again(options.compactEveryMs, (node) => this.#compact(node));
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Compacts on every node now. */
  compactAll(): void {
    for (const node of this.#world.nodes) this.#compact(node);
  }

  /** The latest record of each key that is not deleted, as a node has it (rule R7), sorted. */
  async rowsOf(node: SimNode): Promise<string[]> {
    const topic = node.log?.topic(this.#options.topic);
    const latest = new Map<string, { readonly record: LogRecord; readonly lamport: number }>();
    for (let offset = topic?.firstOffset ?? 0; topic !== undefined && offset < topic.nextOffset; ) {
      const chunk = await topic.read(offset, readBytesMax);
      takeFrames(chunk.frames, latest);
      offset = chunk.nextOffset;
    }
    return [...latest]
      .filter(([, { record }]) => record.value.length > 0)
      .map(([key, { record }]) => `${key} ${record.writer} ${record.sequence} ${record.text().slice(0, 40)}`)
      .sort();
  }

  #again(everyMs: number, act: (node: SimNode) => void): void {
    this.#world.schedule(this.#world.nowMs + this.#random.between(1, 2 * everyMs), () => {
      if (this.#isStopped) return;
      const node = this.#random.pick(this.#world.nodes);
      if (node?.isReady === true) act(node);
      this.#again(everyMs, act);
    });
  }

  #write(node: SimNode): void {
    const builder = new FrameBuilder();
    const timestampMs = this.#world.nowMs;
    for (let count = this.#random.between(1, 3); count > 0; count--) {
      const value = this.#random.chance(0.15) ? "" : `${++this.#written} ${"x".repeat(this.#random.below(6_000))}`;
      builder.add({ key: `k${this.#random.below(this.#options.keys)}`, value, timestampMs }, timestampMs);
    }
    const frame = builder.finish();
    this.#with(node, (topic) => topic.produce(frame));
  }

  #compact(node: SimNode): void {
    this.#with(node, async (topic) => {
      const { records } = await topic.compact();
      this.removed += records;
      node.trace(`compacts ${this.#options.topic}: ${records} records go`);
    });
  }

  #with(node: SimNode, act: (topic: TopicLog) => Promise<unknown>): void {
    this.#world.touchLog();
    const acting = async (): Promise<void> => {
      const topic = await node.log?.openTopic(this.#options.topic);
      topic?.setCompaction({ tombstoneGraceMs });
      if (topic !== undefined) await act(topic);
    };
    acting().catch(() => {
      // The node went down meanwhile: another one comes.
    });
  }
}

function takeFrames(frames: Uint8Array, latest: Map<string, { record: LogRecord; lamport: number }>): void {
  for (let at = 0; at < frames.length; ) {
    const scan = scanFrame(frames, at);
    if (scan.type !== "frame") throw new RangeError(`Cannot read a frame at byte ${at}: it is ${scan.type}`);
    const { frameBytes, lamport } = scan.header;
    readRecords(frames.subarray(at + headersBytes, at + frameBytes), scan.header, (record) => {
      const key = toText(record.key ?? new Uint8Array(0));
      const known = latest.get(key);
      if (known === undefined || isLater({ record, lamport }, known)) latest.set(key, { record, lamport });
    });
    at += frameBytes;
  }
}

/** Rule R7. */
function isLater(
  left: { readonly record: LogRecord; readonly lamport: number },
  right: { readonly record: LogRecord; readonly lamport: number },
): boolean {
  if (left.lamport !== right.lamport) return left.lamport > right.lamport;
  if (left.record.writer !== right.record.writer) return left.record.writer > right.record.writer;
  return left.record.sequence > right.record.sequence;
}
