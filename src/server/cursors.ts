/** How far named consumers have read: what they ask, checked; what is kept stands behind a port. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import {
  countMissing,
  covers,
  cursorNameFault,
  cursorsTopic,
  decodeCursor,
  decodeToken,
  encodeCursor,
  encodeToken,
  firstGeneration,
  isInternalTopic,
  type Vector,
} from "../base/mod.ts";
import {
  type DeleteCursorRequest,
  type DeleteCursorResponse,
  DeleteCursorResponseSchema,
  type GetCursorRequest,
  type GetCursorResponse,
  GetCursorResponseSchema,
  type ListCursorsRequest,
  type ListCursorsResponse,
  ListCursorsResponseSchema,
  type ResetCursorRequest,
  type ResetCursorResponse,
  ResetCursorResponseSchema,
  type SaveCursorRequest,
  type SaveCursorResponse,
  SaveCursorResponseSchema,
  type SavedCursorSchema,
} from "../gen/log/v1/log_pb.ts";
import { invalidArgument } from "./errors.ts";
import { onTopicGrow } from "./growth.ts";
import { afterTokenMsMax } from "./limits.ts";
import type { ServedCursor, ServedCursors, ServedTopic, ServerPorts } from "./ports.ts";
import { heldTopic, topicNameOf } from "./topics.ts";
import { Waiting } from "./waiting.ts";

export async function saveCursor(ports: ServerPorts, request: SaveCursorRequest): Promise<SaveCursorResponse> {
  const cursors = keptCursors(ports);
  const [topic, name] = [cursorTopic(ports, request), cursorName(request)];
  const vector = vectorOf(request.cursor, topic, "save");
  const saved = await cursors.save(topic, name, { vector, resets: request.resets });
  return create(SaveCursorResponseSchema, { saved: toMessage(saved, topic), token: tokenOf(saved) });
}

export async function getCursor(
  ports: ServerPorts,
  request: GetCursorRequest,
  context: Pick<HandlerContext, "signal">,
): Promise<GetCursorResponse> {
  const cursors = keptCursors(ports);
  const name = cursorName(request);
  if (request.afterToken.length > 0) await cursorsHeld(ports, request.afterToken, context.signal);
  const topic = cursorTopic(ports, request);
  const saved = await cursors.get(topic, name);
  if (saved === undefined) return create(GetCursorResponseSchema, { generation: topic.generation });
  // Who begins where a cursor was deleted begins a life of its own.
  if (saved.deleted) {
    return create(GetCursorResponseSchema, { generation: topic.generation, resets: saved.resets + 1 });
  }
  const { generation, resets } = saved;
  return create(GetCursorResponseSchema, { saved: toMessage(saved, topic), generation, resets });
}

export async function listCursors(ports: ServerPorts, request: ListCursorsRequest): Promise<ListCursorsResponse> {
  const topic = cursorTopic(ports, request);
  const saved = await keptCursors(ports).list(topic);
  const listed = saved.filter(({ name }) => request.slots || cursorNameFault(name) === undefined);
  return create(ListCursorsResponseSchema, { cursors: listed.map((cursor) => toMessage(cursor, topic)) });
}

export async function resetCursor(ports: ServerPorts, request: ResetCursorRequest): Promise<ResetCursorResponse> {
  const cursors = keptCursors(ports);
  const [topic, name] = [cursorTopic(ports, request), cursorName(request)];
  const saved = await cursors.reset(topic, name, await placeOf(request, topic));
  return create(ResetCursorResponseSchema, { saved: toMessage(saved, topic), token: tokenOf(saved) });
}

export async function deleteCursor(ports: ServerPorts, request: DeleteCursorRequest): Promise<DeleteCursorResponse> {
  const deleted = await keptCursors(ports).delete(cursorTopic(ports, request), cursorName(request));
  return create(DeleteCursorResponseSchema, { token: tokenOf(deleted) });
}

export function keptCursors({ cursors }: ServerPorts): ServedCursors {
  if (cursors !== undefined) return cursors;
  throw new ConnectError("Cannot keep cursors: this node keeps none", Code.Unimplemented);
}

/** The topic that a request means: one that is held, of the users' own. */
export function cursorTopic({ log }: ServerPorts, request: { readonly topic: string }): ServedTopic {
  const name = topicNameOf(request);
  if (!isInternalTopic(name)) return heldTopic(log, request);
  throw invalidArgument(
    `Cannot keep cursors of topic ${JSON.stringify(name)}: names that begin with "_" are the cluster's own`,
  );
}

function cursorName({ name }: { readonly name: string }): string {
  const fault = cursorNameFault(name);
  if (fault !== undefined) throw invalidArgument(fault);
  return name;
}

/** What a cursor counts as read. Throws when it is not one of this topic as it is now. */
export function vectorOf(bytes: Uint8Array, topic: ServedTopic, doing: "save" | "reset"): Vector {
  const place = decodeCursor(bytes);
  if (place === undefined) {
    throw invalidArgument(`Cannot ${doing} cursor: it is not one that a node gave, or was changed since`);
  }
  if (place.topic !== topic.name) {
    const names = `${JSON.stringify(place.topic)}, the request names ${JSON.stringify(topic.name)}`;
    throw invalidArgument(`Cannot ${doing} cursor: it belongs to topic ${names}`);
  }
  if (place.generation === topic.generation) return place.vector;
  const where = `generation ${place.generation} of topic ${JSON.stringify(topic.name)}`;
  if (place.generation < topic.generation || place.generation < firstGeneration) {
    const now = `which was deleted; the topic has generation ${topic.generation} now`;
    throw invalidArgument(`Cannot ${doing} cursor: it belongs to ${where}, ${now}`);
  }
  const known = `this node has heard of generation ${topic.generation} only`;
  throw new ConnectError(`Cannot ${doing} cursor yet: it belongs to ${where}, ${known}`, Code.Unavailable);
}

/** What whoever starts there counts as read. */
export async function placeOf({ to }: ResetCursorRequest, topic: ServedTopic): Promise<Vector> {
  switch (to.case) {
    case "earliest":
    case "latest":
      if (!to.value) throw invalidArgument(`Cannot reset cursor: ${to.case} is false, only true has a meaning`);
      return to.case === "latest" ? topic.served : topic.vectorAt(topic.firstOffset);
    case "cursor":
      return vectorOf(to.value, topic, "reset");
    case "timestampMs":
      return topic.vectorAt(await topic.offsetAt(wholeNumber(to.value, "timestamp_ms")));
    case "offset": {
      const offset = wholeNumber(to.value, "offset");
      if (offset <= topic.nextOffset) return topic.vectorAt(Math.max(offset, topic.firstOffset));
      const span = `the log spans offsets ${topic.firstOffset} up to, not including, ${topic.nextOffset}`;
      throw new ConnectError(`Cannot reset cursor to offset ${offset}: ${span}`, Code.OutOfRange);
    }
    case undefined:
      throw invalidArgument(
        "Cannot reset cursor: no place is given; allowed is one of earliest, latest, offset, timestamp_ms, cursor",
      );
    default:
      throw to satisfies never;
  }
}

function wholeNumber(value: bigint, field: string): number {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw invalidArgument(`Cannot reset cursor: ${field} ${value} is above ${Number.MAX_SAFE_INTEGER}`);
}

/** Resolves once this node holds of `_cursors` what the token names. */
async function cursorsHeld(ports: ServerPorts, token: Uint8Array, signal: AbortSignal): Promise<void> {
  const place = decodeToken(token);
  if (place?.topic !== cursorsTopic) {
    throw invalidArgument("Cannot get cursor: after_token is not one that saving a cursor gave, or was changed since");
  }
  const waiting = new Waiting(ports.clock, signal);
  waiting.listen((announce) => onTopicGrow(ports.log, cursorsTopic, announce));
  try {
    const untilMs = ports.clock.nowMs() + afterTokenMsMax;
    while (!covers(ports.log.topic(cursorsTopic)?.served ?? new Map(), place.vector)) {
      const leftMs = untilMs - ports.clock.nowMs();
      if (leftMs <= 0) throw tooLate();
      await waiting.wait(leftMs);
    }
  } finally {
    waiting.release();
  }
}

function tooLate(): ConnectError {
  const after = `after ${afterTokenMsMax / 1_000} s`;
  return new ConnectError(
    `Cannot get cursor yet: this node does not know what the token names ${after}`,
    Code.DeadlineExceeded,
  );
}

function tokenOf({ token }: ServedCursor): Uint8Array {
  return encodeToken({ topic: cursorsTopic, generation: firstGeneration, vector: token });
}

function toMessage(saved: ServedCursor, topic: ServedTopic): MessageInitShape<typeof SavedCursorSchema> {
  const { name, generation, vector, resets, savedAtMs } = saved;
  return {
    ...{ name, resets, savedAtMs: BigInt(savedAtMs) },
    cursor: encodeCursor({ topic: topic.name, generation, vector }),
    lag: BigInt(countMissing(readSoFar(vector, topic), topic.served)),
  };
}

/** What retention took counts as read: nobody can read it any more. */
function readSoFar(vector: Vector, { lowWater }: ServedTopic): Vector {
  const read = new Map(vector);
  for (const [writer, low] of lowWater) read.set(writer, Math.max(read.get(writer) ?? 0, low - 1));
  return read;
}
