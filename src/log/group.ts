/**
 * One group of a group commit while it is put together: frames that will be written with one write. What it decides
 * counts only once the write (and the sync, by policy) succeeded; otherwise it is dropped and nothing happened.
 */
import {
  assert,
  chainStart,
  type FrameHeader,
  frameRecordsMax,
  gapFrame,
  markReproduced,
  type ProducerStamp,
  placeFrame,
  scanFrame,
  stampAndPlace,
  usableProducerStamp,
  vectorWritersMax,
  type WriterId,
} from "../base/mod.ts";
import { type FeedEnd, fitOf, type PlacedFrame, placedFrame } from "./feed.ts";
import { GroupProducers, type ProduceRefusal } from "./group_producers.ts";
import type { TopicState } from "./topic_state.ts";
import type { Ack, Applied, ApplyStop } from "./types.ts";

/** Records that one gap frame may cover: its count is a 32-bit number. */
const gapRecordsMax = 0xffff_ffff;

export class Group {
  readonly #state: TopicState;
  /** Where the feed of the frame before ends: it is mostly the next one, too. */
  #lastWriter: WriterId | undefined;
  #lastEnd: FeedEnd | undefined;
  /** Where the other feeds end that the group has frames of. */
  #ends: Map<WriterId, FeedEnd> | undefined;
  /** Frames in the order of the log, and their bytes. */
  readonly frames: PlacedFrame[] = [];
  readonly parts: Uint8Array[] = [];
  /** Bytes of the segment before the group. */
  readonly start: number;
  #position: number;
  #nextOffset: number;
  #lamport: number;
  #newFeeds = 0;
  readonly #producers: GroupProducers;

  constructor(state: TopicState) {
    this.#state = state;
    this.#producers = new GroupProducers(state.producers);
    this.start = state.active.bytes;
    this.#position = this.start;
    this.#nextOffset = state.nextOffset;
    this.#lamport = state.lamport;
  }

  /** Bytes of the segment after the group. */
  get end(): number {
    return this.#position;
  }

  /** True when some of its frames say who produced them. */
  get isStamped(): boolean {
    return this.#producers.isAny;
  }

  /** Adds a frame to this node's own feed (rule R1), unless its producer's stamp says that it was, or must not be. */
  produce(frame: Uint8Array, header: FrameHeader): Ack | ProduceRefusal {
    const stamp = usableProducerStamp(frame, 0, header.count);
    const known = stamp && this.#producers.answerOf(stamp, header.count);
    return known ?? this.#append(frame, header, this.#lamport + 1, stamp);
  }

  /**
   * Adds a frame of a feed that was given up to the one that took its place (rule R6), and marks it. It keeps its Lamport
   * number: what was written since, knowing it, is still the later one (rule R7).
   */
  reproduce(frame: Uint8Array, header: FrameHeader): void {
    markReproduced(frame);
    this.#append(frame, header, header.lamport, usableProducerStamp(frame, 0, header.count));
  }

  #append(frame: Uint8Array, header: FrameHeader, lamport: number, stamp: ProducerStamp | undefined): Ack {
    const writer = this.#state.shared.writer();
    const end = this.#endOf(writer);
    const baseSequence = end.have + 1;
    const previousChain = end.chain ?? chainStart;
    const { generation } = this.#state;
    const offset = this.#nextOffset;
    const place = { baseOffset: offset, durableBefore: this.#state.durableBytes };
    const chain = stampAndPlace(frame, { writer, baseSequence, lamport, generation, previousChain }, place);
    // One literal: spreading another object into it would cost more than all the rest on Node.
    this.#take(frame, {
      position: this.#position,
      frameBytes: header.frameBytes,
      offset,
      count: header.count,
      writer,
      baseSequence,
      lamport,
      chain,
      timestampMaxMs: header.baseTimestampMs + header.timestampDeltaMaxMs,
      gap: false,
      stamp,
    });
    return { offset, writer, sequence: baseSequence, count: header.count };
  }

  /** Adds what is new of a peer's frames (rule R4). */
  apply(bytes: Uint8Array): Applied {
    let appended = 0;
    let dropped = 0;
    for (let at = 0; at < bytes.length; ) {
      const scan = scanFrame(bytes, at, this.#state.shared.options.checksum);
      if (scan.type !== "frame") {
        const message = scan.type === "bad" ? scan.reason : "the last frame is cut off";
        return { appended, dropped, stopped: { reason: "malformed", message: `at byte ${at}: ${message}` } };
      }
      const frame = bytes.subarray(at, at + scan.header.frameBytes);
      const outcome = this.#applyFrame(frame, scan.header, at);
      if (typeof outcome === "object") return { appended, dropped, stopped: outcome };
      if (outcome === "appended") appended += scan.header.count;
      if (outcome === "dropped") dropped += scan.header.count;
      at += scan.header.frameBytes;
    }
    return { appended, dropped };
  }

  /** Adds gap frames for what is not held of a feed up to and including `through`. */
  applyGap(writer: WriterId, through: number): void {
    for (let end = this.#endOf(writer); end.have < through; end = this.#endOf(writer)) {
      const count = Math.min(gapRecordsMax, through - end.have);
      const frame = gapFrame({ writer, baseSequence: end.have + 1, count, generation: this.#state.generation });
      const scan = scanFrame(frame, 0);
      assert(scan.type === "frame", "a gap frame is a frame");
      this.#add(frame, scan.header);
    }
  }

  #applyFrame(frame: Uint8Array, header: FrameHeader, at: number): "appended" | "dropped" | "stopped" | ApplyStop {
    const { writer, baseSequence, count } = header;
    const countMax = header.kind === "gap" ? gapRecordsMax : frameRecordsMax;
    if (count < 1 || count > countMax || baseSequence < 1 || !Number.isSafeInteger(baseSequence + count)) {
      return { reason: "malformed", message: `a batch of ${count} records from sequence ${baseSequence}` };
    }
    if (header.generation !== this.#state.generation) {
      const message = `a batch of generation ${header.generation}, the topic has ${this.#state.generation}`;
      return { reason: "malformed", message };
    }
    if (this.#state.stopped.has(writer)) return "stopped";
    const end = this.#endOf(writer);
    const fit = fitOf(end, header, frame);
    if (fit === "held") return "dropped";
    if (writer === this.#state.shared.writer()) {
      // If it is so, the peer's vector says it too, and a new writer is minted (rule R5): our own feed goes on here till then.
      const message = `sequence ${baseSequence} of this node's own writer, which wrote ${end.have} and not this`;
      return { reason: "malformed", message };
    }
    const fault = this.#feedFault(header, fit);
    if (fault !== undefined) {
      this.#state.stopFeed(writer, baseSequence, fault);
      return "stopped";
    }
    if (fit === "ahead") return { reason: "ahead", writer, expected: end.have + 1, found: baseSequence };
    if (end.have === 0 && this.#state.feeds.size + this.#newFeeds >= vectorWritersMax) {
      return { reason: "malformed", message: `writer ${writer} is one more than the ${vectorWritersMax} of a topic` };
    }
    if (header.kind === "gap") return { reason: "gap", writer, through: baseSequence + count - 1, at };
    this.#add(frame, header);
    return "appended";
  }

  /** Why the frame's feed can no longer be followed; undefined when it can. */
  #feedFault(header: FrameHeader, fit: ReturnType<typeof fitOf>): string | undefined {
    const { have } = this.#endOf(header.writer);
    if (fit === "fork")
      return `the hash of the batch at sequence ${header.baseSequence} does not continue what is held`;
    if (fit !== "overlap" || header.kind === "gap") return undefined;
    const last = header.baseSequence + header.count - 1;
    return `the batch covers sequences ${header.baseSequence} to ${last}, of which ${have} and lower are held already`;
  }

  #add(frame: Uint8Array, header: FrameHeader): void {
    placeFrame(frame, { baseOffset: this.#nextOffset, durableBefore: this.#state.durableBytes });
    this.#take(frame, placedFrame(header, frame, { position: this.#position, offset: this.#nextOffset }));
  }

  #take(frame: Uint8Array, placed: PlacedFrame): void {
    if (placed.baseSequence === 1) this.#newFeeds++;
    if (placed.stamp !== undefined) this.#producers.add(placed, placed.stamp);
    this.frames.push(placed);
    this.parts.push(frame);
    this.#setEnd(placed.writer, { have: placed.baseSequence + placed.count - 1, chain: placed.chain });
    this.#position += placed.frameBytes;
    this.#nextOffset += placed.count;
    this.#lamport = Math.max(this.#lamport, placed.lamport);
  }

  #endOf(writer: WriterId): FeedEnd {
    if (this.#lastEnd !== undefined && this.#lastWriter === writer) return this.#lastEnd;
    return this.#ends?.get(writer) ?? this.#state.endOf(writer);
  }

  #setEnd(writer: WriterId, end: FeedEnd): void {
    if (this.#lastWriter !== writer) {
      if (this.#lastWriter !== undefined && this.#lastEnd !== undefined) {
        this.#ends ??= new Map();
        this.#ends.set(this.#lastWriter, this.#lastEnd);
      }
      this.#lastWriter = writer;
    }
    this.#lastEnd = end;
  }
}
