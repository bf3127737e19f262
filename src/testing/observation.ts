import { type ChainHash, readProducerStamp, type Vector, type WriterId } from "../base/mod.ts";
import type { Member, MemberStatus } from "../membership/mod.ts";

/** A batch as it stands in a local log. */
export interface SeenBatch {
  readonly topic: string;
  readonly kind: "records" | "gap";
  readonly writer: WriterId;
  readonly baseSequence: number;
  readonly count: number;
  readonly baseOffset: number;
  readonly chain: ChainHash;
  readonly payloadChecksum: number;
  readonly baseTimestampMs: number;
  /** What it is known by wherever it is produced again; undefined where its producer did not say. */
  readonly stamp?: string | undefined;
}

/** What happened in the world, as far as a guarantee could be broken by it. Topics are called by the keys of their generations. */
export type Observation =
  /** A node heard that this generation of a topic was deleted. */
  | { readonly type: "deleted"; readonly node: string; readonly topic: string }
  /** A batch stands in a node's local log, after all that were observed before in this topic. */
  | { readonly type: "appended"; readonly node: string; readonly batch: SeenBatch }
  /** A node started again: its log will be observed from its beginning. `wiped` when its directory was lost. */
  | { readonly type: "reopened"; readonly node: string; readonly wiped: boolean }
  /** After `reopened`: all that its disk kept was observed. */
  | { readonly type: "recovered"; readonly node: string; readonly keepsAcknowledged: boolean }
  | {
      readonly type: "acknowledged";
      readonly node: string;
      readonly topic: string;
      readonly writer: WriterId;
      readonly sequence: number;
      readonly count: number;
      /** Undefined where a client was answered. */
      readonly payloadChecksum?: number | undefined;
    }
  /** So many nodes confirmed to hold a batch durably: on these disks it is, and these nodes are not running. */
  | {
      readonly type: "replicated";
      readonly node: string;
      readonly topic: string;
      readonly writer: WriterId;
      readonly last: number;
      readonly copies: number;
      readonly holders: readonly string[];
      readonly stopped: readonly string[];
    }
  /** A node that was running, not paused and on a sound disk did not take a produce, or not in time. */
  | { readonly type: "refused"; readonly node: string; readonly topic: string; readonly reason: string }
  /** A consumer got a batch, wherever it was connected. A twin of one that it had it does not give to its user. */
  | {
      readonly type: "consumed";
      readonly consumer: string;
      readonly node: string;
      readonly batch: SeenBatch;
      readonly isTwin?: boolean;
      /** The call began at the earliest record that the node held, not at a cursor. */
      readonly isFromEarliest?: boolean;
    }
  /** Somebody consumed with the token of a produce, and got an answer. */
  | {
      readonly type: "token-used";
      readonly node: string;
      readonly topic: string;
      readonly writer: WriterId;
      readonly last: number;
      readonly isDelivered: boolean;
      /** Stamps of what it got. */
      readonly given: ReadonlySet<string>;
    }
  /** A node has this writer from now on. */
  | { readonly type: "writer"; readonly node: string; readonly writer: WriterId }
  /** A node goes on with a writer from where a backup was taken: its feeds may have two histories from now on. */
  | { readonly type: "forked"; readonly writer: WriterId }
  /** What a node holds of a topic begins there: retention took what was below. */
  | { readonly type: "low-water"; readonly node: string; readonly topic: string; readonly lowWater: Vector }
  /** A node gave these bytes to a consumer or a peer. */
  | { readonly type: "served"; readonly node: string; readonly topic: string; readonly frames: Uint8Array }
  /** What a node believes of a member changed. */
  | { readonly type: "member"; readonly node: string; readonly life: number; readonly member: Member };

/** What a node holds once the world has been calm for long. */
export interface FinalState {
  readonly node: string;
  /** Per topic what it holds. */
  readonly held: ReadonlyMap<string, Vector>;
  /** What it believes of each member; empty where there is no gossip. */
  readonly members: ReadonlyMap<string, MemberStatus>;
  /** What it has settled about topics. */
  readonly settled: ReadonlyMap<string, string>;
  /** Places of damage that were found and not repaired. */
  readonly damaged: readonly string[];
}

/** Watches one guarantee. Says what broke it, or nothing. */
export interface Checker {
  readonly name: string;
  observe(observation: Observation): string | undefined;
  /** After the world was healed and had time enough. */
  finish(nodes: readonly FinalState[]): string[];
}

/** What the batch at `start` says of its producer. */
export function stampIn(frames: Uint8Array, start: number): string | undefined {
  const stamp = readProducerStamp(frames, start);
  return stamp && `${stamp.producer}/${stamp.epoch}/${stamp.sequence}`;
}

/** Short words for a batch, for traces and messages. */
export function batchWords(batch: SeenBatch): string {
  const last = batch.baseSequence + batch.count - 1;
  const kind = batch.kind === "gap" ? " (gap)" : "";
  return `${batch.topic} ${batch.writer.slice(0, 4)}:${batch.baseSequence}-${last}${kind}`;
}
