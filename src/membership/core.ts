import { type Address, formatAddress, type Random, Schedule } from "../base/mod.ts";
import { type BroadcastClass, Gossip, type GossipInput } from "../gossip/mod.ts";
import { LamportClock, lamportMax } from "./lamport.ts";
import type { ResolvedMembershipOptions } from "./options.ts";
import { Roster } from "./roster.ts";
import type { MembershipEffect } from "./types.ts";

/** Counts that this layer adds to those of gossip. All only grow. */
export interface SerfCounts {
  /** Messages that could not be read, or are of kinds not known. */
  malformed: number;
  /** Lamport times that nobody can have counted to: what carries one is not believed, and not passed on. */
  lamportsRefused: number;
  eventsSent: number;
  /** User events that came, by gossip and in exchanges of state. */
  eventsReceived: number;
  /** Of those: known already, or too old to tell. */
  eventsRepeated: number;
  /** Of those: larger than what is passed on. */
  eventsOversize: number;
  /** User events that a later one of the same name took the place of. */
  eventsCoalesced: number;
  eventsRelayed: number;
  /** User events told to this node's own listeners. */
  eventsDelivered: number;
  queriesAsked: number;
  /** Queries that came, those known already included. */
  queriesReceived: number;
  queriesRepeated: number;
  queriesRelayed: number;
  queriesAcknowledged: number;
  /** Queries told to this node's own handlers. */
  queriesDelivered: number;
  /** Queries whose filters use what is not supported: they count as meant for others. */
  filtersUnsupported: number;
  /** Acknowledgements and answers that this node sent, and that came for it. */
  responsesSent: number;
  responsesReceived: number;
  /** Intents that came by gossip. */
  joinIntents: number;
  leaveIntents: number;
  /** Answers that came twice, as relayed ones do. */
  responsesRepeated: number;
  /** Answers to no open query of this node. */
  responsesUnexpected: number;
  messagesForwarded: number;
  nameConflicts: number;
}

/** What the parts of this layer share: options, time, chance, the members, gossip below and effects above. */
export class Core {
  readonly options: ResolvedMembershipOptions;
  readonly random: Random;
  readonly schedule: Schedule = new Schedule();
  readonly gossip: Gossip;
  readonly clock: LamportClock = new LamportClock();
  readonly roster: Roster;
  readonly counts: SerfCounts = {
    malformed: 0,
    lamportsRefused: 0,
    eventsSent: 0,
    ...{ eventsReceived: 0, eventsRepeated: 0, eventsOversize: 0, eventsCoalesced: 0 },
    eventsRelayed: 0,
    eventsDelivered: 0,
    ...{ queriesAsked: 0, queriesReceived: 0, queriesRepeated: 0, responsesSent: 0, responsesReceived: 0 },
    ...{ joinIntents: 0, leaveIntents: 0 },
    queriesRelayed: 0,
    queriesAcknowledged: 0,
    queriesDelivered: 0,
    filtersUnsupported: 0,
    responsesRepeated: 0,
    responsesUnexpected: 0,
    messagesForwarded: 0,
    nameConflicts: 0,
  };
  nowMs = 0;
  effects: MembershipEffect[] = [];
  readonly #hooks: CoreHooks;

  constructor(options: ResolvedMembershipOptions, random: Random, hooks: CoreHooks) {
    this.options = options;
    this.random = random;
    this.#hooks = hooks;
    const { name, address, meta, profile, settings, incarnation, label, encryption, compress } = options;
    this.gossip = new Gossip(
      {
        ...{ name, address, meta, profile, settings, incarnation, label, encryption, compress },
        nodesMax: options.membersMax,
        serfProtocol: options.protocol,
        forgivesStalls: options.forgivesStalls,
        knows: options.knows,
        userState: hooks.state,
      },
      random.fork("gossip"),
    );
    this.roster = new Roster(this.gossip.local, this.clock, (event) => this.emit({ type: "event", event }));
    this.roster.know(options.knows);
  }

  get localName(): string {
    return this.options.name;
  }

  emit(effect: MembershipEffect): void {
    this.effects.push(effect);
  }

  /** Steps the gossip machine; what comes of it is taken up before this returns. */
  tell(input: GossipInput): void {
    this.#hooks.tell(input);
  }

  /** The largest message that fits a packet of gossip. A larger one would block its queue for ever. */
  get spreadBytesMax(): number {
    return this.gossip.spreadBytesMax;
  }

  /** Spreads a message to everybody; false when it is too large for that. */
  spread(queue: BroadcastClass, bytes: Uint8Array, id?: number): boolean {
    if (bytes.length > this.spreadBytesMax) return false;
    this.tell({ type: "broadcast", class: queue, bytes, ...(id !== undefined && { id }) });
    return true;
  }

  /** Sends a message to one node; what is meant for this one takes no detour. */
  send(to: Address, bytes: Uint8Array): void {
    if (formatAddress(to) === formatAddress(this.options.address)) this.#hooks.receive(bytes);
    else this.tell({ type: "send-user", to, bytes });
  }

  /** Whether what carries this time is to be believed; counts it when not. */
  believes(clock: LamportClock, time: number): boolean {
    const isBelieved = clock.believes(time);
    if (!isBelieved) this.counts.lamportsRefused++;
    return isBelieved;
  }

  /**
   * Sets a clock by a peer's; false when that is not to be believed. Who joins knows nothing yet, and takes over any time
   * from which one can go on counting.
   */
  catchUp(clock: LamportClock, time: number, joining: boolean): boolean {
    const isBelieved = (joining && time <= lamportMax) || this.believes(clock, time);
    if (isBelieved) clock.witness(time - 1);
    return isBelieved;
  }

  after(delayMs: number, run: () => void): { cancel(): void } {
    return this.schedule.at(this.nowMs + delayMs, run);
  }

  aliveNames(): string[] {
    return this.roster.withStatus("alive").map((member) => member.name);
  }
}

export interface CoreHooks {
  tell(input: GossipInput): void;
  /** Takes up a message of this layer. */
  receive(bytes: Uint8Array): void;
  /** What this node tells in a push/pull. */
  state(): Uint8Array;
}
