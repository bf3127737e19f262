/** All that a node does about where topics belong, put together. */
import type { Logger } from "@logtape/logtape";
import { type Clock, covers, isInternalTopic, settingsTopic } from "../base/mod.ts";
import { DoorRpc } from "../io/door_rpc.ts";
import type { Log, TopicRegistry, TopicRegistryOptions } from "../log/mod.ts";
import type { Member } from "../membership/mod.ts";
import type { PeerProgress } from "../replication/mod.ts";
import { Departures } from "./departures.ts";
import { Doors } from "./doors.ts";
import type { GroupPlaces } from "./group_homes.ts";
import { expressionFault, Placements } from "./placements.ts";
import type { Replication } from "./replication.ts";

export interface PlacingOptions {
  readonly nodeName: string;
  readonly ownTags: () => ReadonlyMap<string, string>;
  readonly settleMs: number;
  readonly log: Log;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onListenerError: (error: unknown) => void;
}

/** Longer than a restart takes. */
export const placementSettleMsDefault = 30_000;

/** What peers told is looked at no more often: it takes a while where there are many topics. */
const peersKeptMs = 50;
/** How long a node that hears of a topic waits for what is settled about it, before it takes it for any node's. */
const settingsMs = 2_000;
/** How long after a topic could not be begun it is tried again. */
const holdAgainMs = 2_000;

export class Placing implements AsyncDisposable {
  readonly placements: Placements;
  /** For the registry of topics. */
  readonly registryOptions: Required<
    Pick<TopicRegistryOptions, "isHeldHere" | "expressionFault" | "onSettled" | "onHeld">
  >;
  readonly #options: PlacingOptions;
  readonly #rpc = new DoorRpc();
  #parts: { readonly registry: TopicRegistry; readonly replication: Replication } | undefined;
  #doors: Doors | undefined;
  #departures: Departures | undefined;
  #hasEntered = false;
  #isClosed = false;
  #peers: { readonly atMs: number; readonly peers: readonly PeerProgress[] } | undefined;
  /** Until when it is waited for what is settled; undefined while nobody asked. */
  #settingsDueAtMs: number | undefined;
  #knowsSettings = false;
  readonly #cancels = new Map<string, () => void>();

  constructor(options: PlacingOptions) {
    const { nodeName, ownTags, settleMs, log, clock, onListenerError } = options;
    this.#options = options;
    this.placements = new Placements({
      ...{ nodeName, ownTags, settleMs, clock, onListenerError },
      settings: (topic) => this.#parts?.registry.settings(topic) ?? {},
      isHeld: (topic) => log.topic(topic) !== undefined,
    });
    this.registryOptions = {
      expressionFault,
      isHeldHere: (topic, settings) =>
        this.#parts === undefined
          ? !this.placements.isObserver && settings.placement === undefined
          : this.#hasEntered && this.placements.isPlaced(topic),
      onSettled: () => {
        if (this.#parts !== undefined) this.placements.settingsChanged();
      },
      // Nothing of it was pulled before. Many may be held at once.
      onHeld: () => this.#later("held", 0, () => this.#parts?.replication.placementChanged()),
    };
  }

  /** For who has to know where a topic belongs, and where it does not. */
  get places(): GroupPlaces {
    const { placements } = this;
    return {
      get isObserver() {
        return placements.isObserver;
      },
      placeOf: (topic) => placements.placeOf(topic),
      limitedTopics: () => this.#limitedTopics(),
      onChange: (listener) => placements.onChange(listener),
    };
  }

  get doors(): Doors | undefined {
    return this.#doors;
  }

  get departures(): Departures | undefined {
    return this.#departures;
  }

  /** The registry and replication are there. */
  open(registry: TopicRegistry, replication: Replication): void {
    const { placements } = this;
    const { nodeName, log, clock, logger } = this.#options;
    this.#parts = { registry, replication };
    const peers = (): readonly PeerProgress[] => this.#told();
    const departures = new Departures({
      ...{ nodeName, log, clock, logger, placements, peers, rpc: this.#rpc },
      onLeaving: () => replication.placementChanged(),
      onReleased: (key) => replication.released(key),
    });
    this.#departures = departures;
    this.#doors = new Doors({
      ...{ nodeName, log, placements, peers, rpc: this.#rpc },
      isLeaving: (topic) => departures.isLeaving(topic),
    });
    placements.onChange(() => {
      this.#holdPlaced();
      replication.placementChanged();
    });
  }

  /** Membership runs. */
  start(members: () => readonly Member[]): void {
    this.placements.open(members);
  }

  /** Something happened to a member; one that is not alive is called no more. */
  memberChanged(member: Member): void {
    const address = member.tags.get("rpc_addr");
    if (address !== undefined) this.#hangUp(address, member.status);
    this.placements.membersChanged();
  }

  /** The node found its cluster, or that there is none: from now on it begins what belongs here and lets go what does not. */
  enter(): void {
    this.#hasEntered = true;
    this.placements.settingsChanged();
    this.#departures?.start();
  }

  /** Whether a topic is to be pulled. */
  readonly follows = (topic: string): boolean => {
    const { log } = this.#options;
    if (isInternalTopic(topic)) return true;
    if (log.topic(topic) !== undefined) return this.#departures?.isLeaving(topic) !== true;
    if (!this.placements.isPlaced(topic)) return false;
    // What is settled has it begun, which may take a new writer first.
    return this.#parts?.registry.isSettled(topic) !== true && this.#hasHeardSettings();
  };

  /** Those of the peers that are to hold a topic, or do. */
  peersOf<Peer extends Pick<PeerProgress, "name" | "durable">>(topic: string, peers: readonly Peer[]): readonly Peer[] {
    return peers.filter(({ name, durable }) => this.placements.isPlacedAt(topic, name) || durable.has(topic));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.placements.close();
    for (const cancel of this.#cancels.values()) cancel();
    await this.#departures?.[Symbol.asyncDispose]();
    await this.#rpc[Symbol.asyncDispose]();
  }

  #limitedTopics(): readonly string[] {
    const { registry } = this.#parts ?? {};
    if (registry === undefined) return [];
    return [...registry.names].filter((topic) => registry.settings(topic).placement !== undefined);
  }

  #hangUp(address: string, status: Member["status"]): void {
    switch (status) {
      case "alive":
        return;
      case "leaving":
      case "left":
        this.#rpc.leave(address);
        return;
      case "failed":
        this.#rpc.drop(address);
        return;
      default:
        status satisfies never;
    }
  }

  #told(): readonly PeerProgress[] {
    const nowMs = this.#options.clock.nowMs();
    if (this.#peers === undefined || nowMs - this.#peers.atMs > peersKeptMs) {
      this.#peers = { atMs: nowMs, peers: this.#parts?.replication.progress ?? [] };
    }
    return this.#peers.peers;
  }

  /**
   * Whether this node knows all that its peers know to be settled: a topic of which nothing is settled belongs to all, and
   * who joins hears of topics before it hears of their settings.
   */
  #hasHeardSettings(): boolean {
    if (this.#knowsSettings) return true;
    const { clock, log } = this.#options;
    const { registry } = this.#parts ?? {};
    const nowMs = clock.nowMs();
    this.#settingsDueAtMs ??= nowMs + settingsMs;
    const have = log.topic(settingsTopic)?.have ?? new Map();
    const isBehind = this.#told().some(
      ({ state, durable }) => state !== "heard" || !covers(have, durable.get(settingsTopic) ?? new Map()),
    );
    this.#knowsSettings = nowMs >= this.#settingsDueAtMs || (!isBehind && registry?.isCurrent === true);
    if (!this.#knowsSettings) this.#later("settings", peersKeptMs, () => this.#parts?.replication.placementChanged());
    return this.#knowsSettings;
  }

  /** Begins to hold what belongs here and is settled. */
  #holdPlaced(): void {
    const { log } = this.#options;
    const { registry } = this.#parts ?? {};
    if (registry === undefined || !this.#hasEntered || this.#isClosed) return;
    for (const topic of registry.names) {
      if (!registry.isSettled(topic) || log.topic(topic) !== undefined || !this.placements.isPlaced(topic)) continue;
      void registry.hold(topic).then(() => {
        if (log.topic(topic) === undefined) this.#later("hold", holdAgainMs, () => this.#holdPlaced());
      });
    }
  }

  /** One of each kind waits. */
  #later(what: string, delayMs: number, action: () => void): void {
    if (this.#cancels.has(what) || this.#isClosed) return;
    const { clock } = this.#options;
    const cancel = clock.schedule(clock.nowMs() + delayMs, () => {
      this.#cancels.delete(what);
      action();
    });
    this.#cancels.set(what, cancel);
  }
}
