/** A node of ours whose network loses what the test wants lost: the same machine and sockets, with a sieve between. */
import { randomBytes } from "node:crypto";
import type { MembershipNodeOptions } from "../../src/agent/membership.ts";
import { type Address, DisposalStack, formatAddress, parseAddress, Random, toHex } from "../../src/base/mod.ts";
import { systemClock } from "../../src/io/clock.ts";
import { Driver } from "../../src/io/driver.ts";
import { type GossipSockets, openGossipSockets } from "../../src/io/gossip_sockets.ts";
import {
  type Member,
  Membership,
  type MembershipEffect,
  type MembershipInput,
  type MembershipOptions,
} from "../../src/membership/mod.ts";

/** One datagram, or one connection that somebody wants. */
export interface Passage {
  readonly direction: "in" | "out";
  readonly transport: "udp" | "tcp";
  readonly peer: Address;
}

export class FilteredNode implements AsyncDisposable {
  /** What may pass. All, at first. */
  filter: (passage: Passage) => boolean = () => true;
  /** Bytes of the largest datagram that came in. */
  largestDatagramBytes = 0;
  readonly events: { readonly type: string; readonly member: Member }[] = [];
  readonly warnings: string[] = [];
  readonly machine: Membership;
  readonly #sockets: GossipSockets;
  readonly #driver: Driver<MembershipInput, MembershipEffect>;
  readonly #stack: DisposalStack;
  #onJoined: ((joined: Extract<MembershipEffect, { type: "joined" }>) => void) | undefined;

  static async start(options: MembershipNodeOptions): Promise<FilteredNode> {
    const stack = new DisposalStack();
    const late: { hear: (input: MembershipInput) => void } = { hear: () => {} };
    const bind = parseAddress(options.bind ?? "", 0) as Address;
    const sockets = stack.use(await openGossipSockets({ bind, onInput: (input) => late.hear(input) }));
    const { name = "ours", tags, profile, settings, compress, incarnation } = options;
    const node = new FilteredNode(
      { name, address: sockets.address, tags, profile, settings, compress, incarnation },
      sockets,
      stack,
    );
    late.hear = (input) => node.#hear(input);
    return node;
  }

  private constructor(options: MembershipOptions, sockets: GossipSockets, stack: DisposalStack) {
    this.#sockets = sockets;
    this.#stack = stack;
    this.machine = new Membership(options, new Random(toHex(randomBytes(16))));
    this.#driver = stack.use(new Driver(this.machine, systemClock, (effect) => this.#perform(effect)));
  }

  get address(): string {
    return formatAddress(this.#sockets.address);
  }

  join(address: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onJoined = ({ failed }) =>
        failed[0] === undefined ? resolve() : reject(new Error(`Cannot join: ${failed[0].error}`));
      this.#driver.push({ type: "join", id: 1, addresses: [parseAddress(address, 0) as Address] });
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack[Symbol.asyncDispose]();
  }

  #hear(input: MembershipInput): void {
    if (input.type === "datagram") {
      if (!this.filter({ direction: "in", transport: "udp", peer: input.from })) return;
      this.largestDatagramBytes = Math.max(this.largestDatagramBytes, input.bytes.length);
    }
    if (input.type === "stream-accepted" && !this.filter({ direction: "in", transport: "tcp", peer: input.from })) {
      this.#sockets.perform({ type: "stream-close", stream: input.stream });
      return;
    }
    this.#driver.push(input);
  }

  #perform(effect: MembershipEffect): undefined {
    switch (effect.type) {
      case "send":
        if (this.filter({ direction: "out", transport: "udp", peer: effect.to })) this.#sockets.perform(effect);
        return;
      case "dial":
        if (this.filter({ direction: "out", transport: "tcp", peer: effect.to })) this.#sockets.perform(effect);
        return;
      case "stream-write":
        // What goes out on a connection that came in is a word of ours, too.
        if (this.filter({ direction: "out", transport: "tcp", peer: this.#sockets.address })) {
          this.#sockets.perform(effect);
        }
        return;
      case "stream-close":
        this.#sockets.perform(effect);
        return;
      case "event":
        this.events.push(effect.event);
        return;
      case "warn":
        this.warnings.push(effect.message);
        return;
      case "joined":
        this.#onJoined?.(effect);
        return;
      default:
        // Queries and user events are not what this node is for.
        return;
    }
  }
}
