/** Readers that begin where a consumer wants to. */
import type { Place, Vector, WriterId } from "../base/mod.ts";
import { type ConsumeStart, checkGeneration } from "./consume_start.ts";
import { framesOf } from "./frames.ts";
import { type Holes, outOfRange } from "./holes.ts";
import type { ServedTopic } from "./ports.ts";
import { TopicReader } from "./topic_reader.ts";

export interface OpenReaderOptions {
  /** Whether the reader is asked for cursors. Those for a start by offset or time take a look at the log's index. */
  readonly cursors: boolean;
  readonly holes: Holes;
  /** Where the log ended at the moment of the call, before anything was waited for. */
  readonly endOffset: number;
  /** What must not be passed over by a start at the latest record. It is held. */
  readonly token?: Place | undefined;
}

/** A reader that begins at the start. Throws OUT_OF_RANGE where that begins with a hole which is to be refused. */
export async function openReader(
  topic: ServedTopic,
  start: ConsumeStart,
  options: OpenReaderOptions,
): Promise<TopicReader> {
  const { holes } = options;
  switch (start.from) {
    case "earliest":
      return TopicReader.from(topic, topic.firstOffset, new Map(), { holes });
    case "latest":
      return openLatest(topic, options);
    case "offset":
      if (start.offset >= topic.firstOffset || holes === "told") return openAt(topic, start.offset, options);
      throw await offsetGone(topic, start.offset);
    case "timestamp": {
      const { timestampMs: sinceMs } = start;
      return openAt(topic, await topic.offsetAt(sinceMs), { ...options, sinceMs });
    }
    case "cursor":
      checkGeneration(start.place, "cursor", topic);
      return TopicReader.after(topic, start.place.vector, { holes });
    default:
      throw start satisfies never;
  }
}

async function openAt(
  topic: ServedTopic,
  offset: number,
  { cursors, holes, sinceMs }: OpenReaderOptions & { readonly sinceMs?: number },
): Promise<TopicReader> {
  if (!cursors) return TopicReader.from(topic, Math.max(offset, topic.firstOffset), undefined, { sinceMs });
  const [from, read] = await vectorFrom(topic, offset);
  return TopicReader.from(topic, from, read, { sinceMs, holes });
}

/**
 * What comes after the moment of the call. With a token it begins with the records that the token names, where the node
 * held them before that moment: nobody asks to see what they wrote in order to have it passed over.
 */
async function openLatest(topic: ServedTopic, { holes, endOffset, token }: OpenReaderOptions): Promise<TopicReader> {
  if (token === undefined) return TopicReader.from(topic, topic.nextOffset, topic.served, { holes });
  const lacking = new Map<WriterId, number>(topic.served);
  for (const [writer, sequence] of token.vector) lacking.set(writer, Math.max(0, sequence - 1));
  const { frames, lowWater } = await topic.readMissing(lacking, 1);
  const [first] = framesOf(frames);
  const named = Math.min(first?.header.baseOffset ?? endOffset, endOffset);
  const gone = [...token.vector].filter(([writer, sequence]) => sequence < (lowWater.get(writer) ?? 0));
  const [from, below] = await vectorFrom(topic, gone.length > 0 ? 0 : named);
  if (gone.length === 0) return TopicReader.from(topic, from, below, { holes });
  // Retention took them: all that is held came after them. What is gone is told as to one whom retention overtook.
  const read = new Map<WriterId, number>(below);
  for (const [writer, sequence] of gone) read.set(writer, sequence - 1);
  return TopicReader.from(topic, from - 1, read, { holes });
}

/** The offset, or the first that is held where it is gone, and what stands below it. */
async function vectorFrom(topic: ServedTopic, offset: number): Promise<readonly [from: number, below: Vector]> {
  for (;;) {
    const from = Math.max(offset, topic.firstOffset);
    try {
      return [from, await topic.vectorAt(from)];
    } catch (error) {
      // Between the look and the read retention took it; each time there is less to take.
      if (topic.firstOffset <= from) throw error;
    }
  }
}

async function offsetGone(topic: ServedTopic, offset: number): Promise<Error> {
  const [from, below] = await vectorFrom(topic, offset);
  return outOfRange(topic, below, `its first offset is ${from}, asked for is ${offset}`);
}
