/**
 * Records out without an end. The stream pulls from the log what its caller takes, a chunk at a time, and waits at the
 * end for more. A topic that is not held yet is waited for as well: replication may bring it.
 */
import type { HandlerContext } from "@connectrpc/connect";
import type { Place } from "../base/mod.ts";
import type { ConsumeRequest } from "../gen/log/v1/log_pb.ts";
import {
  type ConsumeAnswer,
  holds,
  isOfBook,
  packedAnswer,
  positionOf,
  recordAnswer,
  tokenTooLate,
} from "./consume.ts";
import { type ConsumeStart, startOf, tokenOf } from "./consume_start.ts";
import { packedRecordsOf } from "./frames.ts";
import { onTopicGrow } from "./growth.ts";
import { gapOf, holesOf, isHole } from "./holes.ts";
import { afterTokenMsMax, chunkBytesMax, heartbeatMs } from "./limits.ts";
import { openReader } from "./open_reader.ts";
import type { ServedTopic, ServerPorts } from "./ports.ts";
import type { TopicReader } from "./topic_reader.ts";
import { topicNameOf } from "./topics.ts";
import { Waiting } from "./waiting.ts";

/** Who asks, and how many stored bytes one answer is to carry. */
export interface ConsumeContext extends Pick<HandlerContext, "signal"> {
  /** @default 262144 */
  readonly bytesMax?: number;
}

/** Waits until something was announced; says that the stream lives, and where it stands, after long silence, or at once. */
type Pause = (
  position?: () => Pick<ConsumeAnswer, "cursor" | "nextOffset">,
  atOnce?: boolean,
) => AsyncGenerator<ConsumeAnswer, void>;

function pauseOf(waiting: Waiting, heartbeats: boolean): Pause {
  return async function* (position, atOnce = false) {
    const isDue = atOnce || !(await waiting.wait(heartbeatMs));
    if (isDue && heartbeats) yield { ...position?.(), heartbeat: true };
  };
}

/** Every record from the start on, until the call is aborted. */
export async function* consumeStream(
  ports: ServerPorts,
  request: ConsumeRequest,
  { signal, bytesMax = chunkBytesMax }: ConsumeContext,
): AsyncGenerator<ConsumeAnswer> {
  const name = topicNameOf(request);
  const start = startOf(request, name);
  const holes = holesOf(request);
  const token = tokenOf(request, name);
  const waiting = new Waiting(ports.clock, signal);
  waiting.listen((announce) => onTopicGrow(ports.log, name, announce));
  const pause = pauseOf(waiting, !isOfBook(request));
  try {
    const generation = Math.max(token?.generation ?? 0, start.from === "cursor" ? start.place.generation : 0);
    const before = ports.log.topic(name);
    // Whoever fails over wants to know soon that it met a server that takes the call.
    const waits =
      before === undefined || before.generation < generation || token !== undefined || startsBeyond(before, start);
    if (request.packed && waits) yield { heartbeat: true };
    const topic = yield* appearing(ports, { name, generation }, pause);
    yield* reaching(topic, start, pause);
    // All of a topic that was waited for came after the last record that there was.
    const isNew = start.from === "latest" && topic !== before;
    const from: ConsumeStart = isNew ? { from: "earliest" } : start;
    const endOffset = topic.nextOffset;
    if (token !== undefined) yield* holding(ports, topic, token, pause);
    const reader = await openReader(topic, from, { cursors: true, holes, endOffset, token });
    // From here on the caller can go on at any node, wherever it wanted to begin.
    if (request.packed) yield { ...positionOf(topic, reader), heartbeat: true };
    if (request.packed) yield* followingBatches({ topic, reader, pause, signal, bytesMax });
    else yield* followingRecords(ports, request, { topic, reader, pause, signal, bytesMax });
  } finally {
    waiting.release();
  }
}

function startsBeyond(topic: ServedTopic, start: ConsumeStart): boolean {
  return start.from === "offset" && start.offset > topic.nextOffset;
}

/** Waits for the topic, and for a generation of it that another node told the caller of. */
async function* appearing(
  { log }: ServerPorts,
  { name, generation }: { readonly name: string; readonly generation: number },
  pause: Pause,
): AsyncGenerator<ConsumeAnswer, ServedTopic> {
  for (;;) {
    const topic = log.topic(name);
    if (topic !== undefined && topic.generation >= generation) return topic;
    const deleted = log.deletedTopic?.(name);
    if (deleted !== undefined && deleted.generation >= generation) throw deleted;
    yield* pause();
  }
}

/** An offset beyond the end is waited for: the records up to it may be on their way. */
async function* reaching(topic: ServedTopic, start: ConsumeStart, pause: Pause): AsyncGenerator<ConsumeAnswer, void> {
  while (startsBeyond(topic, start)) {
    if (topic.deleted !== undefined) throw topic.deleted;
    yield* pause();
  }
}

async function* holding(
  ports: ServerPorts,
  topic: ServedTopic,
  token: Place,
  pause: Pause,
): AsyncGenerator<ConsumeAnswer> {
  const untilMs = ports.clock.nowMs() + afterTokenMsMax;
  while (!holds(topic, token)) {
    if (ports.clock.nowMs() >= untilMs) throw tokenTooLate();
    yield* pause();
  }
}

interface Following {
  readonly topic: ServedTopic;
  readonly reader: TopicReader;
  readonly pause: Pause;
  readonly signal: AbortSignal;
  readonly bytesMax: number;
}

async function* followingBatches(following: Following): AsyncGenerator<ConsumeAnswer> {
  const { topic, reader, pause, signal, bytesMax } = following;
  for (;;) {
    signal.throwIfAborted();
    const spans = await reader.next(bytesMax);
    if (spans.length > 0) yield packedAnswer(topic, reader, spans);
    else yield* pause(() => positionOf(topic, reader), reader.takePassedOver());
  }
}

async function* followingRecords(
  { codecs }: ServerPorts,
  request: ConsumeRequest,
  { topic, reader, pause, signal, bytesMax }: Following,
): AsyncGenerator<ConsumeAnswer> {
  const tellsGaps = !isOfBook(request);
  for (;;) {
    signal.throwIfAborted();
    const spans = await reader.next(bytesMax);
    if (spans.length === 0) yield* pause(() => positionOf(topic, reader), reader.takePassedOver());
    for (const span of spans) {
      const packedRecords = await packedRecordsOf(span, { topic: topic.name, codecs });
      for (const record of reader.records(span, packedRecords)) {
        signal.throwIfAborted();
        yield recordAnswer(topic, reader, record);
      }
      // At once: the next record may be long in coming.
      if (isHole(span) && tellsGaps) yield { gaps: [gapOf(span)], ...positionOf(topic, reader) };
    }
  }
}
