/**
 * What the server needs of the rest of a node. The log, the agent and the replication room provide it; the tests of this
 * room provide small ones of their own.
 */

import type { ChainHash, Clock, Codecs, Vector, WriterId } from "../base/mod.ts";
import type { WorkInGroupRequest, WorkInGroupResponse } from "../gen/log/v1/log_pb.ts";
import type { GroupAnswer, GroupCall } from "./group.ts";
import type { ServedRegistry } from "./registry_port.ts";
import type { ServedDoors } from "./served_doors.ts";

/** Everything that the RPCs are answered from. */
export interface ServerPorts {
  readonly log: ServedLog;
  readonly cluster: ServedCluster;
  /** Without it, what operators ask of gossip is not served. */
  readonly gossip?: ServedGossip | undefined;
  readonly replication: ServedReplication;
  /** Without it, all that is asked of this node is answered by this node. */
  readonly doors?: ServedDoors | undefined;
  /** Without it, nothing is settled about any topic, nor can be. */
  readonly topics?: ServedTopics | undefined;
  /** Without it, nobody keeps how far named consumers have read. */
  readonly cursors?: ServedCursors | undefined;
  /** Without it, nobody is the home of a group. */
  readonly groups?: ServedGroups | undefined;
  /** Without it, nobody keeps what services there are. */
  readonly services?: ServedRegistry | undefined;
  readonly readiness: ServedReadiness;
  /** Without it, no single records are taken out of compressed batches. */
  readonly codecs?: Codecs | undefined;
  /** For heartbeats and for records that carry no time. */
  readonly clock: Clock;
  /** Hears of errors that callers are told nothing about: broken promises of our own code. */
  readonly onInternalError?: ((error: unknown) => void) | undefined;
}

/** Where records went; `duplicate` when they had gone there before. */
export interface ServedAck {
  readonly offset: number;
  readonly writer: WriterId;
  readonly sequence: number;
  readonly count: number;
  readonly duplicate?: boolean;
}

/** Where a batch stands. */
export interface ServedPlace {
  readonly writer: WriterId;
  readonly baseSequence: number;
}

/** What a topic knows of its producers. */
export interface ServedProducers {
  /** What to wait for before the rest is right; undefined when it is. */
  loading(): Promise<void> | undefined;
  /** Batches that stand in the topic more than once, because their producer sent them to several nodes. */
  readonly twins: number;
  /** Where else the batch stands that begins at this sequence. */
  twinsOf(writer: WriterId, baseSequence: number): readonly ServedPlace[] | undefined;
  /** True when all records of the batch are still there. */
  holdsWhole(place: ServedPlace): Promise<boolean>;
}

/** A record with a key is to be appended only if this is the latest with that key; undefined: if there is none. */
export interface ServedCondition {
  readonly expected: { readonly writer: WriterId; readonly sequence: number } | undefined;
}

export interface ServedTopic {
  readonly name: string;
  readonly generation: number;
  /** Why nothing of it can be had any more; those who listen for growth are called when it is set. */
  readonly deleted?: Error | undefined;
  readonly firstOffset: number;
  readonly nextOffset: number;
  readonly bytes: number;
  readonly have: Vector;
  readonly durable: Vector;
  /** What stands below `nextOffset`: all that may be consumed now. */
  readonly served: Vector;
  readonly lowWater: Vector;
  /** Feeds that are no longer followed, and why. */
  readonly stoppedFeeds?: ReadonlyMap<WriterId, string> | undefined;
  /** Grows whenever batches may have come to stand in another order. @default 0 */
  readonly reorders?: number | undefined;
  /** Without it, consumers are given whatever stands in the topic. */
  readonly producers?: ServedProducers | undefined;
  produce(frame: Uint8Array, condition?: ServedCondition): Promise<ServedAck>;
  /** Frames from an offset on, for many readers of one place: nobody may change the bytes, nor look at them after `release`. */
  readShared(offset: number, bytesMax: number): Promise<ServedChunk>;
  readMissing(have: Vector, bytesMax: number): Promise<{ frames: Uint8Array; complete: boolean; lowWater: Vector }>;
  /** Where the last batch of a feed ends that reaches no further. Without it, no peer can compare feeds. */
  feedPointAt?(writer: WriterId, sequence: number): Promise<{ sequence: number; chain: ChainHash } | undefined>;
  offsetAt(timestampMs: number): Promise<number>;
  /** What stands below an offset: what a consumer has read who begins there. */
  vectorAt(offset: number): Promise<Vector>;
  onGrow(listener: () => void): () => void;
}

/** A range of stored frames that several consumers are sent. */
export interface ServedChunk {
  readonly frames: Uint8Array;
  readonly nextOffset: number;
  /** Says, once at most, that the frames were sent. Without it their memory is not used again so soon. */
  release(): void;
}

export interface ServedLog {
  readonly writer: WriterId;
  topics(): readonly ServedTopic[];
  topic(name: string): ServedTopic | undefined;
  openTopic(name: string): Promise<ServedTopic>;
  /** Why a topic cannot be opened: its last generation was deleted. */
  deletedTopic?(name: string): (Error & { readonly generation: number }) | undefined;
  /** Calls `listener` after any topic grew. The result removes it. */
  onGrow(listener: (topic: ServedTopic) => void): () => void;
  /** Calls `listener` when the log hears that a topic was deleted or begins anew, held here or not. The result removes it. */
  onLife?(listener: (change: { readonly topic: string }) => void): () => void;
}

/** Which of the nodes that hold topics are to hold one. In a change, what is not given stays; no tags take those away. */
export interface ServedPlacement {
  readonly copies?: number | undefined;
  /** By the names of tags: an expression that the whole value matches. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** What holds for a topic on all nodes. Limits that are not given are none; in a change, they stay and 0 takes them away. */
export interface ServedTopicSettings {
  readonly retention?:
    | {
        readonly bytesMin?: number | undefined;
        readonly ageMaxMs?: number | undefined;
        readonly segmentsMax?: number | undefined;
        readonly keepUntilReplicas?: number | undefined;
        readonly bytesMax?: number | undefined;
      }
    | undefined;
  readonly compact?: boolean | undefined;
  readonly tombstoneGraceMs?: number | undefined;
  /** Which nodes are to hold it; undefined: all. */
  readonly placement?: ServedPlacement | undefined;
}

export interface ServedTopics {
  settings(topic: string): ServedTopicSettings;
  /** Resolves once what is changed is fsynced and applied on this node. What makes no sense is thrown, with a `code`. */
  set(topic: string, change: ServedTopicSettings, options: { readonly create: boolean }): Promise<ServedTopicSettings>;
  /** Resolves with the generation that was deleted, once that is fsynced and the topic is gone on this node. */
  delete(topic: string): Promise<number>;
}

/** How far the consumers of a name have read, in one generation of a topic. */
export interface ServedCursor {
  readonly name: string;
  readonly generation: number;
  /** How often it was set anew or deleted. */
  readonly resets: number;
  readonly deleted: boolean;
  readonly vector: Vector;
  readonly savedAtMs: number;
  /** What a node has to hold of the cursors' own topic to know no less. */
  readonly token: Vector;
}

type CursorTopic = Pick<ServedTopic, "name" | "generation">;

/** Changes resolve once they are fsynced on this node. What makes no sense is thrown, with a `code`. */
export interface ServedCursors {
  get(topic: CursorTopic, name: string): Promise<ServedCursor | undefined>;
  list(topic: CursorTopic): Promise<readonly ServedCursor[]>;
  save(
    topic: CursorTopic,
    name: string,
    read: { readonly vector: Vector; readonly resets: number },
  ): Promise<ServedCursor>;
  reset(topic: CursorTopic, name: string, vector: Vector): Promise<ServedCursor>;
  delete(topic: CursorTopic, name: string): Promise<ServedCursor>;
}

/** Groups of consumers that share a topic, by the topic's and the group's name. */
export interface ServedGroups {
  /** The node that keeps a group, and where it is reached; without an address it is this node. */
  homeOf(group: string): { readonly name: string; readonly address?: string | undefined };
  handOn(address: string, request: WorkInGroupRequest, signal: AbortSignal): Promise<WorkInGroupResponse>;
  work(group: string, call: GroupCall): GroupAnswer;
  /** The session of the member that owns a slot. */
  ownerOf(group: string, slot: number): string | undefined;
  membersOf(group: string): number;
}

export interface ServedMember {
  readonly name: string;
  readonly address: { readonly host: string; readonly port: number };
  readonly status: "alive" | "leaving" | "left" | "failed";
  readonly tags: ReadonlyMap<string, string>;
}

export interface ServedMemberEvent {
  readonly type: "member-join" | "member-leave" | "member-failed" | "member-update" | "member-reap";
  readonly member: ServedMember;
}

export interface ServedCluster {
  members(): readonly ServedMember[];
  onEvent(listener: (event: ServedMemberEvent) => void): () => void;
  /** Contacts nodes by their gossip addresses (`host:port`); resolves with how many were reached. */
  join(addresses: readonly string[]): Promise<number>;
  /** Leaves and stops the node. Resolves once the leave has begun: the answer must still get out. */
  leave(): Promise<void>;
}

export interface ServedUserEvent {
  readonly lamport: number;
  readonly name: string;
  readonly payload: Uint8Array;
  readonly coalesce: boolean;
}

export interface ServedQueryNotice {
  readonly lamport: number;
  readonly name: string;
  readonly payload: Uint8Array;
  readonly sourceNode: string;
}

export interface ServedNameConflict {
  readonly name: string;
  readonly held: { readonly host: string; readonly port: number };
  readonly claimed: { readonly host: string; readonly port: number };
  readonly outcome: string;
}

export interface ServedQueryOptions {
  readonly nodes: readonly string[];
  readonly tags: { readonly [tag: string]: string };
  readonly timeoutMs: number | undefined;
  readonly wantsAcks: boolean;
  readonly relayFactor: number;
}

/** What members say to a query, as it comes, and at the end how it went. */
export interface ServedQuery
  extends AsyncIterable<{ readonly type: "ack" | "response"; readonly from: string; readonly payload: Uint8Array }> {
  readonly result: Promise<{ readonly type: "complete" | "timed-out" | "stopped"; readonly silent: readonly string[] }>;
}

export interface ServedKeysOutcome {
  readonly nodes: number;
  readonly answered: number;
  readonly errors: ReadonlyMap<string, string>;
  readonly silent: readonly string[];
}

export interface ServedKeyList extends ServedKeysOutcome {
  readonly keys: ReadonlyMap<string, number>;
  readonly primaryKeys: ReadonlyMap<string, number>;
  readonly lacking: ReadonlyMap<string, readonly string[]>;
}

/** Keys of the whole cluster, in base64. */
export interface ServedKeys {
  install(key: string): Promise<ServedKeysOutcome>;
  use(key: string): Promise<ServedKeysOutcome>;
  remove(key: string): Promise<ServedKeysOutcome>;
  list(): Promise<ServedKeyList>;
}

/** The way to one member, as the node sees it. Times are how long ago, in milliseconds; undefined is never. */
export interface ServedPeerHealth {
  readonly name: string;
  readonly status: ServedMember["status"];
  readonly verdict: string;
  readonly cause: string;
  readonly udpOut: string;
  readonly udpIn: string;
  readonly tcp: string;
  readonly pings: number;
  readonly pingsAnswered: number;
  readonly pingsLate: number;
  readonly missedInRow: number;
  readonly helped: number;
  readonly nacks: number;
  readonly tcpAnswered: number;
  readonly tcpMissed: number;
  readonly datagramsReceived: number;
  readonly tcpPingsReceived: number;
  readonly suspicions: number;
  readonly refutations: number;
  readonly accusations: number;
  readonly rttMs: number | undefined;
  readonly heardAgoMs: number | undefined;
  readonly answeredAgoMs: number | undefined;
  readonly helpedAgoMs: number | undefined;
  readonly tcpAnsweredAgoMs: number | undefined;
}

/** Serf's words for how much a line matters, the least first. */
export type ServedLogLevel = "TRACE" | "DEBUG" | "INFO" | "WARN" | "ERR";

/** What operators ask of a node's gossip. What makes no sense is thrown, with a `code`. */
export interface ServedGossip {
  readonly localName: string;
  readonly keys: ServedKeys;
  forceLeave(name: string, options: { readonly prune: boolean }): void;
  /** Sets and removes tags of this node. */
  changeTags(set: ReadonlyMap<string, string>, remove: readonly string[]): void;
  event(name: string, payload: Uint8Array, options: { readonly coalesce: boolean }): void;
  query(name: string, payload: Uint8Array, options: ServedQueryOptions): ServedQuery;
  onUserEvent(listener: (event: ServedUserEvent) => void): () => void;
  onQuery(listener: (query: ServedQueryNotice) => void): () => void;
  onNameConflict(listener: (conflict: ServedNameConflict) => void): () => void;
  /** How unwell the node seems to itself: 0 is well. */
  readonly healthScore: number;
  /** Of these members; of all when there are no names. */
  peersHealth(names: readonly string[]): readonly ServedPeerHealth[];
  /** Milliseconds between two members; undefined when it is not known where they stand. */
  rttMs(left: string, right: string): number | undefined;
  /** Calls `listener` with the lines that were logged lately, then with each that comes. The result ends that. */
  followLog(least: ServedLogLevel, listener: (line: string) => void): () => void;
  /** Sections of names and values. */
  info(): ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** One message of a Watch stream after the hello. */
export type WatchMessage =
  | {
      readonly type: "notice";
      readonly topic: string;
      readonly generation: number;
      readonly durable: Vector;
      readonly lowWater: Vector;
      /** The hash of the caller's own feed where `durable` says that it ends; absent when it is not known. */
      readonly callerChain?: ChainHash | undefined;
      /** Somebody waits for copies of what this node writes to the topic. */
      readonly awaited: boolean;
    }
  /** What of a topic is fsynced here: feeds that went on since the last time. */
  | {
      readonly type: "confirmation";
      readonly topic: string;
      readonly generation: number;
      readonly synced: Vector;
      /** The hash of the caller's own feed where `synced` says that it is on disk; absent when it is not known. */
      readonly callerChain?: ChainHash | undefined;
    }
  | { readonly type: "heartbeat" };

/** Names of nodes, sorted. */
export interface ServedShortfall {
  readonly holders: readonly string[];
  readonly lacking: readonly string[];
}

export interface ServedReplication {
  readonly node: string;
  /**
   * Resolves with `undefined` once so many nodes, this one included, hold durably what was produced (G7), else after the
   * time with who does. To be called before anybody can hear of what is produced: peers are told that somebody waits.
   * Rejects when `produced` does.
   */
  awaitCopies(
    topic: string,
    produced: Promise<{ readonly writer: WriterId; readonly sequence: number; readonly count: number }>,
    asked: { readonly copies: number; readonly timeoutMs: number },
  ): Promise<ServedShortfall | undefined>;
  /** All that this node holds durably, then what is new, until the signal. `peer` is the caller. */
  watch(peer: { readonly node: string; readonly writer: WriterId }, signal: AbortSignal): AsyncIterable<WatchMessage>;
}

/** Whether the node takes traffic, for health checks and `/readyz`. */
export interface ServedReadiness {
  readonly ready: boolean;
  /** Calls `listener` after `ready` changed. The result removes it. */
  onChange(listener: () => void): () => void;
}
