import { type Machine, type Random, topicKey, topicOfKey, vectorWritersMax, type WriterId } from "../base/mod.ts";
import { Comparisons } from "./comparisons.ts";
import { Copies } from "./copies.ts";
import { Forks } from "./forks.ts";
import { Lives } from "./lives.ts";
import { noticeFault, topicFault, vectorFault } from "./message_faults.ts";
import { Minting } from "./minting.ts";
import { type ReplicatorOptions, type ResolvedReplicatorOptions, resolveReplicatorOptions } from "./options.ts";
import { type PeerProgress, progressOf } from "./progress.ts";
import { Pulls } from "./pulls.ts";
import { Repairs } from "./repairs.ts";
import { type PeerState, PeerTopic } from "./state.ts";
import type { Peer, ReplicatorEffect, ReplicatorInput } from "./types.ts";
import { Watches } from "./watches.ts";

type Input<Type extends ReplicatorInput["type"]> = Extract<ReplicatorInput, { readonly type: Type }>;

/**
 * Follows peers and pulls what they hold and this node lacks (rules R3 to R5). `Watches` keeps the streams, `Pulls`
 * decides what to ask whom for; here inputs find their way, and what peers say of our own writer is judged.
 */
export class Replicator implements Machine<ReplicatorInput, ReplicatorEffect> {
  readonly #options: ResolvedReplicatorOptions;
  readonly #watches: Watches;
  readonly #pulls: Pulls;
  readonly #repairs: Repairs;
  readonly #comparisons: Comparisons;
  readonly #copies: Copies;
  readonly #forks: Forks;
  readonly #lives = new Lives();
  #effects: ReplicatorEffect[] = [];
  #localWriter: WriterId;
  readonly #minting = new Minting();

  constructor(options: ReplicatorOptions, random: Random) {
    this.#options = resolveReplicatorOptions(options);
    this.#localWriter = this.#options.localWriter;
    const emit = (effect: ReplicatorEffect): void => void this.#effects.push(effect);
    this.#watches = new Watches(this.#options, random.fork("watches"), emit);
    let idLast = 0;
    const room = {
      ...{ watches: this.#watches, emit, nextId: () => ++idLast },
      isOpen: (topic: string) => this.#lives.isOpen(topic) && this.#follows(topic),
    };
    const pullsRandom = random.fork("pulls");
    this.#pulls = new Pulls(this.#options, pullsRandom, room);
    this.#repairs = new Repairs(this.#options, pullsRandom, room);
    this.#comparisons = new Comparisons(emit);
    this.#copies = new Copies(this.#options, room);
    this.#forks = new Forks(this.#options, random.fork("forks"), { ...room, have: (topic) => this.#pulls.have(topic) });
  }

  /** The writer that new records of this node belong to. */
  get localWriter(): WriterId {
    return this.#localWriter;
  }

  /** Every peer followed and what it told, sorted by name. */
  progress(): PeerProgress[] {
    return progressOf(this.#watches.peers.values());
  }

  /** Up to where so many nodes, this one included, hold a feed durably, as far as their Watch streams stand. */
  heldThrough(topic: string, writer: WriterId, copies: number): number {
    return this.#copies.heldThrough(topic, writer, copies);
  }

  get wakeAtMs(): number {
    const atMs = Math.min(this.#watches.wakeAtMs, this.#copies.wakeAtMs, this.#forks.wakeAtMs);
    if (this.#minting.isUnderWay) return Math.min(atMs, this.#minting.againAtMs);
    return Math.min(atMs, this.#pulls.wakeAtMs, this.#repairs.wakeAtMs);
  }

  step(input: ReplicatorInput, nowMs: number): ReplicatorEffect[] {
    this.#take(input, nowMs);
    if (!this.#minting.isUnderWay) {
      this.#pulls.pursue(nowMs);
      this.#repairs.pursue(nowMs);
    }
    this.#forks.pursue(nowMs);
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #take(input: ReplicatorInput, nowMs: number): void {
    switch (input.type) {
      case "wake":
        this.#wake(nowMs);
        break;
      case "peer-joined":
        this.#join(input.peer, nowMs);
        break;
      case "peer-gone":
        this.#remove(input.name, nowMs);
        break;
      case "watch-opened":
        this.#opened(input, nowMs);
        break;
      case "notice":
        this.#noticed(input, nowMs);
        break;
      case "confirmed":
        this.#confirmed(input, nowMs);
        break;
      case "await-copies":
        this.#copies.wait(input, nowMs);
        break;
      case "feed-compared":
        this.#compared(input, nowMs);
        break;
      case "feed-probed":
        this.#forks.probed(input, nowMs);
        break;
      case "reproduced":
        this.#forks.reproduced(input, nowMs);
        break;
      case "watch-alive":
        this.#alive(input, nowMs);
        break;
      case "watch-closed":
        this.#closed(input, nowMs);
        break;
      case "pulled":
        this.#pulls.pulled(input, nowMs);
        this.#repairs.pulled(input, nowMs);
        this.#forks.pulled(input, nowMs);
        break;
      case "pull-ended":
        this.#pulls.ended(input, nowMs);
        this.#repairs.ended(input, nowMs);
        this.#forks.ended(input, nowMs);
        break;
      case "applied":
        this.#pulls.applied(input, nowMs);
        break;
      case "grew":
        this.#pulls.grew(input.topic, input.have);
        this.#copies.grew(input.topic, input.synced);
        break;
      case "topic-life":
        this.#settleLife(input);
        break;
      case "placement-changed":
        this.#lookAtPlacement(nowMs);
        break;
      case "topic-released":
        this.#release(input.topic);
        break;
      case "writer-minted":
        this.#minted(input.writer);
        break;
      case "feed-stopped":
        this.#pulls.stopFeed(input.topic, input.writer);
        break;
      case "damaged":
        this.#repairs.damaged(input.topic, input.ranges);
        break;
      case "repaired":
        this.#repairs.repaired(input, nowMs);
        break;
      default:
        input satisfies never;
    }
  }

  #wake(nowMs: number): void {
    this.#watches.wake(nowMs);
    this.#copies.wake(nowMs);
    if (!this.#minting.isUnderWay) this.#pulls.wake(nowMs);
    const reason = this.#minting.again(nowMs);
    if (reason !== undefined) this.#effects.push({ type: "mint-writer", reason });
  }

  #join(peer: Peer, nowMs: number): void {
    if (peer.name === this.#options.localName) return;
    const known = this.#watches.peers.get(peer.name);
    if (known) {
      if (known.peer.rpcAddress === peer.rpcAddress && known.peer.writer === peer.writer) return;
      this.#remove(peer.name, nowMs);
    }
    this.#watches.join(peer, nowMs);
  }

  #remove(name: string, nowMs: number): void {
    const peer = this.#watches.peers.get(name);
    if (peer === undefined) return;
    this.#watches.remove(peer);
    this.#pulls.dropPeer(peer, nowMs);
    this.#repairs.dropPeer(peer);
  }

  #opened(input: Input<"watch-opened">, nowMs: number): void {
    const peer = this.#watches.current(input.peer, input.watchId);
    if (peer?.watch !== "opening") return;
    if (input.writer !== peer.peer.writer) {
      const message = `Cannot follow ${input.peer}: it answers as writer ${input.writer}, its tag says ${peer.peer.writer}`;
      this.#watches.reject(peer, message, nowMs);
      return;
    }
    peer.watch = "open";
    peer.aliveAtMs = nowMs;
    if (input.writer === this.#localWriter)
      this.#mint(peer, `${input.peer} has the same writer: one directory is a copy`, nowMs);
  }

  #noticed(input: Input<"notice">, nowMs: number): void {
    const peer = this.#watches.current(input.peer, input.watchId);
    if (peer === undefined) return;
    peer.aliveAtMs = nowMs;
    const fault = noticeFault(peer, input);
    if (fault !== undefined) {
      this.#watches.reject(peer, fault, nowMs);
      return;
    }
    // It has not heard yet that this is deleted.
    if (this.#lives.isGone(input.topic)) return;
    const told = this.#told(peer, input.topic);
    if (told === undefined) return;
    told.durable = input.durable;
    told.lowWater = input.lowWater;
    this.#judgeShown(peer, input, { shown: input.durable.get(this.#localWriter) ?? 0, nowMs });
    this.#forks.look(peer, input.topic);
    this.#pulls.look(input.topic);
  }

  #confirmed(input: Input<"confirmed">, nowMs: number): void {
    const peer = this.#watches.current(input.peer, input.watchId);
    if (peer === undefined) return;
    peer.aliveAtMs = nowMs;
    const fault = peer.listening
      ? (topicFault(input.topic) ?? vectorFault(input.synced))
      : `Cannot follow ${input.peer}: it confirms before its hello`;
    if (fault !== undefined) {
      this.#watches.reject(peer, fault, nowMs);
      return;
    }
    if (this.#lives.isGone(input.topic)) return;
    const told = this.#told(peer, input.topic);
    if (told === undefined) return;
    for (const [writer, sequence] of input.synced) {
      if (sequence <= (told.synced.get(writer) ?? 0)) continue;
      if (!told.synced.has(writer) && told.synced.size >= vectorWritersMax) continue;
      told.synced.set(writer, sequence);
    }
    this.#judgeShown(peer, input, { shown: input.synced.get(this.#localWriter) ?? 0, nowMs });
    this.#copies.look(input.topic);
  }

  /**
   * Judges what a peer shows of our own feed: more than we hold is another history, and no more is compared by the log, up
   * to where it goes.
   */
  #judgeShown(
    peer: PeerState,
    { topic, own }: Pick<Input<"notice">, "topic" | "own">,
    { shown, nowMs }: { readonly shown: number; readonly nowMs: number },
  ): void {
    const { name } = peer.peer;
    const held = this.#pulls.have(topic).get(this.#localWriter) ?? 0;
    // A copy that was dropped here: before it comes back the log sees to it that its feed is not written on.
    if (held === 0 && !this.#follows(topic)) return;
    if (shown > held) {
      this.#mint(peer, `${name} holds our ${topic} up to sequence ${shown}, we hold it up to ${held}`, nowMs);
      return;
    }
    const told = peer.topics.get(topic);
    if (told === undefined || own?.writer !== this.#localWriter || shown === 0 || this.#minting.isUnderWay) return;
    this.#comparisons.compare({ peer, watchId: peer.watchId, topic, sequence: shown, ...own }, told);
  }

  #compared(input: Input<"feed-compared">, nowMs: number): void {
    const claim = this.#comparisons.finish(input.comparisonId);
    if (claim === undefined) return;
    const { peer, topic, sequence } = claim;
    const { name } = peer.peer;
    if (input.verdict === "failed") {
      // The stream is opened again in a while, tells all anew, and does not count as heard before.
      this.#watches.reject(peer, `Cannot compare our ${topic} with what ${name} holds of it: ${input.error}`, nowMs);
      return;
    }
    if (input.verdict === "fork")
      this.#mint(peer, `${name} holds another history of our ${topic} at ${sequence}`, nowMs);
    if (input.verdict === "same") this.#foundSame(peer, topic, sequence);
    this.#hearOut(peer);
  }

  /** What this peer confirmed of our own feed counts as far as it is the same. */
  #foundSame(peer: PeerState, topic: string, sequence: number): void {
    const told = peer.topics.get(topic);
    if (told === undefined || sequence <= told.sameThrough) return;
    told.sameThrough = sequence;
    this.#copies.look(topic);
  }

  #follows(key: string): boolean {
    return this.#options.follows(topicOfKey(key)?.name ?? key);
  }

  /** What is not to be pulled any more is left alone; what is to be now, and some peer has, is pulled. */
  #lookAtPlacement(nowMs: number): void {
    for (const { topics } of this.#watches.peers.values()) {
      for (const topic of topics.keys())
        if (this.#pulls.knows(topic) && !this.#follows(topic)) this.#pulls.leave(topic, nowMs);
    }
    if (!this.#minting.isUnderWay) this.#pulls.lookAtAll();
  }

  /** What peers told of it stays: they hold it still, and it may come back. */
  #release(topic: string): void {
    this.#pulls.end(topic);
    this.#repairs.damaged(topic, []);
    this.#copies.end(topic);
    this.#forks.end(topic);
  }

  /** What peers told of a generation that is gone goes with it; what they told of the one that is there now counts. */
  #settleLife({ name, generation, deleted }: Input<"topic-life">): void {
    for (const ended of this.#lives.settle(name, { generation, deleted })) {
      this.#pulls.end(ended);
      this.#repairs.damaged(ended, []);
      this.#copies.end(ended);
      this.#forks.end(ended);
      for (const peer of this.#watches.peers.values()) peer.topics.delete(ended);
    }
    this.#pulls.look(topicKey(name, generation));
  }

  /** What this peer told of a topic, so far; undefined when that would be one topic too many. */
  #told(peer: PeerState, topic: string): PeerTopic | undefined {
    const known = peer.topics.get(topic);
    if (known) return known;
    if (!this.#pulls.knows(topic) || peer.topics.size >= this.#options.topicsMax) {
      if (!peer.warnedOfTopics) {
        const message = `Cannot follow topic ${topic}: ${this.#options.topicsMax} are followed, which is the most`;
        this.#effects.push({ type: "warn", peer: peer.peer.name, message });
      }
      peer.warnedOfTopics = true;
      return undefined;
    }
    const told = new PeerTopic();
    peer.topics.set(topic, told);
    return told;
  }

  #alive(input: Input<"watch-alive">, nowMs: number): void {
    const peer = this.#watches.current(input.peer, input.watchId);
    if (!peer?.listening) return;
    peer.aliveAtMs = nowMs;
    peer.toldAll = true;
    this.#hearOut(peer);
  }

  /** Whoever waits for the peer may go on once it told all, and what it told of our own feeds is judged. */
  #hearOut(peer: PeerState): void {
    if (peer.watch !== "open" || !peer.toldAll || peer.comparing > 0) return;
    peer.watch = "heard";
    peer.backoff.succeed();
    this.#effects.push({ type: "peer-heard", peer: peer.peer.name });
    // A gap may have waited for what this peer would say.
    this.#pulls.lookAtGaps();
  }

  #closed(input: Input<"watch-closed">, nowMs: number): void {
    const peer = this.#watches.current(input.peer, input.watchId);
    if (peer) this.#watches.close(peer, nowMs);
  }

  #minted(writer: WriterId): void {
    // The log follows the feed of its former writer again, like any other.
    this.#pulls.resumeFeed(this.#localWriter);
    this.#forks.gaveUp(this.#localWriter);
    this.#localWriter = writer;
    this.#minting.end();
    this.#copies.disown(writer);
    for (const peer of this.#watches.peers.values()) for (const told of peer.topics.values()) told.sameThrough = 0;
    this.#endComparisons();
    this.#pulls.lookAtAll();
  }

  #mint(peer: PeerState, reason: string, nowMs: number): void {
    if (this.#minting.isUnderWay) return;
    if (!this.#minting.begin(peer.peer.name, reason, nowMs)) {
      this.#watches.reject(peer, `Cannot believe that a new writer is needed again: ${reason}`, nowMs);
      return;
    }
    this.#pulls.abandonAll();
    this.#repairs.abandon();
    this.#effects.push({ type: "mint-writer", reason });
    this.#endComparisons();
  }

  /** What peers hold of a writer that is given up needs no comparison. */
  #endComparisons(): void {
    const { peers } = this.#watches;
    this.#comparisons.clear(peers.values());
    for (const peer of peers.values()) this.#hearOut(peer);
  }
}
