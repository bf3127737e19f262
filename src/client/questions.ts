/** Questions that change nothing, and may be asked of another server when one does not answer. */
import type { ServerConnection } from "./connections.ts";
import { ClientError, type ProduceFate } from "./errors.ts";
import type { Servers } from "./servers.ts";
import { isOfServer, TriedServers } from "./tried_servers.ts";

/** While others can be asked, one is waited for so long at most, and for half of the time: it may hang. */
const patienceMs = 2_000;

/** What every call may choose. */
export interface CallOptions {
  /** Ends the waiting, with `ABORTED`. What a change did is not known then. */
  readonly signal?: AbortSignal | undefined;
  /** How long the call may take in all, in milliseconds. @default that of the client */
  readonly timeoutMs?: number | undefined;
}

/** What a call to one server is given. */
export interface OneCall {
  readonly signal?: AbortSignal;
  readonly timeoutMs: number;
}

export interface Question extends CallOptions {
  /** Completes "Cannot …". */
  readonly doing: string;
  readonly timeoutMs: number;
  /** Whether any server can answer. Otherwise the one is asked first that changes go to. */
  readonly spreads?: boolean | undefined;
  /** What became of records where the question is a part of producing them. */
  readonly fate?: ProduceFate | undefined;
}

/** Each server is tried once, all within the time of the call. */
export async function ask<Answer>(
  servers: Servers,
  { doing, timeoutMs, signal, spreads = false }: Question,
  question: (connection: ServerConnection, call: OneCall) => Promise<Answer>,
): Promise<Answer> {
  const { clock, retries } = servers;
  const untilMs = clock.nowMs() + timeoutMs;
  const tried = new TriedServers();
  const first = spreads ? servers.pick() : servers.current;
  const asked = new Set<ServerConnection>();
  retries.called(clock.nowMs());
  for (let connection = first; ; ) {
    asked.add(connection);
    const leftMs = untilMs - clock.nowMs();
    const isLast = !servers.after(connection).some((one) => !asked.has(one));
    const tryMs = isLast ? leftMs : Math.min(leftMs / 2, patienceMs);
    try {
      return await askOne(servers, connection, { doing, signal, timeoutMs: tryMs }, question);
    } catch (error) {
      const failure = error as ClientError;
      tried.add(failure);
      const isLate = failure.code === "DEADLINE_EXCEEDED";
      // Calls that change something need not wait for it, too.
      if (isLate) servers.failed(connection);
      const next = servers.after(connection).find((one) => !asked.has(one));
      const nowMs = clock.nowMs();
      const isOver = servers.isClosed || nowMs >= untilMs || next === undefined;
      if (!(isLate || isOfServer(failure)) || isOver || !retries.take(nowMs)) throw tried.tell(failure);
      connection = next;
    }
  }
}

/** Asks one server. Rejects with `ClientError`. */
export async function askOne<Answer>(
  servers: Servers,
  connection: ServerConnection,
  { doing, timeoutMs, signal, fate }: Question,
  question: (connection: ServerConnection, call: OneCall) => Promise<Answer>,
): Promise<Answer> {
  if (signal?.aborted) throw new ClientError("ABORTED", `Cannot ${doing}: the caller's signal ended it`);
  const { clock } = servers;
  const call = servers.begin(connection);
  try {
    const untilMs = clock.nowMs() + timeoutMs;
    if (!servers.isVetted(connection)) await servers.vet(connection, { signal, msLeft: timeoutMs });
    const wholeMs = Math.max(1, Math.ceil(untilMs - clock.nowMs()));
    const answer = await question(connection, { timeoutMs: wholeMs, ...(signal !== undefined && { signal }) });
    call.end(clock.nowMs(), "answered");
    servers.answered(connection);
    return answer;
  } catch (error) {
    call.end(clock.nowMs(), "abandoned");
    throw servers.failure(error, connection, { doing, signal, fate });
  }
}
