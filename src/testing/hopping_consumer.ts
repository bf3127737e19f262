import type { WriterId } from "../base/mod.ts";
import type { TopicLog } from "../log/mod.ts";
import { TopicReader } from "../server/mod.ts";
import type { Observation } from "./observation.ts";

/** How much is read at once, and how often before the consumer turns to another node. */
const readBytesMax = 4_096;
const readsPerVisit = 3;

/** Reads as servers let consumers read: from a cursor on, from node to node. Moves the cursor on. */
export class HoppingConsumer {
  readonly name: string;
  readonly topic: string;
  readonly cursor: Map<WriterId, number>;
  readonly #observe: (observation: Observation) => void;

  constructor(
    name: string,
    from: { readonly topic: string; readonly cursor: Map<WriterId, number> },
    observe: (observation: Observation) => void,
  ) {
    this.name = name;
    this.topic = from.topic;
    this.cursor = from.cursor;
    this.#observe = observe;
  }

  /** Reads on at a node, a little. Rejects when the node goes down meanwhile, or cannot read what it holds. */
  async visit(node: string, topic: TopicLog): Promise<void> {
    const reader = TopicReader.after(topic, this.cursor);
    for (let read = 0; read < readsPerVisit; read++) {
      const spans = await reader.next(readBytesMax);
      if (spans.length === 0) return;
      for (const span of spans) {
        const { header } = span;
        reader.taken(span);
        this.cursor.set(header.writer, header.baseSequence + header.count - 1);
        this.#observe({ type: "served", node, topic: this.topic, frames: span.bytes });
        // Compaction takes records out at any time: what a batch is known by is what was produced.
        const batch = { topic: this.topic, ...header, payloadChecksum: header.producedChecksum };
        this.#observe({ type: "consumed", consumer: this.name, node, batch });
      }
    }
  }
}
