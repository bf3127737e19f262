/** Real nodes at fixed addresses, clients that load them, and an observer: all in processes of their own. */
import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Random } from "../../src/base/mod.ts";
import type { Star } from "../../tests/interop/star.ts";
import { describeVerdict, isGood, type Verdict } from "./checker.ts";
import { DrivenProcess } from "./driven_process.ts";
import type { LoadCounts } from "./load_process.ts";
import { type Seat, Seats, sleep } from "./seats.ts";

export interface RigSettings {
  readonly random: Random;
  /** Timing of the nodes' gossip. */
  readonly profile: "lan" | "local";
  /** Records that the client of each node sends. */
  readonly recordsPerSecond: number;
  /** Nodes that must hold a record before it is acknowledged. */
  readonly replicated: number;
  /** The network whose points the nodes are at. @default this machine's loopback interface */
  readonly star?: Star | undefined;
  readonly onProgress: (line: string) => void;
}

const topic = "faults";
/** So that nodes die while they close files, too. */
const smallSegments = { "--segment-bytes": "1048576" };
/** What is served within it again counts as served: a client's timeouts and a node's start on a busy machine. */
const patienceMs = 60_000;
const convergeMsMax = 120_000;

/** What a client that goes from node to node has of its own. */
export interface Traveller {
  /** Where it is, in the network of the nodes. */
  readonly point?: number | undefined;
  /** By which addresses it goes to nodes, by their URLs. */
  readonly doors?: Readonly<Record<string, string>> | undefined;
  readonly recordsPerSecond?: number | undefined;
}

export class Rig implements AsyncDisposable {
  readonly #settings: RigSettings;
  readonly #seats: Seats;
  readonly #observer: DrivenProcess;
  readonly #clients = new Map<string, DrivenProcess>();
  readonly #lives = new Map<string, number>();
  readonly #owned: AsyncDisposable[] = [];

  /**
   * Three nodes that know each other and a topic; a client at each of them that produces and consumes; and one that does
   * both at any of them.
   */
  static async open(settings: RigSettings): Promise<Rig> {
    const { random, profile, star } = settings;
    const rig = new Rig(settings, await Seats.open({ random, profile, star, flags: smallSegments }));
    try {
      await rig.#begin();
    } catch (error) {
      await rig[Symbol.asyncDispose]();
      throw error;
    }
    return rig;
  }

  private constructor(settings: RigSettings, seats: Seats) {
    this.#settings = settings;
    this.#seats = seats;
    mkdirSync(this.#ledger);
    const options = { name: "the observer", ledger: this.#ledger, topic, urls: seats.urls, convergeMsMax };
    this.#observer = new DrivenProcess("./observer_process.ts", options, settings.star?.hub);
  }

  get seats(): readonly Seat[] {
    return this.#seats.all;
  }

  get #ledger(): string {
    return path.join(this.#seats.directory, "ledger");
  }

  kill(seat: Seat): Promise<void> {
    return this.#seats.kill(seat);
  }

  /** Starts what was killed, on the same addresses. Resolves when it is ready. */
  start(seat: Seat): Promise<void> {
    return this.#seats.start(seat);
  }

  stop(seat: Seat): void {
    this.#seats.stop(seat);
  }

  resume(seat: Seat): void {
    this.#seats.resume(seat);
  }

  /** Kills the node, removes all that it has, and ends the client that knew it, whose place another takes. */
  async wipe(seat: Seat): Promise<void> {
    await this.kill(seat);
    this.#seats.empty(seat);
    await this.#endClient(this.#residentOf(seat));
  }

  /** A client that produces to a node and consumes from it alone. */
  startResident(seat: Seat): void {
    this.#lives.set(seat.name, (this.#lives.get(seat.name) ?? 0) + 1);
    const { recordsPerSecond } = this.#settings;
    this.#startClient(this.#residentOf(seat), [seat.rpcUrl], { recordsPerSecond, point: seat.point });
  }

  /** A client that consumes from any node, and from another one after each error; and produces likewise, if it is to. */
  startTraveller(name: string, traveller: Traveller = {}): void {
    const { point, doors, recordsPerSecond = 0 } = traveller;
    this.#startClient(name, this.#seats.urls, { point, doors, recordsPerSecond });
  }

  counts(client: string): Promise<LoadCounts> {
    return (this.#clients.get(client) as DrivenProcess).ask("counts");
  }

  /** How many records each node's client was told are stored, so far. */
  async acknowledged(): Promise<number[]> {
    const counts = await Promise.all(this.seats.map((seat) => this.counts(this.#residentOf(seat))));
    return counts.map(({ acknowledged }) => acknowledged);
  }

  /** Resolves when the clients of all nodes have been answered, and given something, since now. */
  async served(): Promise<void> {
    const residents = this.seats.map((seat) => this.#residentOf(seat));
    const before = await Promise.all(residents.map((name) => this.counts(name)));
    await this.#until("the client of each node is served", async () => {
      const now = await Promise.all(residents.map((name) => this.counts(name)));
      return now.every(
        ({ acknowledged, delivered }, index) =>
          acknowledged > (before[index]?.acknowledged ?? 0) && delivered > (before[index]?.delivered ?? 0),
      );
    });
  }

  /** Resolves, once every node holds what any held when this was called, with the milliseconds that took. */
  converged(): Promise<number> {
    return this.#observer.ask("converge");
  }

  /** Ends the load, lets everything come to rest, and has it judged. Rejects when anything is not as it should be. */
  async finish(): Promise<string> {
    const clients = [...this.#clients.values()];
    await Promise.all(clients.map((client) => client.ask("quiet")));
    await this.converged();
    await this.#clients.get(this.#residentOf(this.seats[0] as Seat))?.ask("seal");
    await this.converged();
    await Promise.all(clients.map((client) => client.ask("finish")));
    const verdict = await this.#observer.ask<Verdict>("check");
    if (!isGood(verdict)) throw new Error([describeVerdict(verdict), ...verdict.examples].join("\n  "));
    return describeVerdict(verdict);
  }

  /** Takes over to close it at the end. */
  owns<Owned extends AsyncDisposable>(owned: Owned): Owned {
    this.#owned.push(owned);
    return owned;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of [...this.#clients.values(), this.#observer, ...this.#owned]) await each[Symbol.asyncDispose]();
    await this.#seats[Symbol.asyncDispose]();
  }

  async #begin(): Promise<void> {
    for (const seat of this.seats) await this.start(seat);
    // By the first of them: a topic comes into being with its first record, everywhere.
    this.startResident(this.seats[0] as Seat);
    await this.converged();
    for (const seat of this.seats.slice(1)) this.startResident(seat);
    this.startTraveller("traveller", { point: 0, recordsPerSecond: this.#settings.recordsPerSecond });
    await this.served();
  }

  #residentOf({ name }: Seat): string {
    return `${name}${this.#lives.get(name) ?? 1}`;
  }

  #startClient(name: string, urls: readonly string[], { point, doors, recordsPerSecond }: Traveller): void {
    const { replicated } = this.#settings;
    const options = { name, topic, urls, doors, ledger: this.#ledger, recordsPerSecond, replicated };
    const place = point === undefined ? undefined : this.#settings.star?.points[point];
    this.#clients.set(name, new DrivenProcess("./load_process.ts", options, place));
  }

  async #endClient(name: string): Promise<void> {
    const client = this.#clients.get(name);
    this.#clients.delete(name);
    await client?.ask("leave");
  }

  async #until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const deadlineMs = performance.now() + patienceMs;
    while (!(await isSo())) {
      if (performance.now() > deadlineMs) throw new Error(`Waited ${patienceMs} ms in vain until ${what}`);
      await sleep(50);
    }
  }
}
