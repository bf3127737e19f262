import { assert, isWriterId, topicsMax, type WriterId } from "../base/mod.ts";

export interface ReplicatorOptions {
  /** This node's name: it never follows itself. */
  readonly localName: string;
  /** The writer of this node's own feeds. */
  readonly localWriter: WriterId;
  /** Writers that this node had before: feeds of theirs of which peers hold another history are produced again. @default none */
  readonly formerWriters?: readonly WriterId[] | undefined;
  /** Frame bytes that one pull may bring, 64 KiB to 64 MiB. More is fewer round trips and more memory. @default 4194304 */
  readonly creditBytes?: number | undefined;
  /**
   * A pull is cancelled after so many milliseconds without a byte. Doubled for each silence of the same peer in a row,
   * so that a slow link still gets its largest frame through. @default 500
   */
  readonly silentPullMs?: number | undefined;
  /** A pull is cancelled after so many milliseconds in all while another peer advertises news. @default 2000 */
  readonly pullMsWhenOthersHaveNews?: number | undefined;
  /** First wait after a failure. Doubles up to `retryMsMax`, with jitter. @default 100 */
  readonly retryMsMin?: number | undefined;
  /** @default 5000 */
  readonly retryMsMax?: number | undefined;
  /** A Watch stream is dead after so many milliseconds of silence: three heartbeats. @default 15000 */
  readonly watchSilenceMs?: number | undefined;
  /** How long peers that do not answer may hold up a gap: they might still hold the records. @default 15000 */
  readonly gapWaitMs?: number | undefined;
  /**
   * How long a gap waits although every peer known answers: peers are found one after another, and one of those to come
   * might hold the records. No longer than `gapWaitMs`. @default 2000
   */
  readonly gapSettleMs?: number | undefined;
  /** Peers followed at once; further ones are ignored with a warning. @default 1000 */
  readonly peersMax?: number | undefined;
  /** Topics followed; further ones are ignored with a warning. @default 10000 */
  readonly topicsMax?: number | undefined;
  /** Payload pulls in flight over all topics. @default 32 */
  readonly pullsMax?: number | undefined;
  /**
   * Whether a topic is to be pulled, by its name: asked anew each time, so that `placement-changed` is enough to have it
   * looked at again. @default every topic
   */
  readonly follows?: ((topic: string) => boolean) | undefined;
  /** Produces that wait for copies on other nodes; one more is answered at once with what there is. @default 100000 */
  readonly waitersMax?: number | undefined;
}

type Resolved<Options> = { readonly [Name in keyof Options]-?: Exclude<Options[Name], undefined> };

export type ResolvedReplicatorOptions = Resolved<ReplicatorOptions>;

/** Fills in the defaults and checks every limit. */
export function resolveReplicatorOptions(options: ReplicatorOptions): ResolvedReplicatorOptions {
  assert(isWriterId(options.localWriter), `localWriter is 16 hexadecimal digits, not ${options.localWriter}`);
  const resolved: ResolvedReplicatorOptions = {
    localName: options.localName,
    localWriter: options.localWriter,
    formerWriters: options.formerWriters ?? [],
    creditBytes: within("creditBytes", options.creditBytes ?? 4_194_304, 65_536, 67_108_864),
    silentPullMs: within("silentPullMs", options.silentPullMs ?? 500, 1, 60_000),
    pullMsWhenOthersHaveNews: within("pullMsWhenOthersHaveNews", options.pullMsWhenOthersHaveNews ?? 2_000, 1, 600_000),
    retryMsMin: within("retryMsMin", options.retryMsMin ?? 100, 1, 60_000),
    retryMsMax: within("retryMsMax", options.retryMsMax ?? 5_000, 1, 600_000),
    watchSilenceMs: within("watchSilenceMs", options.watchSilenceMs ?? 15_000, 1, 600_000),
    gapSettleMs: within("gapSettleMs", options.gapSettleMs ?? 2_000, 0, 3_600_000),
    gapWaitMs: within("gapWaitMs", options.gapWaitMs ?? 15_000, 0, 3_600_000),
    peersMax: within("peersMax", options.peersMax ?? 1_000, 1, 100_000),
    topicsMax: within("topicsMax", options.topicsMax ?? topicsMax, 1, topicsMax),
    pullsMax: within("pullsMax", options.pullsMax ?? 32, 1, 10_000),
    follows: options.follows ?? (() => true),
    waitersMax: within("waitersMax", options.waitersMax ?? 100_000, 1, 1_000_000),
  };
  assert(resolved.retryMsMin <= resolved.retryMsMax, "retryMsMin is at most retryMsMax");
  return resolved;
}

export interface AnnouncerOptions {
  /**
   * How long growth is collected before it is told, 1 to 5 milliseconds: fewer notices against later ones. Growth after a
   * pause of at least so long is told at once. @default 2
   */
  readonly coalesceMs?: number | undefined;
  /** The same for growth that a peer supplied: the others most likely have it from there. 1 to 5. @default 5 */
  readonly relayMs?: number | undefined;
  /** How long it is collected what a subscriber is told to be on disk, where nobody waits for it. @default 1000 */
  readonly confirmMs?: number | undefined;
  /** Milliseconds between heartbeats. @default 5000 */
  readonly heartbeatMs?: number | undefined;
  /** Watch streams served at once; further ones are refused. @default 1000 */
  readonly subscribersMax?: number | undefined;
}

export type ResolvedAnnouncerOptions = Resolved<AnnouncerOptions>;

/** Fills in the defaults and checks every limit. */
export function resolveAnnouncerOptions(options: AnnouncerOptions): ResolvedAnnouncerOptions {
  return {
    coalesceMs: within("coalesceMs", options.coalesceMs ?? 2, 1, 5),
    relayMs: within("relayMs", options.relayMs ?? 5, 1, 5),
    confirmMs: within("confirmMs", options.confirmMs ?? 1_000, 1, 600_000),
    heartbeatMs: within("heartbeatMs", options.heartbeatMs ?? 5_000, 1, 600_000),
    subscribersMax: within("subscribersMax", options.subscribersMax ?? 1_000, 1, 100_000),
  };
}

/** Options of this room come from the agent, which judged what users gave: a bad one here is a bug of ours. */
function within(name: string, value: number, low: number, high: number): number {
  assert(Number.isInteger(value), `${name} is a whole number, not ${value}`);
  assert(value >= low && value <= high, `${name} is ${low} to ${high}, not ${value}`);
  return value;
}
