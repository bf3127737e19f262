/**
 * What goes into the replicator and what comes out of it (rules R3 to R5). It decides whom to follow and what to pull
 * next; it holds no sockets, no files and no records.
 */
import type { ChainHash, Vector, Wake, WriterId } from "../base/mod.ts";

/** Another Grapevine node, as the tags of its member say. */
export interface Peer {
  readonly name: string;
  /** host:port of its RPC server, tag `rpc_addr`. */
  readonly rpcAddress: string;
  /** Tag `w`. */
  readonly writer: WriterId;
}

/** The log takes no gap for one from a single peer: what is before it is appended, nothing from there on. */
export interface StoppedAtGap {
  readonly reason: "gap";
  readonly writer: WriterId;
  readonly through: number;
  /** Where the gap begins in the frames that were given. */
  readonly at: number;
}

/** What became of frames that were given to the log. */
export interface AppliedResult {
  readonly appended: number;
  readonly dropped: number;
  readonly stopped?: { readonly reason: "ahead" | "malformed"; readonly message: string } | StoppedAtGap | undefined;
  /** Set when the log could not take the frames (disk full, say): try again later. */
  readonly failed?: string | undefined;
}

/** What a peer holds of our own feed of a topic: the hash at the sequence that its notice says of this writer. */
export interface ShownFeed {
  readonly writer: WriterId;
  readonly chain: ChainHash;
}

/** `unknown`: we do not know the hash of our feed there, so that nothing can be said. `failed`: the log cannot be read. */
export type FeedVerdict = "same" | "fork" | "unknown" | "failed";

/** What one place of a feed is at a peer and here. */
export interface ProbedPoint {
  readonly asked: number;
  /** Undefined where the peer knows nothing of it. */
  readonly shown: { readonly sequence: number; readonly chain: ChainHash } | undefined;
  /** Our hash at the sequence shown; undefined where we know none. */
  readonly ours: ChainHash | "within-batch" | undefined;
}

/** Bytes of the local log that are damaged, and which sequences of which feeds stood there. */
export interface DamagedRange {
  readonly file: string;
  readonly at: number;
  readonly bytes: number;
  readonly feeds: ReadonlyMap<WriterId, { readonly first: number; readonly last: number }>;
}

/** Topics are called by the keys of their generations here (`topicKey` of base): each has feeds of its own. */
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
      /** Of the writer as which the stream was opened; undefined when the peer knows no hash of its feed. */
      readonly own?: ShownFeed | undefined;
    }
  /** A peer told what of a topic is on its disk for sure: feeds that went on since it confirmed last. */
  | {
      readonly type: "confirmed";
      readonly peer: string;
      readonly watchId: number;
      readonly topic: string;
      readonly synced: Vector;
      /** As in `notice`, at the sequence that `synced` says of this writer. */
      readonly own?: ShownFeed | undefined;
    }
  /** Somebody waits until so many nodes, this one included, hold our feed of a topic durably up to there. */
  | {
      readonly type: "await-copies";
      readonly waitId: number;
      readonly topic: string;
      readonly writer: WriterId;
      readonly through: number;
      readonly copies: number;
      readonly timeoutMs: number;
    }
  /** What came of a `compare-feed`. */
  | {
      readonly type: "feed-compared";
      readonly comparisonId: number;
      readonly verdict: FeedVerdict;
      readonly error?: string | undefined;
    }
  /** What came of a `probe-feed`: for each sequence asked, where the peer's copy has a batch's end at or below it, and our hash there. */
  | {
      readonly type: "feed-probed";
      readonly probeId: number;
      readonly points: readonly ProbedPoint[];
      readonly error?: string | undefined;
    }
  /** What came of a `reproduce`; `failed` when the log could not, or not yet. */
  | { readonly type: "reproduced"; readonly from: number; readonly failed?: string | undefined }
  /** A heartbeat: the stream lives and has told all that the peer holds. */
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
  /** The local log grew, or more of it is fsynced (`synced`). Also once for every topic held, before any peer is told of. */
  | { readonly type: "grew"; readonly topic: string; readonly have: Vector; readonly synced: Vector }
  /**
   * What is settled of a topic, here by its name: earlier generations, and this one when it is deleted, are gone; nothing is
   * pulled of later ones until that is said here. Also once for every topic of which there is more than the first, before
   * any peer is told of.
   */
  | { readonly type: "topic-life"; readonly name: string; readonly generation: number; readonly deleted: boolean }
  /** What `follows` of the options says may be otherwise now. */
  | { readonly type: "placement-changed" }
  /** The local copy of this generation was dropped: it is held no more, and others hold it still. */
  | { readonly type: "topic-released"; readonly topic: string }
  /** The log minted a writer, asked by `mint-writer` or by itself. */
  | { readonly type: "writer-minted"; readonly writer: WriterId }
  /** The log no longer follows this feed (its event `feed-stopped`): nobody is asked for it any more. */
  | { readonly type: "feed-stopped"; readonly topic: string; readonly writer: WriterId }
  /** These ranges of a topic, and no others, are damaged: said whenever one was found or put back. */
  | { readonly type: "damaged"; readonly topic: string; readonly ranges: readonly DamagedRange[] }
  /** What came of a `repair`; `ranges` as in `damaged`, afterwards. */
  | {
      readonly type: "repaired";
      readonly repairId: number;
      readonly topic: string;
      readonly ranges: readonly DamagedRange[];
      readonly failed?: string | undefined;
    };

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
  /** Put these frames where the log lost them, if that is still damaged, and say what came of it with `repaired`. */
  | {
      readonly type: "repair";
      readonly repairId: number;
      readonly topic: string;
      readonly file: string;
      readonly at: number;
      readonly frames: Uint8Array;
    }
  /** Take this range, if it is still damaged, for lost: nobody heard held it for a while. It is repaired all the same once a peer does. */
  | { readonly type: "lose"; readonly topic: string; readonly file: string; readonly at: number }
  /** Compare our feed with what a peer holds of it, and say how they stand with `feed-compared`. */
  | {
      readonly type: "compare-feed";
      readonly comparisonId: number;
      readonly topic: string;
      readonly writer: WriterId;
      readonly sequence: number;
      readonly chain: ChainHash;
    }
  /** Ask the peer for hashes of this feed, look up ours where its batches end, and push `feed-probed`, always. */
  | {
      readonly type: "probe-feed";
      readonly probeId: number;
      readonly peer: Peer;
      readonly topic: string;
      readonly writer: WriterId;
      readonly sequences: readonly number[];
    }
  /**
   * Have the log produce again what this former writer of ours wrote from there on, or what a peer has of it, `theirs`, in
   * place of that; and push `reproduced`, always.
   */
  | {
      readonly type: "reproduce";
      readonly topic: string;
      readonly writer: WriterId;
      readonly from: number;
      readonly theirs?: Uint8Array | undefined;
    }
  /** What an `await-copies` waited for is so. */
  | { readonly type: "copies-reached"; readonly waitId: number }
  /** It is not, in its time; or more wait than may, or our writer is another one now. Names of nodes, sorted. */
  | {
      readonly type: "copies-missed";
      readonly waitId: number;
      readonly holders: readonly string[];
      readonly lacking: readonly string[];
    }
  /** All that this peer holds has been heard, and compared where it is ours, since its Watch stream was opened. For those who wait at start (R5). */
  | { readonly type: "peer-heard"; readonly peer: string }
  /** A peer shows our writer at a higher sequence or another hash than ours: mint a new one before anything else is produced (R5). */
  | { readonly type: "mint-writer"; readonly reason: string }
  /** Something an operator should hear of. */
  | { readonly type: "warn"; readonly peer: string; readonly message: string };

export type AnnouncerInput =
  | Wake
  /** A peer opened a Watch stream. `subscriber` names the stream and is never used twice. */
  | {
      readonly type: "subscribe";
      readonly subscriber: number;
      readonly peer: string;
      /** The peer's writer: of its own feeds it is told sooner that they are on disk. */
      readonly writer: WriterId;
    }
  | { readonly type: "unsubscribe"; readonly subscriber: number }
  /** A topic is served up to here, durable by the policy of its log (rule R2). Also once for every topic held, at start. */
  | {
      readonly type: "grew";
      readonly topic: string;
      readonly generation: number;
      readonly durable: Vector;
      readonly lowWater: Vector;
      /** What is fsynced, whatever the policy: without feeds that are no longer followed. */
      readonly synced: Vector;
    }
  /** The generation is gone: nobody is told of it any more. */
  | { readonly type: "ended"; readonly topic: string }
  /** A feed of the topic is a fork: all are told of the topic again, its owner among them, who may not know (rule R5). */
  | { readonly type: "retell"; readonly topic: string }
  /** The transport took the notice about this topic; without a topic, the heartbeat. */
  | { readonly type: "sent"; readonly subscriber: number; readonly topic?: string | undefined }
  | { readonly type: "confirmation-sent"; readonly subscriber: number; readonly topic: string }
  /** This peer holds these: it sent them or announced them. It is not told of them. */
  | {
      readonly type: "supplied";
      readonly peer: string;
      readonly topic: string;
      readonly vector: Vector;
      /** Somebody waits for copies of what the peer writes to the topic. */
      readonly awaited: boolean;
    };

export type AnnouncerEffect =
  | {
      readonly type: "notice";
      readonly subscriber: number;
      readonly topic: string;
      readonly generation: number;
      readonly durable: Vector;
      readonly lowWater: Vector;
    }
  /** Tell that these are on disk for sure, with the hash of the subscriber's own feed there if it is among them. */
  | {
      readonly type: "confirm";
      readonly subscriber: number;
      readonly topic: string;
      readonly generation: number;
      readonly synced: Vector;
    }
  | { readonly type: "heartbeat"; readonly subscriber: number }
  /** End this stream: there are too many. */
  | { readonly type: "refuse"; readonly subscriber: number; readonly reason: string };
