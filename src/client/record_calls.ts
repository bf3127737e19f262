/** The calls that move records: by the lean way where the transport has one, by Connect elsewhere. */
import { toBinary } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import { HotResponses, type HotTransport } from "../base/mod.ts";
import { type ConsumeRequest, ConsumeRequestSchema, type Log } from "../gen/log/v1/log_pb.ts";
import {
  type ConsumeAnswer,
  consumeAnswerOf,
  consumeStreamPath,
  type ProduceAnswer,
  ProduceAnswerReader,
  ProduceRequests,
  produceAnswerOf,
  producePath,
  readConsumeAnswer,
} from "./hot_messages.ts";

/** Both ways to one server. */
export interface RecordCalls {
  readonly hot?: HotTransport | undefined;
  readonly log: Client<typeof Log>;
}

export interface RecordCallOptions {
  readonly replicated?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Kept from call to call: writers repeat. */
const answerReader = new ProduceAnswerReader();

/** One unary Produce. */
export async function produceFrame(
  { hot, log }: RecordCalls,
  topic: string,
  frame: Uint8Array<ArrayBuffer>,
  options: RecordCallOptions,
): Promise<ProduceAnswer> {
  const { replicated = 1, timeoutMs = 0, signal } = options;
  if (hot === undefined) {
    const request = { topic, frame, acks: { replicated }, timeoutMs };
    return produceAnswerOf(await log.produce(request, signal === undefined ? {} : { signal }));
  }
  const requests = new ProduceRequests({ topic, replicated, timeoutMs });
  return answerReader.read(await hot.unary(producePath, requests.around(frame), signal));
}

/** The answers of one ConsumeStream, until the signal fires. */
export async function* consumeAnswers(
  { hot, log }: RecordCalls,
  request: ConsumeRequest,
  signal: AbortSignal,
): AsyncGenerator<ConsumeAnswer> {
  if (hot === undefined) {
    for await (const response of log.consumeStream(request, { signal })) yield consumeAnswerOf(response);
    return;
  }
  signal.throwIfAborted();
  const responses = new HotResponses(hot, consumeStreamPath, toBinary(ConsumeRequestSchema, request));
  signal.addEventListener("abort", () => responses.cancel(), { once: true });
  for await (const message of responses) yield readConsumeAnswer(message);
}
