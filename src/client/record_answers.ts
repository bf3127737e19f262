/** What of the messages of the calls that move records matters to those who wait for them. */
import type { ConsumeResponse, ProduceResponse } from "../gen/log/v1/log_pb.ts";
import type { ConsumeAnswer, ProduceAnswer } from "./hot_messages.ts";

export function produceAnswerOf(response: ProduceResponse): ProduceAnswer {
  const { offset, firstSequence, writer, token, count, shortfall } = response;
  return { offset: Number(offset), firstSequence: Number(firstSequence), writer, token, count, shortfall };
}

export function consumeAnswerOf(response: ConsumeResponse): ConsumeAnswer {
  const { frames, cursor, heartbeat, nextOffset } = response;
  return { frames, cursor, heartbeat, nextOffset: Number(nextOffset) };
}
