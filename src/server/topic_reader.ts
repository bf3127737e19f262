/** Reads one topic forward from where a consumer stands, and knows at each step what the consumer has read. */
import {
  assert,
  concat,
  gapFrame,
  isReproduced,
  type LogRecord,
  placeFrame,
  type Vector,
  type WriterId,
} from "../base/mod.ts";
import { advance, type FrameSpan, framesOf, lastSequence, recordsOf, sharedFramesOf } from "./frames.ts";
import { type Holes, isHole, refusalAt } from "./holes.ts";
import type { ServedChunk, ServedPlace, ServedTopic } from "./ports.ts";

/** Records that one gap frame may cover: its count is a 32-bit number. */
const gapRecordsMax = 0xffff_ffff;

export interface ReaderOptions {
  /** Records before this time are left out until one at or after it came. @default 0 */
  readonly sinceMs?: number | undefined;
  /** Refusing holes takes a reader that knows what was read. @default "told" */
  readonly holes?: Holes | undefined;
}

export class TopicReader {
  readonly #topic: ServedTopic;
  readonly #holes: Holes;
  /** What the reader stopped before, because it begins with a hole that is to be refused. */
  #refused: readonly FrameSpan[] | undefined;
  /** What the consumer has read; undefined when nobody asks. */
  readonly #read: Map<WriterId, number> | undefined;
  /** Records below it were not asked for. */
  #fromOffset: number;
  /** Nor records before this time, until one at or after it came: the log finds a compressed batch, and nothing in it. */
  #sinceMs: number;
  /** Undefined while what the vector lacks is gathered from anywhere in the log. */
  #offset: number | undefined;
  #nextOffset: number;
  /** As the topic told last: places have been what they were since. */
  #reorders: number;
  #hasPassedOver = false;
  #release: (() => void) | undefined;

  private constructor(
    topic: ServedTopic,
    offset: number | undefined,
    read: Vector | undefined,
    { sinceMs = 0, holes = "told" }: ReaderOptions = {},
  ) {
    assert(holes === "told" || read !== undefined, "who refuses holes knows what was read");
    this.#sinceMs = sinceMs;
    this.#holes = holes;
    this.#topic = topic;
    this.#offset = offset;
    this.#fromOffset = offset ?? 0;
    this.#nextOffset = offset ?? topic.firstOffset;
    this.#reorders = topic.reorders ?? 0;
    this.#read = read && new Map(read);
  }

  /** Everything that the vector does not cover, in local order, then what comes. */
  static after(topic: ServedTopic, read: Vector, options?: ReaderOptions): TopicReader {
    return new TopicReader(topic, undefined, read, options);
  }

  /**
   * Everything from an offset on. `read` is what stands before the offset; without it there will be no cursors. An offset
   * below what is held is as if retention had just overtaken the reader.
   */
  static from(topic: ServedTopic, offset: number, read?: Vector, options?: ReaderOptions): TopicReader {
    return new TopicReader(topic, offset, read, options);
  }

  /** What the consumer has read; undefined when that is not known. */
  get read(): Vector | undefined {
    return this.#read;
  }

  /** Where to read on, on this node. */
  get nextOffset(): number {
    return this.#nextOffset;
  }

  /**
   * True once after batches were passed over because the consumer has read them elsewhere: who reads to an end that is known,
   * and is given nothing more, waits to hear that this was reached.
   */
  takePassedOver(): boolean {
    const hasPassedOver = this.#hasPassedOver;
    this.#hasPassedOver = false;
    return hasPassedOver;
  }

  /** Says that nobody looks at the frames any more that `next` gave last; undefined where that is nobody's concern. */
  get release(): (() => void) | undefined {
    return this.#release;
  }

  /**
   * The next frames that hold anything unread, at most `bytesMax` if there is more than one. Empty at the end. Rejects at a
   * hole that is to be refused, once everything before it was taken.
   */
  async next(bytesMax: number): Promise<readonly FrameSpan[]> {
    for (;;) {
      if (this.#topic.deleted !== undefined) throw this.#topic.deleted;
      if (this.#refused !== undefined) throw refusalAt(this.#topic, this.#read ?? new Map(), this.#refused);
      this.#release = undefined;
      const before = this.#offset;
      const spans = this.#offset === undefined ? await this.#readMissing(bytesMax) : await this.#readOn(bytesMax);
      if (this.#losesItsPlace()) continue;
      if (spans === undefined) return [];
      const covered = spans.some((span) => this.#covers(span));
      const unread = covered ? spans.filter((span) => !this.#covers(span)) : spans;
      const distinct = this.#distinct(unread, before);
      const given = distinct instanceof Promise ? await distinct : distinct;
      const wanted = this.#upToRefused(given.map((span) => this.#unreadOf(span)));
      if (wanted.length > 0) return wanted;
    }
  }

  /**
   * True once for each time that a repair may have put batches in another order. Who knows what was read gathers from there on
   * what is lacking from anywhere in the log; who does not, gets what stands at the offsets now.
   */
  #losesItsPlace(): boolean {
    const { reorders = 0 } = this.#topic;
    if (reorders === this.#reorders) return false;
    this.#reorders = reorders;
    if (this.#read === undefined) return false;
    this.#offset = undefined;
    this.#fromOffset = 0;
    return true;
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
    if (!span.isElsewhere) this.#nextOffset = Math.max(this.#nextOffset, span.header.baseOffset + span.header.count);
  }

  /**
   * What is left of spans that were read at `before` when each batch is given once, although it stands in several feeds.
   * Whoever reads by offset alone gets what stands there.
   */
  #distinct(
    spans: readonly FrameSpan[],
    before: number | undefined,
  ): readonly FrameSpan[] | Promise<readonly FrameSpan[]> {
    const { producers } = this.#topic;
    if (this.#read === undefined || producers === undefined) return spans;
    const loading = producers.loading();
    if (loading !== undefined) return loading.then(() => this.#withoutTwins(spans, before));
    return producers.twins === 0 ? spans : this.#withoutTwins(spans, before);
  }

  /**
   * Passes over batches that the consumer has read where they stand for the second time. One that stands elsewhere too ends
   * what is given, unless it is the first: what the consumer has read by then decides.
   */
  async #withoutTwins(spans: readonly FrameSpan[], before: number | undefined): Promise<readonly FrameSpan[]> {
    const given: FrameSpan[] = [];
    for (const span of spans) {
      const { writer, baseSequence, baseOffset } = span.header;
      const twins = isHole(span) ? undefined : this.#topic.producers?.twinsOf(writer, baseSequence);
      if (twins !== undefined && given.length > 0) {
        this.#offset = before === undefined ? undefined : baseOffset;
        return given;
      }
      if (twins !== undefined && (await this.#hasReadOne(twins, span))) {
        this.taken(span);
        this.#hasPassedOver = true;
      } else given.push(span);
    }
    return given;
  }

  /** True when the consumer has read all of one that this node still holds; what it has read of another is not read again. */
  async #hasReadOne(twins: readonly ServedPlace[], { header, bytes }: FrameSpan): Promise<boolean> {
    const { writer, baseSequence, count } = header;
    // The former feed has two histories: who counts beyond the batch there may have read other records, on another node.
    if (isReproduced(bytes)) return false;
    for (const twin of twins) {
      const alreadyRead = (this.#read?.get(twin.writer) ?? 0) + 1 - twin.baseSequence;
      if (alreadyRead <= 0 || !(await this.#topic.producers?.holdsWhole(twin))) continue;
      if (alreadyRead >= count) return true;
      const through = baseSequence - 1 + alreadyRead;
      this.#read?.set(writer, Math.max(this.#read.get(writer) ?? 0, through));
    }
    return false;
  }

  #upToRefused(spans: readonly FrameSpan[]): readonly FrameSpan[] {
    const holeAt = this.#holes === "told" ? -1 : spans.findIndex(isHole);
    if (holeAt < 0) return spans;
    this.#refused = spans.slice(holeAt);
    return spans.slice(0, holeAt);
  }

  #covers(span: FrameSpan): boolean {
    return this.#read !== undefined && lastSequence(span.header) <= (this.#read.get(span.header.writer) ?? 0);
  }

  /** Of a gap what is missing: what was read before, perhaps from another node, is no hole. */
  #unreadOf(span: FrameSpan): FrameSpan {
    const { writer, baseSequence, baseOffset, generation } = span.header;
    const read = this.#read?.get(writer) ?? 0;
    if (!isHole(span) || baseSequence > read) return span;
    const count = lastSequence(span.header) - read;
    const frame = gapFrame({ writer, baseSequence: read + 1, count, generation });
    placeFrame(frame, { baseOffset: baseOffset + read + 1 - baseSequence, durableBefore: 0 });
    return framesOf(frame)[0] ?? span;
  }

  async #readMissing(bytesMax: number): Promise<FrameSpan[]> {
    // Taken before the call: what is served meanwhile is read again by offset, and left out because it is covered.
    const readOnAt = this.#topic.nextOffset;
    const missing = await this.#topic.readMissing(this.#read ?? new Map(), bytesMax);
    assert(missing.complete || missing.frames.length > 0, "readMissing() gives at least one frame of what is missing");
    if (missing.complete) this.#offset = readOnAt;
    const holes = this.#holesBelow(missing.lowWater);
    const told = new Map<WriterId, number>();
    for (const { header } of holes) advance(told, header);
    // Gap frames below the low-water mark say the same once more.
    const rest = framesOf(missing.frames).filter(({ header }) => lastSequence(header) > (told.get(header.writer) ?? 0));
    return holes.concat(rest);
  }

  /**
   * Gap frames for what this node no longer holds and the consumer has not read: it must hear of them, before anything
   * that came after them.
   */
  #holesBelow(lowWater: Vector): FrameSpan[] {
    const { generation } = this.#topic;
    const holes: Uint8Array[] = [];
    for (const [writer, low] of lowWater) {
      for (let next = (this.#read?.get(writer) ?? 0) + 1; next < low; next += gapRecordsMax) {
        const count = Math.min(gapRecordsMax, low - next);
        holes.push(gapFrame({ writer, baseSequence: next, count, generation }));
      }
    }
    return framesOf(concat(holes)).map((span) => ({ ...span, isElsewhere: true }));
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
    return this.#holesBelow(this.#topic.lowWater);
  }
}
