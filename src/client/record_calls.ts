/** The calls that move records: by the lean way where the transport has one, by Connect elsewhere. */
import type { Client } from "@connectrpc/connect";
import type { HotTransport } from "../base/mod.ts";
import type { ConsumeRequest, Log } from "../gen/log/v1/log_pb.ts";
import { acksOf } from "./acks.ts";
import { consumeHot, produceHot } from "./hot_calls.ts";
import type { ConsumeAnswer, ProduceAnswer } from "./hot_messages.ts";
import type { ManyProduces } from "./many_produces.ts";
import { consumeAnswerOf, produceAnswerOf } from "./record_answers.ts";
import { cancellationOf } from "./shared_cancellation.ts";

/** The ways to one server. */
export interface RecordCalls {
  readonly hot?: HotTransport | undefined;
  /** There where `hot` is. */
  readonly many?: ManyProduces | undefined;
  readonly log: Client<typeof Log>;
}

/** The record that must be the latest of its key; sequence 0: there must be none. */
export interface ExpectedRecord {
  readonly writer: string;
  readonly sequence: number;
}

export interface RecordCallOptions {
  readonly replicated?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly expected?: ExpectedRecord | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One produce, answered for itself. */
export function produceFrame(
  { log, hot, many }: RecordCalls,
  topic: string,
  frame: Uint8Array<ArrayBuffer>,
  options: RecordCallOptions,
): Promise<ProduceAnswer> {
  if (hot !== undefined && options.expected === undefined) return produceHot({ hot, many }, topic, frame, options);
  return produceByConnect(log, topic, frame, options);
}

async function produceByConnect(
  log: RecordCalls["log"],
  topic: string,
  frame: Uint8Array<ArrayBuffer>,
  { replicated = 1, timeoutMs = 0, expected, signal }: RecordCallOptions,
): Promise<ProduceAnswer> {
  const expectedSequence = expected && { writer: expected.writer, sequence: BigInt(expected.sequence) };
  const request = { topic, frame, acks: acksOf({ replicated }), timeoutMs, expectedSequence };
  if (signal === undefined) return produceAnswerOf(await log.produce(request));
  return produceAnswerOf(await withOwnSignal(signal, (own) => log.produce(request, { signal: own })));
}

/** Calls with a signal that fires with this one, which any number of calls may share. */
async function withOwnSignal<Answer>(
  signal: AbortSignal,
  call: (own: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal.reason);
  const cancellation = cancellationOf(signal);
  cancellation.addEventListener("abort", abort);
  try {
    return await call(controller.signal);
  } finally {
    cancellation.removeEventListener("abort", abort);
  }
}

/** The answers of one ConsumeStream, until the signal fires. */
export function consumeAnswers(
  { hot, log }: RecordCalls,
  request: ConsumeRequest,
  signal: AbortSignal,
): AsyncGenerator<ConsumeAnswer> {
  return hot === undefined ? consumeByConnect(log, request, signal) : consumeHot(hot, request, signal);
}

async function* consumeByConnect(
  log: RecordCalls["log"],
  request: ConsumeRequest,
  signal: AbortSignal,
): AsyncGenerator<ConsumeAnswer> {
  for await (const response of log.consumeStream(request, { signal })) yield consumeAnswerOf(response);
}
