/** The calls that move records by the lean way, which browsers do not have. */
import { toBinary } from "@bufbuild/protobuf";
import { HotResponses, type HotTransport, topicNameCharactersMax } from "../base/mod.ts";
import { type ConsumeRequest, ConsumeRequestSchema } from "../gen/log/v1/log_pb.ts";
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
import type { RecordCallOptions } from "./record_calls.ts";
import { cancellationOf } from "./shared_cancellation.ts";

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
export async function produceHot(
  { hot, many }: { readonly hot: HotTransport; readonly many: ManyProduces | undefined },
  topic: string,
  frame: Uint8Array<ArrayBuffer>,
  { replicated = 1, timeoutMs = 0, signal }: RecordCallOptions,
): Promise<ProduceAnswer> {
  if (many !== undefined && sharesStream(topic, replicated)) return produceByMany(many, topic, frame, signal);
  const requests = new ProduceRequests({ topic, replicated, timeoutMs });
  return answerReader.read(await hot.unary(producePath, requests.around(frame), signal && cancellationOf(signal)));
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
export async function* consumeHot(
  hot: HotTransport,
  request: ConsumeRequest,
  signal: AbortSignal,
): AsyncGenerator<ConsumeAnswer> {
  signal.throwIfAborted();
  const responses = new HotResponses(hot, consumeStreamPath, toBinary(ConsumeRequestSchema, request));
  signal.addEventListener("abort", () => responses.cancel(), { once: true });
  for await (const message of responses) yield readConsumeAnswer(message);
}
