/** Records in: one request becomes one frame, and the answer names where it went. */
import { create } from "@bufbuild/protobuf";
import { type Clock, encodeToken, FrameBuilder, frameBytesMax, recordHeadersMax, timestampMsMax } from "../base/mod.ts";
import {
  type Record as LogRecordMessage,
  type ProduceRequest,
  type ProduceResponse,
  ProduceResponseSchema,
} from "../gen/log/v1/log_pb.ts";
import { type AskedCopies, answerOfShortfall, askedCopies } from "./acks.ts";
import { checkCopies, passProduce } from "./doors.ts";
import { invalidArgument } from "./errors.ts";
import { conditionOf, withLatest } from "./expected.ts";
import type { ServedTopic, ServerPorts } from "./ports.ts";
import { checkStamped, stampAsAsked } from "./producer_fields.ts";
import { writableTopicNameOf } from "./topics.ts";

/** What a produce needs of a node. */
export type ProducePorts = Pick<ServerPorts, "log" | "clock" | "replication" | "doors">;

/** Answers one request. */
export async function produce(ports: ProducePorts, request: ProduceRequest): Promise<ProduceResponse> {
  return (await startProduce(ports, request)).response;
}

/** A produce that the log has taken in: those started later stand after it. */
export interface StartedProduce {
  readonly response: Promise<ProduceResponse>;
}

/**
 * Judges one request and hands it to the log. The unary call and the stream share it, so that both mean exactly the same.
 * Resolves before the records are durable.
 */
export async function startProduce(ports: ProducePorts, request: ProduceRequest): Promise<StartedProduce> {
  const asked = askedCopies(request);
  const name = writableTopicNameOf(request);
  checkCopies(ports, name, asked);
  const takeHere = async (): Promise<ProduceResponse> => (await startHere(ports, request, { asked, name })).response;
  const passed = passProduce(ports, name, { request, asked, takeHere });
  return passed === undefined ? startHere(ports, request, { asked, name }) : { response: passed };
}

async function startHere(
  { log, clock, replication }: ProducePorts,
  request: ProduceRequest,
  { asked, name }: { readonly asked: AskedCopies | undefined; readonly name: string },
): Promise<StartedProduce> {
  const frame = frameOf(request, clock);
  const topic = log.topic(name) ?? (await log.openTopic(name));
  const condition = conditionOf(request);
  const produced = condition === undefined ? topic.produce(frame) : withLatest(topic.produce(frame, condition));
  return { response: acknowledged(topic, produced, asked && { ...asked, replication }) };
}

/** Nothing is awaited before `awaitCopies` is called: peers must hear in time that somebody waits. */
async function acknowledged(
  topic: ServedTopic,
  produced: ReturnType<ServedTopic["produce"]>,
  asked: (AskedCopies & Pick<ProducePorts, "replication">) | undefined,
): Promise<ProduceResponse> {
  const { copies = 1, timeoutMs = 0 } = asked ?? {};
  const missed = await asked?.replication.awaitCopies(topic.name, produced, { copies, timeoutMs });
  const at = await produced;
  // It is stored nowhere any more.
  if (missed !== undefined && topic.deleted !== undefined) throw topic.deleted;
  const vector = new Map([[at.writer, at.sequence + at.count - 1]]);
  const response = create(ProduceResponseSchema, {
    offset: BigInt(at.offset),
    writer: at.writer,
    firstSequence: BigInt(at.sequence),
    count: at.count,
    token: encodeToken({ topic: topic.name, generation: topic.generation, vector }),
    duplicate: at.duplicate ?? false,
  });
  if (asked === undefined || missed === undefined) return response;
  return answerOfShortfall(response, missed, { ...asked, topic: topic.name });
}

/** The one frame of a request. A frame from outside is judged by the log. */
function frameOf(request: ProduceRequest, clock: Clock): Uint8Array {
  const given = [];
  if (request.record !== undefined) given.push("record");
  if (request.records.length > 0) given.push("records");
  if (request.frame.length > 0) given.push("frame");
  if (given.length !== 1) {
    const found = given.length === 0 ? "none of them" : given.join(" and ");
    throw invalidArgument(`Cannot produce: exactly one of record, records and frame is needed, there is ${found}`);
  }
  // Given away as it is: the log stamps it in place, and nobody else looks at this message's bytes any more.
  if (request.frame.length > 0) {
    checkStamped(request.frame, request);
    return request.frame;
  }
  const frame = packRecords(request.record === undefined ? request.records : [request.record], clock);
  stampAsAsked(frame, request);
  return frame;
}

function packRecords(records: readonly LogRecordMessage[], clock: Clock): Uint8Array {
  const builder = new FrameBuilder();
  const nowMs = clock.wallMs();
  for (const [index, record] of records.entries()) {
    const added = builder.add({ ...checked(record, index), value: record.value, key: record.key }, nowMs);
    if (!added) {
      throw invalidArgument(
        `Cannot produce ${records.length} records at once: one batch holds ${frameBytesMax} bytes, ${index} records fit`,
      );
    }
  }
  return builder.finish();
}

/** The fields of a record that can be wrong. Its size is judged by the log, with that of frames from outside. */
function checked(
  record: LogRecordMessage,
  index: number,
): Pick<LogRecordMessage, "headers"> & { readonly timestampMs: number | undefined } {
  if (record.timestampMs > BigInt(timestampMsMax)) {
    throw invalidArgument(
      `Cannot produce record ${index}: timestamp_ms ${record.timestampMs} is above ${timestampMsMax}`,
    );
  }
  if (record.headers.length > recordHeadersMax) {
    throw invalidArgument(
      `Cannot produce record ${index}: it has ${record.headers.length} headers, allowed are ${recordHeadersMax}`,
    );
  }
  const timestampMs = record.timestampMs === 0n ? undefined : Number(record.timestampMs);
  return { headers: record.headers, timestampMs };
}
