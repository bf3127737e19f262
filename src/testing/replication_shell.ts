import type { ChainHash, Vector, WriterId } from "../base/mod.ts";
import { Driver } from "../io/driver.ts";
import {
  type Ack,
  type Applied,
  currentKey,
  heldGeneration,
  keyOf,
  lose,
  openGeneration,
  type TopicLog,
} from "../log/mod.ts";
import {
  Announcer,
  type AnnouncerEffect,
  type AnnouncerInput,
  type AppliedResult,
  type Peer,
  PullAnswer,
  Replicator,
  type ReplicatorEffect,
  type ReplicatorInput,
  toldStop,
} from "../replication/mod.ts";
import type { ServedShortfall } from "../server/mod.ts";
import { FeedShell } from "./feed_shell.ts";
import type { PipeEnd } from "./network.ts";
import type { ReplicationRoom, RpcPipe } from "./replication_room.ts";
import type { RpcMessage } from "./rpc_message.ts";

export type { ReplicationRoom, RpcPipe } from "./replication_room.ts";
export type { RpcMessage } from "./rpc_message.ts";

/** How many nodes are to hold durably what was produced, and how long that is waited for. */
export interface CopiesAsked {
  readonly copies: number;
  readonly timeoutMs: number;
}

type Effect<Type extends ReplicatorEffect["type"]> = Extract<ReplicatorEffect, { readonly type: Type }>;

/** Performs the effects of the two replication machines in the simulated world, for one life of a node. */
export class ReplicationShell {
  readonly replicator: Replicator;
  readonly heard: Set<string> = new Set();
  readonly #room: ReplicationRoom;
  readonly #feeds: FeedShell;
  readonly #replication: Driver<ReplicatorInput, ReplicatorEffect>;
  readonly #announcement: Driver<AnnouncerInput, AnnouncerEffect>;
  readonly #watches = new Map<number, RpcPipe>();
  readonly #pulls = new Map<number, RpcPipe>();
  readonly #subscribers = new Map<number, { readonly pipe: RpcPipe; readonly writer: WriterId }>();
  /** Those who wait for copies on other nodes, by the id of their wait. */
  readonly #copyWaits = new Map<number, (shortfall: ServedShortfall | undefined) => void>();
  /** How many wait, or are about to, by topic. */
  readonly #awaited = new Map<string, number>();
  #waitIdLast = 0;
  #subscriberLast = 0;

  constructor(room: ReplicationRoom) {
    this.#room = room;
    this.#feeds = new FeedShell(room, (input) => this.push(input));
    const { writer: localWriter, formerWriters } = room.log;
    const options = { localName: room.host.name, localWriter, formerWriters, creditBytes: 65_536 };
    this.replicator = new Replicator(options, room.random);
    const { clock } = room.life;
    this.#replication = new Driver(this.replicator, clock, (effect) => void this.#perform(effect));
    this.#announcement = new Driver(new Announcer(), clock, (effect) => void this.#announce(effect));
    for (const [name, life] of room.log.lives) this.push({ type: "topic-life", name, ...life });
    room.log.onLife(
      room.life.guard(({ topic: name, generation, deleted }) =>
        this.push({ type: "topic-life", name, generation, deleted }),
      ),
    );
    for (const topic of room.log.topics()) this.#grew(topic);
    room.log.onGrow(room.life.guard((topic) => this.#grew(topic)));
    room.log.onEvent(
      room.life.guard((event) => {
        room.trace(`log ${event.type}`);
        if (event.type === "feed-stopped") {
          const topic = currentKey(room.log, event.topic);
          this.push({ type: "feed-stopped", topic, writer: event.writer });
          this.#announcement.push({ type: "retell", topic });
        }
        if (event.type === "corrupt") {
          const ranges = room.log.topic(event.topic)?.corruptRanges ?? [];
          this.push({ type: "damaged", topic: currentKey(room.log, event.topic), ranges });
        }
        if (event.type === "new-writer") this.push({ type: "writer-minted", writer: event.writer });
      }),
    );
  }

  push(input: ReplicatorInput): void {
    this.#replication.push(input);
  }

  follow(peer: Peer): void {
    this.push({ type: "peer-joined", peer });
  }

  unfollow(name: string): void {
    this.heard.delete(name);
    this.push({ type: "peer-gone", name });
  }

  /**
   * Resolves with undefined once so many nodes hold durably what is being produced, else in the end with who does. To be
   * called before anybody can hear of it: peers are told that somebody waits.
   */
  async awaitCopies(
    name: string,
    produced: Promise<Pick<Ack, "writer" | "sequence" | "count">>,
    asked: CopiesAsked,
  ): Promise<ServedShortfall | undefined> {
    const topic = currentKey(this.#room.log, name);
    this.#awaited.set(topic, (this.#awaited.get(topic) ?? 0) + 1);
    try {
      const { writer, sequence, count } = await produced;
      const waitId = ++this.#waitIdLast;
      return await new Promise((resolve) => {
        this.#copyWaits.set(waitId, (shortfall) => {
          this.#copyWaits.delete(waitId);
          resolve(shortfall);
        });
        this.push({ type: "await-copies", waitId, topic, writer, through: sequence + count - 1, ...asked });
      });
    } finally {
      this.#awaited.set(topic, (this.#awaited.get(topic) ?? 1) - 1);
    }
  }

  /** The server's end of a stream that a peer opened. */
  accept(pipe: RpcPipe): PipeEnd<RpcMessage> {
    let subscriber: number | undefined;
    return {
      host: this.#room.host,
      receive: (message) => {
        if (message.type === "watch") subscriber = this.#serveWatch(pipe, message);
        if (message.type === "pull") this.#servePull(pipe, message);
        if (message.type === "compare") this.#feeds.serveProbe(pipe, message);
      },
      closed: this.#room.life.guard(() => {
        if (subscriber !== undefined) this.#unsubscribe(subscriber);
      }),
    };
  }

  #grew(topic: TopicLog): void {
    const { generation, served, lowWater, have } = topic;
    const key = keyOf(topic);
    if (topic.deleted !== undefined) {
      this.#announcement.push({ type: "ended", topic: key });
      return;
    }
    const synced = new Map([...topic.durable].filter(([writer]) => !topic.stoppedFeeds.has(writer)));
    this.push({ type: "grew", topic: key, have, synced });
    this.#announcement.push({ type: "grew", topic: key, generation, durable: served, lowWater, synced });
  }

  #serveWatch(pipe: RpcPipe, caller: { readonly node: string; readonly writer: WriterId }): number {
    const subscriber = ++this.#subscriberLast;
    this.#subscribers.set(subscriber, { pipe, writer: caller.writer });
    pipe.send("server", { type: "hello", writer: this.#room.log.writer });
    this.#announcement.push({ type: "subscribe", subscriber, peer: caller.node, writer: caller.writer });
    return subscriber;
  }

  #unsubscribe(subscriber: number): void {
    if (this.#subscribers.delete(subscriber)) this.#announcement.push({ type: "unsubscribe", subscriber });
  }

  #announce(effect: AnnouncerEffect): void {
    const { subscriber } = effect;
    const served = this.#subscribers.get(subscriber);
    if (served === undefined) return;
    const { pipe, writer } = served;
    if (effect.type === "refuse") {
      pipe.close("server", effect.reason);
      return;
    }
    if (effect.type === "confirm") {
      this.#confirm(pipe, writer, effect);
      return;
    }
    const topic = effect.type === "notice" ? effect.topic : undefined;
    const taken = this.#room.life.guard(() => this.#announcement.push({ type: "sent", subscriber, topic }));
    if (effect.type === "heartbeat") pipe.send("server", effect, taken);
    else {
      const awaited = (this.#awaited.get(effect.topic) ?? 0) > 0;
      pipe.send("server", { ...effect, callerChain: this.#chainOf(writer, effect), awaited }, taken);
    }
  }

  #confirm(pipe: RpcPipe, writer: WriterId, effect: Extract<AnnouncerEffect, { readonly type: "confirm" }>): void {
    const { log, life, touchLog } = this.#room;
    const { subscriber, topic, synced } = effect;
    const sequence = synced.get(writer);
    const held = heldGeneration(log, topic);
    touchLog();
    const found = sequence === undefined ? undefined : held?.chainAt(writer, sequence).catch(() => undefined);
    void Promise.resolve(found).then(
      life.guard((chain) => {
        const callerChain = chain === "within-batch" ? undefined : chain;
        const taken = life.guard(() => this.#announcement.push({ type: "confirmation-sent", subscriber, topic }));
        pipe.send("server", { type: "confirmation", topic, synced, callerChain }, taken);
      }),
    );
  }

  #chainOf(writer: WriterId, notice: { readonly topic: string; readonly durable: Vector }): ChainHash | undefined {
    const end = heldGeneration(this.#room.log, notice.topic)?.feedEnd(writer);
    return end?.have === notice.durable.get(writer) ? end?.chain : undefined;
  }

  #servePull(pipe: RpcPipe, request: Extract<RpcMessage, { readonly type: "pull" }>): void {
    const topic = heldGeneration(this.#room.log, request.topic);
    if (topic === undefined) {
      pipe.close("server", "no such topic");
      return;
    }
    const answer = new PullAnswer(request.have, request.bytesMax, this.#room.responseBytesMax);
    const readOn = (): void => {
      if (!pipe.isOpen) return;
      this.#room.touchLog();
      topic.readMissing(answer.have, answer.bytesMax).then(
        this.#room.life.guard((missing) => {
          answer.sent(missing);
          const frames = this.#room.ship(request.topic, missing.frames.slice());
          pipe.send("server", { type: "frames", frames, lowWater: missing.lowWater });
          if (answer.isOver) pipe.close("server", "");
          else this.#room.life.after(this.#room.random.below(3), readOn);
        }),
        this.#room.life.guard((error: unknown) => pipe.close("server", String(error))),
      );
    };
    readOn();
  }

  #perform(effect: ReplicatorEffect): void {
    switch (effect.type) {
      case "watch":
        this.#watch(effect);
        break;
      case "unwatch":
        this.#watches.get(effect.watchId)?.close("client", "unwatched");
        this.#watches.delete(effect.watchId);
        break;
      case "pull":
        this.#pull(effect);
        break;
      case "cancel":
        this.#room.trace(`cancels its pull from ${effect.peer}`);
        this.#pulls.get(effect.pullId)?.close("client", "cancelled");
        this.#pulls.delete(effect.pullId);
        break;
      case "apply":
        this.#apply(effect, (topic) => topic.apply(effect.frames).then(resultOf));
        break;
      case "apply-gap":
        this.#room.trace(`takes ${effect.topic} of ${effect.writer} up to ${effect.through} for lost`);
        this.#apply(effect, (topic) =>
          topic.applyGap(effect.writer, effect.through).then(() => ({ appended: 1, dropped: 0 })),
        );
        break;
      case "repair":
        this.#feeds.repair(effect);
        break;
      case "lose":
        this.#room.touchLog();
        void lose(this.#room.log, effect.topic, effect);
        break;
      case "compare-feed":
        this.#feeds.compare(effect);
        break;
      case "probe-feed":
        this.#feeds.probe(effect);
        break;
      case "reproduce":
        this.#feeds.reproduce(effect);
        break;
      case "mint-writer":
        this.#room.trace(`mints a writer: ${effect.reason}`);
        this.#room.touchLog();
        // Success comes as the log's event; a failure is asked for again by the machine.
        this.#room.log.mintWriter(effect.reason).catch(() => undefined);
        break;
      case "copies-reached":
        this.#copyWaits.get(effect.waitId)?.(undefined);
        break;
      case "copies-missed":
        this.#copyWaits.get(effect.waitId)?.(effect);
        break;
      case "peer-heard":
        this.heard.add(effect.peer);
        break;
      case "warn":
        this.#room.trace(`is warned of ${effect.peer}: ${effect.message}`);
        break;
      default:
        effect satisfies never;
    }
  }

  #watch({ peer, watchId }: Effect<"watch">): void {
    const { life, host } = this.#room;
    const { writer } = this.#room.log;
    const pipe = this.#room.dial(peer.rpcAddress, {
      host,
      receive: life.guard((message: RpcMessage) => {
        if (this.#watches.has(watchId)) this.#hear({ peer: peer.name, watchId, writer }, message);
      }),
      closed: life.guard((error: string) => {
        this.#watches.delete(watchId);
        this.push({ type: "watch-closed", peer: peer.name, watchId, error });
      }),
    });
    this.#watches.set(watchId, pipe);
    pipe.send("client", { type: "watch", node: host.name, writer });
  }

  #hear(
    watch: { readonly peer: string; readonly watchId: number; readonly writer: WriterId },
    message: RpcMessage,
  ): void {
    const { peer, watchId, writer } = watch;
    if (message.type === "hello") {
      this.push({ type: "watch-opened", peer, watchId, writer: message.writer });
    } else if (message.type === "heartbeat") {
      this.push({ type: "watch-alive", peer, watchId });
    } else if (message.type === "notice") {
      const { topic, durable, lowWater, callerChain, awaited } = message;
      const own = callerChain && { writer, chain: callerChain };
      this.#announcement.push({ type: "supplied", peer, topic, vector: durable, awaited });
      this.push({ type: "notice", peer, watchId, topic, durable, lowWater, own });
    } else if (message.type === "confirmation") {
      const { topic, synced, callerChain } = message;
      this.push({
        ...{ type: "confirmed", peer, watchId, topic, synced },
        own: callerChain && { writer, chain: callerChain },
      });
    }
  }

  #pull({ peer, pullId, topic, have, bytesMax }: Effect<"pull">): void {
    const { life, host } = this.#room;
    this.#room.trace(`pulls ${topic} from ${peer.name}`);
    const pipe = this.#room.dial(peer.rpcAddress, {
      host,
      receive: life.guard((message: RpcMessage) => {
        if (message.type !== "frames") return;
        // The log stamps what it is given in place: both nodes must not share the bytes.
        const frames = message.frames.slice();
        this.push({ type: "pulled", peer: peer.name, pullId, frames, lowWater: message.lowWater });
      }),
      closed: life.guard((error: string) => {
        this.#pulls.delete(pullId);
        this.push({ type: "pull-ended", peer: peer.name, pullId, error: error === "" ? undefined : error });
      }),
    });
    this.#pulls.set(pullId, pipe);
    pipe.send("client", { type: "pull", topic, have, bytesMax });
  }

  #apply(
    effect: { readonly pullId: number; readonly topic: string },
    apply: (topic: TopicLog) => Promise<AppliedResult>,
  ): void {
    const { log, life } = this.#room;
    const { pullId, topic } = effect;
    this.#room.touchLog();
    void openGeneration(log, topic)
      .then(apply)
      .catch((error: unknown): AppliedResult => ({ appended: 0, dropped: 0, failed: String(error) }))
      .then(
        life.guard((result: AppliedResult) => {
          if (result.failed !== undefined) this.#room.trace(`cannot apply ${topic}: ${result.failed}`);
          this.push({ type: "applied", pullId, topic, result, have: heldGeneration(log, topic)?.have ?? new Map() });
        }),
      );
  }
}

function resultOf(applied: Applied): AppliedResult {
  const { appended, dropped, stopped } = applied;
  return { appended, dropped, stopped: stopped && toldStop(stopped) };
}
