import { create } from "@bufbuild/protobuf";
import { ConsumeRequestSchema, OutOfRange } from "../gen/log/v1/log_pb.ts";
import type { ConsumeOptions } from "./client_options.ts";
import type { ServerConnection } from "./connections.ts";
import { bytesOfToken, startOf } from "./consume_start.ts";
import { ConsumeStreams } from "./consume_streams.ts";
import { Consumer } from "./consumer.ts";
import { ClientError } from "./errors.ts";
import type { Servers } from "./servers.ts";

/** How long a consumer tries servers when the caller does not say. */
export const failoverMsDefault = 60_000;
const failoverMsMax = 86_400_000;

/** Whom a consumer asks, and for how long. */
export interface ConsumerServers {
  readonly servers: Servers;
  /** The server that is asked first, where any has what is asked for. */
  readonly first: ServerConnection;
  readonly timeoutMs: number;
  readonly failoverMs: number;
}

/** A consumer of these servers. Nothing is asked before its first record is. Throws `ClientError` for options without sense. */
export function openConsumer(
  topic: string,
  options: ConsumeOptions,
  { servers, first: anyServer, timeoutMs, failoverMs }: ConsumerServers,
): Consumer {
  const { from = "earliest", after, follow = true, outOfRange = "another-node", signal, onGap, onFailover } = options;
  const { start, request } = startOf(from, topic);
  const { checksum, codecs } = servers.current;
  const asked = create(ConsumeRequestSchema, { ...request, topic, packed: true });
  asked.outOfRange = outOfRangeOf(topic, outOfRange);
  if (after !== undefined) asked.afterToken = bytesOfToken(after, "after");
  if (!(failoverMs >= 0 && failoverMs <= failoverMsMax)) {
    throw refused(topic, `failoverMs is ${failoverMs}, allowed are 0 to ${failoverMsMax}`);
  }
  // An offset is one of the asked node's own.
  const first = request.offset === undefined ? anyServer : servers.current;
  const leavesHoles = outOfRange === "another-node";
  return new Consumer({
    ...{ topic, checksum, codecs, start, signal, onGap },
    open: (consumerSignal) =>
      new ConsumeStreams({
        ...{ servers, first, request: asked, follow, failoverMs, leavesHoles, timeoutMs, onFailover },
        signal: consumerSignal,
      }),
  });
}

function outOfRangeOf(topic: string, outOfRange: string): OutOfRange {
  if (outOfRange === "another-node" || outOfRange === "earliest") return OutOfRange.EARLIEST;
  if (outOfRange === "error") return OutOfRange.ERROR;
  throw refused(topic, `outOfRange is ${JSON.stringify(outOfRange)}, allowed are another-node, earliest and error`);
}

function refused(topic: string, reason: string): ClientError {
  return new ClientError("INVALID_ARGUMENT", `Cannot consume topic ${JSON.stringify(topic)}: ${reason}`);
}
