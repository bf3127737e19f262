import { Backoff } from "./backoff.ts";
import type { ServerConnection } from "./connections.ts";
import type { ClientError } from "./errors.ts";
import type { ServerChoice } from "./servers.ts";
import { isOfServer, TriedServers } from "./tried_servers.ts";

/** Which server a produce goes to when it failed at one: the same first, then each other, then all of them after a wait. */
export class ServerTurns {
  readonly #servers: ServerChoice;
  readonly #backoff: Backoff;
  readonly #tried = new Set<ServerConnection>();
  readonly #failures = new TriedServers();
  #connection: ServerConnection;
  /** Nothing failed since the server answered last. */
  #isWell = true;

  constructor(servers: ServerChoice, first: ServerConnection = servers.current) {
    this.#servers = servers;
    this.#backoff = new Backoff(servers.clock);
    this.#connection = first;
  }

  get connection(): ServerConnection {
    return this.#connection;
  }

  /** The server is well: if its connection breaks now, that may be all that is wrong. */
  answered(): void {
    this.#servers.answered(this.#connection);
    if (this.#isWell) return;
    this.#isWell = true;
    this.#tried.clear();
    this.#failures.clear();
    this.#backoff.reset();
  }

  /** The failure, with those of the other servers since one answered last. */
  tell(failure: ClientError): ClientError {
    return this.#failures.tell(failure);
  }

  /** Goes to the server that is right now, where the present one is reported gone: nothing must be on its way. */
  leaveGone(): boolean {
    if (!this.#servers.isGone(this.#connection)) return false;
    this.#connection = this.#servers.current;
    return true;
  }

  /** Moves on. Returns how many milliseconds to wait before `connection` is tried. */
  failed(failure: ClientError): number {
    const from = this.#connection;
    this.#servers.failed(from);
    this.#failures.add(failure);
    const isMisfit = isOfServer(failure) && failure.code !== "UNAVAILABLE";
    const isGone = failure.fate === "unsent" || failure.code === "DEADLINE_EXCEEDED" || isMisfit;
    if (!this.#isWell || isGone) this.#tried.add(from);
    this.#isWell = false;
    const order = [from, ...this.#servers.after(from)];
    const next = order.find((one) => !this.#tried.has(one));
    if (next !== undefined) {
      this.#connection = next;
      // Whoever has no retries left waits as if all had been tried.
      return this.#servers.retries.take(this.#servers.clock.nowMs()) ? 0 : this.#backoff.next();
    }
    this.#tried.clear();
    this.#connection = this.#servers.after(from)[0] as ServerConnection;
    return this.#backoff.next();
  }
}

/** Whether the same batch may be sent again: what became of it is not known, or nobody had it. */
export function isRetryable(failure: ClientError, servers: Pick<ServerChoice, "after" | "current">): boolean {
  const { code, server } = failure;
  if (code === "UNAVAILABLE" || code === "DEADLINE_EXCEEDED") return true;
  // What is no server stays none, but others may be.
  return isOfServer(failure) && servers.after(servers.current).some(({ url }) => url !== server);
}
