import type { Address } from "../base/mod.ts";
import { BroadcastQueue, transmitLimit } from "./broadcasts.ts";
import type { Core } from "./core.ts";
import { isUp, type Node, type NodeTable, protocolMax } from "./nodes.ts";
import { compoundHeaderBytes, compoundPartBytes, compoundPartsMax, packetBytesMax, sealPacket } from "./packet.ts";
import type { BroadcastClass, QueueReport } from "./types.ts";
import { encodeMessage, type Message } from "./wire.ts";

/** Entries of one queue of the upper layer. Serf's number. */
const queueDepthMax = 4096;

/** Leaves go before all news, but a flood of them must not keep the news back. */
const leavesPerPacketMax = 8;

/** Sends datagrams. Whatever goes to one node carries news for it as far as there is room. */
export class Courier {
  readonly #core: Core;
  readonly #nodes: NodeTable;
  /** News about nodes: at most one each, so the node table bounds it. */
  readonly #news: BroadcastQueue;
  readonly #queues: { readonly [name in BroadcastClass]: BroadcastQueue } = {
    leave: new BroadcastQueue(queueDepthMax),
    intent: new BroadcastQueue(queueDepthMax),
    query: new BroadcastQueue(queueDepthMax),
    event: new BroadcastQueue(queueDepthMax),
  };

  constructor(core: Core, nodes: NodeTable) {
    this.#core = core;
    this.#nodes = nodes;
    this.#news = new BroadcastQueue(core.options.nodesMax);
  }

  /** Bytes of the largest message of the upper layer that a packet has room for: a larger one would wait for ever. */
  get spreadBytesMax(): number {
    return this.#roomBytes - compoundPartBytes - 1;
  }

  /** Bytes that the parts of a packet may have together. */
  get #roomBytes(): number {
    return packetBytesMax - this.#core.envelope.overheadBytes - compoundHeaderBytes;
  }

  /** Messages waiting in each queue. */
  get depths(): { readonly news: number; readonly intent: number; readonly query: number; readonly event: number } {
    const { leave, intent, query, event } = this.#queues;
    return { news: this.#news.depth, intent: leave.depth + intent.depth, query: query.depth, event: event.depth };
  }

  /** Every queue: how full it is, how full it can be, and what was pruned. Those of the upper layer in the order of packets. */
  get queues(): QueueReport[] {
    const all = { news: this.#news, ...this.#queues };
    return Object.entries(all).map(([name, { depth, depthMax, pruned }]) => ({ name, depth, depthMax, pruned }));
  }

  /** Spreads news about a node, in place of older news about it. */
  spread(node: string, message: Message, onFinished?: () => void): void {
    this.#core.counters.pruned += this.#news.add({ key: node, bytes: encodeMessage(message), onFinished });
  }

  /** True while news about a node is still to be sent. */
  isSpreading(node: string): boolean {
    return this.#news.has(node);
  }

  /** Spreads a message of the upper layer. */
  spreadUser(queue: BroadcastClass, bytes: Uint8Array, onFinished?: () => void): void {
    const message = encodeMessage({ type: "user", bytes });
    this.#core.counters.pruned += this.#queues[queue].add({ key: undefined, bytes: message, onFinished });
  }

  /** Sends to an address, with news. */
  send(to: Address, message: Message): void {
    const bytes = encodeMessage(message);
    const news = this.#take(this.#roomBytes - compoundPartBytes - bytes.length, 1);
    this.#emit(to, [bytes, ...news], false);
  }

  /** Sends these messages to a node as one packet, without news: there may be no room. */
  sendTogether(node: Node, messages: readonly Message[]): void {
    this.#emit(node.address, messages.map(encodeMessage), protocolMax(node) >= 5);
  }

  /** Sends one message without news. */
  sendAlone(to: Address, message: Message): void {
    this.#emit(to, [encodeMessage(message)], false);
  }

  /** One round of gossip: news to a few random nodes, also to the recently dead so that they can refute. */
  gossip(): void {
    const { gossipNodes, gossipToTheDeadMs } = this.#core.options.settings;
    const nowMs = this.#core.nowMs;
    const hears = (node: Node) =>
      node.name !== this.#core.options.name &&
      (isUp(node) || (node.state === "dead" && nowMs - node.stateSinceMs <= gossipToTheDeadMs));
    for (const node of this.#nodes.pick(gossipNodes, hears)) {
      const news = this.#take(this.#roomBytes, 0);
      if (news.length === 0) return;
      this.#emit(node.address, news, protocolMax(node) >= 5);
    }
  }

  #take(bytesMax: number, parts: number): Uint8Array[] {
    const taken: Uint8Array[] = [];
    let free = bytesMax;
    const transmitsMax = transmitLimit(this.#core.options.settings.retransmitMult, this.#nodes.size);
    const { leave, intent, query, event } = this.#queues;
    for (const queue of [leave, this.#news, intent, query, event]) {
      const countMax = queue === leave ? leavesPerPacketMax : compoundPartsMax - parts - taken.length;
      for (const bytes of queue.take(free, { overheadBytes: compoundPartBytes, countMax, transmitsMax })) {
        free -= bytes.length + compoundPartBytes;
        taken.push(bytes);
      }
    }
    return taken;
  }

  #emit(to: Address, messages: readonly Uint8Array[], checksum: boolean): void {
    const { envelope, options } = this.#core;
    const bytes = envelope.sealPacket(sealPacket(messages, checksum, { compress: options.compress }));
    this.#core.counters.packetsSent++;
    this.#core.counters.bytesSent += bytes.length;
    this.#core.emit({ type: "send", to, bytes });
  }
}
