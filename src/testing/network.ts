import type { Random } from "../base/mod.ts";
import type { Faults } from "./faults.ts";

/** A process as the network sees it. */
export interface Host {
  readonly name: string;
  /** Counts starts: what belongs to an earlier life is dead. */
  readonly life: number;
  readonly isRunning: boolean;
  /** Stands still: nothing reaches it for now. */
  readonly isPaused: boolean;
  /** Its RPC server accepts and never answers. */
  readonly isHung: boolean;
}

/** What the network needs of the world. */
export interface NetworkRoom {
  readonly nowMs: number;
  schedule(atMs: number, run: () => void): void;
}

/** One end of a pipe. */
export interface PipeEnd<Message> {
  readonly host: Host;
  receive(message: Message): void;
  /** The other side is done, or the pipe broke. Called at most once. */
  closed(error: string): void;
}

/** Packets and streams between hosts, with the weather of `Faults` and partitions on top. */
export class Network {
  readonly #room: NetworkRoom;
  readonly #random: Random;
  faults: Faults;
  /** `from>to` for each direction in which nothing gets through. */
  readonly #cut = new Set<string>();
  readonly #pipes = new Set<Pipe<never>>();

  constructor(room: NetworkRoom, random: Random, faults: Faults) {
    this.#room = room;
    this.#random = random;
    this.faults = faults;
  }

  get nowMs(): number {
    return this.#room.nowMs;
  }

  cut(from: string, to: string): void {
    this.#cut.add(`${from}>${to}`);
  }

  /** True when everybody reaches everybody. */
  get isWhole(): boolean {
    return this.#cut.size === 0;
  }

  heal(from: string, to: string): void {
    this.#cut.delete(`${from}>${to}`);
  }

  healAll(): void {
    this.#cut.clear();
  }

  reaches(from: string, to: string): boolean {
    return !this.#cut.has(`${from}>${to}`);
  }

  latencyMs(): number {
    return this.#random.between(this.faults.latencyMs[0], this.faults.latencyMs[1]);
  }

  schedule(delayMs: number, run: () => void): void {
    this.#room.schedule(this.#room.nowMs + delayMs, run);
  }

  /** Sends a datagram: it may be lost, doubled, late, or cut off. */
  datagram(from: string, to: string, deliver: () => void): void {
    const { datagramLoss, datagramDuplication, datagramReorder } = this.faults;
    const copies = this.#random.chance(datagramDuplication) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const delayMs = this.latencyMs() + (this.#random.chance(datagramReorder) ? this.#random.between(0, 500) : 0);
      const isLost = this.#random.chance(datagramLoss);
      if (isLost) continue;
      this.schedule(delayMs, () => {
        if (this.reaches(from, to)) deliver();
      });
    }
  }

  /** Opens a stream. `accept` is asked once the first message has arrived there; undefined refuses. */
  connect<Message>(client: PipeEnd<Message>, to: () => Host | undefined, options: PipeOptions<Message>): Pipe<Message> {
    const pipe = new Pipe<Message>(this, client, to, options);
    this.#pipes.add(pipe as unknown as Pipe<never>);
    return pipe;
  }

  forget(pipe: unknown): void {
    this.#pipes.delete(pipe as Pipe<never>);
  }

  /** A process ended and its system told its peers. Without this call they find out when they send. */
  resetAll(host: Host): void {
    for (const pipe of [...this.#pipes]) pipe.resetBy(host);
  }

  breaks(): boolean {
    return this.#random.chance(this.faults.streamLoss);
  }

  retryMs(): number {
    return this.#random.between(25, 75);
  }
}

export interface PipeOptions<Message> {
  /** The server's end, made when the client's first message arrives. */
  readonly accept: (pipe: Pipe<Message>) => PipeEnd<Message> | undefined;
  /** True for RPC: a hung server holds it up. */
  readonly isRpc: boolean;
}

interface Outgoing<Message> {
  readonly message: Message | undefined;
  readonly readyAtMs: number;
  /** Set on the last one. */
  readonly closeError?: string | undefined;
  readonly taken?: (() => void) | undefined;
}

type Side = "client" | "server";

/** A reliable stream in both directions: in order, held up while the way is cut, until it breaks. */
export class Pipe<Message> {
  readonly #network: Network;
  readonly #options: PipeOptions<Message>;
  readonly #serverHost: () => Host | undefined;
  readonly #ends: { client: PipeEnd<Message>; server: PipeEnd<Message> | undefined };
  readonly #lives: { client: number; server: number | undefined };
  readonly #queues: Record<Side, Outgoing<Message>[]> = { client: [], server: [] };
  #isOpen = true;

  constructor(
    network: Network,
    client: PipeEnd<Message>,
    server: () => Host | undefined,
    options: PipeOptions<Message>,
  ) {
    this.#network = network;
    this.#options = options;
    this.#serverHost = server;
    this.#ends = { client, server: undefined };
    this.#lives = { client: client.host.life, server: undefined };
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** True once the server's end exists. */
  get isAccepted(): boolean {
    return this.#ends.server !== undefined;
  }

  /** Sends from one side; `taken` is called when the other side has it. */
  send(from: Side, message: Message, taken?: () => void): void {
    if (this.#isOpen) this.#enqueue(from, { message, readyAtMs: this.#readyAtMs(from), taken });
  }

  /** Closes from one side, after what was sent. */
  close(from: Side, error: string): void {
    if (this.#isOpen) this.#enqueue(from, { message: undefined, readyAtMs: this.#readyAtMs(from), closeError: error });
  }

  /** Ends at once because `host` is gone; the other side hears of it if it can be reached. */
  resetBy(host: Host): void {
    if (!this.#isOpen) return;
    if (this.#ends.client.host === host) this.#break("server");
    else if (this.#ends.server?.host === host) this.#break("client");
  }

  #readyAtMs(from: Side): number {
    const last = this.#queues[from].at(-1)?.readyAtMs ?? 0;
    return Math.max(last, this.#network.nowMs + this.#network.latencyMs());
  }

  #enqueue(from: Side, outgoing: Outgoing<Message>): void {
    const queue = this.#queues[from];
    queue.push(outgoing);
    if (queue.length === 1) this.#pumpAt(from, outgoing.readyAtMs);
  }

  #pumpAt(from: Side, atMs: number): void {
    this.#network.schedule(Math.max(0, atMs - this.#network.nowMs), () => this.#pump(from));
  }

  #pump(from: Side): void {
    const next = this.#queues[from][0];
    if (!this.#isOpen || next === undefined) return;
    const to: Side = from === "client" ? "server" : "client";
    const state = this.#wayTo(to, from);
    if (state === "held-up") {
      this.#pumpAt(from, this.#network.nowMs + this.#network.retryMs());
    } else if (state === "gone") {
      this.#break(from);
    } else if (this.#network.breaks()) {
      this.#break(from);
      this.#break(to);
    } else {
      this.#queues[from].shift();
      const following = this.#queues[from][0];
      if (following) this.#pumpAt(from, following.readyAtMs);
      this.#deliver(to, next);
    }
  }

  #wayTo(to: Side, from: Side): "free" | "held-up" | "gone" {
    const source = this.#hostOf(from);
    const target = this.#hostOf(to);
    if (source === undefined || target === undefined) return "gone";
    if (!this.#network.reaches(source.name, target.name) || this.#isHeldUp(target)) return "held-up";
    if (!target.isRunning || this.#isOfOtherLife(to, target)) return "gone";
    if (to === "server" && this.#ends.server === undefined && !this.#accept(target)) return "gone";
    return "free";
  }

  #deliver(to: Side, outgoing: Outgoing<Message>): void {
    const end = this.#ends[to];
    if (outgoing.closeError !== undefined) {
      this.#end();
      end?.closed(outgoing.closeError);
    } else if (outgoing.message !== undefined) {
      end?.receive(outgoing.message);
      outgoing.taken?.();
    }
  }

  #accept(target: Host): boolean {
    this.#ends.server = this.#options.accept(this);
    this.#lives.server = target.life;
    return this.#ends.server !== undefined;
  }

  #hostOf(side: Side): Host | undefined {
    return side === "client" ? this.#ends.client.host : (this.#ends.server?.host ?? this.#serverHost());
  }

  #isHeldUp(target: Host): boolean {
    return target.isPaused || (this.#options.isRpc && this.#hostOf("server")?.isHung === true);
  }

  #isOfOtherLife(side: Side, host: Host): boolean {
    const life = this.#lives[side];
    return life !== undefined && life !== host.life;
  }

  /** The pipe is broken; this side hears of it after a while, unless it is of a life that is over. */
  #break(side: Side): void {
    this.#end();
    const end = this.#ends[side];
    const life = this.#lives[side];
    if (end === undefined) return;
    this.#network.schedule(this.#network.latencyMs(), () => {
      if (end.host.isRunning && end.host.life === life) end.closed("the connection broke");
    });
  }

  #end(): void {
    this.#isOpen = false;
    this.#network.forget(this);
  }
}
