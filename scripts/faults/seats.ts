/** Three places in a cluster at addresses that stay the same, whatever becomes of the nodes' processes. */
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import type { Random } from "../../src/base/mod.ts";
import { type NodeProcess, NodeProcesses } from "../../tests/cluster/processes.ts";
import type { Star } from "../../tests/interop/star.ts";

export interface SeatsSettings {
  readonly random: Random;
  /** Timing of the nodes' gossip. */
  readonly profile: "lan" | "local";
  /** The network whose points the nodes are at. @default this machine's loopback interface */
  readonly star?: Star | undefined;
  /** What the nodes are told beside that. */
  readonly flags?: Readonly<Record<string, string>>;
}

/** A place in the cluster, whatever process is there at the moment. */
export interface Seat {
  readonly name: string;
  readonly point: number;
  readonly gossipAddress: string;
  readonly rpcAddress: string;
  readonly rpcUrl: string;
}

const names = ["a", "b", "c"] as const;
const startAttemptsMax = 20;
/** Below those that the kernel gives to connections: none of them takes a port while its node is down. */
const [portMin, portMax] = [12_000, 32_000];

export class Seats implements AsyncDisposable {
  readonly all: readonly Seat[];
  readonly #settings: SeatsSettings;
  readonly #processes: NodeProcesses;
  readonly #running = new Map<string, NodeProcess>();

  /** Nobody is there yet. */
  static async open(settings: SeatsSettings): Promise<Seats> {
    const processes = await NodeProcesses.create();
    const seats: Seat[] = [];
    for (const [point, name] of names.entries()) {
      const host = settings.star?.hostOf(point) ?? "127.0.0.1";
      const [gossip, rpc] = [await freePort(settings.random), await freePort(settings.random)];
      const addresses = { gossipAddress: `${host}:${gossip}`, rpcAddress: `${host}:${rpc}` };
      seats.push({ name, point, ...addresses, rpcUrl: `http://${addresses.rpcAddress}` });
    }
    return new Seats(settings, processes, seats);
  }

  private constructor(settings: SeatsSettings, processes: NodeProcesses, all: readonly Seat[]) {
    this.#settings = settings;
    this.#processes = processes;
    this.all = all;
  }

  /** For what belongs to the nodes: it is gone at the end. */
  get directory(): string {
    return this.#processes.directory;
  }

  get urls(): string[] {
    return this.all.map(({ rpcUrl }) => rpcUrl);
  }

  /** Where a node is. */
  get taken(): Seat[] {
    return this.all.filter(({ name }) => this.#running.has(name));
  }

  /** Starts a node there; one that was there before finds its data again. Resolves when it is ready. */
  async start(seat: Seat): Promise<void> {
    const join: Record<string, string> = {};
    if (this.#running.size > 0) join["--join"] = this.taken.map(({ gossipAddress }) => gossipAddress).join(",");
    const addresses = { "--bind": seat.gossipAddress, "--rpc-addr": seat.rpcAddress, ...join };
    const { profile, flags, star } = this.#settings;
    const all = { ...addresses, "--profile": profile, "--log-level": "warn", ...flags };
    for (let attempt = 1; ; attempt++) {
      try {
        this.#running.set(seat.name, await this.#processes.start(seat.name, all, star?.points[seat.point]));
        return;
      } catch (error) {
        // A connection of another process may sit on the port for a while.
        if (attempt >= startAttemptsMax || !String(error).includes("in use")) throw error;
        await sleep(250);
      }
    }
  }

  /** Resolves when its process has ended. */
  kill(seat: Seat): Promise<void> {
    return this.#end(seat, "SIGKILL");
  }

  /** Lets the node leave in good order. Resolves when its process has ended. */
  leave(seat: Seat): Promise<void> {
    return this.#end(seat, "SIGINT");
  }

  stop(seat: Seat): void {
    this.#running.get(seat.name)?.signal("SIGSTOP");
  }

  resume(seat: Seat): void {
    this.#running.get(seat.name)?.signal("SIGCONT");
  }

  /** Removes all that the node which was there had. */
  empty(seat: Seat): void {
    rmSync(path.join(this.directory, seat.name), { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#processes[Symbol.asyncDispose]();
  }

  async #end(seat: Seat, signal: "SIGKILL" | "SIGINT"): Promise<void> {
    const node = this.#running.get(seat.name);
    this.#running.delete(seat.name);
    await node?.end(signal);
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
