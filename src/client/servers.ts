/** The servers that a client knows, and which of them it talks to. */
import { type ClientClock, clientClock } from "./client_clock.ts";
import {
  ClusterIdentity,
  foreignProtocol,
  type NamedServer,
  namedBy,
  namesOf,
  protocolSpoken,
} from "./cluster_identity.ts";
import { neverConnected } from "./connection_faults.ts";
import { openConnection, type ServerConnection } from "./connections.ts";
import { ClientError, toClientError } from "./errors.ts";
import { type PickedCall, Picker } from "./picker.ts";
import { RetryBudget } from "./retry_budget.ts";
import { differentClusters, incompatible } from "./server_refusals.ts";
import type { ServerWatch } from "./server_watch.ts";
import type { OpenTransport } from "./transport.ts";

/** What a failure is told with, beside the server. */
export type FailureAbout = Omit<Parameters<typeof toClientError>[1], "server">;

export interface ServersOptions {
  readonly openTransport: OpenTransport;
  /** Whether a server that answers is asked for the others. */
  readonly learns: boolean;
  /** Whether what may be asked of any server is spread over all. @default where several are named */
  readonly spreads?: boolean | undefined;
  /** Hears of a server that was named and is not used. */
  readonly onRefused?: ((error: ClientError) => void) | undefined;
  readonly clock?: ClientClock | undefined;
}

/** What calls need to know of them. */
export type ServerChoice = Pick<
  Servers,
  | "current"
  | "after"
  | "failed"
  | "failure"
  | "answered"
  | "onClose"
  | "isClosed"
  | "clock"
  | "isVetted"
  | "vet"
  | "isGone"
  | "retries"
>;

/** Servers that one is told of beyond those that the caller named. */
const learntMax = 64;
/** Connections that are kept to them, and to those that they were before. */
const openedMax = 4 * learntMax;
/** Without a watch, a server that answers is asked for the others this often; more often while none is known, or one failed. */
const learnEveryMs = 15_000;
const learnSoonMs = 2_000;
const learnTimeoutMs = 5_000;
/** A server that is none, or whose certificate is bad, is not tried before so long, where there are others. */
const refusedMs = 30_000;

const neverHeard = "; it never answered this client: is it the address that a node serves RPC at?";

/** Whom an asking for the cluster is for. */
interface Vetting {
  readonly signal?: AbortSignal | undefined;
  readonly msLeft?: number | undefined;
}

interface Refusal {
  readonly error: ClientError;
  readonly untilMs: number;
}

/**
 * Calls that change something go to one server until it fails, leaves or is reported failed, then to the next: those that
 * the caller named come first. What any server may answer is spread.
 */
export class Servers {
  readonly clock: ClientClock;
  /** How often what failed may be tried again. */
  readonly retries: RetryBudget = new RetryBudget();
  readonly #options: ServersOptions;
  #connections: readonly ServerConnection[];
  readonly #seeds: readonly ServerConnection[];
  /** All that were ever opened, by URL. */
  readonly #opened = new Map<string, ServerConnection>();
  #current: ServerConnection;
  readonly #picker: Picker<ServerConnection>;
  /** Where the runtime has streams to spare. */
  #watch: ServerWatch | undefined;
  readonly #identity = new ClusterIdentity();
  /** Those that are known to be of this client's cluster. */
  readonly #vetted = new Set<ServerConnection>();
  /** Those that others report as failed or leaving. */
  readonly #gone = new Set<ServerConnection>();
  readonly #refused = new Map<ServerConnection, Refusal>();
  /** Those that answered a call. */
  readonly #heard = new Set<ServerConnection>();
  #learntAtMs = Number.NEGATIVE_INFINITY;
  #learnAfterMs = 0;
  /** Since others were learnt of. */
  #hasFailed = false;
  #closed = false;
  readonly #onClose = new Set<() => void>();

  constructor(urls: readonly string[], options: ServersOptions) {
    this.#options = options;
    this.clock = options.clock ?? clientClock;
    this.#picker = new Picker(() => this.clock.random());
    this.#seeds = [...new Set(urls.map((url) => this.#open(url)))];
    this.#connections = this.#seeds;
    const [first] = this.#seeds;
    if (first === undefined)
      throw new ClientError("INVALID_ARGUMENT", "Cannot connect: no server is named; name at least one");
    this.#current = first;
    this.#picker.set(this.#seeds);
    this.#watch = first.watch?.({
      clock: this.clock,
      current: () => this.#current,
      isBusy: () => this.#connections.some((one) => this.#picker.inFlight(one) > 0),
      onServer: (server, from) => this.#hear(server, from),
    });
  }

  get count(): number {
    return this.#connections.length;
  }

  /** The one that the next call goes to. */
  get current(): ServerConnection {
    if (this.#closed) throw new ClientError("CLOSED", "Cannot call: the client was closed");
    const refusal = this.#refused.get(this.#current);
    if (refusal === undefined) return this.#current;
    this.#current = this.after(this.#current)[0] as ServerConnection;
    const stillRefused = this.#refused.get(this.#current);
    if (stillRefused?.untilMs === Number.POSITIVE_INFINITY) throw stillRefused.error;
    return this.#current;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** The one that a question goes to which any server can answer, or a consumer. */
  pick(): ServerConnection {
    const { current } = this;
    const spreads = this.#options.learns && (this.#options.spreads ?? this.#seeds.length > 1);
    if (!spreads || !this.#identity.isKnown) return current;
    return this.#picker.pick(this.clock.nowMs()) ?? current;
  }

  /** Counts a call to a server, for the next `pick`. Its failure is counted by `failure`. */
  begin(connection: ServerConnection): PickedCall {
    return this.#picker.begin(connection, this.clock.nowMs());
  }

  /** All servers in the order in which to try them when this one failed: itself comes last, before it those reported gone. */
  after(connection: ServerConnection): readonly ServerConnection[] {
    const others = this.#connections;
    const at = others.indexOf(connection);
    const ring = at < 0 ? [...others, connection] : [...others.slice(at + 1), ...others.slice(0, at + 1)];
    if (this.#gone.size === 0 && this.#refused.size === 0) return ring;
    const usable = ring.filter((one) => !this.#isRefused(one));
    const here = usable.filter((one) => !this.#gone.has(one));
    const ordered = [...here, ...usable.filter((one) => this.#gone.has(one))];
    return ordered.length > 0 ? ordered : [connection];
  }

  /** Nobody answers there: later calls go to the next server. */
  failed(connection: ServerConnection): void {
    this.#hasFailed = true;
    if (this.#current === connection) this.#current = this.after(connection)[0] as ServerConnection;
  }

  /** What a failed call throws. */
  failure(error: unknown, connection: ServerConnection, about: FailureAbout): ClientError {
    const failure = this.#withHint(toClientError(error, { ...about, server: connection.url }), connection);
    const { code } = failure;
    const nowMs = this.clock.nowMs();
    if (code === "UNAVAILABLE" || code === "DEADLINE_EXCEEDED" || code === "INTERNAL") {
      this.begin(connection).end(nowMs, neverConnected(error) ? "unreachable" : "failed");
    }
    if (code === "CERTIFICATE_REFUSED" || code === "NOT_A_SERVER") {
      this.#refuse(connection, failure, nowMs + refusedMs);
    }
    if (code === "UNAVAILABLE") this.failed(connection);
    return failure;
  }

  /** This one answers: now and then it is asked for the others, while nobody waits for that. */
  answered(connection: ServerConnection): void {
    if (!this.#options.learns) return;
    this.#heard.add(connection);
    this.#watch?.used();
    const nowMs = this.clock.nowMs();
    const knowsOthers = this.#connections.length > this.#seeds.length;
    const isSoon = !knowsOthers || this.#hasFailed;
    if (this.#watch?.isOpen && !isSoon) return;
    if (nowMs - this.#learntAtMs < (isSoon ? learnSoonMs : this.#learnAfterMs)) return;
    this.#learntAtMs = nowMs;
    this.#learnAfterMs = learnEveryMs * (0.75 + this.clock.random() / 2);
    this.#hasFailed = false;
    void this.#learn(connection);
  }

  /** Whether others report that it failed or leaves. */
  isGone(connection: ServerConnection): boolean {
    return this.#gone.has(connection) && this.#connections.some((one) => !this.#gone.has(one) && !this.#isRefused(one));
  }

  /** Whether it is known to be of this client's cluster, as far as that can be known. */
  isVetted(connection: ServerConnection): boolean {
    return !this.#options.learns || !this.#identity.isKnown || this.#vetted.has(connection);
  }

  /**
   * Asks a server which cluster it belongs to, before anything is written there, within what is left of the caller's time.
   * Rejects with `ClientError`.
   */
  async vet(connection: ServerConnection, { signal, msLeft = learnTimeoutMs }: Vetting = {}): Promise<void> {
    if (this.isVetted(connection)) return;
    try {
      const timeoutMs = Math.max(1, Math.ceil(Math.min(msLeft, learnTimeoutMs)));
      this.#take(await namedBy(connection, { timeoutMs, ...(signal !== undefined && { signal }) }), connection);
    } catch (error) {
      const doing = `ask ${connection.url} for its cluster`;
      const failure = this.failure(error, connection, { doing, signal, fate: "unsent" });
      if (failure.code !== "UNIMPLEMENTED") throw failure;
      // It cannot say so.
      this.#vetted.add(connection);
    }
    const refusal = this.#refused.get(connection);
    if (refusal !== undefined) throw refusal.error;
  }

  /** The ways to the server at an address, `host:port`, that a server gave; undefined where it is none. */
  at(rpcAddress: string): ServerConnection | undefined {
    const [connection] = this.#openLearnt(rpcAddress, this.#current);
    if (connection !== undefined) this.#vetted.add(connection);
    return connection;
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
    this.#watch?.close();
    for (const connection of this.#opened.values()) connection.close();
    for (const callback of [...this.#onClose]) callback();
  }

  async #learn(connection: ServerConnection): Promise<void> {
    try {
      const servers = await namedBy(connection, { timeoutMs: learnTimeoutMs });
      if (!this.#closed) this.#take(servers, connection);
    } catch {
      // It knows no others, or does not answer: the next one is asked in its time.
    }
    for (const seed of this.#seeds) {
      if (this.#closed) return;
      // Whoever needs it asks again.
      if (!this.isVetted(seed)) await this.vet(seed).catch(() => {});
    }
  }

  /** Learns what a server says of all. */
  #take(servers: readonly NamedServer[], from: ServerConnection): void {
    const protocol = foreignProtocol(servers);
    if (protocol !== undefined) {
      this.#refuseForGood(from, incompatible(from.url, protocol));
      return;
    }
    const ours = this.#identity.words;
    if (!this.#identity.admits(servers)) {
      this.#refuseForGood(from, differentClusters(from.url, namesOf(servers), ours));
      return;
    }
    this.#admit(from);
    const spoken = servers.filter(({ protocol: one = protocolSpoken }) => one === protocolSpoken);
    const alive = spoken.filter(({ isAlive }) => isAlive).slice(0, learntMax);
    const learnt = alive.flatMap(({ rpcAddress }) => this.#openLearnt(rpcAddress, from));
    for (const one of learnt) this.#admit(one);
    for (const { rpcAddress } of servers.filter(({ isAlive }) => !isAlive)) this.#noteGone(rpcAddress, from);
    this.#connections = [...new Set([...this.#seeds, ...learnt, this.#current])];
    this.#chosenAnew();
  }

  /** A watch tells of one server. */
  #hear(server: NamedServer, from: ServerConnection): void {
    const { isAlive, protocol = protocolSpoken, rpcAddress } = server;
    if (!this.isVetted(from) || protocol !== protocolSpoken) return;
    this.#identity.admits([server]);
    if (!isAlive) this.#noteGone(rpcAddress, from);
    for (const one of isAlive ? this.#openLearnt(rpcAddress, from) : []) {
      this.#admit(one);
      const max = this.#seeds.length + learntMax;
      const isFull = this.#connections.length >= max;
      // Those that went are kept while there is room: who tells of them may be the one that is cut off.
      const others = this.#connections.filter((known) => !(isFull && this.#isSpare(known)));
      if (others.length < max) this.#connections = [...new Set([...others, one])];
    }
    this.#chosenAnew();
  }

  #noteGone(rpcAddress: string, from: ServerConnection): void {
    const connection = this.#opened.get(urlOf(rpcAddress, from));
    if (connection !== undefined) this.#gone.add(connection);
  }

  #admit(connection: ServerConnection): void {
    this.#vetted.add(connection);
    this.#gone.delete(connection);
    if (this.#refused.get(connection)?.error.code === "DIFFERENT_CLUSTERS") this.#refused.delete(connection);
  }

  /** Once it is known who is gone: nobody is sent there who can go elsewhere. */
  #chosenAnew(): void {
    const usable = this.#connections.filter((one) => !this.#gone.has(one) && !this.#isRefused(one));
    this.#picker.set(usable);
    if (this.isGone(this.#current)) this.#current = this.after(this.#current)[0] as ServerConnection;
  }

  #isRefused(connection: ServerConnection): boolean {
    return (this.#refused.get(connection)?.untilMs ?? 0) > this.clock.nowMs();
  }

  /** What breaks before anything was answered may be no node at all: not every runtime can tell. */
  #withHint(failure: ClientError, connection: ServerConnection): ClientError {
    const { code, server, fate, cause, message } = failure;
    if (code !== "UNAVAILABLE" || !this.#options.learns || this.#heard.has(connection)) return failure;
    if (neverConnected(cause) || !message.includes(" broke (") || message.endsWith(neverHeard)) return failure;
    return new ClientError(code, message + neverHeard, { server, fate, cause });
  }

  #refuseForGood(connection: ServerConnection, error: ClientError): void {
    this.#refuse(connection, error, Number.POSITIVE_INFINITY);
  }

  #refuse(connection: ServerConnection, error: ClientError, untilMs: number): void {
    const isNews = this.#refused.get(connection)?.error.code !== error.code;
    this.#refused.set(connection, { error, untilMs });
    this.#chosenAnew();
    if (isNews) this.#options.onRefused?.(error);
  }

  #openLearnt(rpcAddress: string, from: ServerConnection): readonly ServerConnection[] {
    const url = urlOf(rpcAddress, from);
    const known = this.#opened.get(url);
    if (known !== undefined) return [known];
    // Addresses change over the years of a process; those that went stay open, so that what runs on them goes on, for long.
    if (this.#opened.size >= this.#seeds.length + openedMax && !this.#forgetSpare()) return [];
    try {
      return [this.#open(url)];
    } catch {
      // Not an address: whoever said so knows no better.
      return [];
    }
  }

  /** It is reported gone, and needed by nobody. */
  #isSpare(connection: ServerConnection): boolean {
    return this.#gone.has(connection) && connection !== this.#current && !this.#seeds.includes(connection);
  }

  /** Closes one of those that went. False when there is none. */
  #forgetSpare(): boolean {
    const spare = [...this.#gone].find((one) => this.#isSpare(one) && !this.#connections.includes(one));
    if (spare === undefined) return false;
    spare.close();
    this.#opened.delete(spare.url);
    for (const known of [this.#gone, this.#vetted, this.#heard, this.#refused]) known.delete(spare);
    return true;
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

/** A server's address as a server gave it, reached in the same way. */
function urlOf(rpcAddress: string, from: ServerConnection): string {
  return `${new URL(from.url).protocol}//${rpcAddress}`;
}
