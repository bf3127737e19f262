import { Code, ConnectError } from "@connectrpc/connect";
import { rendezvousPick, toBytes } from "../base/mod.ts";
import type { ServerConnection } from "./connections.ts";
import { ClientError } from "./errors.ts";
import type { ServerChoice, Servers } from "./servers.ts";

/** While records are sent, servers are asked so often who is alive. */
const lookEveryMs = 1_000;
const lookTimeoutMs = 5_000;

/**
 * Which server the records of a key go to, its home: by rendezvous over those that are alive and hold the topic, so that
 * all clients find the same one without asking each other, and the keys of a server that goes spread over the others.
 */
export class Homes {
  readonly #servers: Servers;
  readonly #topic: string;
  /** By the names of nodes, which stay the same when their addresses change. */
  #alive: ReadonlyMap<string, ServerConnection> = new Map();
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  constructor(servers: Servers, topic: string) {
    this.#servers = servers;
    this.#topic = topic;
  }

  /** Names of those that are alive, sorted, as one text: another one when they changed. */
  get state(): string {
    return [...this.#alive.keys()].sort().join(" ");
  }

  /** Resolves once it is known who is alive. Rejects with `ClientError` when nobody says so. */
  async known(): Promise<void> {
    if (this.#alive.size === 0) await this.look();
  }

  /** The node that is the key's home. It is known who is alive. */
  homeOf(key: string | Uint8Array): string {
    const name = rendezvousPick(toBytes(key), this.#alive.keys());
    if (name !== undefined) return name;
    throw new ClientError("UNAVAILABLE", "Cannot find the home of a key: no server is alive", { fate: "unsent" });
  }

  /** The servers, that node's first. */
  choiceOf(name: string): ServerChoice {
    return new HomeChoice(this.#servers, this.#alive.get(name) ?? this.#servers.current, () => void this.lookAgain(0));
  }

  /** Looks who is alive, unless that was done just now. Never rejects. */
  async lookAgain(everyMs: number = lookEveryMs): Promise<void> {
    if (this.#servers.clock.nowMs() - this.#lookedAtMs < everyMs) return;
    await this.look().catch(() => undefined);
  }

  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<void> {
    this.#lookedAtMs = this.#servers.clock.nowMs();
    for (let attempt = 1; ; attempt++) {
      const connection = this.#servers.current;
      try {
        await this.#ask(connection);
        return;
      } catch (error) {
        const doing = `find the homes of keys in topic ${JSON.stringify(this.#topic)}`;
        const failure = this.#servers.failure(error, connection, { doing, fate: "unsent" });
        const isHanging = failure.code === "DEADLINE_EXCEEDED";
        if (isHanging) this.#servers.failed(connection);
        if (!(isHanging || failure.code === "UNAVAILABLE") || attempt >= this.#servers.count) throw failure;
      }
    }
  }

  async #ask(connection: ServerConnection): Promise<void> {
    const { servers } = await connection.log.getServers({}, { timeoutMs: lookTimeoutMs });
    const placed = await this.#placed(connection);
    const alive = new Map<string, ServerConnection>();
    for (const { id, rpcAddr, status, tags } of servers) {
      if (status !== "alive" || tags["role"] === "observer") continue;
      if (placed.length > 0 && !placed.includes(id)) continue;
      const at = this.#servers.at(rpcAddr);
      if (at !== undefined) alive.set(id, at);
    }
    if (alive.size > 0) this.#alive = alive;
  }

  /** The nodes that are to hold the topic; none where it is all of them, or there is no such topic yet. */
  async #placed({ log }: ServerConnection): Promise<readonly string[]> {
    try {
      return (await log.describeTopic({ topic: this.#topic }, { timeoutMs: lookTimeoutMs })).topic?.placed ?? [];
    } catch (error) {
      if (ConnectError.from(error).code === Code.NotFound) return [];
      throw error;
    }
  }
}

/** All servers, one of them first. */
class HomeChoice implements ServerChoice {
  readonly #servers: Servers;
  readonly #home: ServerConnection;
  readonly #onFailure: () => void;

  constructor(servers: Servers, home: ServerConnection, onFailure: () => void) {
    this.#servers = servers;
    this.#home = home;
    this.#onFailure = onFailure;
  }

  get clock(): ServerChoice["clock"] {
    return this.#servers.clock;
  }

  get isClosed(): boolean {
    return this.#servers.isClosed;
  }

  get retries(): ServerChoice["retries"] {
    return this.#servers.retries;
  }

  isVetted(connection: ServerConnection): boolean {
    return this.#servers.isVetted(connection);
  }

  vet(...asking: Parameters<ServerChoice["vet"]>): Promise<void> {
    return this.#servers.vet(...asking);
  }

  /** Homes move by themselves. */
  isGone(): boolean {
    return false;
  }

  get current(): ServerConnection {
    return this.isClosed ? this.#servers.current : this.#home;
  }

  after(connection: ServerConnection): readonly ServerConnection[] {
    return this.#servers.after(connection);
  }

  failed(connection: ServerConnection): void {
    this.#servers.failed(connection);
    this.#onFailure();
  }

  failure(...about: Parameters<ServerChoice["failure"]>): ClientError {
    return this.#servers.failure(...about);
  }

  answered(connection: ServerConnection): void {
    this.#servers.answered(connection);
  }

  onClose(callback: () => void): () => void {
    return this.#servers.onClose(callback);
  }
}
