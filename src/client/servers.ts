/** The servers that a client knows, and which of them it talks to. */
import { type ClientClock, clientClock } from "./client_clock.ts";
import { openConnection, type ServerConnection } from "./connections.ts";
import { ClientError, toClientError } from "./errors.ts";
import type { OpenTransport } from "./transport.ts";

/** What a failure is told with, beside the server. */
export type FailureAbout = Omit<Parameters<typeof toClientError>[1], "server">;

export interface ServersOptions {
  readonly openTransport: OpenTransport;
  /** Whether a server that answers is asked for the others. */
  readonly learns: boolean;
  readonly clock?: ClientClock | undefined;
}

/** What calls need to know of them. */
export type ServerChoice = Pick<
  Servers,
  "current" | "after" | "failed" | "failure" | "answered" | "onClose" | "isClosed" | "clock"
>;

/** Servers that one is told of beyond those that the caller named. */
const learntMax = 64;
/** A server that answers is asked for the others this often at most; more often while none is known, or one failed. */
const learnEveryMs = 60_000;
const learnSoonMs = 2_000;
const learnTimeoutMs = 5_000;

/** Calls go to one server until it proves unreachable, then to the next: those that the caller named come first. */
export class Servers {
  readonly clock: ClientClock;
  readonly #options: ServersOptions;
  #connections: readonly ServerConnection[];
  readonly #seeds: readonly ServerConnection[];
  /** All that were ever opened, by URL. */
  readonly #opened = new Map<string, ServerConnection>();
  #current: ServerConnection;
  #learntAtMs = Number.NEGATIVE_INFINITY;
  /** Since others were learnt of. */
  #hasFailed = false;
  #closed = false;
  readonly #onClose = new Set<() => void>();

  constructor(urls: readonly string[], options: ServersOptions) {
    this.#options = options;
    this.clock = options.clock ?? clientClock;
    this.#seeds = [...new Set(urls.map((url) => this.#open(url)))];
    this.#connections = this.#seeds;
    const [first] = this.#seeds;
    if (first === undefined) throw new ClientError("INVALID_ARGUMENT", "Cannot connect: no server is named");
    this.#current = first;
  }

  get count(): number {
    return this.#connections.length;
  }

  /** The one that the next call goes to. */
  get current(): ServerConnection {
    if (this.#closed) throw new ClientError("CLOSED", "Cannot call: the client was closed");
    return this.#current;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** All servers in the order in which to try them when this one failed: itself comes last. */
  after(connection: ServerConnection): readonly ServerConnection[] {
    const others = this.#connections;
    const at = others.indexOf(connection);
    return at < 0 ? [...others, connection] : [...others.slice(at + 1), ...others.slice(0, at + 1)];
  }

  /** Nobody answers there: later calls go to the next server. */
  failed(connection: ServerConnection): void {
    this.#hasFailed = true;
    if (this.#current === connection) this.#current = this.after(connection)[0] as ServerConnection;
  }

  /** What a failed call throws. */
  failure(error: unknown, connection: ServerConnection, about: FailureAbout): ClientError {
    const failure = toClientError(error, { ...about, server: connection.url });
    if (failure.code === "UNAVAILABLE") this.failed(connection);
    return failure;
  }

  /** This one answers: now and then it is asked for the others, while nobody waits for that. */
  answered(connection: ServerConnection): void {
    if (!this.#options.learns) return;
    const nowMs = this.clock.nowMs();
    const knowsOthers = this.#connections.length > this.#seeds.length;
    if (nowMs - this.#learntAtMs < (knowsOthers && !this.#hasFailed ? learnEveryMs : learnSoonMs)) return;
    this.#learntAtMs = nowMs;
    this.#hasFailed = false;
    void this.#learn(connection);
  }

  /** The ways to the server at an address, `host:port`, that a server gave; undefined where it is none. */
  at(rpcAddress: string): ServerConnection | undefined {
    const { protocol } = new URL(this.#current.url);
    return this.#openLearnt(`${protocol}//${rpcAddress}`)[0];
  }

  /** To be told of `close`. The result ends that. */
  onClose(callback: () => void): () => void {
    this.#onClose.add(callback);
    return () => this.#onClose.delete(callback);
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const connection of this.#opened.values()) connection.close();
    for (const callback of [...this.#onClose]) callback();
  }

  async #learn(connection: ServerConnection): Promise<void> {
    try {
      const { servers } = await connection.log.getServers({}, { timeoutMs: learnTimeoutMs });
      if (this.#closed) return;
      const { protocol } = new URL(connection.url);
      const alive = servers.filter(({ status }) => status === "alive").slice(0, learntMax);
      const learnt = alive.flatMap(({ rpcAddr }) => this.#openLearnt(`${protocol}//${rpcAddr}`));
      this.#connections = [...new Set([...this.#seeds, ...learnt, this.#current])];
    } catch {
      // It knows no others, or does not answer: the next one is asked in its time.
    }
  }

  #openLearnt(url: string): readonly ServerConnection[] {
    const known = this.#opened.get(url);
    if (known !== undefined) return [known];
    // Addresses change over the years of a process; those that went stay open, so that what runs on them goes on.
    if (this.#opened.size >= this.#seeds.length + 4 * learntMax) return [];
    try {
      return [this.#open(url)];
    } catch {
      // Not an address: whoever said so knows no better.
      return [];
    }
  }

  #open(url: string): ServerConnection {
    const opened = openConnection(url, this.#options.openTransport);
    const known = this.#opened.get(opened.url);
    if (known !== undefined) {
      opened.close();
      return known;
    }
    this.#opened.set(opened.url, opened);
    return opened;
  }
}
