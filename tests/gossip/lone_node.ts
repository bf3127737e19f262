/** One gossip machine without a network: what goes in is written here, what comes out is decoded. */
import { type Address, ipToBytes, Random } from "../../src/base/mod.ts";
import { Gossip, type GossipEffect, type GossipInput, type GossipOptions } from "../../src/gossip/mod.ts";
import { openPacket, sealPacket } from "../../src/gossip/packet.ts";
import {
  type Alive,
  decodeMessage,
  encodeMessage,
  encodePushPull,
  type Message,
  type NodeState,
  type RemoteNode,
} from "../../src/gossip/wire.ts";

export const selfAddress: Address = { host: "127.0.0.1", port: 7000 };
export const peerAddress = (port: number): Address => ({ host: "127.0.0.1", port });
export const versions = Uint8Array.of(1, 5, 2, 2, 5, 5);

/** An alive message: incarnation 1, at 127.0.0.1:7001, without meta, unless said otherwise. */
export function alive(node: string, changes: Partial<Alive> = {}): Alive {
  return {
    type: "alive",
    incarnation: 1,
    node,
    address: ipToBytes("127.0.0.1") as Uint8Array,
    port: 7001,
    meta: new Uint8Array(0),
    versions,
    ...changes,
  };
}

export const suspect = (node: string, incarnation: number, from: string): Message => ({
  type: "suspect",
  node,
  incarnation,
  from,
});

export const dead = (node: string, incarnation: number, from: string): Message => ({
  type: "dead",
  node,
  incarnation,
  from,
});

export interface Sent {
  readonly to: Address;
  readonly messages: Message[];
}

export class LoneNode {
  readonly gossip: Gossip;
  nowMs = 1_000;
  /** All effects since the last `forget`. */
  effects: GossipEffect[] = [];
  /** Whether its pings are acked at once, so that its own probes suspect nobody. */
  answered = false;
  #nextAccepted = 2;

  constructor(options: Partial<GossipOptions> = {}, seed = "lone") {
    this.gossip = new Gossip({ name: "self", address: selfAddress, ...options }, new Random(seed));
    this.step({ type: "wake" });
  }

  step(input: GossipInput): GossipEffect[] {
    const effects = this.gossip.step(input, this.nowMs);
    this.effects.push(...effects);
    return effects;
  }

  forget(): void {
    this.effects = [];
  }

  /** Takes messages in as one datagram. */
  hear(...messages: Message[]): GossipEffect[] {
    return this.hearFrom(peerAddress(7999), ...messages);
  }

  hearFrom(from: Address, ...messages: Message[]): GossipEffect[] {
    const bytes = sealPacket(messages.map(encodeMessage), false);
    return this.step({ type: "datagram", from, bytes });
  }

  /** Takes a peer's state in by a push/pull that the peer dialled. */
  pushed(nodes: readonly RemoteNode[], userState: Uint8Array = new Uint8Array(0)): GossipEffect[] {
    const stream = this.#nextAccepted;
    this.#nextAccepted += 2;
    const effects = this.step({ type: "stream-accepted", stream, from: peerAddress(40_000) });
    const bytes = encodePushPull({ type: "push-pull", join: false, nodes, userState });
    return [...effects, ...this.step({ type: "stream-bytes", stream, bytes })];
  }

  /** Wakes the machine whenever it wants until so much time has passed, always in time. */
  run(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    for (let wakes = 0; this.gossip.wakeAtMs <= endMs; wakes++) {
      if (wakes > 100_000) throw new Error(`Cannot run on: it wakes for ever at ${this.nowMs}`);
      this.nowMs = Math.max(this.nowMs, this.gossip.wakeAtMs);
      const effects = this.step({ type: "wake" });
      if (this.answered) this.#answer(effects);
    }
    this.nowMs = endMs;
  }

  #answer(effects: readonly GossipEffect[]): void {
    for (const effect of effects) {
      if (effect.type !== "send") continue;
      for (const bytes of openPacket(effect.bytes).messages) {
        const message = decodeMessage(bytes);
        if (message?.type !== "ping") continue;
        this.hearFrom(effect.to, { type: "ack", sequence: message.sequence, payload: new Uint8Array(0) });
      }
    }
  }

  /** Where a node stands here. */
  stateOf(name: string): NodeState | undefined {
    return this.gossip.nodes().find((node) => node.name === name)?.state;
  }

  incarnationOf(name: string): number | undefined {
    return this.gossip.nodes().find((node) => node.name === name)?.incarnation;
  }

  /** Changes of nodes since the last `forget`: `joined n`. */
  changes(): string[] {
    return this.effects.flatMap((effect) => (effect.type === "node" ? [`${effect.change} ${effect.node.name}`] : []));
  }

  /** Datagrams since the last `forget`. */
  sent(): Sent[] {
    return this.effects.flatMap((effect) => {
      if (effect.type !== "send") return [];
      const messages = openPacket(effect.bytes).messages.map((bytes) => decodeMessage(bytes) as Message);
      return [{ to: effect.to, messages }];
    });
  }

  /** Messages of one type since the last `forget`, in all datagrams. */
  sentOf<Type extends Message["type"]>(type: Type): Extract<Message, { type: Type }>[] {
    const messages = this.sent().flatMap((sent) => sent.messages);
    return messages.filter((message) => message.type === type) as Extract<Message, { type: Type }>[];
  }
}
