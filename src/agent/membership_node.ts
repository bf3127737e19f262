/** A node of a Serf cluster on real sockets: what the entry point `@grapevine/log/membership` is made of. */
import { randomBytes } from "node:crypto";
import { isIP } from "node:net";
import { hostname } from "node:os";
import { type Address, DisposalStack, Listeners, parseAddress, Random, toHex } from "../base/mod.ts";
import type { EncryptionOptions, PeerHealth } from "../gossip/mod.ts";
import { systemClock } from "../io/clock.ts";
import { Driver } from "../io/driver.ts";
import { type GossipSocketCounters, type GossipSockets, openGossipSockets } from "../io/gossip_sockets.ts";
import {
  encodeTags,
  type Member,
  type MemberEvent,
  Membership,
  type MembershipCounters,
  type MembershipEffect,
  type MembershipInput,
  type TagsInput,
  tagsOf,
} from "../membership/mod.ts";
import { advertisedAddress, InvalidAddressError } from "./addresses.ts";
import { ClusterKeys } from "./cluster_keys.ts";
import { serfSettingsOf } from "./cluster_options.ts";
import { openEncryption } from "./encryption.ts";
import { gossipPortDefault, Joining, type JoinResult } from "./joining.ts";
import { Mdns, type MdnsCounters } from "./mdns.ts";
import type { MembershipNodeEvents, MembershipNodeOptions } from "./membership_types.ts";
import { type EventOptions, Messaging, type Payload, type QueryHandler } from "./messaging.ts";
import { NodeMemory, type RememberingNode } from "./node_memory.ts";
import type { QueryOptions, QueryRun } from "./query_run.ts";

/** Datagrams that cannot be sent are told of at most this often. */
const sendWarningEveryMs = 10_000;

type NodeOptions = MembershipNodeOptions & {
  readonly encryption: EncryptionOptions | undefined;
  readonly memory: NodeMemory | undefined;
};
type EventName = keyof MembershipNodeEvents;
type ListenerOf<Name extends EventName> = (event: MembershipNodeEvents[Name]) => void;

export class MembershipNode implements AsyncDisposable {
  /** Keys of the whole cluster. */
  readonly keys: ClusterKeys;
  readonly #machine: Membership;
  readonly #driver: Driver<MembershipInput, MembershipEffect>;
  readonly #sockets: GossipSockets;
  readonly #stack: DisposalStack;
  readonly #advertised: Address;
  readonly #events: Listeners<MemberEvent>;
  readonly #warnings: Listeners<string>;
  readonly #messaging: Messaging;
  readonly #joining: Joining;
  readonly #memory: NodeMemory | undefined;
  #mdns: Mdns | undefined;
  #rejoined: Promise<boolean> = Promise.resolve(false);
  #left: Promise<void> | undefined;
  #onLeft: (() => void) | undefined;
  #isDisposed = false;
  #sendWarnedAtMs = Number.NEGATIVE_INFINITY;

  /**
   * Starts a node and, given addresses or a snapshot, joins in the background. Rejects with `GossipBindError`,
   * `InvalidAddressError`, `TagsTooLargeError`, `InvalidKeyError`, `KeyringFileError`, `SnapshotFileError`,
   * `InvalidMembershipOptionError`, `InvalidGossipOptionError`, `InvalidDiscoverNameError` or `MulticastError`; then nothing
   * stays open.
   */
  static async start(options: MembershipNodeOptions = {}): Promise<MembershipNode> {
    const bindText = options.bind ?? `127.0.0.1:${gossipPortDefault}`;
    const bind = parseAddress(bindText, gossipPortDefault);
    if (bind === undefined || isIP(bind.host) === 0) {
      throw new InvalidAddressError("bind gossip to", bindText, "allowed are IP:PORT and [IPV6]:PORT");
    }
    const encryption = await openEncryption(options);
    const stack = new DisposalStack();
    // Inputs can come only after this function has returned the node: sockets speak in later turns of the event loop.
    const late: { onInput: (input: MembershipInput) => void; onError: (error: Error) => void } = {
      onInput: () => {},
      onError: () => {},
    };
    try {
      // First in, last out: what changes until the very end is remembered.
      const remembered: { warn: (message: string) => void } = { warn: () => {} };
      const memory = await NodeMemory.open(options, (message) => remembered.warn(message));
      if (memory !== undefined) stack.use(memory);
      const sockets = stack.use(
        await openGossipSockets({
          bind,
          onInput: (input) => late.onInput(input),
          onError: (error) => late.onError(error),
        }),
      );
      const node = new MembershipNode({ ...options, encryption, memory }, sockets, stack);
      remembered.warn = (message) => node.#warnings.emit(message);
      late.onInput = (input) => node.#driver.push(input);
      late.onError = (error) => node.#warnOfSocket(error);
      const { discover, mdnsIface } = options;
      const onWarn = (message: string): void => node.#warnings.emit(message);
      const mdns = await Mdns.start(node, { discover, mdnsIface, onWarn });
      if (mdns !== undefined) node.#mdns = stack.use(mdns);
      if (memory !== undefined) node.#rejoined = node.#follow(memory);
      if (options.join !== undefined && options.join.length > 0) node.#joinInBackground(options.join);
      return node;
    } catch (error) {
      await stack[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(options: NodeOptions, sockets: GossipSockets, stack: DisposalStack) {
    this.#sockets = sockets;
    this.#stack = stack;
    this.#advertised = advertisedAddress(options.advertise, sockets.address);
    const onError = (error: unknown): void => {
      // A listener's error is its author's: it surfaces as an uncaught error and does not stop the node.
      queueMicrotask(() => {
        throw error;
      });
    };
    this.#events = new Listeners(onError);
    this.#warnings = new Listeners(onError);
    if (options.onEvent !== undefined) this.#events.add(options.onEvent);
    if (options.onWarn !== undefined) this.#warnings.add(options.onWarn);
    const { tags, profile, settings, label, encryption, compress = true, forgivesStalls, memory } = options;
    const name = options.name ?? hostname();
    this.#memory = memory;
    const { incarnation: first = 1 } = options;
    const incarnation = memory === undefined ? first : Math.max(first, memory.nextIncarnation);
    const life = { incarnation, lamport: memory?.lamport };
    this.#machine = new Membership(
      {
        ...serfSettingsOf(options),
        ...{ name, address: this.#advertised, tags, profile, settings, protocol: options.protocol },
        ...{ label, encryption, compress, forgivesStalls, ...life },
      },
      new Random(toHex(randomBytes(16))),
    );
    this.#driver = stack.use(new Driver(this.#machine, systemClock, (effect) => this.#perform(effect)));
    const push = (input: MembershipInput): void => this.#driver.push(input);
    this.#joining = new Joining(sockets.address, push);
    this.#messaging = new Messaging({ machine: this.#machine, push, onError });
    const aliveCount = (): number => this.members().filter(({ status }) => status === "alive").length;
    this.keys = new ClusterKeys(this.#messaging, aliveCount);
  }

  /** This node's name in the cluster. */
  get localName(): string {
    return this.#machine.localName;
  }

  /** Where this node is bound, with the port that was picked. */
  get address(): Address {
    return this.#sockets.address;
  }

  /** Where others are told to reach it. */
  get advertised(): Address {
    return this.#advertised;
  }

  /** Settles after the first round through the nodes of the snapshot: whether one of them was found. */
  get rejoined(): Promise<boolean> {
    return this.#rejoined;
  }

  /** What discovery on this network counts; undefined when nobody is looked for. */
  get discovery(): MdnsCounters | undefined {
    return this.#mdns?.counters;
  }

  get counters(): MembershipCounters {
    return this.#machine.counters;
  }

  /** What its sockets gave up. */
  get socketCounters(): Readonly<GossipSocketCounters> {
    return this.#sockets.counters;
  }

  /** All members known, this one included. */
  members(): readonly Member[] {
    return this.#machine.members();
  }

  member(name: string): Member | undefined {
    return this.#machine.member(name);
  }

  /**
   * The round trip between two members in milliseconds, estimated as `serf rtt` does; undefined before both were probed.
   * The other one is this node unless said otherwise.
   */
  rttMs(name: string, other: string = this.localName): number | undefined {
    return this.#machine.rttMs(name, other);
  }

  /**
   * What this node sees of the way to each other member, and what is wrong with it in words: `docs/membership.md`, "Which
   * way is broken".
   */
  peersHealth(): readonly PeerHealth[] {
    return this.members().flatMap(({ name }) => this.peerHealth(name) ?? []);
  }

  /** The same of one member; undefined for this node itself, and for one that is not known. */
  peerHealth(name: string): PeerHealth | undefined {
    return this.#machine.peerHealth(name);
  }

  /** What only those ask who speak for this node, as its RPC does. */
  get details(): Pick<Membership, "coordinateOf" | "versionsOf" | "isEncrypted"> {
    return this.#machine;
  }

  /** Adds a listener for one kind of event; the result removes it. */
  on<Name extends EventName>(name: Name, listener: ListenerOf<Name>): () => void {
    if (name === "warn") return this.#warnings.add(listener as ListenerOf<"warn">);
    if (name === "user-event") return this.#messaging.userEvents.add(listener as ListenerOf<"user-event">);
    if (name === "query") return this.#messaging.queries.add(listener as ListenerOf<"query">);
    if (name === "name-conflict") return this.#messaging.conflicts.add(listener as ListenerOf<"name-conflict">);
    return this.#events.add((event) => {
      if (event.type === name) (listener as (member: Member) => void)(event.member);
    });
  }

  /** Adds a listener for all changes of members; the result removes it. */
  onEvent(listener: (event: MemberEvent) => void): () => void {
    return this.#events.add(listener);
  }

  /**
   * Contacts nodes: `host`, `host:port` or `[v6]:port`, all addresses of each name. Resolves when at least one answered;
   * rejects with `InvalidAddressError` or `JoinFailedError`. With `replay` also user events from before are told.
   */
  join(addresses: readonly string[], options: { readonly replay?: boolean | undefined } = {}): Promise<JoinResult> {
    return this.#joining.join(addresses, options.replay ?? false);
  }

  /** Says something else about this node. Throws `TagsTooLargeError`, and changes nothing then. */
  setTags(tags: TagsInput): void {
    const map = tagsOf(tags);
    encodeTags(map);
    this.#driver.push({ type: "set-tags", tags: map });
  }

  /** Tells all members, this one included, of something. Throws `UserEventTooLargeError`; then nobody hears of it. */
  event(name: string, payload: Payload = "", options: EventOptions = {}): void {
    this.#messaging.event(name, payload, options);
  }

  /** Asks all members, or some, this one included. Throws `InvalidQueryError` or `QueryTooLargeError`. */
  query(name: string, payload: Payload = "", options: QueryOptions = {}): QueryRun {
    return this.#messaging.query(name, payload, options);
  }

  /** Answers queries of a name; the result ends that. */
  onQuery(name: string, handler: QueryHandler): () => void {
    return this.#messaging.onQuery(name, handler);
  }

  /**
   * Declares that a member leaves which cannot do so itself; with `prune` it is forgotten, everywhere. A member that is
   * alive contradicts. Throws `NotRemovableError`.
   */
  forceLeave(name: string, options: { readonly prune?: boolean | undefined } = {}): void {
    this.#machine.checkForceLeave(name);
    this.#driver.push({ type: "force-leave", name, prune: options.prune ?? false });
  }

  /**
   * Leaves politely: the others see `left`, not `failed`. Resolves when the goodbye has got around; the node still stands
   * then and answers, until it is disposed of.
   */
  leave(): Promise<void> {
    if (this.#isDisposed) return Promise.resolve();
    this.#left ??= new Promise((resolve) => {
      this.#onLeft = resolve;
      this.#memory?.left();
      this.#driver.push({ type: "leave" });
    });
    return this.#left;
  }

  /** Stops at once, without a word. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#messaging.stop();
    this.#memory?.stop();
    this.#joining.stop();
    await this.#stack[Symbol.asyncDispose]();
    this.#onLeft?.();
  }

  #perform(effect: MembershipEffect): undefined {
    switch (effect.type) {
      case "send":
      case "dial":
      case "stream-write":
      case "stream-close":
        this.#sockets.perform(effect);
        return;
      case "event":
        this.#memory?.changed(effect.event);
        this.#events.emit(effect.event);
        return;
      case "joined":
        this.#joining.finished(effect);
        return;
      case "left":
        this.#onLeft?.();
        return;
      case "warn":
        this.#warnings.emit(effect.message);
        return;
      case "name-conflict":
        this.#messaging.perform(effect);
        // Two nodes of one name confuse everybody. Without a goodbye: it would be taken for the other's.
        if (effect.conflict.outcome === "lost") queueMicrotask(() => void this[Symbol.asyncDispose]());
        return;
      case "user-event":
      case "query":
      case "query-acknowledged":
      case "query-answered":
      case "query-finished":
        this.#messaging.perform(effect);
        return;
      default:
        effect satisfies never;
    }
  }

  #follow(memory: NodeMemory): Promise<boolean> {
    const { localName } = this;
    const node: RememberingNode = {
      localName,
      counts: () => {
        const { member, event, query } = this.counters.lamport;
        const incarnation = this.member(localName)?.incarnation ?? 0;
        return { member: member - 1, event: event - 1, query: query - 1, incarnation };
      },
      isKnown: (name) => this.member(name) !== undefined,
      hasCompany: () => this.members().some(({ name, status }) => name !== localName && status === "alive"),
      // Not as one who joins for the first time: what happened meanwhile is told.
      join: (addresses) => this.join(addresses, { replay: true }),
    };
    return memory.follow(node, new Random(toHex(randomBytes(16))));
  }

  #joinInBackground(addresses: readonly string[]): void {
    // Failure is told, not thrown: the agent tries again, and others may contact this node meanwhile.
    this.join(addresses).catch((error: Error) => this.#warnings.emit(error.message));
  }

  #warnOfSocket(error: Error): void {
    const nowMs = systemClock.nowMs();
    if (nowMs - this.#sendWarnedAtMs < sendWarningEveryMs) return;
    this.#sendWarnedAtMs = nowMs;
    this.#warnings.emit(error.message);
  }
}
