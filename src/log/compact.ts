/**
 * Compaction of one topic: of each key only the latest record stays (rule R7), so that all nodes keep the same of what
 * they hold, whenever each of them compacts. Only closed segments are touched; a crash at any step leaves each segment as
 * it was or as it is to be.
 */
import {
  type Codecs,
  type FrameHeader,
  headersBytes,
  isInternalTopic,
  keylessRecord,
  type Vector,
} from "../base/mod.ts";
import { findRemovable, type ScanOptions, unpacked } from "./compact_scan.ts";
import { removeDraft, swapIn, writeDraft } from "./compact_segment.ts";
import { Ripening } from "./compact_tombstones.ts";
import { InvalidFrameError, LogClosedError, LogOverloadedError, messageOf } from "./errors.ts";
import { FileRetiredError } from "./file_pool.ts";
import { compactedName, type Segment } from "./segment.ts";
import type { TopicState } from "./topic_state.ts";
import type { Compacted, Compaction } from "./types.ts";

/** What compaction needs of its topic. */
export interface CompactionHost {
  /** Runs what changes the list of segments, one after another. */
  readonly exclusively: <Result>(action: () => Promise<Result>) => Promise<Result>;
  /** Closes the segment that takes new records, unless it is empty. */
  readonly closeSegment: () => Promise<void>;
  /** Why nothing may be changed any more: the log is closed, or the topic deleted. */
  readonly over: () => Error | undefined;
  readonly rankOf: ScanOptions["rankOf"];
}

/** Called after so many bytes were read or written; it may take its time, until `isOver`. Throws to stop. */
export type Pace = (bytes: number, isOver: () => boolean) => Promise<void>;

const nothing: Compacted = { segments: 0, records: 0, tombstones: 0, bytesBefore: 0, bytesAfter: 0 };

export class TopicCompaction {
  readonly #state: TopicState;
  readonly #host: CompactionHost;
  readonly #ripening = new Ripening();
  #setting: Compaction | undefined;
  #running: Promise<Compacted> | undefined;
  /** Below this offset everything was looked at. */
  #doneThrough = 0;
  #ranAtMs = 0;
  #tombstonesLeft = 0;
  #failureReported = false;
  /** The segment that takes new records, and when it was first seen to have any. */
  #filling: { readonly baseOffset: number; readonly sinceMs: number } | undefined;
  /** Compressed batches that are looked into, one after another, so that they keep their order. */
  #judging: Promise<unknown> | undefined;
  #judgingBytes = 0;

  constructor(state: TopicState, host: CompactionHost) {
    this.#state = state;
    this.#host = host;
  }

  get setting(): Compaction | undefined {
    return this.#setting;
  }

  set setting(setting: Compaction | undefined) {
    this.#setting = setting;
    if (setting !== undefined) this.#state.shared.watchKeys();
  }

  /** Nodes know what they write into the topics of their own. */
  get judgesKeys(): boolean {
    return this.#setting !== undefined && !isInternalTopic(this.#state.name);
  }

  /** Compacts now, as far as there is anything to do. A run that is on its way is waited for instead. */
  run(pace: Pace = async () => undefined): Promise<Compacted> {
    this.#running ??= this.#run(pace).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** The same, when enough has gathered. What fails is told once and tried again. */
  async runIfDue(pace: Pace): Promise<void> {
    if (this.#setting === undefined || this.#isOver) return;
    try {
      await this.#closeOldSegment(this.#setting);
      if (!this.#isDue(this.#setting)) return;
      await this.run(pace);
      this.#failureReported = false;
    } catch (error) {
      if (this.#isOver || error instanceof LogClosedError || this.#failureReported) return;
      this.#failureReported = true;
      this.#state.shared.emit({ type: "compaction-failed", topic: this.#state.name, message: messageOf(error) });
    }
  }

  /** Bytes of closed segments, and of those that no compaction has looked at yet. */
  get dirt(): { readonly closedBytes: number; readonly dirtyBytes: number } {
    let [closedBytes, dirtyBytes] = [0, 0];
    for (const { baseOffset, bytes } of this.#state.segments.slice(0, -1)) {
      closedBytes += bytes;
      if (baseOffset >= this.#doneThrough) dirtyBytes += bytes;
    }
    return { closedBytes, dirtyBytes };
  }

  /** Waits for what is on its way; `over` has stopped it. */
  async rest(): Promise<void> {
    await this.#running?.catch(() => undefined);
    await this.#judging;
  }

  /**
   * Calls `produce` when every record of the batch has a key (rule R1: only the node that takes records in judges them).
   * Compressed batches are looked into for that; nothing overtakes one that is.
   */
  admit<Result>(frame: Uint8Array, header: FrameHeader, produce: () => Promise<Result>): Promise<Result> {
    if (this.#judging === undefined && header.compression === "none") {
      const fault = keylessFault(frame.subarray(headersBytes));
      return fault === undefined ? produce() : Promise.reject(new InvalidFrameError(fault));
    }
    const { pendingBytesMax } = this.#state.shared.options;
    if (this.#judgingBytes > 0 && this.#judgingBytes + frame.length > pendingBytesMax) {
      return Promise.reject(new LogOverloadedError(this.#judgingBytes, pendingBytesMax));
    }
    this.#judgingBytes += frame.length;
    const judged = (this.#judging ?? Promise.resolve()).then(() => this.#look(frame, header));
    // Called in the same turn as the judgement ends, so that the order stays.
    const produced = judged.then(produce);
    const judging = judged
      .catch(() => undefined)
      .then(() => {
        this.#judgingBytes -= frame.length;
        if (this.#judging === judging) this.#judging = undefined;
      });
    this.#judging = judging;
    return produced;
  }

  async #look(frame: Uint8Array, header: FrameHeader): Promise<void> {
    const packed = await unpacked(header, frame.subarray(headersBytes), this.#codecs);
    const fault = packed && keylessFault(packed);
    if (fault !== undefined) throw new InvalidFrameError(fault);
    if (packed !== undefined) return;
    const has = this.#codecs === undefined ? "nothing to read it" : this.#codecs.names.join(" and ");
    throw new InvalidFrameError(
      `the topic is compacted by key, and this node cannot look into a batch compressed with ${header.compression}: it has ${has}`,
    );
  }

  get #isOver(): boolean {
    return this.#host.over() !== undefined;
  }

  #assertGoesOn(): void {
    const over = this.#host.over();
    if (over !== undefined) throw over;
  }

  get #codecs(): Codecs | undefined {
    return this.#state.shared.codecs;
  }

  #isDue({ tombstoneGraceMs }: Compaction): boolean {
    const { upkeepMs, options } = this.#state.shared;
    const hasRipened = this.#ripening.look(this.#heldByAll(), upkeepMs(), tombstoneGraceMs);
    const { closedBytes, dirtyBytes } = this.dirt;
    if (closedBytes === 0) return false;
    if (hasRipened && this.#tombstonesLeft > 0) return true;
    if (dirtyBytes === 0) return false;
    // What a tombstone hides must be gone on every node by the time that the first of them forgets the tombstone.
    const isLate = upkeepMs() - this.#ranAtMs >= tombstoneGraceMs / 2;
    return isLate || dirtyBytes >= options.compactionDirtyRatioMin * closedBytes;
  }

  /** Where little is written, the same reason closes a segment before it is full. */
  async #closeOldSegment({ tombstoneGraceMs }: Compaction): Promise<void> {
    const { baseOffset, bytes } = this.#state.active;
    const nowMs = this.#state.shared.upkeepMs();
    if (bytes === 0) this.#filling = undefined;
    else if (this.#filling?.baseOffset !== baseOffset) this.#filling = { baseOffset, sinceMs: nowMs };
    else if (nowMs - this.#filling.sinceMs >= tombstoneGraceMs / 2) await this.#host.closeSegment();
  }

  /** What this node and every peer that it knows hold durably. */
  #heldByAll(): Vector {
    const { durable, name, shared } = this.#state;
    const others = shared.heldByPeers?.(name);
    if (shared.heldByPeers === undefined) return durable;
    const held = new Map<string, number>();
    for (const [writer, sequence] of others ?? []) {
      const both = Math.min(sequence, durable.get(writer) ?? 0);
      if (both > 0) held.set(writer, both);
    }
    return held;
  }

  async #run(pace: Pace): Promise<Compacted> {
    this.#assertGoesOn();
    const { shared, segments, reorders } = this.#state;
    const spent = async (bytes: number): Promise<void> => {
      this.#assertGoesOn();
      await pace(bytes, () => this.#isOver);
      this.#assertGoesOn();
    };
    this.#ripening.look(
      this.#heldByAll(),
      shared.upkeepMs(),
      this.#setting?.tombstoneGraceMs ?? Number.POSITIVE_INFINITY,
    );
    const closed = segments.slice(0, -1);
    const findings = await findRemovable(this.#state, closed, {
      codecs: this.#codecs,
      ripe: this.#ripening.ripe,
      rankOf: this.#host.rankOf,
      spent,
    });
    const { removed } = findings;
    let { segments: count, bytesBefore, bytesAfter } = nothing;
    for (const segment of closed) {
      if (!removed.hasAny(segment.baseOffset, segment.nextOffset)) continue;
      // What is to go is known by its offset, and a repair may have put other records there: the next run looks anew.
      if (this.#state.reorders !== reorders) break;
      const isRemoved = (offset: number): boolean => removed.has(offset);
      const bytes = await this.#rewrite(segment, { isRemoved, codecs: this.#codecs, spent });
      if (bytes === undefined) continue;
      count++;
      bytesBefore += segment.bytes;
      bytesAfter += bytes;
    }
    if (this.#state.reorders === reorders) {
      this.#doneThrough = closed.at(-1)?.nextOffset ?? 0;
      this.#ranAtMs = shared.upkeepMs();
    }
    this.#tombstonesLeft = findings.tombstonesLeft;
    const compacted = {
      segments: count,
      records: removed.size,
      tombstones: findings.tombstonesRemoved,
      bytesBefore,
      bytesAfter,
    };
    if (count > 0) shared.emit({ type: "compacted", topic: this.#state.name, ...compacted });
    return compacted;
  }

  /** Resolves with the bytes of the segment afterwards; undefined when it is left as it is. */
  async #rewrite(segment: Segment, options: Parameters<typeof writeDraft>[2]): Promise<number | undefined> {
    const state = this.#state;
    const { reorders } = state;
    try {
      const draft = await writeDraft(state, segment, options);
      if (draft === undefined) return undefined;
      return await this.#host.exclusively(async () => {
        this.#assertGoesOn();
        const isAsRead = state.segments.includes(segment) && state.reorders === reorders;
        if (!isAsRead) throw new FileRetiredError(segment.file.name);
        await swapIn(state, segment, draft);
        return draft.index.bytes;
      });
    } catch (error) {
      await removeDraft(state, compactedName(segment.baseOffset));
      // Retention took it meanwhile, or a repair changed what is in it.
      if (error instanceof FileRetiredError || state.reorders !== reorders) return undefined;
      throw error;
    }
  }
}

/** Why these records cannot be compacted by key; undefined when they can. */
function keylessFault(packed: Uint8Array): string | undefined {
  const index = keylessRecord(packed);
  return index === undefined ? undefined : `record ${index} has no key, and the topic is compacted by key`;
}
