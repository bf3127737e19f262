/**
 * What goes into the replicator and what comes out of it (rules R3 to R5). It decides whom to follow and what to pull
 * next; it holds no sockets, no files and no records.
 */
import type { Vector, Wake, WriterId } from "../base/mod.ts";

/** Another Grapevine node, as the tags of its member say. */
export interface Peer {
  readonly name: string;
  /** host:port of its RPC server, tag `rpc_addr`. */
  readonly rpcAddress: string;
  /** Tag `w`. */
  readonly writer: WriterId;
}

/** What became of frames that were given to the log. */
export interface AppliedResult {
  readonly appended: number;
  readonly dropped: number;
  readonly stopped?: { readonly reason: "ahead" | "malformed"; readonly message: string } | undefined;
  /** Set when the log could not take the frames (disk full, say): try again later. */
  readonly failed?: string | undefined;
}

export type ReplicatorInput =
  | Wake
  /** A peer was discovered, or its address or writer changed. */
  | { readonly type: "peer-joined"; readonly peer: Peer }
  /** It left, failed or was reaped: everything about it stops at once. */
  | { readonly type: "peer-gone"; readonly name: string }
  /** A peer's Watch stream said hello. */
  | { readonly type: "watch-opened"; readonly peer: string; readonly watchId: number; readonly writer: WriterId }
  /** A peer told what it holds of a topic. */
  | {
      readonly type: "notice";
      readonly peer: string;
      readonly watchId: number;
      readonly topic: string;
      readonly durable: Vector;
      readonly lowWater: Vector;
    }
  /** A heartbeat, or anything that shows that the Watch stream lives. */
  | { readonly type: "watch-alive"; readonly peer: string; readonly watchId: number }
  | { readonly type: "watch-closed"; readonly peer: string; readonly watchId: number; readonly error: string }
  /** Frames of a pull arrived. Whole frames each time. */
  | {
      readonly type: "pulled";
      readonly peer: string;
      readonly pullId: number;
      readonly frames: Uint8Array;
      readonly lowWater: Vector;
    }
  /** The pull is over; the source has nothing more, its credit is used up, or it failed. */
  | { readonly type: "pull-ended"; readonly peer: string; readonly pullId: number; readonly error?: string | undefined }
  /** The log finished with an `apply` or `apply-gap`. `have` is the topic's vector afterwards. */
  | {
      readonly type: "applied";
      readonly pullId: number;
      readonly topic: string;
      readonly result: AppliedResult;
      readonly have: Vector;
    }
  /** The local log grew by other means than `apply`. */
  | { readonly type: "grew"; readonly topic: string; readonly have: Vector };

export type ReplicatorEffect =
  /** Open a Watch stream to this peer; its inputs carry the watch id. */
  | { readonly type: "watch"; readonly peer: Peer; readonly watchId: number }
  | { readonly type: "unwatch"; readonly peer: string; readonly watchId: number }
  | {
      readonly type: "pull";
      readonly peer: Peer;
      readonly pullId: number;
      readonly topic: string;
      readonly have: Vector;
      readonly bytesMax: number;
    }
  | { readonly type: "cancel"; readonly peer: string; readonly pullId: number }
  /** Give these frames to the log; open the topic first when it is new. */
  | { readonly type: "apply"; readonly pullId: number; readonly topic: string; readonly frames: Uint8Array }
  | {
      readonly type: "apply-gap";
      readonly pullId: number;
      readonly topic: string;
      readonly writer: WriterId;
      readonly through: number;
    }
  /** A peer shows our writer at a higher sequence than ours: mint a new one before anything else is produced (R5). */
  | { readonly type: "mint-writer"; readonly reason: string }
  /** Something an operator should hear of. */
  | { readonly type: "warn"; readonly peer: string; readonly message: string };
