/** Records that a consumer did not read and will not get from this node: what it is told of them. */
import { Code, ConnectError } from "@connectrpc/connect";
import { encodeCursor, type Vector, type WriterId } from "../base/mod.ts";
import { type ConsumeRequest, LowestAvailableSchema, OutOfRange } from "../gen/log/v1/log_pb.ts";
import { invalidArgument } from "./errors.ts";
import { advance, type FrameSpan, lastSequence } from "./frames.ts";
import type { ServedTopic } from "./ports.ts";

/** Holes are told, and passed over; or the consumer is refused at the first, because another node may hold what is gone. */
export type Holes = "told" | "refused";

/** A hole as unpacked consumers hear of it. */
export interface Hole {
  readonly writer: WriterId;
  readonly firstSequence: bigint;
  readonly lastSequence: bigint;
}

/** What a request wants. */
export function holesOf({ outOfRange }: Pick<ConsumeRequest, "outOfRange">): Holes {
  switch (outOfRange) {
    case OutOfRange.UNSPECIFIED:
    case OutOfRange.EARLIEST:
      return "told";
    case OutOfRange.ERROR:
      return "refused";
    default:
      throw invalidArgument(
        `Cannot consume: out_of_range ${Number(outOfRange)} is unknown, allowed are 0 to ${OutOfRange.ERROR}`,
      );
  }
}

/** True when the frame stands for records that are not here. */
export function isHole({ header }: FrameSpan): boolean {
  return header.kind === "gap";
}

/** The hole that a frame stands for. */
export function gapOf({ header }: FrameSpan): Hole {
  const { writer, baseSequence } = header;
  return { writer, firstSequence: BigInt(baseSequence), lastSequence: BigInt(lastSequence(header)) };
}

/** Refuses a consumer that has read so much, at the holes that the spans begin with. */
export function refusalAt(topic: ServedTopic, read: Vector, spans: readonly FrameSpan[]): ConnectError {
  const lowest = new Map<WriterId, number>(read);
  const holes: Hole[] = [];
  for (const span of spans) {
    if (!isHole(span)) break;
    advance(lowest, span.header);
    holes.push(gapOf(span));
  }
  const [hole] = holes;
  const others = holes.length > 1 ? `, and ${holes.length - 1} more ranges` : "";
  return outOfRange(
    topic,
    lowest,
    `it does not hold sequences ${hole?.firstSequence} to ${hole?.lastSequence} of writer ${hole?.writer}${others}`,
  );
}

/** Refuses a consumer with where this node can go on without a gap. */
export function outOfRange(topic: ServedTopic, lowest: Vector, why: string): ConnectError {
  const { name, generation } = topic;
  const cursor = encodeCursor({ topic: name, generation, vector: lowest });
  return new ConnectError(
    `Cannot consume topic ${JSON.stringify(name)} on this node without a gap: ${why}; ask another node, or go on at the cursor of the LowestAvailable`,
    Code.OutOfRange,
    undefined,
    [{ desc: LowestAvailableSchema, value: { cursor } }],
  );
}
