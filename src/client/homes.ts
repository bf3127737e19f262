import { Code, ConnectError } from "@connectrpc/connect";
import { rendezvousPick, toBytes } from "../base/mod.ts";
import type { GetServersResponse } from "../gen/log/v1/log_pb.ts";
import type { ServerConnection } from "./connections.ts";
import { ClientError, type ClientErrorCode } from "./errors.ts";
import { firstAnswer } from "./first_answer.ts";
import { askOne, type OneCall } from "./questions.ts";
import type { ServerChoice, Servers } from "./servers.ts";
import { cancellationOf } from "./shared_cancellation.ts";
import { isOfServer } from "./tried_servers.ts";

/** While records are sent, servers are asked so often who is alive. */
const lookEveryMs = 1_000;
/** A server that takes longer hangs. */
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

  /** The servers, the key's home first. Rejects with `ClientError` when nobody says who is alive, or not in time. */
  async find(key: string | Uint8Array, time: CallersTime): Promise<ServerChoice> {
    if (this.#alive.size === 0) await this.#within(this.look(), time);
    void this.lookAgain();
    return this.choiceOf(this.homeOf(key));
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
    const { clock, current } = this.#servers;
    this.#lookedAtMs = clock.nowMs();
    const order = [...new Set([current, ...this.#servers.after(current)])];
    const { servers, placed } = await firstAnswer(order, (one) => this.#ask(one), { clock, passable });
    const alive = new Map<string, ServerConnection>();
    for (const { id, rpcAddr, status, tags } of servers) {
      if (status !== "alive" || tags["role"] === "observer") continue;
      if (placed.length > 0 && !placed.includes(id)) continue;
      const at = this.#servers.at(rpcAddr);
      if (at !== undefined) alive.set(id, at);
    }
    if (alive.size > 0) this.#alive = alive;
  }

  /** Others may wait for the same look: it goes on when this caller waits no longer. */
  #within(look: Promise<void>, { timeoutMs, signal }: CallersTime): Promise<void> {
    const { clock } = this.#servers;
    const cancellation = signal && cancellationOf(signal);
    return new Promise<void>((resolve, reject) => {
      const end = (code: ClientErrorCode, reason: string): void => {
        cancel?.();
        cancellation?.removeEventListener("abort", abort);
        reject(new ClientError(code, `Cannot ${this.#doing}: ${reason}`, { fate: "unsent" }));
      };
      const abort = (): void => end("ABORTED", "the caller's signal ended it");
      const late = (): void => end("DEADLINE_EXCEEDED", `no server answered within ${timeoutMs} ms`);
      const cancel = timeoutMs > 0 ? clock.schedule(clock.nowMs() + timeoutMs, late) : undefined;
      cancellation?.addEventListener("abort", abort);
      if (signal?.aborted) abort();
      // Whoever was told first has the last word: from then on this tidies up.
      look.then(resolve, reject).finally(abort);
    });
  }

  get #doing(): string {
    return `find the homes of keys in topic ${JSON.stringify(this.#topic)}`;
  }

  /** What a server says of all, and which of them are to hold the topic. Rejects with `ClientError`. */
  async #ask(connection: ServerConnection): Promise<Told> {
    const question = {
      doing: this.#doing,
      ...({ timeoutMs: lookTimeoutMs, fate: "unsent" } as const),
    };
    try {
      return await askOne(this.#servers, connection, question, async ({ log }, call) => {
        const [{ servers }, placed] = await Promise.all([log.getServers({}, call), this.#placed(log, call)]);
        return { servers, placed };
      });
    } catch (error) {
      // Calls that change something need not wait for it, too.
      if ((error as ClientError).code === "DEADLINE_EXCEEDED") this.#servers.failed(connection);
      throw error;
    }
  }

  /** The nodes that are to hold the topic; none where it is all of them, or there is no such topic yet. */
  async #placed(log: ServerConnection["log"], call: OneCall): Promise<readonly string[]> {
    try {
      return (await log.describeTopic({ topic: this.#topic }, call)).topic?.placed ?? [];
    } catch (error) {
      if (ConnectError.from(error).code === Code.NotFound) return [];
      throw error;
    }
  }
}

/** How long one of those who ask waits. */
export interface CallersTime {
  /** 0: for as long as the servers are asked. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

interface Told {
  readonly servers: GetServersResponse["servers"];
  readonly placed: readonly string[];
}

/** Whether another server may do better. */
function passable(failure: unknown): boolean {
  const error = failure as ClientError;
  return error.code === "DEADLINE_EXCEEDED" || isOfServer(error);
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
