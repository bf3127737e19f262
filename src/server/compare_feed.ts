/** What another node wants to know of a feed that it wrote: from where on this node holds another history (rule R6). */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { chainToNumber, writerFromNumber } from "../base/mod.ts";
import type {
  CompareFeedRequest,
  CompareFeedResponseSchema,
  FeedPointSchema,
} from "../gen/grapevine/v1/replication_pb.ts";
import { invalidArgument } from "./errors.ts";
import type { ServerPorts } from "./ports.ts";
import { heldTopic } from "./topics.ts";

/** Places of one request: each may cost a read of the disk. */
const placesMax = 64;

export async function compareFeed(
  ports: ServerPorts,
  request: CompareFeedRequest,
): Promise<MessageInitShape<typeof CompareFeedResponseSchema>> {
  const { sequences } = request;
  if (sequences.length > placesMax) {
    throw invalidArgument(`Cannot compare a feed at ${sequences.length} places: allowed are ${placesMax}`);
  }
  const topic = heldTopic(ports.log, request);
  const writer = writerFromNumber(request.writer);
  const points: MessageInitShape<typeof FeedPointSchema>[] = [];
  for (const sequence of sequences) {
    // Another generation has feeds of its own.
    const isHeld = topic.generation === request.generation;
    const point = isHeld ? await topic.feedPointAt?.(writer, Number(sequence)) : undefined;
    points.push(point ? { sequence: BigInt(point.sequence), chain: chainToNumber(point.chain) } : {});
  }
  return { points };
}
