import {
  concat,
  frameBytesMax,
  type Random,
  scanFrame,
  settingsTopic,
  type Vector,
  type WriterId,
} from "../base/mod.ts";
import { Backoff } from "./backoff.ts";
import type { ResolvedReplicatorOptions } from "./options.ts";
import type { PeerState } from "./state.ts";
import type { ReplicatorEffect, ReplicatorInput } from "./types.ts";

type Input<Type extends ReplicatorInput["type"]> = Extract<ReplicatorInput, { readonly type: Type }>;

/** A pull of another history is cancelled after so many milliseconds without a byte. */
const silenceMs = 5_000;
/** Failures in a row after which a peer is not asked again on the same Watch stream. */
const triesPerStreamMax = 16;

/** What one peer holds of a feed that was ours, behind the place from which on it is another history than ours. */
interface OtherHistory {
  readonly peer: PeerState;
  readonly watchId: number;
  readonly topic: string;
  readonly writer: WriterId;
  /** Up to here it is the same as ours, or the log has produced it again. */
  through: number;
  readonly backoff: Backoff;
}

/** The pull in flight. */
interface HistoryPull {
  readonly pullId: number;
  readonly history: OtherHistory;
  /** Where that of the history ends which came. */
  through: number;
  readonly parts: Uint8Array[];
  bytesGot: number;
  lastByteAtMs: number;
}

/** Batches of another history, to be produced again. */
export interface Found {
  readonly history: OtherHistory;
  readonly through: number;
  readonly frames: Uint8Array;
}

/**
 * Pulls what peers have in place of what the owner of a forked feed wrote, of `_topics` alone, where the latest record of a
 * topic must win on all nodes (rule R7): the owner's log cannot follow two histories of one feed, and would never hear of
 * what the other one settled. One pull at a time; what came is to be produced again under the present writer.
 */
export class OtherHistories {
  readonly #options: ResolvedReplicatorOptions;
  readonly #random: Random;
  readonly #emit: (effect: ReplicatorEffect) => void;
  readonly #nextId: () => number;
  /** By peer and writer. */
  readonly #histories = new Map<string, OtherHistory>();
  #pull: HistoryPull | undefined;
  #found: Found | undefined;

  constructor(
    options: ResolvedReplicatorOptions,
    random: Random,
    room: { readonly emit: (effect: ReplicatorEffect) => void; readonly nextId: () => number },
  ) {
    this.#options = options;
    this.#random = random;
    this.#emit = room.emit;
    this.#nextId = room.nextId;
  }

  /** What is to be produced again now. */
  get found(): Found | undefined {
    return this.#found;
  }

  get wakeAtMs(): number {
    if (this.#pull !== undefined) return this.#pull.lastByteAtMs + silenceMs;
    let atMs = Number.POSITIVE_INFINITY;
    if (this.#found !== undefined) return atMs;
    for (const history of this.#histories.values()) {
      if (isWanted(history)) atMs = Math.min(atMs, history.backoff.untilMs);
    }
    return atMs;
  }

  /** A peer was found to have another history, that is the same as ours up to `same`. */
  add(found: Pick<OtherHistory, "peer" | "watchId" | "topic" | "writer"> & { readonly same: number }): void {
    const { peer, watchId, topic, writer, same } = found;
    const key = `${peer.peer.name} ${writer}`;
    if (topic !== settingsTopic || this.#histories.get(key)?.watchId === watchId) return;
    this.#histories.set(key, { peer, watchId, topic, writer, through: same, backoff: new Backoff() });
  }

  pursue(nowMs: number): void {
    const pull = this.#pull;
    if (pull !== undefined && pull.lastByteAtMs + silenceMs <= nowMs) this.#cancel(pull, nowMs);
    if (this.#pull !== undefined || this.#found !== undefined) return;
    for (const [key, history] of this.#histories) {
      if (!isCurrent(history)) this.#histories.delete(key);
      else if (isWanted(history) && history.backoff.untilMs <= nowMs) {
        this.#start(history, nowMs);
        return;
      }
    }
  }

  pulled(input: Input<"pulled">, nowMs: number): void {
    const pull = this.#pull;
    if (pull === undefined || pull.pullId !== input.pullId) return;
    pull.lastByteAtMs = nowMs;
    pull.bytesGot += input.frames.length;
    const isTooMuch = pull.bytesGot > this.#options.creditBytes + frameBytesMax;
    if (isTooMuch || !collect(pull, input.frames)) this.#cancel(pull, nowMs);
  }

  ended(input: Input<"pull-ended">, nowMs: number): void {
    const pull = this.#pull;
    if (pull === undefined || pull.pullId !== input.pullId) return;
    this.#pull = undefined;
    const { history, through, parts } = pull;
    if (parts.length === 0) history.backoff.fail(nowMs, this.#random, this.#options);
    else this.#found = { history, through, frames: concat(parts) };
  }

  /** What was found is produced again, or could not be. */
  reproduced(isDone: boolean, nowMs: number): void {
    const found = this.#found;
    if (found === undefined) return;
    this.#found = undefined;
    const { history, through } = found;
    if (isDone) {
      history.through = through;
      history.backoff.succeed();
    } else history.backoff.fail(nowMs, this.#random, this.#options);
  }

  #start(history: OtherHistory, nowMs: number): void {
    const { peer, topic, writer, through } = history;
    const pullId = this.#nextId();
    this.#pull = { pullId, history, through, parts: [], bytesGot: 0, lastByteAtMs: nowMs };
    // To this vector nothing is missing but that feed: others do not use up the credit.
    const have: Vector = new Map([...durableOf(history).keys()].map((other) => [other, Number.MAX_SAFE_INTEGER]));
    const asked = new Map([...have, [writer, through]]);
    if (through === 0) asked.delete(writer);
    this.#emit({ type: "pull", peer: peer.peer, pullId, topic, have: asked, bytesMax: this.#options.creditBytes });
  }

  #cancel({ history, pullId }: HistoryPull, nowMs: number): void {
    this.#pull = undefined;
    history.backoff.fail(nowMs, this.#random, this.#options);
    this.#emit({ type: "cancel", peer: history.peer.peer.name, pullId });
  }
}

/** Takes out the batches of the history. False for bytes that are no whole frames. */
function collect(pull: HistoryPull, frames: Uint8Array): boolean {
  for (let at = 0; at < frames.length; ) {
    const scan = scanFrame(frames, at);
    if (scan.type !== "frame") return false;
    const { writer, baseSequence, count, frameBytes } = scan.header;
    const last = baseSequence + count - 1;
    if (writer === pull.history.writer && baseSequence > pull.through && Number.isSafeInteger(last)) {
      pull.parts.push(frames.slice(at, at + frameBytes));
      pull.through = Math.max(pull.through, last);
    }
    at += frameBytes;
  }
  return true;
}

function durableOf({ peer, topic }: OtherHistory): Vector {
  return peer.topics.get(topic)?.durable ?? new Map();
}

function isWanted(history: OtherHistory): boolean {
  if (!isCurrent(history) || history.backoff.failures >= triesPerStreamMax) return false;
  return (durableOf(history).get(history.writer) ?? 0) > history.through;
}

function isCurrent({ peer, watchId }: OtherHistory): boolean {
  return peer.listening && peer.watchId === watchId;
}
