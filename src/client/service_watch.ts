import type { ServiceChange, ServiceQuery } from "../base/mod.ts";
import type { WatchServicesResponse } from "../gen/grapevine/v1/registry_pb.ts";
import { pause } from "./client_clock.ts";
import type { ServerConnection } from "./connections.ts";
import { ClientError } from "./errors.ts";
import { isRetryable, ServerTurns } from "./server_turns.ts";
import type { Servers } from "./servers.ts";
import { fromQuery } from "./service_messages.ts";
import { WatchedServices } from "./watched_services.ts";

/** A server that takes a stream says so at once. */
const firstAnswerMsMax = 10_000;
/** Servers say at least every 15 s that a stream lives: one that is silent for so long does not. */
const silenceMsMax = 40_000;
/** How long a server where the watch goes on may take to hear of all services, if it has just started. */
const missingMsMax = 2_000;

const doing = "watch services";

/** What there is, then what changes, from one server after another. Throws `ClientError` when none answers in time. */
export async function* watchServices(
  servers: Servers,
  query: ServiceQuery,
  { signal, failoverMs }: { readonly signal: AbortSignal | undefined; readonly failoverMs: number },
): AsyncGenerator<ServiceChange> {
  const turns = new ServerTurns(servers);
  const watched = new WatchedServices();
  const request = { lookUp: fromQuery(query) };
  let failingSinceMs: number | undefined;
  for (;;) {
    if (signal?.aborted) return;
    const { connection } = turns;
    const stream = new ServiceStream(servers, connection, signal);
    watched.begin();
    try {
      if (!servers.isVetted(connection)) await servers.vet(connection, { signal });
      stream.open((options) => connection.registry.watchServices(request, options));
      let missingUntilMs = Number.POSITIVE_INFINITY;
      for (;;) {
        const response = await stream.next(missingUntilMs);
        const hadMissing = watched.missing > 0;
        if (response === undefined) yield* watched.giveUpMissing(connection.url);
        else {
          turns.answered();
          failingSinceMs = undefined;
          yield* watched.take(response, connection.url);
        }
        if (watched.missing === 0) missingUntilMs = Number.POSITIVE_INFINITY;
        else if (!hadMissing) missingUntilMs = servers.clock.nowMs() + missingMsMax;
      }
    } catch (error) {
      if (signal?.aborted) return;
      const failure = servers.failure(error, connection, { doing });
      const nowMs = servers.clock.nowMs();
      failingSinceMs ??= nowMs;
      if (!mayPass(failure, servers) || nowMs - failingSinceMs >= failoverMs) throw failure;
      await waitFor(turns.failed(failure), servers, signal);
    } finally {
      stream.close();
    }
  }
}

/** The answers of one server, each within its time. */
class ServiceStream {
  readonly #servers: Servers;
  readonly #connection: ServerConnection;
  readonly #controller = new AbortController();
  readonly #unlink: () => void;
  #answers: AsyncIterator<WatchServicesResponse> | undefined;
  #next: Promise<IteratorResult<WatchServicesResponse>> | undefined;
  #patienceMs = firstAnswerMsMax;
  #dueAtMs = 0;

  constructor(servers: Servers, connection: ServerConnection, signal: AbortSignal | undefined) {
    this.#servers = servers;
    this.#connection = connection;
    const abort = (): void => this.#controller.abort();
    signal?.addEventListener("abort", abort, { once: true });
    this.#unlink = () => signal?.removeEventListener("abort", abort);
  }

  open(start: (options: { readonly signal: AbortSignal }) => AsyncIterable<WatchServicesResponse>): void {
    this.#answers = start({ signal: this.#controller.signal })[Symbol.asyncIterator]();
  }

  /** Undefined at `untilMs`, if nothing came before. Rejects when the server ended the stream, or is silent. */
  async next(untilMs: number): Promise<WatchServicesResponse | undefined> {
    const { clock } = this.#servers;
    if (this.#next === undefined) {
      this.#next = (this.#answers as AsyncIterator<WatchServicesResponse>).next();
      this.#dueAtMs = clock.nowMs() + this.#patienceMs;
    }
    let cancel = (): void => {};
    const atMs = Math.min(untilMs, this.#dueAtMs);
    const tooLate = new Promise<undefined>((resolve) => {
      cancel = clock.schedule(atMs, () => resolve(undefined), { inBackground: true });
    });
    const result = await Promise.race([this.#next, tooLate]).finally(cancel);
    if (result === undefined && untilMs <= this.#dueAtMs) return undefined;
    this.#next = undefined;
    if (result !== undefined && !result.done) {
      this.#patienceMs = silenceMsMax;
      return result.value;
    }
    const { url } = this.#connection;
    const problem = result === undefined ? "is silent" : "ended the stream";
    throw new ClientError("UNAVAILABLE", `Cannot ${doing}: ${url} ${problem}`, { server: url });
  }

  close(): void {
    this.#unlink();
    // Nobody waits for it any more.
    this.#next?.catch(() => {});
    this.#controller.abort();
  }
}

/** Whether another server may do better, or this one in a while. */
function mayPass(failure: ClientError, servers: Servers): boolean {
  const { code } = failure;
  return code === "RESOURCE_EXHAUSTED" || code === "INTERNAL" || isRetryable(failure, servers);
}

async function waitFor(delayMs: number, servers: Servers, signal: AbortSignal | undefined): Promise<void> {
  let wake = (): void => {};
  const stopWaiting = (): void => wake();
  const stop = servers.onClose(stopWaiting);
  signal?.addEventListener("abort", stopWaiting, { once: true });
  await pause(servers.clock, delayMs, (wakeNow) => {
    wake = wakeNow;
  });
  signal?.removeEventListener("abort", stopWaiting);
  stop();
  // Throws when the client was closed meanwhile.
  if (!signal?.aborted) void servers.current;
}
