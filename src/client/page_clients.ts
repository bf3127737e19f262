/** The server streams that a page follows, as calls of their own to whoever makes them, and in one stream to the server. */
import { create } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError } from "@connectrpc/connect";
import { type Cluster, WatchMembersRequestSchema } from "../gen/grapevine/v1/cluster_pb.ts";
import { type Registry, WatchServicesRequestSchema } from "../gen/grapevine/v1/registry_pb.ts";
import { ConsumeRequestSchema, type Log } from "../gen/log/v1/log_pb.ts";
import type { FollowAnswer, FollowAsks } from "./followed.ts";
import type { PageStreams } from "./page_stream.ts";

/** Where streams are opened by. */
export interface StreamingClients {
  readonly log: Client<typeof Log>;
  readonly cluster: Client<typeof Cluster>;
  readonly registry: Client<typeof Registry>;
}

interface StreamOptions {
  readonly signal?: AbortSignal;
}

/** The same clients, whose streams go by the page's own where the server knows that. */
export function followingByPage({ log, cluster, registry }: StreamingClients, page: PageStreams): StreamingClients {
  /** What the page's stream brings of one case, or else what the server's own stream does. */
  async function* follow<Case extends FollowAnswer["case"], Response>(
    asks: FollowAsks & { readonly case: Case },
    options: StreamOptions | undefined,
    plain: () => AsyncIterable<Response>,
  ): AsyncGenerator<Response, void> {
    // Leaving the loop ends the subscription.
    const leaving = new AbortController();
    const abort = (): void => leaving.abort(options?.signal?.reason);
    if (options?.signal?.aborted) abort();
    else options?.signal?.addEventListener("abort", abort, { once: true });
    try {
      for await (const answer of page.follow(asks, leaving.signal)) {
        if (answer.case === asks.case) yield answer.value as Response;
      }
    } catch (error) {
      if (!isUnknown(error)) throw error;
      yield* plain();
    } finally {
      options?.signal?.removeEventListener("abort", abort);
      leaving.abort();
    }
  }
  return {
    log: {
      ...log,
      consumeStream(request, options) {
        const asks = { case: "consume", value: create(ConsumeRequestSchema, request) } as const;
        return follow(asks, options, () => log.consumeStream(request, options));
      },
    },
    cluster: {
      ...cluster,
      watchMembers(request, options) {
        const asks = { case: "members", value: create(WatchMembersRequestSchema, request) } as const;
        return follow(asks, options, () => cluster.watchMembers(request, options));
      },
    },
    registry: {
      ...registry,
      watchServices(request, options) {
        const asks = { case: "services", value: create(WatchServicesRequestSchema, request) } as const;
        return follow(asks, options, () => registry.watchServices(request, options));
      },
    },
  };
}

/** A node of before pages had streams of their own. */
function isUnknown(error: unknown): boolean {
  return error instanceof ConnectError && error.code === Code.Unimplemented;
}
