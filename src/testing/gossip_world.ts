import type { Address, Machine, Wake } from "../base/mod.ts";
import { Random } from "../base/mod.ts";
import type { StreamId, TransportEffect, TransportInput } from "../gossip/mod.ts";
import { EventQueue } from "./event_queue.ts";
import type { Range } from "./faults.ts";

/** What waits in the sockets of a process that does not read. The system drops what comes after. */
const waitingMax = 4_096;

/** What a process takes in within one millisecond after it was blocked: 20 µs each. */
const inputsPerMs = 50;

type TransportMachine<Input, Effect> = Machine<Input | Wake | TransportInput, Effect | TransportEffect>;

interface Connection {
  readonly stream: StreamId;
  /** The other end; undefined until the connection stands. */
  peer: { readonly host: GossipHost<unknown, unknown>; readonly stream: StreamId } | undefined;
}

/** A process of the world: one machine that speaks gossip, alone at its address. */
export interface GossipHost<Input, Effect> {
  readonly name: string;
  readonly address: Address;
  readonly machine: TransportMachine<Input, Effect>;
  state: "running" | "stalled" | "held" | "crashed";
  /** What came in while it could not take it. */
  readonly waiting: (Input | TransportInput)[];
  /** What it would have sent while it was held. */
  readonly unsent: TransportEffect[];
  readonly connections: Map<StreamId, Connection>;
  acceptedLast: StreamId;
  /** When its next wake is scheduled. */
  wakesAtMs: number;
}

export interface GossipWorldOptions<Input, Effect> {
  /** Milliseconds that a datagram or a piece of a stream is on its way. @default 1 */
  readonly latencyMs?: Range | undefined;
  /** Probability that a datagram is lost. @default 0 */
  readonly datagramLoss?: number | undefined;
  /** Hears of every effect that is not about transport. */
  readonly onEffect: (host: GossipHost<Input, Effect>, effect: Effect) => void;
}

/** What went over the network, as the senders count it: payloads, without the headers of UDP, TCP and IP. */
export interface GossipTraffic {
  datagrams: number;
  datagramBytes: number;
  /** Connections dialled. */
  streams: number;
  streamBytes: number;
  /** What did not fit in the sockets of a process that does not read. */
  overflowed: number;
}

/**
 * Gossip alone, lean enough for thousands of nodes: machines, virtual time, and a network between them. The same machines
 * as in `World`, without logs, disks and the rest of a node. One seed gives one course of events on every runtime.
 */
export class GossipWorld<Input, Effect extends { readonly type: string }> {
  nowMs = 0;
  /** Inputs that machines took. */
  steps = 0;
  readonly hosts: GossipHost<Input, Effect>[] = [];
  readonly random: Random;
  readonly traffic: GossipTraffic = { datagrams: 0, datagramBytes: 0, streams: 0, streamBytes: 0, overflowed: 0 };
  readonly #network: Random;
  readonly #options: GossipWorldOptions<Input, Effect>;
  readonly #queue = new EventQueue();
  /** By the text of the IP address: each host has one of its own. */
  readonly #byAddress = new Map<string, GossipHost<Input, Effect>>();

  constructor(seed: number | string, options: GossipWorldOptions<Input, Effect>) {
    this.random = new Random(seed);
    this.#network = this.random.fork("network");
    this.#options = options;
  }

  /** Starts a process. */
  add(name: string, address: Address, machine: TransportMachine<Input, Effect>): GossipHost<Input, Effect> {
    if (this.#byAddress.has(address.host)) throw new RangeError(`Cannot add ${name}: ${address.host} is taken`);
    const host: GossipHost<Input, Effect> = {
      name,
      address,
      machine,
      state: "running",
      waiting: [],
      unsent: [],
      connections: new Map(),
      acceptedLast: 0,
      wakesAtMs: Number.POSITIVE_INFINITY,
    };
    this.hosts.push(host);
    this.#byAddress.set(address.host, host);
    this.#step(host, { type: "wake" });
    return host;
  }

  /** Gives a process something to do. */
  push(host: GossipHost<Input, Effect>, input: Input): void {
    this.#take(host, input);
  }

  /** The event loop stands still: timers wait, and what comes waits in the sockets. What a JavaScript process does. */
  stall(host: GossipHost<Input, Effect>): void {
    if (host.state === "running") host.state = "stalled";
  }

  /**
   * Nothing comes in or goes out, yet timers run on time: they judge peers that could not answer. What a process of many
   * threads does when each of them is stopped only where it sends or receives.
   */
  hold(host: GossipHost<Input, Effect>): void {
    if (host.state === "running") host.state = "held";
  }

  /** The process goes on as an event loop does: timers that are due come first, then what waits. */
  release(host: GossipHost<Input, Effect>): void {
    if (host.state === "running" || host.state === "crashed") return;
    host.state = "running";
    for (const effect of host.unsent.splice(0)) this.#transport(host, effect);
    this.#step(host, { type: "wake" });
    this.#drain(host);
  }

  /** The process ends without a word. Its system refuses connections and breaks those that stand. */
  crash(host: GossipHost<Input, Effect>): void {
    host.state = "crashed";
    host.waiting.length = 0;
    host.unsent.length = 0;
    for (const connection of host.connections.values()) this.#arrive(connection, closed("the connection broke"));
    host.connections.clear();
  }

  /** Lets something happen at a moment of virtual time. */
  at(atMs: number, run: () => void): void {
    this.#queue.push(atMs, run);
  }

  /** Runs everything that is due within the next so many milliseconds. */
  run(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    for (let atMs = this.#queue.nextAtMs; atMs <= endMs; atMs = this.#queue.nextAtMs) {
      this.nowMs = atMs;
      this.#queue.pop()?.();
    }
    this.nowMs = endMs;
  }

  #take(host: GossipHost<Input, Effect>, input: Input | TransportInput): void {
    if (host.state === "crashed") return;
    if (host.state === "running" && host.waiting.length === 0) {
      this.#step(host, input);
    } else if (host.waiting.length < waitingMax) {
      host.waiting.push(input);
    } else {
      this.traffic.overflowed++;
    }
  }

  #drain(host: GossipHost<Input, Effect>): void {
    if (host.state !== "running") return;
    // What is taken stays in the queue until all of this millisecond is done, so that nothing overtakes it.
    const inputs = host.waiting.slice(0, inputsPerMs);
    for (const input of inputs) this.#step(host, input);
    host.waiting.splice(0, inputs.length);
    if (host.waiting.length > 0) this.at(this.nowMs + 1, () => this.#drain(host));
  }

  #step(host: GossipHost<Input, Effect>, input: Input | Wake | TransportInput): void {
    this.steps++;
    for (const effect of host.machine.step(input, this.nowMs)) this.#perform(host, effect);
    this.#arm(host);
  }

  #arm(host: GossipHost<Input, Effect>): void {
    const atMs = Math.max(this.nowMs, host.machine.wakeAtMs);
    if (atMs >= host.wakesAtMs || atMs === Number.POSITIVE_INFINITY) return;
    host.wakesAtMs = atMs;
    this.at(atMs, () => this.#wake(host, atMs));
  }

  #wake(host: GossipHost<Input, Effect>, atMs: number): void {
    // An earlier wake was scheduled meanwhile, and took the place of this one.
    if (host.wakesAtMs !== atMs) return;
    host.wakesAtMs = Number.POSITIVE_INFINITY;
    if (host.state === "stalled" || host.state === "crashed") return;
    if (host.machine.wakeAtMs <= this.nowMs) this.#step(host, { type: "wake" });
    else this.#arm(host);
  }

  #perform(host: GossipHost<Input, Effect>, effect: Effect | TransportEffect): void {
    if (!isTransport(effect)) this.#options.onEffect(host, effect);
    else if (host.state !== "held") this.#transport(host, effect);
    else if (host.unsent.length < waitingMax) host.unsent.push(effect);
    else this.traffic.overflowed++;
  }

  #transport(host: GossipHost<Input, Effect>, effect: TransportEffect): void {
    switch (effect.type) {
      case "send":
        this.#send(host, effect.to, effect.bytes);
        return;
      case "dial":
        this.#dial(host, effect);
        return;
      case "stream-write": {
        const { bytes } = effect;
        this.traffic.streamBytes += bytes.length;
        this.#soon(host.connections.get(effect.stream), (stream) => ({ type: "stream-bytes", stream, bytes }));
        return;
      }
      case "stream-close":
        this.#soon(host.connections.get(effect.stream), closed(undefined));
        host.connections.delete(effect.stream);
        return;
      default:
        effect satisfies never;
    }
  }

  #send(from: GossipHost<Input, Effect>, to: Address, bytes: Uint8Array): void {
    this.traffic.datagrams++;
    this.traffic.datagramBytes += bytes.length;
    const target = this.#byAddress.get(to.host);
    if (target === undefined || target.state === "crashed") return;
    if (this.#network.chance(this.#options.datagramLoss ?? 0)) return;
    const input = { type: "datagram", from: from.address, bytes } as const;
    this.at(this.nowMs + this.#latencyMs(), () => this.#take(target, input));
  }

  /** The system accepts for a process that does not read, and refuses for one that is gone. */
  #dial(host: GossipHost<Input, Effect>, { stream, to }: Extract<TransportEffect, { type: "dial" }>): void {
    this.traffic.streams++;
    const near: Connection = { stream, peer: undefined };
    host.connections.set(stream, near);
    const target = this.#byAddress.get(to.host);
    if (target === undefined || target.state === "crashed") {
      this.at(this.nowMs + 2 * this.#latencyMs(), () => {
        if (host.connections.delete(stream)) this.#take(host, { type: "stream-closed", stream, error: "refused" });
      });
      return;
    }
    target.acceptedLast += 2;
    const far: Connection = { stream: target.acceptedLast, peer: { host: erased(host), stream } };
    near.peer = { host: erased(target), stream: far.stream };
    target.connections.set(far.stream, far);
    const accepted = { type: "stream-accepted", stream: far.stream, from: host.address } as const;
    // Pieces of one stream all take this long, so that they keep their order.
    this.at(this.nowMs + this.#slowestMs, () => this.#take(target, accepted));
  }

  #soon(connection: Connection | undefined, input: (stream: StreamId) => TransportInput): void {
    if (connection !== undefined) this.at(this.nowMs + this.#slowestMs, () => this.#arrive(connection, input));
  }

  /** Tells the other end of a connection, unless that has closed it. */
  #arrive(connection: Connection, input: (stream: StreamId) => TransportInput): void {
    if (connection.peer === undefined) return;
    const { stream } = connection.peer;
    const host = connection.peer.host as GossipHost<Input, Effect>;
    if (!host.connections.has(stream)) return;
    const arriving = input(stream);
    if (arriving.type === "stream-closed") host.connections.delete(stream);
    this.#take(host, arriving);
  }

  get #slowestMs(): number {
    return this.#options.latencyMs?.[1] ?? 1;
  }

  #latencyMs(): number {
    const { latencyMs } = this.#options;
    return latencyMs === undefined ? 1 : this.#network.between(latencyMs[0], latencyMs[1]);
  }
}

function closed(error: string | undefined): (stream: StreamId) => TransportInput {
  return (stream) => ({ type: "stream-closed", stream, error });
}

/** Connections lead from any host to any other; what its machine says beside transport is not their concern. */
function erased<Input, Effect>(host: GossipHost<Input, Effect>): GossipHost<unknown, unknown> {
  return host as unknown as GossipHost<unknown, unknown>;
}

const transportTypes: ReadonlySet<string> = new Set<TransportEffect["type"]>([
  "send",
  "dial",
  "stream-write",
  "stream-close",
]);

function isTransport(effect: { readonly type: string }): effect is TransportEffect {
  return transportTypes.has(effect.type);
}
