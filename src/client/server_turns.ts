import { Backoff } from "./backoff.ts";
import type { ServerConnection } from "./connections.ts";
import type { ClientError } from "./errors.ts";
import type { ServerChoice } from "./servers.ts";

/** Which server a produce goes to when it failed at one: the same first, then each other, then all of them after a wait. */
export class ServerTurns {
  readonly #servers: ServerChoice;
  readonly #backoff: Backoff;
  readonly #tried = new Set<ServerConnection>();
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
    this.#backoff.reset();
  }

  /** Moves on. Returns how many milliseconds to wait before `connection` is tried. */
  failed(failure: ClientError): number {
    const from = this.#connection;
    this.#servers.failed(from);
    const isGone = failure.fate === "unsent" || failure.code === "DEADLINE_EXCEEDED";
    if (!this.#isWell || isGone) this.#tried.add(from);
    this.#isWell = false;
    const order = [from, ...this.#servers.after(from)];
    const next = order.find((one) => !this.#tried.has(one));
    if (next !== undefined) {
      this.#connection = next;
      return 0;
    }
    this.#tried.clear();
    this.#connection = this.#servers.after(from)[0] as ServerConnection;
    return this.#backoff.next();
  }
}

/** Whether the same batch may be sent again: what became of it is not known, or nobody had it. */
export function isRetryable({ code }: ClientError): boolean {
  return code === "UNAVAILABLE" || code === "DEADLINE_EXCEEDED";
}
