/**
 * The methods that move records, answered from bytes to bytes. Each means exactly what `routes.ts` has it mean; a
 * conformance test holds both side by side.
 */
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type MessageMethod, writeVarint } from "../base/mod.ts";
import { FollowRequestSchema, FollowResponseSchema } from "../gen/grapevine/v1/page_pb.ts";
import {
  PullRequestSchema,
  PullResponseSchema,
  WatchRequestSchema,
  WatchResponseSchema,
} from "../gen/grapevine/v1/replication_pb.ts";
import { ConsumeRequestSchema, ConsumeResponseSchema } from "../gen/log/v1/log_pb.ts";
import type { ConsumeAnswer } from "./consume.ts";
import { consumeAnywhere, consumeStreamAnywhere } from "./doors.ts";
import { type FollowAnswer, follow } from "./follow.ts";
import { HotProducer, ProduceCall, ProduceStreamCall } from "./hot_produce.ts";
import { ProduceManyCall } from "./hot_produce_many.ts";
import { hotMethod } from "./hot_streams.ts";
import type { ServerPorts } from "./ports.ts";
import { pull, watch } from "./replication.ts";

export interface HotMethodsOptions {
  /** Holds a produce back until the node may take it; undefined when it may at once. @default all are taken */
  readonly admitProduce?: (() => Promise<void> | undefined) | undefined;
}

export function createHotMethods(ports: ServerPorts, options: HotMethodsOptions = {}): MessageMethod[] {
  const producer = new HotProducer(ports);
  const { onInternalError } = ports;
  const admit = options.admitProduce;
  return [
    { path: "/log.v1.Log/Produce", kind: "unary", admit, open: (call) => new ProduceCall(producer, call) },
    { path: "/log.v1.Log/ProduceStream", kind: "bidi", admit, open: (call) => new ProduceStreamCall(producer, call) },
    { path: "/log.v1.Log/ProduceMany", kind: "bidi", admit, open: (call) => new ProduceManyCall(producer, call) },
    hotMethod({
      path: "/log.v1.Log/Consume",
      kind: "unary",
      request: ConsumeRequestSchema,
      answer: (request, context) => consumeAnywhere(ports, request, context),
      ...{ encode: encodeConsumeAnswer, onInternalError },
    }),
    hotMethod({
      path: "/log.v1.Log/ConsumeStream",
      kind: "server-streaming",
      request: ConsumeRequestSchema,
      answer: (request, context) => consumeStreamAnywhere(ports, request, context),
      release: (answer) => answer.release,
      ...{ encode: encodeConsumeAnswer, onInternalError },
    }),
    hotMethod({
      path: "/grapevine.v1.Page/Follow",
      kind: "server-streaming",
      request: FollowRequestSchema,
      answer: (request, context) => follow(ports, request, context),
      release: ({ answer }) => (answer.case === "consume" ? answer.value.release : undefined),
      ...{ encode: encodeFollowAnswer, onInternalError },
    }),
    hotMethod({
      path: "/grapevine.v1.Replication/Pull",
      kind: "server-streaming",
      request: PullRequestSchema,
      answer: (request, context) => pull(ports, request, context),
      ...{ encode: encodePullAnswer, onInternalError },
    }),
    hotMethod({
      path: "/grapevine.v1.Replication/Watch",
      kind: "server-streaming",
      request: WatchRequestSchema,
      answer: (request, context) => watch(ports, request, context),
      encode: (answer) => [toBinary(WatchResponseSchema, create(WatchResponseSchema, answer))],
      onInternalError,
    }),
  ];
}

const nothing = new Uint8Array(0);
const consumeFramesTag = 0x1a;
const followConsumeTag = 0x12;
const pullFramesTag = 0x0a;
const tagAndLengthBytesMax = 6;

/** Frames travel as the log gave them: only what stands around them is written here. */
function encodeConsumeAnswer(answer: ConsumeAnswer): readonly Uint8Array[] {
  const { frames } = answer;
  const others = toBinary(ConsumeResponseSchema, create(ConsumeResponseSchema, { ...answer, frames: nothing }));
  if (frames === undefined || frames.length === 0) return [others];
  return [tagAndLength(consumeFramesTag, frames.length), frames, others];
}

function encodeFollowAnswer({ id, answer }: FollowAnswer): readonly Uint8Array[] {
  if (answer.case !== "consume") return [toBinary(FollowResponseSchema, create(FollowResponseSchema, { id, answer }))];
  const parts = encodeConsumeAnswer(answer.value);
  let length = 0;
  for (const part of parts) length += part.length;
  const head = toBinary(FollowResponseSchema, create(FollowResponseSchema, { id }));
  return [head, tagAndLength(followConsumeTag, length), ...parts];
}

function encodePullAnswer(answer: MessageInitShape<typeof PullResponseSchema>): readonly Uint8Array[] {
  const { frames, lowWater } = answer;
  const others = toBinary(PullResponseSchema, create(PullResponseSchema, { lowWater }));
  if (frames === undefined || frames.length === 0) return [others];
  return [tagAndLength(pullFramesTag, frames.length), frames, others];
}

function tagAndLength(tag: number, length: number): Uint8Array {
  const bytes = new Uint8Array(tagAndLengthBytesMax);
  bytes[0] = tag;
  return bytes.subarray(0, writeVarint(bytes, 1, length));
}
