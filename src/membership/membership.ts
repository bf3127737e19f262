import type { Address, Machine, Random } from "../base/mod.ts";
import { Gossip, type GossipCounters, type GossipEffect, type GossipInput, ipToText, Schedule } from "../gossip/mod.ts";
import { UserEvents } from "./events.ts";
import { Joins } from "./joins.ts";
import { LamportClock } from "./lamport.ts";
import {
  decodeSerfMessage,
  encodeSerfMessage,
  type JoinIntent,
  type LeaveIntent,
  type Query,
  type Relay,
  type SerfMessage,
  type SerfState,
} from "./messages.ts";
import { type MembershipOptions, type ResolvedMembershipOptions, resolveMembershipOptions } from "./options.ts";
import { Queries } from "./queries.ts";
import { Roster } from "./roster.ts";
import { encodeTags, TagsTooLargeError } from "./tags.ts";
import type { Member, MembershipEffect, MembershipInput } from "./types.ts";

/** The largest message of this layer that fits a packet of gossip. A larger one would block its queue for ever. */
const spreadBytesMax = 1_395;

/** The broadcast whose end the leave waits for. */
const leaveBroadcastId = 1;

/** What happened so far, for metrics. */
export interface MembershipCounters {
  readonly gossip: GossipCounters;
  readonly queues: { readonly news: number; readonly intent: number; readonly query: number; readonly event: number };
  /** Lifeguard's score: 0 is well. */
  readonly health: number;
  /** Messages of this layer that could not be read, or are of kinds not known. */
  readonly malformed: number;
  readonly eventsRelayed: number;
  readonly queriesRelayed: number;
  readonly queriesAcknowledged: number;
}

/** Serf's layer: tags, statuses, joins and leaves, on top of gossip. No I/O. */
export class Membership implements Machine<MembershipInput, MembershipEffect> {
  readonly #options: ResolvedMembershipOptions;
  readonly #random: Random;
  readonly #gossip: Gossip;
  readonly #schedule = new Schedule();
  readonly #clock = new LamportClock();
  readonly #roster: Roster;
  readonly #events = new UserEvents();
  readonly #queries: Queries;
  readonly #joins: Joins;
  readonly #counts = { malformed: 0, eventsRelayed: 0, queriesRelayed: 0, queriesAcknowledged: 0 };
  #phase: "member" | "announcing" | "departing" | "lingering" | "left" = "member";
  #started = false;
  #nowMs = 0;
  #effects: MembershipEffect[] = [];

  /** Throws `InvalidMembershipOptionError`, `InvalidGossipOptionError`, `InvalidKeyError` or `TagsTooLargeError`. */
  constructor(options: MembershipOptions, random: Random) {
    this.#options = resolveMembershipOptions(options);
    this.#random = random;
    const { name, address, meta, profile, settings, incarnation, label, encryption, membersMax } = this.#options;
    const userState = () => this.#state();
    this.#gossip = new Gossip(
      { name, address, meta, profile, settings, incarnation, label, encryption, nodesMax: membersMax, userState },
      random.fork("gossip"),
    );
    this.#roster = new Roster(this.#gossip.local, this.#clock, (event) => this.#effects.push({ type: "event", event }));
    this.#queries = new Queries(this.#options.name);
    this.#joins = new Joins((input) => this.#tell(input));
  }

  get wakeAtMs(): number {
    return this.#started ? Math.min(this.#gossip.wakeAtMs, this.#schedule.nextAtMs) : 0;
  }

  get localName(): string {
    return this.#options.name;
  }

  /** All members known, this node included, in the order in which they became known. */
  members(): readonly Member[] {
    return this.#roster.all().map((member) => this.#withIncarnation(member));
  }

  member(name: string): Member | undefined {
    const member = this.#roster.get(name);
    return member && this.#withIncarnation(member);
  }

  /** Refutations raise a node's incarnation without any event. */
  #withIncarnation(member: Member): Member {
    const incarnation = this.#gossip.incarnationOf(member.name) ?? member.incarnation;
    return incarnation === member.incarnation ? member : { ...member, incarnation };
  }

  get counters(): MembershipCounters {
    return {
      gossip: this.#gossip.counters,
      queues: this.#gossip.queueDepths,
      health: this.#gossip.health,
      ...this.#counts,
    };
  }

  step(input: MembershipInput, nowMs: number): MembershipEffect[] {
    this.#effects = [];
    this.#nowMs = nowMs;
    if (!this.#started) this.#start();
    switch (input.type) {
      case "wake":
        this.#schedule.runDue(nowMs);
        this.#tell(input);
        break;
      case "datagram":
      case "stream-accepted":
      case "stream-bytes":
      case "stream-closed":
        this.#tell(input);
        break;
      case "join":
        this.#join(input.id, input.addresses);
        break;
      case "leave":
        this.#leave();
        break;
      case "set-tags":
        this.#setTags(input.tags);
        break;
      default:
        input satisfies never;
    }
    return this.#effects;
  }

  #start(): void {
    this.#started = true;
    this.#repeat(this.#options.reapIntervalMs, () => this.#roster.reap(this.#options, this.#nowMs));
    this.#repeat(this.#options.reconnectIntervalMs, () => this.#reconnect());
  }

  #repeat(intervalMs: number, tick: () => void): void {
    const run = (): void => {
      tick();
      this.#schedule.at(this.#nowMs + intervalMs, run);
    };
    this.#schedule.at(this.#nowMs + intervalMs, run);
  }

  /** Steps the gossip machine and takes up what comes of it, in order. */
  #tell(input: GossipInput): void {
    for (const effect of this.#gossip.step(input, this.#nowMs)) this.#take(effect);
  }

  #take(effect: GossipEffect): void {
    switch (effect.type) {
      case "send":
      case "dial":
      case "stream-write":
      case "stream-close":
      case "warn":
        this.#effects.push(effect);
        return;
      case "node":
        if (effect.change === "joined") this.#roster.joined(effect.node);
        else if (effect.change === "gone") this.#roster.gone(effect.node, this.#nowMs);
        else this.#roster.updated(effect.node);
        return;
      case "user-message":
        this.#receive(effect.bytes);
        return;
      case "user-state": {
        const state = decodeSerfMessage(effect.bytes);
        if (state?.type === "state") this.#merge(state, effect.joining);
        else this.#counts.malformed++;
        return;
      }
      case "conflict":
        // Gossip has told the operator.
        return;
      case "push-pulled":
        this.#pushPulled(effect.id, effect.error);
        return;
      case "broadcast-finished":
        if (effect.id === leaveBroadcastId && this.#phase === "announcing") this.#depart();
        return;
      case "departed":
        this.#linger();
        return;
      default:
        effect satisfies never;
    }
  }

  #receive(bytes: Uint8Array): void {
    const message = decodeSerfMessage(bytes);
    if (message === undefined) this.#counts.malformed++;
    else this.#apply(message, bytes);
  }

  #apply(message: SerfMessage, bytes: Uint8Array): void {
    switch (message.type) {
      case "join":
        if (this.#roster.joinIntent(message, this.#nowMs)) this.#spread("intent", bytes);
        return;
      case "leave":
        if (this.#leaveIntent(message)) this.#spread("intent", bytes);
        return;
      case "user-event":
        if (this.#events.take(message, bytes.length)) {
          this.#counts.eventsRelayed++;
          this.#spread("event", bytes);
        }
        return;
      case "query":
        this.#query(message, bytes);
        return;
      case "relay":
        this.#relay(message);
        return;
      case "query-response":
      case "state":
        // This node asked no query, and states come by push/pull only.
        return;
      default:
        message satisfies never;
    }
  }

  #leaveIntent(intent: LeaveIntent): boolean {
    if (this.#phase === "member" && this.#roster.contradicts(intent)) {
      this.#clock.witness(intent.lamport);
      this.#announceJoin();
      return false;
    }
    const isNew = this.#roster.leaveIntent(intent, this.#nowMs);
    if (isNew && intent.prune) this.#prune(intent.node);
    return isNew;
  }

  /** A member that is just leaving is forgotten only once its goodbye had time to arrive. */
  #prune(name: string): void {
    if (this.#roster.get(name)?.status !== "leaving") {
      this.#roster.prune(name);
      return;
    }
    const delayMs = pruneDelayMs + this.#options.leavePropagateDelayMs;
    this.#schedule.at(this.#nowMs + delayMs, () => this.#roster.prune(name));
  }

  /** Tells everybody that this node is a member and means it. */
  #announceJoin(): void {
    const intent: JoinIntent = { type: "join", lamport: this.#clock.time, node: this.localName };
    this.#roster.joinIntent(intent, this.#nowMs);
    this.#spread("intent", encodeSerfMessage(intent));
  }

  #spread(queue: "intent" | "query" | "event", bytes: Uint8Array, id?: number): void {
    if (bytes.length <= spreadBytesMax) this.#tell({ type: "broadcast", class: queue, bytes, ...(id && { id }) });
  }

  #query(query: Query, bytes: Uint8Array): void {
    const verdict = this.#queries.take(query);
    if (verdict?.spread) {
      this.#counts.queriesRelayed++;
      this.#spread("query", bytes);
    }
    if (verdict?.ack !== undefined) {
      this.#counts.queriesAcknowledged++;
      this.#tell({ type: "send-user", ...verdict.ack });
    }
  }

  #relay(relay: Relay): void {
    const host = ipToText(relay.ip);
    if (host === undefined || relay.port === 0 || relay.inner.length > spreadBytesMax) return;
    this.#tell({ type: "send-user", to: { host, port: relay.port }, bytes: relay.inner });
  }

  /** What this node tells in a push/pull. */
  #state(): Uint8Array {
    return encodeSerfMessage({
      type: "state",
      lamport: this.#clock.time,
      statusLamports: this.#roster.statusLamports(),
      leftMembers: this.#roster.withStatus("left").map((member) => member.name),
      eventLamport: this.#events.clock.time,
      events: this.#events.all(),
      queryLamport: this.#queries.clock.time,
    });
  }

  /** Takes in what a peer tells in a push/pull. The order matters: leaves are known before joins of the same time. */
  #merge(state: SerfState, joining: boolean): void {
    this.#clock.witness(state.lamport - 1);
    this.#events.clock.witness(state.eventLamport - 1);
    this.#queries.clock.witness(state.queryLamport - 1);
    const left = new Set(state.leftMembers);
    for (const node of left) {
      const lamport = (state.statusLamports.get(node) ?? 0) + 1;
      this.#leaveIntent({ type: "leave", lamport, node, prune: false });
    }
    for (const [node, lamport] of state.statusLamports) {
      if (!left.has(node)) this.#roster.joinIntent({ type: "join", lamport, node }, this.#nowMs);
    }
    if (joining) this.#events.ignoreBelow(state.eventLamport);
    for (const event of state.events) {
      this.#events.take({ type: "user-event", coalesce: false, ...event }, event.payload.length);
    }
  }

  #join(id: number, addresses: readonly Address[]): void {
    if (this.#phase !== "member") {
      const error = "this node is leaving";
      const failed = addresses.map((address) => ({ address, error }));
      this.#effects.push({ type: "joined", id, contacted: [], failed });
      return;
    }
    this.#joins.start(id, addresses, this.#options.address);
    this.#reportJoins();
  }

  #pushPulled(exchange: number, error: string | undefined): void {
    if (error === undefined && this.#joins.isFirstContact(exchange)) this.#announceJoin();
    this.#joins.exchanged(exchange, error);
    this.#reportJoins();
  }

  #reportJoins(): void {
    for (const { id, contacted, failed, asked } of this.#joins.takeFinished()) {
      if (asked) this.#effects.push({ type: "joined", id, contacted, failed });
    }
  }

  /** Tries one failed member again. The fewer failed and the more alive there are, the seldomer each node tries. */
  #reconnect(): void {
    const failed = this.#roster.withStatus("failed");
    const alive = this.#roster.withStatus("alive").length;
    if (this.#phase !== "member" || this.#random.below(Math.max(1, alive)) >= failed.length) return;
    const member = this.#random.pick(failed);
    if (member !== undefined) this.#joins.start(undefined, [member.address], this.#options.address);
  }

  #setTags(tags: ReadonlyMap<string, string>): void {
    try {
      this.#tell({ type: "set-meta", meta: encodeTags(tags) });
    } catch (error) {
      if (!(error instanceof TagsTooLargeError)) throw error;
      this.#effects.push({ type: "warn", message: error.message });
    }
  }

  /** First announces the leave, and says goodbye only when that is around: peers tell leaving from failing by it. */
  #leave(): void {
    if (this.#phase !== "member") {
      if (this.#phase === "left") this.#effects.push({ type: "left" });
      return;
    }
    this.#phase = "announcing";
    const intent: LeaveIntent = { type: "leave", lamport: this.#clock.time, node: this.localName, prune: false };
    this.#clock.increment();
    this.#roster.leaveIntent(intent, this.#nowMs);
    const hasOthers = this.#roster.withStatus("alive").length > 0;
    if (!hasOthers) {
      this.#depart();
      return;
    }
    this.#schedule.at(this.#nowMs + leaveAnnounceMsMax, () => {
      if (this.#phase === "announcing") this.#depart();
    });
    this.#spread("intent", encodeSerfMessage(intent), leaveBroadcastId);
  }

  #depart(): void {
    this.#phase = "departing";
    this.#tell({ type: "leave" });
  }

  #linger(): void {
    if (this.#phase !== "departing") return;
    this.#phase = "lingering";
    const hasOthers = this.#roster.withStatus("alive").length > 0;
    const delayMs = hasOthers ? this.#options.leavePropagateDelayMs : 0;
    const finish = (): void => {
      this.#phase = "left";
      this.#effects.push({ type: "left" });
    };
    if (delayMs === 0) finish();
    else this.#schedule.at(this.#nowMs + delayMs, finish);
  }
}

/** How long announcing a leave may take before the goodbye is said anyway. */
const leaveAnnounceMsMax = 5_000;

/** How long a goodbye may take to arrive, before a leaving member is forgotten. */
const pruneDelayMs = 5_000;
