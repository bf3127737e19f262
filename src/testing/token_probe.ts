import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { encodeCursor, encodeToken, type FrameHeader, type HotTransport, type Place, scanFrame } from "../base/mod.ts";
import { ConsumeRequestSchema, ConsumeResponseSchema } from "../gen/log/v1/log_pb.ts";
import { keyOf } from "../log/mod.ts";
import { stampIn } from "./observation.ts";
import type { SimNode } from "./sim_node.ts";
import type { World } from "./world.ts";

const consumePath = "/log.v1.Log/Consume";
/** Answers that are asked for until the record must have come: far more than a log of a random world needs. */
const answersMax = 500;

/** Who asks which node for the last record that another one has acknowledged. */
export interface Probe {
  readonly caller: string;
  readonly origin: SimNode;
  readonly node: SimNode;
  readonly topic: string;
}

/** Consumes at a node with the token of the last produce at another, and observes whether that record came. */
export function probeToken(world: World, { caller, origin, node, topic }: Probe): void {
  const log = origin.log?.topic(topic);
  const writer = origin.log?.writer;
  const last = log?.served.get(writer ?? "");
  if (log === undefined || writer === undefined || last === undefined) return;
  const token = { topic, generation: log.generation, vector: new Map([[writer, last]]) };
  world.touchLog();
  void consumeAfter(world.wires.callsTo(node.name, caller), token).then((outcome) => {
    if (outcome === undefined) return;
    world.observe({ type: "token-used", node: node.name, topic: keyOf(log), writer, last, ...outcome });
  });
}

/** What came of a question with a token. */
export interface TokenOutcome {
  readonly isDelivered: boolean;
  /** Stamps of all that came: the record may have come out of another feed, if its producer sent it to two nodes. */
  readonly given: ReadonlySet<string>;
}

/**
 * Consumes after a token, from where the record that it names stands. Resolves with whether the record came, or undefined
 * where the node did not answer: it is down, cut off, or has not got the record in time.
 */
export async function consumeAfter(calls: HotTransport, token: Place): Promise<TokenOutcome | undefined> {
  const [[writer, last] = ["", 0]] = token.vector;
  let cursor = encodeCursor({
    ...token,
    vector: new Map([[writer, last - 1]].filter(([, read]) => (read as number) > 0) as [string, number][]),
  });
  // With each question: between two of them the node may have lost its disk.
  const afterToken = encodeToken(token);
  const given = new Set<string>();
  for (let answers = 0; answers < answersMax; answers++) {
    const start = { case: "cursor", value: cursor } as const;
    const request = create(ConsumeRequestSchema, { topic: token.topic, packed: true, start, afterToken });
    try {
      const bytes = await calls.unary(consumePath, [toBinary(ConsumeRequestSchema, request)], undefined);
      const answer = fromBinary(ConsumeResponseSchema, bytes);
      for (const { header, stamp } of batchesIn(answer.frames)) {
        if (stamp !== undefined) given.add(stamp);
        if (header.writer === writer && lastOf(header) >= last) return { isDelivered: true, given };
      }
      cursor = answer.cursor as Uint8Array<ArrayBuffer>;
    } catch (error) {
      const isAnswer = error instanceof ConnectError && error.code === Code.OutOfRange;
      return isAnswer ? { isDelivered: false, given } : undefined;
    }
  }
  return undefined;
}

function lastOf(header: FrameHeader): number {
  return header.baseSequence + header.count - 1;
}

interface GivenBatch {
  readonly header: FrameHeader;
  readonly stamp: string | undefined;
}

function* batchesIn(frames: Uint8Array): Generator<GivenBatch> {
  for (let start = 0; start < frames.length; ) {
    const scan = scanFrame(frames, start);
    if (scan.type !== "frame") return;
    yield { header: scan.header, stamp: stampIn(frames, start) };
    start += scan.header.frameBytes;
  }
}
