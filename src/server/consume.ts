/** Records out, one answer a call: the next record at or after the start. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { covers, encodeCursor, type LogRecord, type Place } from "../base/mod.ts";
import type { ConsumeRequest, ConsumeResponseSchema } from "../gen/log/v1/log_pb.ts";
import { type ConsumeStart, checkGeneration, startOf, tokenOf } from "./consume_start.ts";
import { notFound } from "./errors.ts";
import { type FrameSpan, joined, packedRecordsOf } from "./frames.ts";
import { onTopicGrow } from "./growth.ts";
import { gapOf, type Hole, holesOf, isHole } from "./holes.ts";
import { afterTokenMsMax, chunkBytesMax } from "./limits.ts";
import { openReader } from "./open_reader.ts";
import type { ServedTopic, ServerPorts } from "./ports.ts";
import type { TopicReader } from "./topic_reader.ts";
import { topicNameOf } from "./topics.ts";
import { Waiting } from "./waiting.ts";

export type ConsumeAnswer = MessageInitShape<typeof ConsumeResponseSchema> & {
  /** To be called when the frames were sent, if that is known: then their memory is used again. */
  readonly release?: (() => void) | undefined;
};

/**
 * A request that the book's clients could have sent: they take every response for a record, and know neither topics nor
 * starts.
 */
export function isOfBook(request: ConsumeRequest): boolean {
  return request.topic === "" && request.start.case === undefined && !request.packed;
}

/** Answers one Consume. OUT_OF_RANGE when there is no such record yet, NOT_FOUND when the topic is not held. */
export async function consume(
  ports: ServerPorts,
  request: ConsumeRequest,
  context: Pick<HandlerContext, "signal">,
): Promise<ConsumeAnswer> {
  const name = topicNameOf(request);
  const start = startOf(request, name);
  const holes = holesOf(request);
  const token = tokenOf(request, name);
  const before = ports.log.topic(name);
  const endBefore = before?.nextOffset ?? 0;
  if (token !== undefined) await holding(ports, token, context.signal);
  const topic = ports.log.topic(name);
  if (topic === undefined) throw whyNotHeld(ports, name, start);
  // All of a topic that was waited for came after the call.
  const endOffset = topic === before ? endBefore : 0;
  // A look at the log for a cursor would cost each call of those who read by offset, one record a call, as much again.
  const reader = await openReader(topic, start, { cursors: holes === "refused", holes, endOffset, token });
  // One record asks for one frame, the least that the log reads.
  const bytesMax = request.packed ? chunkBytesMax : 1;
  const gaps: Hole[] = [];
  for (let spans = await reader.next(bytesMax); spans.length > 0; spans = await reader.next(bytesMax)) {
    if (request.packed) return packedAnswer(topic, reader, spans);
    for (const span of spans) {
      if (isHole(span)) gaps.push(gapOf(span));
      const packedRecords = await packedRecordsOf(span, { topic: name, codecs: ports.codecs });
      for (const record of reader.records(span, packedRecords)) {
        return recordAnswer(topic, reader, record, isOfBook(request) ? [] : gaps);
      }
    }
  }
  if (gaps.length > 0 && !isOfBook(request)) return { gaps, ...positionOf(topic, reader) };
  throw new ConnectError(
    `Cannot consume ${wordsOf(start)} of topic ${JSON.stringify(name)}: the log spans offsets ${topic.firstOffset} up to, not including, ${topic.nextOffset}`,
    Code.OutOfRange,
  );
}

function whyNotHeld(ports: ServerPorts, name: string, start: ConsumeStart): Error {
  const deleted = ports.log.deletedTopic?.(name);
  if (deleted === undefined)
    return notFound(`Cannot consume topic ${JSON.stringify(name)}: this node does not hold it`);
  // Of a later life this node may not have heard yet.
  if (start.from === "cursor" && start.place.generation > deleted.generation) {
    checkGeneration(start.place, "cursor", { name, generation: deleted.generation });
  }
  return deleted;
}

function wordsOf(start: ConsumeStart): string {
  switch (start.from) {
    case "earliest":
      return "the first record";
    case "latest":
      return "what comes after the last record";
    case "offset":
      return `offset ${start.offset}`;
    case "timestamp":
      return `what was written at or after ${start.timestampMs} ms`;
    case "cursor":
      return "what comes after the cursor";
    default:
      throw start satisfies never;
  }
}

/** Whole frames as they are stored: no record is looked at. */
export function packedAnswer(topic: ServedTopic, reader: TopicReader, spans: readonly FrameSpan[]): ConsumeAnswer {
  for (const span of spans) reader.taken(span);
  return { frames: joined(spans), ...positionOf(topic, reader), release: reader.release };
}

/** One record, decoded, and what is passed over before it. */
export function recordAnswer(
  topic: ServedTopic,
  reader: TopicReader,
  record: LogRecord,
  gaps: readonly Hole[] = [],
): ConsumeAnswer {
  return {
    gaps: [...gaps],
    record: {
      value: record.value,
      offset: BigInt(record.offset),
      key: record.key,
      headers: record.headers.map((header) => ({ name: header.name, value: header.value })),
      timestampMs: BigInt(record.timestampMs),
      writer: record.writer,
      sequence: BigInt(record.sequence),
    },
    ...positionOf(topic, reader),
  };
}

/** Where the consumer stands now. */
export function positionOf(topic: ServedTopic, reader: TopicReader): Pick<ConsumeAnswer, "cursor" | "nextOffset"> {
  const vector = reader.read;
  const cursor = vector && encodeCursor({ topic: topic.name, generation: topic.generation, vector });
  return { cursor, nextOffset: BigInt(reader.nextOffset) };
}

/** Resolves once what the token names is served here. The wait has an end even where the caller set none. */
async function holding(ports: ServerPorts, token: Place, signal: AbortSignal): Promise<void> {
  const waiting = new Waiting(ports.clock, signal);
  waiting.listen((announce) => onTopicGrow(ports.log, token.topic, announce));
  try {
    const untilMs = ports.clock.nowMs() + afterTokenMsMax;
    while (!holds(ports.log.topic(token.topic), token)) {
      const deleted = ports.log.deletedTopic?.(token.topic);
      if (deleted !== undefined && deleted.generation >= token.generation) throw deleted;
      const leftMs = untilMs - ports.clock.nowMs();
      if (leftMs <= 0) throw tokenTooLate();
      await waiting.wait(leftMs);
    }
  } finally {
    waiting.release();
  }
}

/** True when the topic is held and serves what the token names. */
export function holds(topic: ServedTopic | undefined, token: Place): boolean {
  if (topic?.deleted !== undefined) throw topic.deleted;
  // A later generation may be on its way.
  if (topic === undefined || topic.generation < token.generation) return false;
  checkGeneration(token, "after_token", topic);
  return covers(topic.served, token.vector);
}

export function tokenTooLate(): ConnectError {
  return new ConnectError(
    `Cannot consume after_token yet: this node does not hold those records after ${afterTokenMsMax / 1000} s`,
    Code.DeadlineExceeded,
  );
}
