/** Real nodes at fixed addresses, clients that load them, and an observer: all in processes of their own. */
import { mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import type { Random } from "../../src/base/mod.ts";
import { type NodeProcess, NodeProcesses } from "../../tests/cluster/processes.ts";
import type { Star } from "../../tests/interop/star.ts";
import { describeVerdict, isGood, type Verdict } from "./checker.ts";
import { DrivenProcess } from "./driven_process.ts";
import type { LoadCounts } from "./load_process.ts";

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
const names = ["a", "b", "c"] as const;
/** So that nodes die while they close files, too. */
const smallSegments = { "--segment-bytes": "1048576" };
/** What is served within it again counts as served: a client's timeouts and a node's start on a busy machine. */
const patienceMs = 60_000;
const convergeMsMax = 120_000;
const startAttemptsMax = 20;
/** Below those that the kernel gives to connections: none of them takes a port while its node is down. */
const [portMin, portMax] = [12_000, 32_000];

/** A place in the cluster, whatever process is there at the moment. */
export interface Seat {
  readonly name: string;
  readonly point: number;
  readonly gossipAddress: string;
  readonly rpcAddress: string;
  readonly rpcUrl: string;
}

/** What a client that goes from node to node has of its own. */
export interface Traveller {
  /** Where it is, in the network of the nodes. */
  readonly point?: number | undefined;
  /** By which addresses it goes to nodes, by their URLs. */
  readonly doors?: Readonly<Record<string, string>> | undefined;
  readonly recordsPerSecond?: number | undefined;
}

export class Rig implements AsyncDisposable {
  readonly seats: readonly Seat[];
  readonly #settings: RigSettings;
  readonly #processes: NodeProcesses;
  readonly #observer: DrivenProcess;
  readonly #running = new Map<string, NodeProcess>();
  readonly #clients = new Map<string, DrivenProcess>();
  readonly #lives = new Map<string, number>();
  readonly #owned: AsyncDisposable[] = [];

  /**
   * Three nodes that know each other and a topic; a client at each of them that produces and consumes; and one that does
   * both at any of them.
   */
  static async open(settings: RigSettings): Promise<Rig> {
    const processes = await NodeProcesses.create();
    const seats: Seat[] = [];
    for (const [point, name] of names.entries()) {
      const host = settings.star?.hostOf(point) ?? "127.0.0.1";
      const [gossip, rpc] = [await freePort(settings.random), await freePort(settings.random)];
      const addresses = { gossipAddress: `${host}:${gossip}`, rpcAddress: `${host}:${rpc}` };
      seats.push({ name, point, ...addresses, rpcUrl: `http://${addresses.rpcAddress}` });
    }
    const rig = new Rig(settings, processes, seats);
    try {
      await rig.#begin();
    } catch (error) {
      await rig[Symbol.asyncDispose]();
      throw error;
    }
    return rig;
  }

  private constructor(settings: RigSettings, processes: NodeProcesses, seats: readonly Seat[]) {
    this.#settings = settings;
    this.#processes = processes;
    this.seats = seats;
    mkdirSync(this.#ledger);
    const urls = seats.map(({ rpcUrl }) => rpcUrl);
    const options = { name: "the observer", ledger: this.#ledger, topic, urls, convergeMsMax };
    this.#observer = new DrivenProcess("./observer_process.ts", options, settings.star?.hub);
  }

  get #ledger(): string {
    return path.join(this.#processes.directory, "ledger");
  }

  async kill(seat: Seat): Promise<void> {
    const node = this.#running.get(seat.name);
    this.#running.delete(seat.name);
    await node?.end("SIGKILL");
  }

  /** Starts what was killed, on the same addresses. Resolves when it is ready. */
  async start(seat: Seat): Promise<void> {
    const others = this.seats.filter(({ name }) => this.#running.has(name));
    const join: Record<string, string> = {};
    if (others.length > 0) join["--join"] = others.map(({ gossipAddress }) => gossipAddress).join(",");
    const addresses = { "--bind": seat.gossipAddress, "--rpc-addr": seat.rpcAddress, ...join };
    const flags = { ...addresses, "--profile": this.#settings.profile, "--log-level": "warn", ...smallSegments };
    const place = this.#settings.star?.points[seat.point];
    for (let attempt = 1; ; attempt++) {
      try {
        this.#running.set(seat.name, await this.#processes.start(seat.name, flags, place));
        return;
      } catch (error) {
        // A connection of another process may sit on the port for a while.
        if (attempt >= startAttemptsMax || !String(error).includes("in use")) throw error;
        await sleep(250);
      }
    }
  }

  stop(seat: Seat): void {
    this.#running.get(seat.name)?.signal("SIGSTOP");
  }

  resume(seat: Seat): void {
    this.#running.get(seat.name)?.signal("SIGCONT");
  }

  /** Kills the node, removes all that it has, and ends the client that knew it, whose place another takes. */
  async wipe(seat: Seat): Promise<void> {
    await this.kill(seat);
    rmSync(path.join(this.#processes.directory, seat.name), { recursive: true });
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
    const urls = this.seats.map(({ rpcUrl }) => rpcUrl);
    this.#startClient(name, urls, { point, doors, recordsPerSecond });
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
    await this.#processes[Symbol.asyncDispose]();
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

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function freePort(random: Random): Promise<number> {
  for (let attempt = 1; attempt <= startAttemptsMax; attempt++) {
    const port = random.between(portMin, portMax);
    if (await isFree(port)) return port;
  }
  throw new Error(`Cannot find a free port after ${startAttemptsMax} tries`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
