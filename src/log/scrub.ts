/**
 * Reading everything that is durable once more, slowly, so that damage is found while peers still have what it hit. What
 * is found is told, served to nobody, and can be put back (`repair.ts`).
 */
import type { FrameHeader, WriterId } from "../base/mod.ts";
import { LogCorruptError } from "./errors.ts";
import { carryLost } from "./lost.ts";
import { topicPath } from "./paths.ts";
import { load } from "./reader.ts";
import type { Segment } from "./segment.ts";
import type { TopicState } from "./topic_state.ts";
import type { CorruptRange, ScrubProgress } from "./types.ts";

/** Bytes that are read at once, within what the rate allows. */
const stepBytesMin = 65_536;
const stepBytesMax = 1_048_576;
/** Milliseconds between two bursts, each of so many bytes as the rate allows a second. */
const scrubEveryMs = 1_000;

/** Damage while it is not known yet what it took. */
interface Wound {
  readonly at: number;
  readonly reason: string;
  end: number;
  /** The sequence at which each feed had to go on before it. */
  readonly before: ReadonlyMap<WriterId, number>;
  /** Feeds that were not met again since. */
  readonly unmet: Set<WriterId>;
  readonly feeds: Map<WriterId, { readonly first: number; readonly last: number }>;
}

/** One pass through one segment. */
class SegmentScrub {
  readonly state: TopicState;
  readonly segment: Segment;
  readonly repairsBefore: number;
  #position = 0;
  /** The sequence at which each feed must go on. */
  readonly #expected = new Map<WriterId, number>();
  readonly #wounds: Wound[] = [];

  constructor(state: TopicState, segment: Segment) {
    this.state = state;
    this.segment = segment;
    this.repairsBefore = state.repairs;
    for (const [writer, { first }] of segment.index.feeds) this.#expected.set(writer, first);
  }

  get isOver(): boolean {
    if (this.#position < this.segment.settledBytes) return false;
    // What the journal still holds is no part of the pass, but tells which sequences of its feeds are not lost.
    return this.#position >= this.segment.bytes || (this.#wounds.at(-1)?.unmet.size ?? 0) === 0;
  }

  /** Looks at so many bytes more. Returns how many it looked at. */
  async step(bytesMax: number): Promise<number> {
    const from = this.#position;
    try {
      const loaded = await load(this.state, this.segment, from, bytesMax);
      for (const { header } of loaded.frames) this.#meet(header);
      this.#position = loaded.end;
    } catch (error) {
      if (!(error instanceof LogCorruptError)) throw error;
      this.#damaged(error);
    }
    return this.#position - from;
  }

  /** What the pass found, once it is over. */
  finish(): readonly CorruptRange[] {
    const last = this.#wounds.at(-1);
    for (const writer of last?.unmet ?? []) {
      this.#close(last as Wound, writer, (this.segment.index.feeds.get(writer)?.last ?? 0) + 1);
    }
    const file = topicPath(this.state.folder, this.segment.file.name);
    return this.#wounds.map(({ at, reason, end, feeds }) => {
      return { file, baseOffset: this.segment.baseOffset, at, bytes: end - at, reason, feeds };
    });
  }

  /** Everything up to the next entry of the index is in doubt, for frames cannot be told from what producers wrote there. */
  #damaged({ at, reason }: LogCorruptError): void {
    const { index, bytes } = this.segment;
    const end = Math.min(index.entryAfter(at), bytes);
    this.#position = end;
    const last = this.#wounds.at(-1);
    // A feed that was not met between two wounds was hit in one of them, nobody knows in which: they are one then.
    if (last !== undefined && (last.end === at || last.unmet.size > 0)) {
      last.end = end;
      for (const writer of index.feeds.keys()) last.unmet.add(writer);
      return;
    }
    const before = new Map(this.#expected);
    this.#wounds.push({ at, reason, end, before, unmet: new Set(index.feeds.keys()), feeds: new Map() });
  }

  #meet({ writer, baseSequence, count }: FrameHeader): void {
    const last = this.#wounds.at(-1);
    if (last?.unmet.delete(writer)) this.#close(last, writer, baseSequence);
    this.#expected.set(writer, baseSequence + count);
  }

  /** The feed goes on at a sequence after the wound: what is missing before it was in there. */
  #close(wound: Wound, writer: WriterId, next: number): void {
    const first = wound.before.get(writer) ?? next;
    if (next > first) wound.feeds.set(writer, { first, last: next - 1 });
  }
}

/** How fast the scrub looks, and how long it rests when it has seen everything. */
export interface ScrubPace {
  readonly scrubBytesPerSecond: number;
  readonly scrubPauseMs: number;
}

/** Passes through all segments of all topics, one after another, at a limited rate, and rests after each round. */
export class Scrubber {
  readonly #topics: () => readonly TopicState[];
  readonly #pace: ScrubPace;
  readonly #after: (delayMs: number, callback: () => void) => () => void;
  #cancel: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;
  /** Segments in which somebody met damage. */
  readonly #toLookAt = new Set<Segment>();
  #looking: Promise<void> = Promise.resolve();
  #pass: SegmentScrub | undefined;
  /** What is left of this round. */
  #left: { readonly state: TopicState; readonly segment: Segment }[] = [];
  #isInRound = false;
  #rounds = 0;
  #bytesDone = 0;
  #bytesTotal = 0;

  constructor(
    topics: () => readonly TopicState[],
    pace: ScrubPace,
    after: (delayMs: number, callback: () => void) => () => void,
  ) {
    this.#topics = topics;
    this.#pace = pace;
    this.#after = after;
    if (pace.scrubBytesPerSecond > 0) this.#arm(scrubEveryMs);
  }

  get progress(): ScrubProgress {
    return { rounds: this.#rounds, bytesDone: this.#bytesDone, bytesTotal: this.#bytesTotal };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#running;
    await this.#looking;
  }

  /**
   * Looks at a whole segment now, also where there is no scrub: a reader met damage there, at this position. Segments
   * are looked at one after another.
   */
  look(state: TopicState, segment: Segment, at: number): void {
    const isKnown = state.corruptRanges.some((range) => {
      return range.baseOffset === segment.baseOffset && at >= range.at && at < range.at + range.bytes;
    });
    if (isKnown || this.#isClosed || this.#toLookAt.has(segment)) return;
    this.#toLookAt.add(segment);
    this.#looking = this.#looking.then(async () => {
      // A disk that cannot be read now is no damage: the next reader that meets it tells again.
      await this.#lookAt(state, segment).catch(() => undefined);
      this.#toLookAt.delete(segment);
    });
  }

  #arm(delayMs: number): void {
    this.#cancel = this.#after(delayMs, () => {
      this.#running = this.#run().finally(() => {
        this.#running = undefined;
        if (!this.#isClosed) this.#arm(this.#isInRound ? scrubEveryMs : this.#pace.scrubPauseMs);
      });
    });
  }

  /** One burst. */
  async #run(): Promise<void> {
    if (!this.#isInRound) this.#beginRound();
    for (let credit = this.#pace.scrubBytesPerSecond; credit > 0 && !this.#isClosed; ) {
      this.#pass ??= this.#nextPass();
      if (this.#pass === undefined) {
        this.#isInRound = false;
        if (this.#bytesDone > 0) this.#rounds++;
        return;
      }
      const pass = this.#pass;
      try {
        const bytes = await pass.step(Math.max(stepBytesMin, Math.min(credit, stepBytesMax)));
        credit -= bytes;
        this.#bytesDone += bytes;
      } catch {
        // A disk that cannot be read now is no damage: the next round looks again.
        this.#pass = undefined;
        return;
      }
      if (!pass.isOver) continue;
      tell(pass);
      this.#pass = undefined;
    }
  }

  async #lookAt(state: TopicState, segment: Segment): Promise<void> {
    if (!isThere(state, segment)) return;
    const pass = new SegmentScrub(state, segment);
    while (!pass.isOver && !this.#isClosed) await pass.step(stepBytesMax);
    if (pass.isOver) tell(pass);
  }

  #nextPass(): SegmentScrub | undefined {
    for (let next = this.#left.pop(); next !== undefined; next = this.#left.pop()) {
      if (isThere(next.state, next.segment)) return new SegmentScrub(next.state, next.segment);
    }
    return undefined;
  }

  #beginRound(): void {
    this.#isInRound = true;
    this.#bytesDone = 0;
    this.#bytesTotal = 0;
    for (const state of this.#topics()) {
      for (const segment of state.segments) {
        this.#left.push({ state, segment });
        this.#bytesTotal += segment.settledBytes;
      }
    }
    this.#left.reverse();
  }
}

/** False once retention or compaction took it, or its topic was deleted. */
function isThere(state: TopicState, segment: Segment): boolean {
  return state.deleted === undefined && state.segments.includes(segment) && segment.settledBytes > 0;
}

/** Says what a pass found, unless something was repaired since it began, or the segment replaced: another pass tells then. */
function tell(pass: SegmentScrub): void {
  const isAsSeen = pass.repairsBefore === pass.state.repairs && pass.state.segments.includes(pass.segment);
  if (isAsSeen) pass.state.setCorrupt(pass.segment, carryLost(pass.state, pass.segment, pass.finish()));
}
