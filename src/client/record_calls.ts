/** The calls that move records: by the lean way where the transport has one, by Connect elsewhere. */
import { toBinary } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import { HotResponses, type HotTransport, topicNameCharactersMax } from "../base/mod.ts";
import { type ConsumeRequest, ConsumeRequestSchema, type Log } from "../gen/log/v1/log_pb.ts";
import { acksOf } from "./acks.ts";
import {
  type ConsumeAnswer,
  consumeStreamPath,
  type ProduceAnswer,
  ProduceAnswerReader,
  ProduceRequests,
  producePath,
  readConsumeAnswer,
} from "./hot_messages.ts";
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

/** Kept from call to call: writers repeat. */
const answerReader = new ProduceAnswerReader();

/**
 * Whether a produce goes by the stream that all share. What waits for other nodes would hold its place in it for long; and
 * a name that is none is for the server to refuse, however long it is.
 */
export function sharesStream(topic: string, replicated: number): boolean {
  return replicated <= 1 && topic.length <= topicNameCharactersMax;
}

/** One produce, answered for itself. */
export async function produceFrame(
  { hot, many, log }: RecordCalls,
  topic: string,
  frame: Uint8Array<ArrayBuffer>,
  options: RecordCallOptions,
): Promise<ProduceAnswer> {
  const { replicated = 1, timeoutMs = 0, expected, signal } = options;
  if (hot === undefined || expected !== undefined) {
    const expectedSequence = expected && { writer: expected.writer, sequence: BigInt(expected.sequence) };
    const request = { topic, frame, acks: acksOf({ replicated }), timeoutMs, expectedSequence };
    if (signal === undefined) return produceAnswerOf(await log.produce(request));
    return produceAnswerOf(await withOwnSignal(signal, (own) => log.produce(request, { signal: own })));
  }
  if (many !== undefined && sharesStream(topic, replicated)) return produceByMany(many, topic, frame, signal);
  const requests = new ProduceRequests({ topic, replicated, timeoutMs });
  return answerReader.read(await hot.unary(producePath, requests.around(frame), signal && cancellationOf(signal)));
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

/** The signal ends the waiting. Whether the record is stored all the same is not known then. */
function produceByMany(
  many: ManyProduces,
  topic: string,
  frame: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<ProduceAnswer> {
  const requests = many.requestsTo(topic);
  return new Promise((resolve, reject) => {
    if (signal === undefined) {
      many.send(requests, frame, { answered: resolve, failed: reject });
      return;
    }
    signal.throwIfAborted();
    const cancellation = cancellationOf(signal);
    const abort = (): void => reject(signal.reason);
    cancellation.addEventListener("abort", abort);
    many.send(requests, frame, {
      answered(answer) {
        cancellation.removeEventListener("abort", abort);
        resolve(answer);
      },
      failed(error) {
        cancellation.removeEventListener("abort", abort);
        reject(error);
      },
    });
  });
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
