/** What one server tells of its cluster, as long as its caller listens. */
import type { ClusterConnection } from "./cluster_calls.ts";
import { toMemberEvent } from "./convert.ts";
import { ClientError } from "./errors.ts";
import type { Servers } from "./servers.ts";
import type { MemberEvent } from "./types.ts";

type Open<Response> = (connection: ClusterConnection, signal: AbortSignal) => AsyncIterable<Response>;

/** The responses of the current server; leaving the loop and the signal end the call. `doing` completes "Cannot …". */
export async function* watchServer<Response>(
  servers: Servers,
  doing: string,
  open: Open<Response>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Response> {
  const connection = servers.current;
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  if (signal?.aborted) return;
  signal?.addEventListener("abort", abort, { once: true });
  try {
    if (!servers.isVetted(connection)) await servers.vet(connection, { signal: controller.signal });
    yield* open(connection, controller.signal);
  } catch (error) {
    if (controller.signal.aborted) return;
    throw servers.failure(error, connection, { doing });
  } finally {
    signal?.removeEventListener("abort", abort);
    controller.abort();
  }
}

/** Every member as a join first, then every change, until the loop is left or the signal fires. */
export async function* watchMembers(servers: Servers, signal: AbortSignal | undefined): AsyncGenerator<MemberEvent> {
  const doing = "watch members";
  for await (const response of watchServer(
    servers,
    doing,
    (to, own) => to.cluster.watchMembers({}, { signal: own }),
    signal,
  )) {
    const event = toMemberEvent(response);
    if (event !== undefined) yield event;
  }
  if (!signal?.aborted) throw new ClientError("UNAVAILABLE", "Cannot watch members: the server ended the stream");
}
