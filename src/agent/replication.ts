import type { Logger } from "@logtape/logtape";
import { type Clock, DisposalStack, type Vector, type WriterId } from "../base/mod.ts";
import { Driver } from "../io/driver.ts";
import type { PeerRpc } from "../io/peer_rpc.ts";
import { type CommitLog, currentKey, heldGeneration, keyOf, lose, openGeneration, type TopicLog } from "../log/mod.ts";
import {
  Announcer,
  type AnnouncerEffect,
  type AnnouncerInput,
  type AppliedResult,
  judgeChain,
  type Peer,
  type PeerProgress,
  Replicator,
  type ReplicatorEffect,
  type ReplicatorInput,
  toldStop,
} from "../replication/mod.ts";
import type { ServedReplication, ServedShortfall, WatchMessage } from "../server/mod.ts";
import { CopyWaits } from "./copy_waits.ts";
import { messageOf } from "./error_text.ts";
import { GrownTopics } from "./grown_topics.ts";
import type { MeasuredPeer, MeasuredReplication, ReplicationCounters } from "./metrics_replication.ts";
import { Outbox } from "./outbox.ts";
import { PeerCalls } from "./peer_calls.ts";
import { measuredPeers } from "./replication_lag.ts";
import { confirmationOf, noticeOf, sentOf } from "./watch_messages.ts";

export interface ReplicationOptions {
  readonly nodeName: string;
  readonly log: CommitLog;
  readonly rpc: PeerRpc;
  readonly clock: Clock;
  readonly random: ConstructorParameters<typeof Replicator>[1];
  readonly logger: Logger;
  /** Whether a topic is to be pulled. @default each is */
  readonly follows?: ((topic: string) => boolean) | undefined;
  /** Whether a node is to hold a topic. @default each is */
  readonly isPlacedAt?: ((topic: string, node: string) => boolean) | undefined;
}

type Effect<Type extends ReplicatorEffect["type"]> = Extract<ReplicatorEffect, { readonly type: Type }>;

/**
 * Runs the two replication machines of a node on its real log and on RPCs to its peers. It decides nothing: it performs
 * what the machines ask and tells them what became of it.
 */
export class Replication implements ServedReplication, MeasuredReplication, AsyncDisposable {
  readonly node: string;
  readonly #log: CommitLog;
  readonly #calls: PeerCalls;
  readonly #logger: Logger;
  readonly #machine: Replicator;
  readonly #replicator: Driver<ReplicatorInput, ReplicatorEffect>;
  readonly #announcer: Driver<AnnouncerInput, AnnouncerEffect>;
  readonly #stack = new DisposalStack();
  readonly #subscribers = new Map<number, { readonly outbox: Outbox<WatchMessage>; readonly writer: WriterId }>();
  readonly #copyWaits: CopyWaits;
  readonly #follows: (topic: string) => boolean;
  readonly #isPlacedAt: (topic: string, node: string) => boolean;
  readonly #grown: GrownTopics;
  #minting: Promise<unknown> = Promise.resolve();
  readonly #heard = new Set<string>();
  readonly #onHeard = new Set<() => void>();
  #nextSubscriber = 1;
  readonly #counts = {
    ...{ appliedRecords: 0, repeatedRecords: 0, appliesFailed: 0, repairs: 0, repairsFailed: 0, reproducedRecords: 0 },
  };

  constructor(options: ReplicationOptions) {
    this.node = options.nodeName;
    this.#log = options.log;
    this.#logger = options.logger;
    const { writer: localWriter, formerWriters } = options.log;
    const { nodeName: localName, follows } = options;
    this.#isPlacedAt = options.isPlacedAt ?? (() => true);
    this.#follows = follows ?? (() => true);
    this.#machine = new Replicator({ localName, localWriter, formerWriters, follows }, options.random);
    this.#calls = new PeerCalls({
      ...{ node: options.nodeName, log: options.log, rpc: options.rpc },
      toReplicator: (input) => this.#replicator.push(input),
      toAnnouncer: (input) => this.#announcer.push(input),
    });
    this.#announcer = this.#stack.use(
      new Driver(new Announcer(), options.clock, (effect) => this.#performAnnouncement(effect)),
    );
    this.#replicator = this.#stack.use(
      new Driver(this.#machine, options.clock, (effect, signal) => this.#perform(effect, signal)),
    );
    this.#copyWaits = new CopyWaits((input) => this.#replicator.push(input));
    this.#stack.defer(() => this.#copyWaits.close());
    for (const [name, life] of this.#log.lives) this.#replicator.push({ type: "topic-life", name, ...life });
    this.#stack.defer(
      this.#log.onLife(({ topic: name, generation, deleted }) =>
        this.#replicator.push({ type: "topic-life", name, generation, deleted }),
      ),
    );
    this.#grown = new GrownTopics(this.#log, this.#replicator, this.#announcer);
    this.#stack.defer(this.#log.onGrow((topic) => this.#grown.grew(topic)));
  }

  get counters(): ReplicationCounters {
    const { counts, open } = this.#calls;
    return { ...this.#counts, ...counts, ...open, watchersOpen: this.#subscribers.size };
  }

  /** Every peer followed, and what it told to hold, by the keys of generations. */
  get progress(): readonly PeerProgress[] {
    return this.#machine.progress();
  }

  /** What `follows` answers may be otherwise now. */
  placementChanged(): void {
    this.#replicator.push({ type: "placement-changed" });
  }

  /** The copy of this generation was dropped: nobody is told any more that it is held. */
  released(topic: string): void {
    this.#replicator.push({ type: "topic-released", topic });
    this.#announcer.push({ type: "ended", topic });
  }

  /** Every peer followed, and what it told to hold. */
  get peers(): readonly MeasuredPeer[] {
    return measuredPeers(this.#log, this.#machine.progress(), this.#follows);
  }

  /** Up to where so many nodes, this one included, hold a feed durably. */
  heldThrough(topic: TopicLog, writer: WriterId, copies: number): number {
    this.#grown.tell(topic);
    return this.#machine.heldThrough(keyOf(topic), writer, copies);
  }

  have(topic: string): Vector {
    return this.#log.topic(topic)?.have ?? new Map();
  }

  /** Starts following a peer, or takes note of its new address or writer. */
  follow(peer: Peer): void {
    this.#grown.follow();
    this.#replicator.push({ type: "peer-joined", peer });
  }

  /** Stops at once: what is under way with this peer is aborted. */
  unfollow(name: string): void {
    this.#heard.delete(name);
    this.#replicator.push({ type: "peer-gone", name });
  }

  /** A feed whose hash does not fit: nobody is asked for it any more. */
  feedStopped(name: string, writer: WriterId): void {
    const topic = currentKey(this.#log, name);
    this.#replicator.push({ type: "feed-stopped", topic, writer });
    this.#announcer.push({ type: "retell", topic });
  }

  /** The log found damage: peers are asked for what it took. */
  damaged(name: string): void {
    const ranges = this.#log.topic(name)?.corruptRanges ?? [];
    this.#replicator.push({ type: "damaged", topic: currentKey(this.#log, name), ranges });
  }

  writerMinted(writer: WriterId): void {
    this.#replicator.push({ type: "writer-minted", writer });
    this.#calls.rewatch();
  }

  /**
   * Resolves when each of these peers told all that it holds, or when the signal fires; and when the new writer stands
   * that this may have called for (rule R5).
   */
  async hear(names: readonly string[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted && names.some((name) => !this.#heard.has(name))) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          this.#onHeard.delete(done);
          signal.removeEventListener("abort", done);
          resolve();
        };
        this.#onHeard.add(done);
        signal.addEventListener("abort", done);
      });
    }
    await this.#minting;
  }

  async awaitCopies(
    ...[name, ...wait]: Parameters<ServedReplication["awaitCopies"]>
  ): Promise<ServedShortfall | undefined> {
    this.#grown.follow();
    const missed = await this.#copyWaits.wait(currentKey(this.#log, name), ...wait);
    // Who is not to hold it lacks nothing.
    return missed && { ...missed, lacking: missed.lacking.filter((node) => this.#isPlacedAt(name, node)) };
  }

  async *watch(
    peer: { readonly node: string; readonly writer: WriterId },
    signal: AbortSignal,
  ): AsyncGenerator<WatchMessage> {
    const subscriber = this.#nextSubscriber++;
    const outbox = new Outbox<WatchMessage>(signal);
    const unsubscribe = (): void => {
      if (this.#subscribers.delete(subscriber)) this.#announcer.push({ type: "unsubscribe", subscriber });
    };
    // By the signal too: where a reader vanishes while it is written to, Node never runs the `finally`.
    signal.addEventListener("abort", unsubscribe, { once: true });
    this.#subscribers.set(subscriber, { outbox, writer: peer.writer });
    this.#grown.follow();
    this.#announcer.push({ type: "subscribe", subscriber, peer: peer.node, writer: peer.writer });
    try {
      for (let message = await outbox.next(); message !== undefined; message = await outbox.next()) {
        yield message;
        this.#announcer.push(sentOf(subscriber, message));
      }
    } finally {
      signal.removeEventListener("abort", unsubscribe);
      unsubscribe();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack[Symbol.asyncDispose]();
  }

  #performAnnouncement(effect: AnnouncerEffect): undefined {
    const subscriber = this.#subscribers.get(effect.subscriber);
    switch (effect.type) {
      case "notice":
        subscriber?.outbox.put(noticeOf(this.#log, subscriber.writer, effect, this.#copyWaits.has(effect.topic)));
        break;
      case "confirm":
        if (subscriber !== undefined) {
          void confirmationOf(this.#log, subscriber.writer, effect).then((message) => subscriber.outbox.put(message));
        }
        break;
      case "heartbeat":
        subscriber?.outbox.put({ type: "heartbeat" });
        break;
      case "refuse":
        this.#logger.warn(effect.reason);
        subscriber?.outbox.end();
        break;
      default:
        effect satisfies never;
    }
  }

  #perform(effect: ReplicatorEffect, signal: AbortSignal): Promise<ReplicatorInput | undefined> | undefined {
    switch (effect.type) {
      case "watch":
        return this.#calls.watch(effect, signal);
      case "unwatch":
        this.#calls.endWatch(effect.watchId);
        return undefined;
      case "pull":
        return this.#calls.pull(effect, signal);
      case "cancel":
        this.#calls.endPull(effect.pullId);
        return undefined;
      case "apply":
        return this.#apply(effect.pullId, effect.topic, async (topic) => {
          const { appended, dropped, stopped } = await topic.apply(effect.frames);
          return {
            appended,
            dropped,
            stopped: stopped && toldStop(stopped),
          };
        });
      case "apply-gap":
        return this.#apply(effect.pullId, effect.topic, async (topic) => {
          await topic.applyGap(effect.writer, effect.through);
          return { appended: 1, dropped: 0 };
        });
      case "repair":
        return this.#repair(effect);
      case "lose":
        return void lose(this.#log, effect.topic, effect);
      case "compare-feed":
        return this.#compare(effect);
      case "probe-feed":
        return this.#calls.probe(effect, signal);
      case "reproduce":
        return this.#reproduce(effect);
      case "mint-writer":
        this.#minting = this.#mint(effect.reason);
        return undefined;
      case "copies-reached":
        this.#copyWaits.answer(effect.waitId, undefined);
        return undefined;
      case "copies-missed":
        this.#copyWaits.answer(effect.waitId, effect);
        return undefined;
      case "peer-heard":
        this.#heard.add(effect.peer);
        for (const heard of [...this.#onHeard]) heard();
        return undefined;
      case "warn":
        this.#logger.warn("peer {peer}: {message}", { peer: effect.peer, message: effect.message });
        return undefined;
      default:
        effect satisfies never;
    }
  }

  async #apply(pullId: number, key: string, apply: (topic: TopicLog) => Promise<AppliedResult>): Promise<undefined> {
    let topic: TopicLog | undefined;
    let result: AppliedResult;
    try {
      topic = await openGeneration(this.#log, key);
      result = await apply(topic);
      this.#counts.appliedRecords += result.appended;
      this.#counts.repeatedRecords += result.dropped;
    } catch (error) {
      this.#counts.appliesFailed++;
      result = { appended: 0, dropped: 0, failed: messageOf(error) };
    }
    this.#replicator.push({ type: "applied", pullId, topic: key, result, have: topic?.have ?? new Map() });
  }

  async #repair({ repairId, topic, file, at, frames }: Effect<"repair">): Promise<ReplicatorInput> {
    const held = heldGeneration(this.#log, topic);
    const range = held?.corruptRanges.find((one) => one.file === file && one.at === at);
    let failed: string | undefined;
    try {
      if (range !== undefined) await held?.repair(range, frames);
      this.#counts.repairs++;
    } catch (error) {
      this.#counts.repairsFailed++;
      failed = messageOf(error);
    }
    return { type: "repaired", repairId, topic, ranges: held?.corruptRanges ?? [], failed };
  }

  async #compare({ comparisonId, topic, writer, sequence, chain }: Effect<"compare-feed">): Promise<ReplicatorInput> {
    try {
      const verdict = judgeChain(await heldGeneration(this.#log, topic)?.chainAt(writer, sequence), chain);
      return { type: "feed-compared", comparisonId, verdict };
    } catch (error) {
      return { type: "feed-compared", comparisonId, verdict: "failed", error: messageOf(error) };
    }
  }

  async #reproduce({ topic, writer, from, theirs }: Effect<"reproduce">): Promise<ReplicatorInput> {
    try {
      const records = (await heldGeneration(this.#log, topic)?.reproduce(writer, from, theirs)) ?? 0;
      const said = { records, topic, writer, from };
      if (records > 0) {
        this.#logger.warn(
          "produced {records} records of topic {topic} again, which former writer {writer} wrote",
          said,
        );
      }
      this.#counts.reproducedRecords += records;
      return { type: "reproduced", from };
    } catch (error) {
      return { type: "reproduced", from, failed: messageOf(error) };
    }
  }

  async #mint(reason: string): Promise<void> {
    try {
      await this.#log.mintWriter(reason);
    } catch (error) {
      this.#logger.error("cannot mint a new writer: {message}", { message: messageOf(error) });
    }
  }
}
