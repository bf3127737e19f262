/** What a node needs that passes callers on to those that hold what they ask for. */
import type { Client } from "@connectrpc/connect";
import type { ChainHash, Vector, WriterId } from "../base/mod.ts";
import type {
  ConsumeRequest,
  ConsumeResponse,
  DeleteTopicRequest,
  DeleteTopicResponse,
  DescribeTopicRequest,
  DescribeTopicResponse,
  ListTopicsRequest,
  Log,
  ProduceRequest,
  ProduceResponse,
  SetTopicRequest,
  SetTopicResponse,
  Topic,
} from "../gen/log/v1/log_pb.ts";

/** Where a topic belongs that not all nodes are to hold. Names of nodes. */
export interface ServedPlace {
  readonly placed: readonly string[];
  /** Those that hold something of it, as far as is known. */
  readonly holders: readonly string[];
  /** So many nodes are to hold it; undefined when there is no such limit. */
  readonly copies: number | undefined;
}

/** None of those that are to hold a topic could be asked: nothing was stored anywhere. */
export class NobodyReachableError extends Error {
  override readonly name = "NobodyReachableError";
  readonly code = "NOBODY_REACHABLE";

  constructor(doing: string, placed: readonly string[], reason?: string) {
    const known =
      placed.length === 0 ? "no node that is known here is to hold it" : `it is placed at ${placed.join(", ")}`;
    const why =
      placed.length === 0 ? "" : `, none of which ${reason === undefined ? "can be reached" : `takes it: ${reason}`}`;
    super(`Cannot ${doing}: ${known}${why}`);
  }
}

/** All that a node holds of a topic. */
export interface ServedCopy {
  readonly topic: string;
  readonly generation: number;
  readonly have: Vector;
  /** The hashes of the feeds there, as far as they are known. */
  readonly chains: ReadonlyMap<WriterId, ChainHash>;
}

export interface ServedDoors {
  /** Whether a topic is placed here: then this node answers for it, also before it holds any of it. */
  isPlaced(topic: string): boolean;
  /** Whether those who read a topic are answered from this node's own log. */
  isReadHere(topic: string): boolean;
  /** Whether this node settles things about topics; one that holds none has others do so. */
  readonly settlesTopics: boolean;
  /** Undefined when all nodes are to hold it. */
  placeOf(topic: string): ServedPlace | undefined;
  /** Those that are started later are stored after it, as long as the same node takes them. Throws `NobodyReachableError`. */
  produce(topic: string, request: ProduceRequest): Promise<ProduceResponse>;
  consume(topic: string, request: ConsumeRequest, signal: AbortSignal): Promise<ConsumeResponse>;
  consumeStream(topic: string, request: ConsumeRequest, signal: AbortSignal): AsyncIterable<ConsumeResponse>;
  describeTopic(topic: string, request: DescribeTopicRequest): Promise<DescribeTopicResponse>;
  /** What other nodes hold, each topic once. */
  listTopics(request: ListTopicsRequest): Promise<readonly Topic[]>;
  setTopic(topic: string, request: SetTopicRequest): Promise<SetTopicResponse>;
  deleteTopic(topic: string, request: DeleteTopicRequest): Promise<DeleteTopicResponse>;
  /** Asks a node that holds the topic, or is to. Throws `NobodyReachableError`. */
  askHolder<Answer>(doing: string, topic: string, call: (log: Client<typeof Log>) => Promise<Answer>): Promise<Answer>;
  /** Why this node does not keep a copy of this, for another that wants to drop its own; undefined when it does. */
  whyNotKept(copy: ServedCopy): Promise<string | undefined>;
}
