import type { Address, Random, WriterId } from "../base/mod.ts";
import { Driver } from "../io/driver.ts";
import {
  type Member,
  type MemberEvent,
  Membership,
  type MembershipEffect,
  type MembershipInput,
  type StreamId,
} from "../membership/mod.ts";
import type { Life } from "./life.ts";
import type { Host, Network, Pipe, PipeEnd } from "./network.ts";

export type GossipPipe = Pipe<Uint8Array>;

/** A failed or missing member is contacted again this often, as the agent does. */
const rejoinEveryMs = 1_000;

/** What a node lends to its membership. */
export interface GossipRoom {
  readonly host: Host;
  readonly life: Life;
  readonly network: Network;
  readonly random: Random;
  readonly address: Address;
  readonly rpcAddress: string;
  readonly writer: WriterId;
  /** Where the node was told to find others. */
  readonly seeds: readonly Address[];
  /** Carries a datagram to whoever listens there. */
  send(to: Address, bytes: Uint8Array): void;
  dial(to: Address, end: PipeEnd<Uint8Array>): GossipPipe;
  onEvent(event: MemberEvent): void;
}

/** Performs the effects of the membership machine in the simulated world, for one life of a node. */
export class GossipShell {
  readonly membership: Membership;
  readonly #room: GossipRoom;
  readonly #driver: Driver<MembershipInput, MembershipEffect>;
  readonly #streams = new Map<StreamId, { readonly pipe: GossipPipe; readonly side: "client" | "server" }>();
  #acceptedLast: StreamId = 0;
  #joinLast = 0;

  constructor(room: GossipRoom) {
    this.#room = room;
    const { address, host } = room;
    this.membership = new Membership({ name: host.name, address, tags: this.#tags(room.writer) }, room.random);
    this.#driver = new Driver(this.membership, room.life.clock, (effect) => void this.#perform(effect));
    this.#rejoin();
  }

  receive(from: Address, bytes: Uint8Array): void {
    this.#room.life.run(() => this.#driver.push({ type: "datagram", from, bytes }));
  }

  /** The server's end of a stream that a member opened. */
  accept(pipe: GossipPipe, from: Address): PipeEnd<Uint8Array> {
    this.#acceptedLast += 2;
    const stream = this.#acceptedLast;
    this.#streams.set(stream, { pipe, side: "server" });
    this.#driver.push({ type: "stream-accepted", stream, from });
    return this.#end(stream);
  }

  /** Tells the others of a new writer. */
  setWriter(writer: WriterId): void {
    this.#driver.push({ type: "set-tags", tags: this.#tags(writer) });
  }

  leave(): void {
    this.#driver.push({ type: "leave" });
  }

  #tags(writer: WriterId): ReadonlyMap<string, string> {
    return new Map([
      ["rpc_addr", this.#room.rpcAddress],
      ["gv", "1"],
      ["w", writer],
    ]);
  }

  /** Healing does not wait for Serf's 30 s: failed members are contacted every second, seeds while alone. */
  #rejoin(): void {
    const members = this.membership.members();
    const isAlone = !members.some((member) => member.name !== this.#room.host.name && member.status === "alive");
    const failed = members.filter((member) => member.status === "failed").map((member) => member.address);
    const addresses = isAlone ? this.#room.seeds : failed;
    if (addresses.length > 0) this.#driver.push({ type: "join", id: ++this.#joinLast, addresses });
    this.#room.life.after(rejoinEveryMs, () => this.#rejoin());
  }

  #perform(effect: MembershipEffect): void {
    switch (effect.type) {
      case "send":
        this.#room.send(effect.to, effect.bytes.slice());
        break;
      case "dial":
        this.#dial(effect);
        break;
      case "stream-write": {
        const stream = this.#streams.get(effect.stream);
        stream?.pipe.send(stream.side, effect.bytes.slice());
        break;
      }
      case "stream-close": {
        const stream = this.#streams.get(effect.stream);
        this.#streams.delete(effect.stream);
        stream?.pipe.close(stream.side, "closed");
        break;
      }
      case "event":
        this.#room.onEvent(effect.event);
        break;
      case "joined":
      case "left":
      case "user-event":
      case "query":
      case "query-acknowledged":
      case "query-answered":
      case "query-finished":
      case "name-conflict":
      case "warn":
        break;
      default:
        effect satisfies never;
    }
  }

  #dial(effect: Extract<MembershipEffect, { readonly type: "dial" }>): void {
    const { stream, to, timeoutMs } = effect;
    const pipe = this.#room.dial(to, this.#end(stream));
    this.#streams.set(stream, { pipe, side: "client" });
    this.#room.life.after(timeoutMs, () => {
      if (pipe.isAccepted || !this.#streams.delete(stream)) return;
      pipe.close("client", "timed out");
      this.#driver.push({ type: "stream-closed", stream, error: "timed out" });
    });
  }

  #end(stream: StreamId): PipeEnd<Uint8Array> {
    const { life, host } = this.#room;
    return {
      host,
      receive: life.guard((bytes: Uint8Array) => {
        if (this.#streams.has(stream)) this.#driver.push({ type: "stream-bytes", stream, bytes });
      }),
      closed: life.guard((error: string) => {
        if (this.#streams.delete(stream)) this.#driver.push({ type: "stream-closed", stream, error });
      }),
    };
  }
}

/** The peer that a member is, by its tags; undefined when it is none of ours. */
export function peerOf(member: Member): { name: string; rpcAddress: string; writer: WriterId } | undefined {
  const rpcAddress = member.tags.get("rpc_addr");
  const writer = member.tags.get("w");
  return rpcAddress === undefined || writer === undefined ? undefined : { name: member.name, rpcAddress, writer };
}
