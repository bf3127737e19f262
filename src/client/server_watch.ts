/** Hears of changes of the servers from one of them, as they happen. */
import type { ClientClock } from "./client_clock.ts";
import { factsOf, type NamedServer } from "./cluster_identity.ts";
import type { ServerConnection } from "./connections.ts";
import { toMemberEvent } from "./convert.ts";
import type { MemberEvent } from "./types.ts";

/** A watch begins when the client has been used for so long: most are over before. */
const beginAfterMs = 2_000;
/** A server holds a stream open for each client that watches: one that nobody uses for so long is ended. */
const idleMs = 5_000;
/** Servers say at least every 15 s that a stream lives. */
const silenceMsMax = 40_000;
const lookEveryMs = 1_000;

export interface ServerWatchOptions {
  readonly clock: ClientClock;
  /** Whom to ask now. */
  readonly current: () => ServerConnection;
  /** Whether calls are on their way, however long ago the last of them was answered. */
  readonly isBusy: () => boolean;
  /** What is known of a server now; not alive: it is not to be chosen. */
  readonly onServer: (server: NamedServer, from: ServerConnection) => void;
}

export class ServerWatch {
  readonly #options: ServerWatchOptions;
  #firstUsedAtMs: number | undefined;
  #usedAtMs = 0;
  #heardAtMs = 0;
  #stream: AbortController | undefined;
  #cancelLook: () => void = () => {};
  #isClosed = false;

  constructor(options: ServerWatchOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#stream !== undefined;
  }

  /** A server answered a call. Costs next to nothing: it is called for every batch. */
  used(): void {
    const nowMs = this.#options.clock.nowMs();
    this.#usedAtMs = nowMs;
    this.#firstUsedAtMs ??= nowMs;
    if (this.isOpen || this.#isClosed || nowMs - this.#firstUsedAtMs < beginAfterMs) return;
    void this.#run();
  }

  /** Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#end();
  }

  /** Never rejects: when the stream breaks, the next call that is answered begins another. */
  async #run(): Promise<void> {
    const { clock, current, onServer } = this.#options;
    const controller = new AbortController();
    this.#stream = controller;
    this.#heardAtMs = clock.nowMs();
    this.#lookLater();
    const connection = current();
    try {
      for await (const response of connection.watching.watchMembers({}, { signal: controller.signal })) {
        if (controller.signal.aborted) break;
        this.#heardAtMs = clock.nowMs();
        const event = toMemberEvent(response);
        const server = event && toNamedServer(event);
        if (server !== undefined) onServer(server, connection);
      }
    } catch {
      // Calls find out by themselves what is wrong with the server.
    }
    if (this.#stream !== controller) return;
    this.#end();
    // Not at once: a server that does not know how would be asked again and again.
    this.#firstUsedAtMs = clock.nowMs();
  }

  #end(): void {
    this.#cancelLook();
    this.#stream?.abort();
    this.#stream = undefined;
  }

  #lookLater(): void {
    const { clock, isBusy } = this.#options;
    const look = (): void => {
      const nowMs = clock.nowMs();
      if (isBusy()) this.#usedAtMs = nowMs;
      if (nowMs - this.#usedAtMs >= idleMs || nowMs - this.#heardAtMs >= silenceMsMax) this.#end();
      else this.#lookLater();
    };
    this.#cancelLook = clock.schedule(clock.nowMs() + lookEveryMs, look, { inBackground: true });
  }
}

/** Undefined for members that are no servers. */
function toNamedServer({ type, member }: MemberEvent): NamedServer | undefined {
  const { name, tags, status } = member;
  const rpcAddress = tags["rpc_addr"];
  if (rpcAddress === undefined) return undefined;
  return { name, rpcAddress, isAlive: type !== "reap" && status === "alive", ...factsOf(tags) };
}
