import type { Logger } from "@logtape/logtape";
import {
  type Clock,
  DisposalStack,
  firstGeneration,
  topicKey,
  topicOfKey,
  type Vector,
  type WriterId,
} from "../base/mod.ts";
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
  Replicator,
  type ReplicatorEffect,
  type ReplicatorInput,
} from "../replication/mod.ts";
import type { ServedReplication, ServedShortfall, WatchMessage } from "../server/mod.ts";
import { CopyWaits } from "./copy_waits.ts";
import { GrownTopics } from "./grown_topics.ts";
import type { MeasuredPeer, MeasuredReplication, ReplicationCounters } from "./metrics_replication.ts";
import { Outbox } from "./outbox.ts";
import { measuredPeers } from "./replication_lag.ts";
import { confirmationOf, noticeOf, sentOf } from "./watch_messages.ts";

export interface ReplicationOptions {
  readonly nodeName: string;
  readonly log: CommitLog;
  readonly rpc: PeerRpc;
  readonly clock: Clock;
  readonly random: ConstructorParameters<typeof Replicator>[1];
  readonly logger: Logger;
}

type Effect<Type extends ReplicatorEffect["type"]> = Extract<ReplicatorEffect, { readonly type: Type }>;

/**
 * Runs the two replication machines of a node on its real log and on RPCs to its peers. It decides nothing: it performs
 * what the machines ask and tells them what became of it.
 */
export class Replication implements ServedReplication, MeasuredReplication, AsyncDisposable {
  readonly node: string;
  readonly #log: CommitLog;
  readonly #rpc: PeerRpc;
  readonly #logger: Logger;
  readonly #machine: Replicator;
  readonly #replicator: Driver<ReplicatorInput, ReplicatorEffect>;
  readonly #announcer: Driver<AnnouncerInput, AnnouncerEffect>;
  readonly #stack = new DisposalStack();
  /** What aborts a Watch or a Pull that is under way, by its id. */
  readonly #watches = new Map<number, AbortController>();
  readonly #pulls = new Map<number, AbortController>();
  readonly #subscribers = new Map<number, { readonly outbox: Outbox<WatchMessage>; readonly writer: WriterId }>();
  readonly #copyWaits: CopyWaits;
  readonly #grown: GrownTopics;
  #minting: Promise<unknown> = Promise.resolve();
  readonly #heard = new Set<string>();
  readonly #onHeard = new Set<() => void>();
  #nextSubscriber = 1;
  readonly #counts = {
    ...{ pullsEnded: 0, pullsFailed: 0, pulledBytes: 0 },
    ...{ appliedRecords: 0, repeatedRecords: 0, appliesFailed: 0, repairs: 0, repairsFailed: 0 },
  };

  constructor(options: ReplicationOptions) {
    this.node = options.nodeName;
    this.#log = options.log;
    this.#rpc = options.rpc;
    this.#logger = options.logger;
    this.#machine = new Replicator({ localName: options.nodeName, localWriter: options.log.writer }, options.random);
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
    const open = { watchesOpen: this.#watches.size, watchersOpen: this.#subscribers.size, pullsOpen: this.#pulls.size };
    return { ...this.#counts, ...open };
  }

  /** Every peer followed, and what it told to hold. */
  get peers(): readonly MeasuredPeer[] {
    return measuredPeers(this.#log, this.#machine.progress());
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

  awaitCopies(...[name, ...wait]: Parameters<ServedReplication["awaitCopies"]>): Promise<ServedShortfall | undefined> {
    this.#grown.follow();
    return this.#copyWaits.wait(currentKey(this.#log, name), ...wait);
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
        return this.#watchPeer(effect, signal);
      case "unwatch":
        this.#watches.get(effect.watchId)?.abort();
        return undefined;
      case "pull":
        return this.#pull(effect, signal);
      case "cancel":
        this.#pulls.get(effect.pullId)?.abort();
        return undefined;
      case "apply":
        return this.#apply(effect.pullId, effect.topic, async (topic) => {
          const { appended, dropped, stopped } = await topic.apply(effect.frames);
          return {
            appended,
            dropped,
            stopped: stopped && { reason: stopped.reason, message: JSON.stringify(stopped) },
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

  async #watchPeer({ peer, watchId }: Effect<"watch">, signal: AbortSignal): Promise<undefined> {
    const { writer } = this.#log;
    const request = { address: peer.rpcAddress, node: this.node, writer };
    const error = await this.#abortable(this.#watches, watchId, signal, async (aborted) => {
      for await (const message of this.#rpc.watch(request, aborted)) {
        if (message.type === "notice") {
          const { durable, lowWater, callerChain, awaited } = message;
          const topic = topicKey(message.topic, message.generation);
          this.#announcer.push({ type: "supplied", peer: peer.name, topic, vector: durable, awaited });
          const own = callerChain && { writer, chain: callerChain };
          this.#replicator.push({ type: "notice", peer: peer.name, watchId, topic, durable, lowWater, own });
        } else if (message.type === "confirmation") {
          const { synced, callerChain } = message;
          const topic = topicKey(message.topic, message.generation);
          const own = callerChain && { writer, chain: callerChain };
          this.#replicator.push({ type: "confirmed", peer: peer.name, watchId, topic, synced, own });
        } else if (message.type === "hello") {
          this.#replicator.push({ type: "watch-opened", peer: peer.name, watchId, writer: message.writer });
        } else {
          this.#replicator.push({ type: "watch-alive", peer: peer.name, watchId });
        }
      }
    });
    this.#replicator.push({
      type: "watch-closed",
      peer: peer.name,
      watchId,
      error: error ?? "the peer ended the stream",
    });
  }

  async #pull({ peer, pullId, topic: key, have, bytesMax }: Effect<"pull">, signal: AbortSignal): Promise<undefined> {
    const { name: topic, generation } = topicOfKey(key) ?? { name: key, generation: firstGeneration };
    const request = { address: peer.rpcAddress, node: this.node, topic, generation, have, bytesMax };
    const error = await this.#abortable(this.#pulls, pullId, signal, async (aborted) => {
      let lowWater: Vector | undefined;
      for await (const part of this.#rpc.pull(request, aborted)) {
        lowWater ??= part.lowWater;
        this.#counts.pulledBytes += part.frames.length;
        this.#replicator.push({ type: "pulled", peer: peer.name, pullId, frames: part.frames, lowWater });
      }
    });
    if (error === undefined) this.#counts.pullsEnded++;
    else this.#counts.pullsFailed++;
    this.#replicator.push({ type: "pull-ended", peer: peer.name, pullId, error });
  }

  /** Runs a call that can be aborted by its id. Resolves with what went wrong, or undefined. */
  async #abortable(
    calls: Map<number, AbortController>,
    id: number,
    signal: AbortSignal,
    call: (signal: AbortSignal) => Promise<void>,
  ): Promise<string | undefined> {
    const controller = new AbortController();
    // By hand: an `AbortSignal.any` for every pull costs more than the rest of it.
    const onAbort = (): void => controller.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    calls.set(id, controller);
    try {
      await call(controller.signal);
      return undefined;
    } catch (error) {
      return messageOf(error);
    } finally {
      signal.removeEventListener("abort", onAbort);
      calls.delete(id);
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

  async #mint(reason: string): Promise<void> {
    try {
      await this.#log.mintWriter(reason);
    } catch (error) {
      this.#logger.error("cannot mint a new writer: {message}", { message: messageOf(error) });
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
