import { FrameBuilder, headersBytes, readRecords, scanFrame, toText, type WriterId } from "../base/mod.ts";
import type { Ack } from "../log/mod.ts";
import { TopicReader } from "../server/mod.ts";
import type { SimNode } from "./sim_node.ts";
import type { World } from "./world.ts";

/** A record as a consumer in a simulated world gets it. */
export interface SimRecord {
  readonly value: string;
  readonly writer: WriterId;
  readonly sequence: number;
}

/** Virtual milliseconds that a produce may take: the node may have to wait for its peers first, and its disk may be slow. */
const produceMsMax = 30_000;
const stepMs = 1;
const readBytesMax = 65_536;

/**
 * A topic at one node of a simulated world, for tests: produces through the node's log, and consumes from it with a cursor
 * of its own.
 */
export class SimTopic {
  readonly name: string;
  /** What `consume` has given so far, gaps included: another node's `SimTopic` goes on from it. */
  readonly cursor: Map<WriterId, number>;
  readonly #world: World;
  readonly #node: SimNode;

  constructor(world: World, node: SimNode, name: string, cursor: ReadonlyMap<WriterId, number> = new Map()) {
    this.#world = world;
    this.#node = node;
    this.name = name;
    this.cursor = new Map(cursor);
  }

  /** Produces one batch and lets the world run until the node has acknowledged it. Rejects as the log does, or when it takes too long. */
  async produce(values: readonly string[]): Promise<Ack> {
    const endMs = this.#world.nowMs + produceMsMax;
    while (!this.#node.isReady && this.#world.nowMs < endMs) await this.#world.runFor(stepMs);
    const { log } = this.#node;
    if (log === undefined || !this.#node.isReady) {
      throw new Error(`Cannot produce to ${this.name}: node ${this.#node.name} is down`);
    }
    const builder = new FrameBuilder();
    for (const value of values) builder.add({ value }, this.#world.epochMs + this.#world.nowMs);
    const frame = builder.finish();
    const scan = scanFrame(frame, 0);
    const payloadChecksum = scan.type === "frame" ? scan.header.payloadChecksum : 0;
    let outcome: { readonly ack: Ack } | { readonly error: unknown } | undefined;
    this.#world.touchLog();
    log
      .openTopic(this.name)
      .then((topic) => topic.produce(frame))
      .then(
        (ack) => {
          outcome = { ack };
          const { writer, sequence, count } = ack;
          const what = { topic: this.name, writer, sequence, count, payloadChecksum };
          this.#world.observe({ type: "acknowledged", node: this.#node.name, ...what });
        },
        (error: unknown) => {
          outcome = { error };
        },
      );
    while (outcome === undefined && this.#world.nowMs < endMs) await this.#world.runFor(stepMs);
    if (outcome === undefined) {
      throw new Error(`Cannot produce to ${this.name}: node ${this.#node.name} has not answered in ${produceMsMax} ms`);
    }
    if ("error" in outcome) throw outcome.error;
    return outcome.ack;
  }

  /** Everything that the node holds and this consumer has not had. Nothing while the node is down or lacks the topic. */
  async consume(): Promise<SimRecord[]> {
    const topic = this.#node.log?.topic(this.name);
    const records: SimRecord[] = [];
    if (topic === undefined) return records;
    const reader = TopicReader.after(topic, this.cursor);
    for (let spans = await reader.next(readBytesMax); spans.length > 0; spans = await reader.next(readBytesMax)) {
      for (const span of spans) {
        const { header } = span;
        reader.taken(span);
        this.cursor.set(header.writer, header.baseSequence + header.count - 1);
        if (header.kind !== "records") continue;
        readRecords(span.bytes.subarray(headersBytes), header, ({ value, writer, sequence }) => {
          records.push({ value: toText(value), writer, sequence });
        });
      }
    }
    return records;
  }
}
