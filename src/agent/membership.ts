/**
 * Discovery without a log: a node of a Serf cluster on real sockets. The public entry point `@grapevine/log/membership`;
 * the agent composes the same class.
 */
import { randomBytes } from "node:crypto";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { hostname } from "node:os";
import { type Address, DisposalStack, formatAddress, Listeners, parseAddress, Random, toHex } from "../base/mod.ts";
import {
  type EncryptionOptions,
  type GossipSettings,
  InvalidGossipOptionError,
  InvalidKeyError,
  type Profile,
} from "../gossip/mod.ts";
import { systemClock } from "../io/clock.ts";
import { Driver } from "../io/driver.ts";
import { KeyringFileError } from "../io/gossip_keyring_file.ts";
import { GossipBindError, type GossipSockets, openGossipSockets } from "../io/gossip_sockets.ts";
import {
  encodeTags,
  InvalidMembershipOptionError,
  type Member,
  type MemberEvent,
  type MemberEventType,
  type MemberStatus,
  Membership,
  type MembershipCounters,
  type MembershipEffect,
  type MembershipInput,
  type TagsInput,
  TagsTooLargeError,
  tagsOf,
} from "../membership/mod.ts";
import { advertisedAddress, InvalidAddressError, isLoopback } from "./addresses.ts";
import { openEncryption, type SecrecyOptions } from "./encryption.ts";

export type {
  Address,
  GossipSettings,
  Member,
  MemberEvent,
  MemberEventType,
  MemberStatus,
  MembershipCounters,
  Profile,
  SecrecyOptions,
};
export {
  GossipBindError,
  InvalidAddressError,
  InvalidGossipOptionError,
  InvalidKeyError,
  InvalidMembershipOptionError,
  KeyringFileError,
  TagsTooLargeError,
};

/** Serf's port. */
export const gossipPortDefault = 7946;

export interface MembershipNodeOptions extends SecrecyOptions {
  /** Unique in the cluster, 1 to 255 bytes of UTF-8. @default the host's name */
  readonly name?: string | undefined;
  /** IP address and port of both UDP and TCP; port 0 picks a free one. @default "127.0.0.1:7946" */
  readonly bind?: string | undefined;
  /** Where others reach this node, `ip` or `ip:port`. @default the bound address; when that is any, that of an interface */
  readonly advertise?: string | undefined;
  /**
   * Nodes to contact: `host`, `host:port` or `[v6]:port`. That none answers does not fail the start: `on("warn")` tells.
   * @default none
   */
  readonly join?: readonly string[] | undefined;
  /** What this node says about itself: at most 512 bytes encoded. @default none */
  readonly tags?: TagsInput | undefined;
  /** Numbers for a data centre (`lan`), the world (`wan`) or one machine (`local`). @default "lan" */
  readonly profile?: Profile | undefined;
  /** Numbers that differ from the profile's. */
  readonly settings?: Partial<GossipSettings> | undefined;
  /** First incarnation, from 1. @default 1 */
  readonly incarnation?: number | undefined;
  /** Hears of every change from the very first, which a listener added after the start could miss. */
  readonly onEvent?: ((event: MemberEvent) => void) | undefined;
  /** Hears what an operator should hear. */
  readonly onWarn?: ((message: string) => void) | undefined;
}

/** No address of a join answered. The node goes on as it was. */
export class JoinFailedError extends Error {
  override readonly name = "JoinFailedError";
  readonly code = "JOIN_FAILED";
  readonly failed: readonly { readonly address: string; readonly error: string }[];

  constructor(failed: readonly { readonly address: string; readonly error: string }[]) {
    super(`Cannot join: ${failed.map(({ address, error }) => `${address}: ${error}`).join("; ")}`);
    this.failed = failed;
  }
}

/** Everything that this entry point throws, by `code`. */
export type MembershipNodeError =
  | GossipBindError
  | InvalidAddressError
  | InvalidGossipOptionError
  | InvalidKeyError
  | InvalidMembershipOptionError
  | JoinFailedError
  | KeyringFileError
  | TagsTooLargeError;

/** What a join reached. */
export interface JoinResult {
  readonly contacted: readonly string[];
  readonly failed: readonly { readonly address: string; readonly error: string }[];
}

/** Addresses that one name may resolve to: all are contacted. */
const resolvedMax = 16;

/** Datagrams that cannot be sent are told of at most this often. */
const sendWarningEveryMs = 10_000;

type NodeOptions = MembershipNodeOptions & { readonly encryption: EncryptionOptions | undefined };
type EventName = MemberEventType | "warn";
type ListenerOf<Name extends EventName> = (event: Name extends "warn" ? string : Member) => void;

export class MembershipNode implements AsyncDisposable {
  readonly #machine: Membership;
  readonly #driver: Driver<MembershipInput, MembershipEffect>;
  readonly #sockets: GossipSockets;
  readonly #stack: DisposalStack;
  readonly #advertised: Address;
  readonly #events: Listeners<MemberEvent>;
  readonly #warnings: Listeners<string>;
  readonly #joins = new Map<number, (effect: Extract<MembershipEffect, { type: "joined" }>) => void>();
  #nextJoin = 1;
  #left: Promise<void> | undefined;
  #onLeft: (() => void) | undefined;
  #isDisposed = false;
  #sendWarnedAtMs = Number.NEGATIVE_INFINITY;

  /**
   * Starts a node and, given addresses, joins in the background. Rejects with `GossipBindError`, `InvalidAddressError`,
   * `TagsTooLargeError`, `InvalidKeyError`, `KeyringFileError`, `InvalidMembershipOptionError` or
   * `InvalidGossipOptionError`; then nothing stays open.
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
      const sockets = stack.use(
        await openGossipSockets({
          bind,
          onInput: (input) => late.onInput(input),
          onError: (error) => late.onError(error),
        }),
      );
      const node = new MembershipNode({ ...options, encryption }, sockets, stack);
      late.onInput = (input) => node.#driver.push(input);
      late.onError = (error) => node.#warnOfSocket(error);
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
    const { tags, profile, settings, incarnation, label, encryption } = options;
    const name = options.name ?? hostname();
    this.#machine = new Membership(
      { name, address: this.#advertised, tags, profile, settings, incarnation, label, encryption },
      new Random(toHex(randomBytes(16))),
    );
    this.#driver = stack.use(new Driver(this.#machine, systemClock, (effect) => this.#perform(effect)));
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

  get counters(): MembershipCounters {
    return this.#machine.counters;
  }

  /** All members known, this one included. */
  members(): readonly Member[] {
    return this.#machine.members();
  }

  member(name: string): Member | undefined {
    return this.#machine.member(name);
  }

  /** Adds a listener for one kind of event; the result removes it. */
  on<Name extends EventName>(name: Name, listener: ListenerOf<Name>): () => void {
    if (name === "warn") return this.#warnings.add(listener as (message: string) => void);
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
   * rejects with `InvalidAddressError` or `JoinFailedError`.
   */
  async join(addresses: readonly string[]): Promise<JoinResult> {
    const parsed = addresses.map((text) => this.#parseJoin(text));
    const resolved: Address[] = [];
    const failed: { address: string; error: string }[] = [];
    for (const address of parsed) {
      try {
        resolved.push(...(await this.#resolve(address)));
      } catch (error) {
        failed.push({ address: formatAddress(address), error: (error as Error).message });
      }
    }
    if (resolved.length === 0) {
      if (addresses.length === 0) return { contacted: [], failed };
      throw new JoinFailedError(failed);
    }
    if (this.#isDisposed) throw new JoinFailedError([{ address: addresses.join(), error: "this node has stopped" }]);
    const effect = await this.#contact(resolved);
    for (const { address, error } of effect.failed) failed.push({ address: formatAddress(address), error });
    if (effect.contacted.length === 0) throw new JoinFailedError(failed);
    return { contacted: effect.contacted.map(formatAddress), failed };
  }

  /** Says something else about this node. Throws `TagsTooLargeError`, and changes nothing then. */
  setTags(tags: TagsInput): void {
    const map = tagsOf(tags);
    encodeTags(map);
    this.#driver.push({ type: "set-tags", tags: map });
  }

  /**
   * Leaves politely: the others see `left`, not `failed`. Resolves when the goodbye has got around; the node still stands
   * then and answers, until it is disposed of.
   */
  leave(): Promise<void> {
    this.#left ??= new Promise((resolve) => {
      if (this.#isDisposed) resolve();
      this.#onLeft = resolve;
      this.#driver.push({ type: "leave" });
    });
    return this.#left;
  }

  /** Stops at once, without a word. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await this.#stack[Symbol.asyncDispose]();
    this.#onLeft?.();
    const failed = [{ address: this.#advertised, error: "this node has stopped" }];
    for (const [id, finish] of this.#joins) finish({ type: "joined", id, contacted: [], failed });
    this.#joins.clear();
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
        this.#events.emit(effect.event);
        return;
      case "joined":
        this.#joins.get(effect.id)?.(effect);
        this.#joins.delete(effect.id);
        return;
      case "left":
        this.#onLeft?.();
        return;
      case "warn":
        this.#warnings.emit(effect.message);
        return;
      default:
        effect satisfies never;
    }
  }

  #contact(addresses: readonly Address[]): Promise<Extract<MembershipEffect, { type: "joined" }>> {
    return new Promise((resolve) => {
      const id = this.#nextJoin++;
      this.#joins.set(id, resolve);
      this.#driver.push({ type: "join", id, addresses });
    });
  }

  #joinInBackground(addresses: readonly string[]): void {
    // Failure is told, not thrown: the agent tries again, and others may contact this node meanwhile.
    this.join(addresses).catch((error: Error) => this.#warnings.emit(error.message));
  }

  #parseJoin(text: string): Address {
    // Serf also takes `name/host:port`: the name is of no use here, the member's own word counts.
    const address = parseAddress(text.slice(text.indexOf("/") + 1), gossipPortDefault);
    if (address === undefined || address.port === 0) {
      throw new InvalidAddressError("join", text, "allowed are HOST, HOST:PORT and [IPV6]:PORT");
    }
    return address;
  }

  async #resolve(address: Address): Promise<Address[]> {
    if (isIP(address.host) !== 0) return [this.#reachable(address)];
    const found = await lookup(address.host, { all: true });
    const family = isIP(this.#sockets.address.host);
    const usable = found.filter((entry) => entry.family === family).slice(0, resolvedMax);
    if (usable.length === 0) throw new Error(`the name has no IPv${family} address, which this node is bound to`);
    return usable.map((entry) => this.#reachable({ host: entry.address, port: address.port }));
  }

  /** From a loopback address no other machine can be reached, and none can answer: better said than timed out. */
  #reachable(address: Address): Address {
    const bound = this.#sockets.address;
    if (isLoopback(bound.host) && !isLoopback(address.host)) {
      const problem = `this node is bound to ${formatAddress(bound)}, which only this machine reaches: use --bind`;
      throw new InvalidAddressError("join", formatAddress(address), problem);
    }
    return address;
  }

  #warnOfSocket(error: Error): void {
    const nowMs = systemClock.nowMs();
    if (nowMs - this.#sendWarnedAtMs < sendWarningEveryMs) return;
    this.#sendWarnedAtMs = nowMs;
    this.#warnings.emit(error.message);
  }
}
