import type { Address, Machine, Random } from "../base/mod.ts";
import type { Coordinate, GossipEffect, GossipInput, PeerHealth } from "../gossip/mod.ts";
import { Asking } from "./asking.ts";
import { NameConflicts, rivalExchange } from "./conflicts.ts";
import { Core } from "./core.ts";
import type { MembershipCounters } from "./counters.ts";
import { Departure } from "./departure.ts";
import { NotRemovableError } from "./errors.ts";
import { UserEvents } from "./events.ts";
import { challengeIntervalMs, Intents } from "./intents.ts";
import { Joins } from "./joins.ts";
import { decodeSerfMessage, encodeSerfMessage, type SerfMessage, type SerfState } from "./messages.ts";
import { type MembershipOptions, resolveMembershipOptions } from "./options.ts";
import { PathTests } from "./path_tests.ts";
import { Queries } from "./queries.ts";
import { encodeTags } from "./tags.ts";
import type {
  LamportTimes,
  Member,
  MembershipEffect,
  MembershipInput,
  QueryKey,
  QueryRequest,
  UserEventRequest,
} from "./types.ts";

export type { MembershipCounters };

/** Serf's layer on top of gossip: tags, statuses, joins and leaves, user events and queries. No I/O. */
export class Membership implements Machine<MembershipInput, MembershipEffect> {
  readonly #core: Core;
  readonly #intents: Intents;
  readonly #departure: Departure;
  readonly #events: UserEvents;
  readonly #queries: Queries;
  readonly #asking: Asking;
  readonly #conflicts: NameConflicts;
  readonly #joins: Joins;
  readonly #pathTests: PathTests;
  /** What the peer of an exchange told in this step, in which the exchange also ends. */
  #toldState: SerfState | undefined;
  #started = false;

  /** Throws `InvalidMembershipOptionError`, `InvalidGossipOptionError`, `InvalidKeyError` or `TagsTooLargeError`. */
  constructor(options: MembershipOptions, random: Random) {
    this.#core = new Core(resolveMembershipOptions(options), random, {
      tell: (input) => this.#tell(input),
      receive: (bytes) => this.#receive(bytes),
      state: () => this.#state(),
    });
    this.#intents = new Intents(this.#core);
    this.#departure = new Departure(this.#core);
    this.#events = new UserEvents(this.#core);
    this.#queries = new Queries(this.#core);
    this.#asking = new Asking(this.#core, this.#queries);
    this.#conflicts = new NameConflicts(this.#core, this.#asking);
    this.#joins = new Joins((input) => this.#tell(input));
    this.#pathTests = new PathTests(this.#core);
    this.#remember(this.#core.options.lamport);
  }

  /** Goes on where the last life of this node ended. */
  #remember({ member, event, query }: LamportTimes): void {
    this.#core.clock.witness(member);
    this.#events.clock.witness(event);
    this.#events.ignoreBelow(event + 1);
    this.#queries.clock.witness(query);
    this.#queries.ignoreBelow(query + 1);
  }

  get wakeAtMs(): number {
    return this.#started ? Math.min(this.#core.gossip.wakeAtMs, this.#core.schedule.nextAtMs) : 0;
  }

  get localName(): string {
    return this.#core.localName;
  }

  /** All members known, this node included, in the order in which they became known. */
  members(): readonly Member[] {
    return this.#core.roster.all().map((member) => this.#withIncarnation(member));
  }

  member(name: string): Member | undefined {
    const member = this.#core.roster.get(name);
    return member && this.#withIncarnation(member);
  }

  /** Refutations raise a node's incarnation without any event. */
  #withIncarnation(member: Member): Member {
    const incarnation = this.#core.gossip.incarnationOf(member.name) ?? member.incarnation;
    return incarnation === member.incarnation ? member : { ...member, incarnation };
  }

  /** The round trip between two members in milliseconds, from where they stand; undefined when one was not heard yet. */
  rttMs(left: string, right: string): number | undefined {
    return this.#core.gossip.rttMs(left, right);
  }

  /** Where a member stands in the space of round trips; undefined when it was not heard yet. */
  coordinateOf(name: string): Coordinate | undefined {
    return this.#core.gossip.coordinateOf(name);
  }

  /** What a member says it speaks, as gossip has it: six bytes; undefined when gossip does not know it any more. */
  versionsOf(name: string): Uint8Array | undefined {
    return this.#core.gossip.node(name)?.versions;
  }

  /** Whether this node has keys. */
  get isEncrypted(): boolean {
    return this.#core.gossip.keyring.isEnabled;
  }

  /** What this node sees of the way to a member; undefined for itself, and for one that gossip does not know. */
  peerHealth(name: string): PeerHealth | undefined {
    return this.#core.gossip.peerHealth(name);
  }

  get counters(): MembershipCounters {
    const { gossip, clock, counts } = this.#core;
    const lamport = { member: clock.time, event: this.#events.clock.time, query: this.#queries.clock.time };
    const { counters, queueDepths: queues, queues: queueReports, health, coordinateResets } = gossip;
    return { gossip: counters, queues, queueReports, health, coordinateResets, lamport, ...counts };
  }

  /** Throws `UserEventTooLargeError` for an event that would not be sent now. */
  checkUserEvent(event: UserEventRequest): void {
    this.#events.check(event);
  }

  /** Throws `InvalidQueryError` or `QueryTooLargeError` for a query that would not be asked now. */
  checkQuery(request: QueryRequest): void {
    this.#asking.check(request);
  }

  /** Throws `QueryClosedError` or `QueryTooLargeError` for an answer that would not be sent now. */
  checkResponse(query: QueryKey, payload: Uint8Array): void {
    this.#queries.check(query, payload);
  }

  /** Throws `NotRemovableError` for a member that cannot be forced to leave. */
  checkForceLeave(name: string): void {
    if (name === this.localName) throw new NotRemovableError(name, "it is this node itself, which can leave");
    if (this.#core.roster.get(name) === undefined) throw new NotRemovableError(name, "no such member is known");
  }

  step(input: MembershipInput, nowMs: number): MembershipEffect[] {
    this.#core.effects = [];
    this.#core.nowMs = nowMs;
    this.#toldState = undefined;
    if (!this.#started) this.#start();
    switch (input.type) {
      case "wake":
        this.#core.schedule.runDue(nowMs);
        this.#tell(input);
        break;
      case "datagram":
      case "stream-accepted":
      case "stream-bytes":
      case "stream-closed":
        this.#tell(input);
        break;
      case "join":
        this.#join(input);
        break;
      case "leave":
        this.#departure.leave();
        break;
      default:
        this.#command(input);
    }
    return this.#core.effects;
  }

  /** What may be refused. Callers check first; what is refused here all the same changes nothing. */
  #command(input: Extract<MembershipInput, { type: Command }>): void {
    try {
      this.#perform(input);
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error)) throw error;
      this.#core.emit({ type: "warn", message: error.message });
    }
  }

  #perform(input: Extract<MembershipInput, { type: Command }>): void {
    switch (input.type) {
      case "set-tags":
        this.#tell({ type: "set-meta", meta: encodeTags(input.tags, this.#core.options.protocol) });
        return;
      case "force-leave":
        this.checkForceLeave(input.name);
        this.#intents.forceLeave(input.name, input.prune);
        return;
      case "send-user-event":
        this.#events.send(input.event);
        return;
      case "ask":
        this.#ask(input.id, input.request);
        return;
      case "respond":
        this.#queries.respond(input.query, input.payload);
        return;
      default:
        input satisfies never;
    }
  }

  #ask(id: number, request: QueryRequest): void {
    this.#asking.ask(request, {
      acknowledged: (from) => this.#core.emit({ type: "query-acknowledged", id, from }),
      answered: (from, payload) => this.#core.emit({ type: "query-answered", id, from, payload }),
      finished: (outcome) => this.#core.emit({ type: "query-finished", id, outcome }),
    });
  }

  #start(): void {
    this.#started = true;
    const { options, roster } = this.#core;
    this.#repeat(options.reapIntervalMs, () => roster.reap(options, this.#core.nowMs));
    this.#repeat(options.reconnectIntervalMs, () => this.#reconnect());
    this.#repeat(challengeIntervalMs, () => this.#intents.challenge());
  }

  #repeat(intervalMs: number, tick: () => void): void {
    const run = (): void => {
      tick();
      this.#core.after(intervalMs, run);
    };
    this.#core.after(intervalMs, run);
  }

  /** Steps the gossip machine and takes up what comes of it, in order. */
  #tell(input: GossipInput): void {
    for (const effect of this.#core.gossip.step(input, this.#core.nowMs)) this.#take(effect);
  }

  #take(effect: GossipEffect): void {
    switch (effect.type) {
      case "send":
      case "dial":
      case "stream-write":
      case "stream-close":
      case "warn":
        this.#core.emit(effect);
        return;
      case "node":
        this.#nodeChanged(effect);
        return;
      case "user-message":
        this.#receive(effect.bytes);
        return;
      case "user-state": {
        const state = decodeSerfMessage(effect.bytes);
        this.#toldState = state?.type === "state" ? state : undefined;
        if (this.#toldState === undefined) this.#core.counts.malformed++;
        else this.#merge(this.#toldState, effect.joining);
        return;
      }
      case "path-unclear":
        if (this.#departure.isMember) this.#pathTests.start(effect.node);
        return;
      case "push-pulled":
        this.#pushPulled(effect.id, effect.error);
        return;
      case "conflict":
        if (this.#departure.isMember) this.#conflicts.seen(effect.node, effect.claimed);
        return;
      case "broadcast-finished":
        this.#departure.broadcastFinished(effect.id);
        return;
      case "departed":
        this.#departure.departed();
        return;
      default:
        effect satisfies never;
    }
  }

  #nodeChanged({ change, node }: Extract<GossipEffect, { type: "node" }>): void {
    const { roster, nowMs } = this.#core;
    if (change === "joined") roster.joined(node);
    else if (change === "updated") roster.updated(node);
    else {
      roster.gone(node, nowMs);
      this.#asking.memberGone();
    }
  }

  #receive(bytes: Uint8Array): void {
    const message = decodeSerfMessage(bytes);
    if (message === undefined) this.#core.counts.malformed++;
    else this.#apply(message, bytes);
  }

  #apply(message: SerfMessage, bytes: Uint8Array): void {
    switch (message.type) {
      case "join":
        if (this.#intents.join(message)) this.#core.spread("intent", bytes);
        return;
      case "leave":
        if (this.#intents.leave(message, this.#departure.isMember)) this.#core.spread("leave", bytes);
        return;
      case "user-event":
        this.#events.receive(message, bytes);
        return;
      case "query":
        this.#queries.receive(message, bytes);
        return;
      case "query-response":
        this.#asking.receive(message);
        return;
      case "relay":
        this.#queries.forward(message);
        return;
      case "state":
        // States come by push/pull only.
        return;
      default:
        message satisfies never;
    }
  }

  /** What this node tells in a push/pull. */
  #state(): Uint8Array {
    const { clock, roster } = this.#core;
    return encodeSerfMessage({
      type: "state",
      lamport: clock.time,
      ...roster.statuses(),
      eventLamport: this.#events.clock.time,
      events: this.#events.all(),
      queryLamport: this.#queries.clock.time,
    });
  }

  /** Takes in what a peer tells in a push/pull. The order matters: leaves are known before joins of the same time. */
  #merge(state: SerfState, joining: boolean): void {
    const core = this.#core;
    core.catchUp(core.clock, state.lamport, joining);
    const isEventTime = core.catchUp(this.#events.clock, state.eventLamport, joining);
    core.catchUp(this.#queries.clock, state.queryLamport, joining);
    const left = new Set(state.leftMembers);
    for (const node of left) {
      const lamport = (state.statusLamports.get(node) ?? 0) + 1;
      this.#intents.leave({ type: "leave", lamport, node, prune: false }, this.#departure.isMember);
    }
    for (const [node, lamport] of state.statusLamports) {
      const staying = this.#departure.isMember && !joining;
      if (!left.has(node)) this.#intents.hearsay({ type: "join", lamport, node }, staying);
    }
    // Who comes back by itself after a partition wants to hear what it missed; who joins does not, unless it says so.
    if (joining && isEventTime && this.#joins.ignoresPast) this.#events.ignoreBelow(state.eventLamport);
    this.#events.replay(state.events);
  }

  #join({ id, addresses, replay }: Extract<MembershipInput, { type: "join" }>): void {
    if (!this.#departure.isMember) {
      const error = "this node is leaving";
      const failed = addresses.map((address) => ({ address, error }));
      this.#core.emit({ type: "joined", id, contacted: [], failed });
      return;
    }
    this.#startJoin(id, replay ?? false, addresses);
    this.#reportJoins();
  }

  #startJoin(id: number | undefined, replay: boolean, addresses: readonly Address[]): void {
    this.#joins.start({ id, replay }, addresses, this.#core.options.address);
  }

  #pushPulled(exchange: number, error: string | undefined): void {
    if (exchange === rivalExchange) {
      this.#conflicts.rivalCalled(error);
      return;
    }
    if (this.#pathTests.exchanged(exchange, error === undefined ? this.#toldState : undefined)) return;
    if (error === undefined && this.#joins.isFirstContact(exchange)) this.#intents.announceJoin();
    this.#joins.exchanged(exchange, error);
    this.#reportJoins();
  }

  #reportJoins(): void {
    for (const { id, contacted, failed, asked } of this.#joins.takeFinished()) {
      if (asked) this.#core.emit({ type: "joined", id, contacted, failed });
    }
  }

  /** Tries one failed member again. The fewer failed and the more alive there are, the seldomer each node tries. */
  #reconnect(): void {
    const { roster, random } = this.#core;
    const failed = roster.withStatus("failed");
    const alive = roster.withStatus("alive").length;
    if (!this.#departure.isMember || random.below(Math.max(1, alive)) >= failed.length) return;
    const member = random.pick(failed);
    if (member !== undefined) this.#startJoin(undefined, true, [member.address]);
  }
}

type Command = "set-tags" | "force-leave" | "send-user-event" | "ask" | "respond";
