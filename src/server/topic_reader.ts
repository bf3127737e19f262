/** Reads one topic forward from where a consumer stands, and knows at each step what the consumer has read. */
import { assert, concat, gapFrame, type LogRecord, type Vector, type WriterId } from "../base/mod.ts";
import { advance, type FrameSpan, framesOf, lastSequence, recordsOf, sharedFramesOf } from "./frames.ts";
import type { ServedChunk, ServedTopic } from "./ports.ts";

/** Records that one gap frame may cover: its count is a 32-bit number. */
const gapRecordsMax = 0xffff_ffff;

export class TopicReader {
  readonly #topic: ServedTopic;
  /** What the consumer has read; undefined when nobody asks. */
  readonly #read: Map<WriterId, number> | undefined;
  /** Records below it were not asked for. */
  readonly #fromOffset: number;
  /** Nor records before this time, until one at or after it came: the log finds a compressed batch, and nothing in it. */
  #sinceMs: number;
  /** Undefined while what the vector lacks is gathered from anywhere in the log. */
  #offset: number | undefined;
  #nextOffset: number;
  #release: (() => void) | undefined;

  private constructor(topic: ServedTopic, offset: number | undefined, read: Vector | undefined, sinceMs = 0) {
    this.#sinceMs = sinceMs;
    this.#topic = topic;
    this.#offset = offset;
    this.#fromOffset = offset ?? 0;
    this.#nextOffset = offset ?? topic.firstOffset;
    this.#read = read && new Map(read);
  }

  /** Everything that the vector does not cover, in local order, then what comes. */
  static after(topic: ServedTopic, read: Vector): TopicReader {
    return new TopicReader(topic, undefined, read);
  }

  /**
   * Everything from an offset on, and from the first record at or after a time on. `read` is what stands before the
   * offset; without it there will be no cursors.
   */
  static from(topic: ServedTopic, offset: number, read?: Vector, sinceMs?: number): TopicReader {
    return new TopicReader(topic, offset, read, sinceMs);
  }

  /** What the consumer has read; undefined when that is not known. */
  get read(): Vector | undefined {
    return this.#read;
  }

  /** Where to read on, on this node. */
  get nextOffset(): number {
    return this.#nextOffset;
  }

  /** Says that nobody looks at the frames any more that `next` gave last; undefined where that is nobody's concern. */
  get release(): (() => void) | undefined {
    return this.#release;
  }

  /** The next frames that hold anything unread, at most `bytesMax` if there is more than one. Empty at the end. */
  async next(bytesMax: number): Promise<readonly FrameSpan[]> {
    for (;;) {
      if (this.#topic.deleted !== undefined) throw this.#topic.deleted;
      this.#release = undefined;
      const spans = this.#offset === undefined ? await this.#readMissing(bytesMax) : await this.#readOn(bytesMax);
      if (spans === undefined) return [];
      const covered = spans.some((span) => this.#covers(span));
      const unread = covered ? spans.filter((span) => !this.#covers(span)) : spans;
      if (unread.length > 0) return unread.map((span) => this.#unreadOf(span));
    }
  }

  /** The unread records of a frame, out of its packed ones. What is read moves on with each. */
  *records(span: FrameSpan, packedRecords: Uint8Array): Generator<LogRecord> {
    const read = this.#read?.get(span.header.writer) ?? 0;
    for (const record of recordsOf(span.header, packedRecords)) {
      if (record.sequence <= read || record.offset < this.#fromOffset || record.timestampMs < this.#sinceMs) continue;
      this.#sinceMs = 0;
      this.#read?.set(record.writer, record.sequence);
      this.#nextOffset = record.offset + 1;
      yield record;
    }
    // A gap has no records and is read all the same.
    this.taken(span);
  }

  /** Says that the consumer got a whole frame. */
  taken(span: FrameSpan): void {
    if (this.#read) advance(this.#read, span.header);
    const count = span.header.kind === "gap" ? 0 : span.header.count;
    this.#nextOffset = Math.max(this.#nextOffset, span.header.baseOffset + count);
  }

  #covers(span: FrameSpan): boolean {
    return this.#read !== undefined && lastSequence(span.header) <= (this.#read.get(span.header.writer) ?? 0);
  }

  /** Of a gap what is missing: what was read before, perhaps from another node, is no hole. */
  #unreadOf(span: FrameSpan): FrameSpan {
    const { kind, writer, baseSequence, generation } = span.header;
    const read = this.#read?.get(writer) ?? 0;
    if (kind !== "gap" || baseSequence > read) return span;
    const count = lastSequence(span.header) - read;
    return framesOf(gapFrame({ writer, baseSequence: read + 1, count, generation }))[0] ?? span;
  }

  async #readMissing(bytesMax: number): Promise<FrameSpan[]> {
    // Taken before the call: what is served meanwhile is read again by offset, and left out because it is covered.
    const readOnAt = this.#topic.nextOffset;
    const missing = await this.#topic.readMissing(this.#read ?? new Map(), bytesMax);
    assert(missing.complete || missing.frames.length > 0, "readMissing() gives at least one frame of what is missing");
    if (missing.complete) this.#offset = readOnAt;
    return framesOf(this.#holesBelow(missing.lowWater)).concat(framesOf(missing.frames));
  }

  /**
   * Gap frames for what this node no longer holds and the consumer has not read: it must hear of them, before anything
   * that came after them.
   */
  #holesBelow(lowWater: Vector): Uint8Array {
    const { generation } = this.#topic;
    const holes: Uint8Array[] = [];
    for (const [writer, low] of lowWater) {
      for (let next = (this.#read?.get(writer) ?? 0) + 1; next < low; next += gapRecordsMax) {
        const count = Math.min(gapRecordsMax, low - next);
        holes.push(gapFrame({ writer, baseSequence: next, count, generation }));
      }
    }
    return concat(holes);
  }

  /** Undefined at the end. */
  async #readOn(bytesMax: number): Promise<readonly FrameSpan[] | undefined> {
    const offset = this.#offset as number;
    if (offset >= this.#topic.nextOffset) return undefined;
    if (this.#isForgotten(offset)) return this.#passOver();
    let chunk: ServedChunk;
    try {
      chunk = await this.#topic.readShared(offset, bytesMax);
    } catch (error) {
      // Between the look and the read retention took it.
      if (this.#isForgotten(offset)) return this.#passOver();
      throw error;
    }
    if (chunk.nextOffset <= offset && chunk.frames.length === 0) return undefined;
    this.#offset = chunk.nextOffset;
    this.#release = chunk.release;
    return sharedFramesOf(chunk.frames);
  }

  /** A consumer that knows what it has read can be told what it missed. */
  #isForgotten(offset: number): boolean {
    return this.#read !== undefined && offset < this.#topic.firstOffset;
  }

  /** Retention overtook the consumer: it goes on at what is left, and is told of what is gone. */
  #passOver(): FrameSpan[] {
    this.#offset = this.#topic.firstOffset;
    return framesOf(this.#holesBelow(this.#topic.lowWater));
  }
}

/** Bytes that are read at a time where only headers are looked at. */
const scanBytesMax = 1_048_576;

/**
 * What stands below an offset: what a consumer that starts there counts as read. Looks at the headers of whichever side
 * of the offset holds fewer records.
 */
export async function vectorBelow(topic: ServedTopic, offset: number): Promise<Map<WriterId, number>> {
  const { firstOffset, nextOffset } = topic;
  return offset - firstOffset < nextOffset - offset
    ? vectorFromBelow(topic, firstOffset, offset)
    : vectorFromAbove(topic, offset, nextOffset, topic.served);
}

async function vectorFromBelow(topic: ServedTopic, first: number, offset: number): Promise<Map<WriterId, number>> {
  const vector = new Map<WriterId, number>();
  for (const [writer, lowWater] of topic.lowWater) vector.set(writer, lowWater - 1);
  for (let at = first; at < offset; ) {
    const chunk = await topic.read(at, scanBytesMax);
    for (const { header } of framesOf(chunk.frames)) {
      if (header.baseOffset >= offset) return vector;
      if (header.kind === "gap" || header.baseOffset + header.count <= offset) advance(vector, header);
      else vector.set(header.writer, header.baseSequence + offset - header.baseOffset - 1);
    }
    if (chunk.nextOffset <= at) break;
    at = chunk.nextOffset;
  }
  return vector;
}

/** Of each writer that appears at or above the offset, the first sequence there tells what stands below. */
async function vectorFromAbove(
  topic: ServedTopic,
  offset: number,
  end: number,
  served: Vector,
): Promise<Map<WriterId, number>> {
  const vector = new Map(served);
  const seen = new Set<WriterId>();
  for (let at = offset; at < end; ) {
    const chunk = await topic.read(at, scanBytesMax);
    for (const { header } of framesOf(chunk.frames)) {
      if (seen.has(header.writer)) continue;
      seen.add(header.writer);
      const cut = header.kind === "gap" ? 0 : Math.max(0, offset - header.baseOffset);
      const before = header.baseSequence - 1 + cut;
      if (before > 0) vector.set(header.writer, before);
      else vector.delete(header.writer);
    }
    if (chunk.nextOffset <= at) break;
    at = chunk.nextOffset;
  }
  return vector;
}
