import { ConnectError } from "@connectrpc/connect";
import type { Vector } from "../base/mod.ts";
import { type ConsumeRequest, LowestAvailableSchema } from "../gen/log/v1/log_pb.ts";
import type { ServerConnection } from "./connections.ts";
import { toTopic } from "./convert.ts";
import { ClientError, toClientError } from "./errors.ts";

/** Where a topic ended when a server was asked: offsets are its own, what it has of each writer means the same anywhere. */
export interface End {
  readonly offset: number;
  readonly have: Vector;
}

/** The topic's end as it is now; undefined when there is no record from the start on. */
export async function findEnd(
  { log, url }: ServerConnection,
  request: ConsumeRequest,
  options: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<End | undefined> {
  if (request.start.case === "latest") return undefined;
  // First what the token names, if there is one, has to be there: the end stands behind it.
  const isEmpty = !(await hasRecord());
  const { topic } = await log.describeTopic({ topic: request.topic }, options);
  if (topic === undefined) return undefined;
  const { nextOffset, feeds } = toTopic(topic);
  if (request.start.case === undefined && request.offset > nextOffset) {
    const message = `Cannot consume topic ${JSON.stringify(request.topic)} from offset ${request.offset}: it ends before offset ${nextOffset}`;
    throw new ClientError("OUT_OF_RANGE", message, { server: url });
  }
  if (isEmpty) return undefined;
  return { offset: nextOffset, have: new Map(feeds.map((feed) => [feed.writer, feed.have])) };

  async function hasRecord(): Promise<boolean> {
    try {
      await log.consume({ ...request, packed: false }, options);
      return true;
    } catch (error) {
      const failure = toClientError(error, { doing: "consume", server: url, signal: options.signal });
      if (failure.code === "OUT_OF_RANGE" && !saysLowest(error)) return false;
      // There is a record. That the node cannot take it out of its batch is no matter: it is asked for whole batches.
      if (failure.code === "FAILED_PRECONDITION" || failure.code === "DATA_LOSS") return true;
      throw error;
    }
  }
}

/** Whether the server refused because it no longer holds what comes next, rather than because nothing does. */
export function saysLowest(error: unknown): boolean {
  return error instanceof ConnectError && error.findDetails(LowestAvailableSchema).length > 0;
}
