/** What other nodes ask of this one: who has what, and give me what I lack (rule R3). */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import {
  type ChainHash,
  chainFromNumber,
  chainToNumber,
  vectorFromPositions,
  vectorToPositions,
  type WriterId,
  writerFromNumber,
  writerToNumber,
} from "../base/mod.ts";
import type {
  KeepRequest,
  KeepResponseSchema,
  PullRequest,
  PullResponseSchema,
  WatchRequest,
  WatchResponseSchema,
} from "../gen/grapevine/v1/replication_pb.ts";
import { invalidArgument } from "./errors.ts";
import { advance, framesOf } from "./frames.ts";
import { chunkBytesMax, nodeNameCharactersMax, pullBytesMax } from "./limits.ts";
import type { ServerPorts, WatchMessage } from "./ports.ts";
import { heldTopic, topicNameOf } from "./topics.ts";

/** Version of this protocol, the `gv` tag of every node that speaks it. */
export const protocolVersion = 1;

export async function* watch(
  ports: ServerPorts,
  request: WatchRequest,
  context: Pick<HandlerContext, "signal">,
): AsyncGenerator<MessageInitShape<typeof WatchResponseSchema>> {
  checkNodeName(request.node);
  const { replication, log } = ports;
  const writer = writerToNumber(log.writer);
  yield { message: { case: "hello", value: { node: replication.node, writer, version: protocolVersion } } };
  const peer = { node: request.node, writer: writerFromNumber(request.writer) };
  for await (const message of replication.watch(peer, context.signal)) yield { message: toMessage(message) };
  // The port ends its messages when the signal fires; the caller is told why.
  context.signal.throwIfAborted();
}

function toMessage(message: WatchMessage): MessageInitShape<typeof WatchResponseSchema>["message"] {
  switch (message.type) {
    case "heartbeat":
      return { case: "heartbeat", value: {} };
    case "notice":
      return {
        case: "notice",
        value: {
          topic: message.topic,
          generation: message.generation,
          durable: vectorToPositions(message.durable),
          lowWater: vectorToPositions(message.lowWater),
          ...(message.callerChain && { callerChain: chainToNumber(message.callerChain) }),
          awaited: message.awaited,
        },
      };
    case "confirmation":
      return {
        case: "confirmation",
        value: {
          topic: message.topic,
          generation: message.generation,
          synced: vectorToPositions(message.synced),
          ...(message.callerChain && { callerChain: chainToNumber(message.callerChain) }),
        },
      };
    default:
      throw message satisfies never;
  }
}

export async function* pull(
  ports: ServerPorts,
  request: PullRequest,
  context: Pick<HandlerContext, "signal">,
): AsyncGenerator<MessageInitShape<typeof PullResponseSchema>> {
  checkNodeName(request.node);
  const have = vectorFromPositions(request.have);
  if (typeof have === "string") throw invalidArgument(`Cannot pull: have is no vector: ${have}`);
  const topic = heldTopic(ports.log, request);
  if (request.generation !== topic.generation) {
    throw new ConnectError(
      `Cannot pull generation ${request.generation} of topic ${JSON.stringify(topic.name)}: this node holds ${topic.generation}`,
      Code.FailedPrecondition,
    );
  }
  let creditBytes = Math.min(request.bytesMax, pullBytesMax);
  for (let first = true; first || creditBytes > 0; first = false) {
    context.signal.throwIfAborted();
    const bytesMax = Math.max(1, Math.min(creditBytes, chunkBytesMax));
    const missing = await topic.readMissing(have, bytesMax);
    // The log always gives one frame; only the first answer may go beyond the credit for it.
    if (!first && missing.frames.length > creditBytes) return;
    if (first || missing.frames.length > 0) {
      yield { frames: missing.frames, lowWater: first ? vectorToPositions(missing.lowWater) : [] };
    }
    if (missing.complete || missing.frames.length === 0) return;
    for (const { header } of framesOf(missing.frames)) advance(have, header);
    creditBytes -= missing.frames.length;
  }
}

/** Whether this node keeps a copy of what the caller holds, which wants to drop its own. */
export async function keep(
  ports: ServerPorts,
  request: KeepRequest,
): Promise<MessageInitShape<typeof KeepResponseSchema>> {
  checkNodeName(request.node);
  const { doors } = ports;
  if (doors === undefined) return { reason: "this node knows no placement" };
  const have = vectorFromPositions(request.have);
  if (typeof have === "string") throw invalidArgument(`Cannot keep: have is no vector: ${have}`);
  const chains = new Map<WriterId, ChainHash>();
  for (const { writer, chain } of request.have) {
    if (chain !== undefined) chains.set(writerFromNumber(writer), chainFromNumber(chain));
  }
  const reason = await doors.whyNotKept({ topic: topicNameOf(request), generation: request.generation, have, chains });
  return { kept: reason === undefined, reason: reason ?? "" };
}

function checkNodeName(name: string): void {
  if (name.length >= 1 && name.length <= nodeNameCharactersMax) return;
  throw invalidArgument(
    `Cannot tell who asks: node has ${name.length} characters, allowed are 1 to ${nodeNameCharactersMax}`,
  );
}
