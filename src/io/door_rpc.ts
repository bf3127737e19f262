/** How a node passes callers on to others that hold what they ask for: the calls of `log.v1.Log` once more, from node to node. */
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { HotResponses, responseBytesMax } from "../base/mod.ts";
import { Replication } from "../gen/grapevine/v1/replication_pb.ts";
import {
  type ConsumeRequest,
  ConsumeRequestSchema,
  type ConsumeResponse,
  ConsumeResponseSchema,
  Log,
  type ProduceRequest,
  type ProduceResponse,
} from "../gen/log/v1/log_pb.ts";
import { PassedProduces } from "./passed_produces.ts";
import { openPeerTransport, type PeerTransport } from "./peer_transport.ts";

const consumeStreamPath = "/log.v1.Log/ConsumeStream";

/** Nodes whose connections are kept: beyond that calls to further ones are refused. */
const nodesMax = 1_000;

interface KeptNode {
  readonly transport: PeerTransport;
  readonly log: Client<typeof Log>;
  readonly replication: Client<typeof Replication>;
  readonly produces: PassedProduces | undefined;
  /** Where requests cannot stream: when the last produce to a topic is answered. */
  readonly turns: Map<string, Promise<unknown>>;
}

/** Calls to other nodes. Connections are kept per address and dropped when the node is gone. */
export class DoorRpc implements AsyncDisposable {
  readonly #nodes = new Map<string, KeptNode>();
  #closed = false;

  /** Those to one topic of a node are stored there in the order of the calls. */
  produce(address: string, topic: string, request: ProduceRequest): Promise<ProduceResponse> {
    const { produces, log, turns } = this.#node(address);
    // Answers on the stream have no details, and which record is the latest one is told in those.
    if (request.expectedSequence !== undefined) return log.produce(request);
    if (produces !== undefined) return produces.send(request);
    // Calls of their own may overtake each other.
    const answer = (turns.get(topic) ?? Promise.resolve()).then(() => log.produce(request));
    const turn = answer.then(
      () => undefined,
      () => undefined,
    );
    turns.set(topic, turn);
    void turn.then(() => turns.get(topic) === turn && turns.delete(topic));
    return answer;
  }

  /** What is asked of the log of another node, one answer a call. */
  log(address: string): Client<typeof Log> {
    return this.#node(address).log;
  }

  replication(address: string): Client<typeof Replication> {
    return this.#node(address).replication;
  }

  /** Ends with the signal, also where its caller takes no more. */
  async *consumeStream(address: string, request: ConsumeRequest, signal: AbortSignal): AsyncGenerator<ConsumeResponse> {
    signal.throwIfAborted();
    const { transport, log } = this.#node(address);
    const ending = new AbortController();
    const onAbort = (): void => ending.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      if (transport.hot === undefined) {
        yield* log.consumeStream(request, { signal: ending.signal });
        return;
      }
      const responses = new HotResponses(transport.hot, consumeStreamPath, toBinary(ConsumeRequestSchema, request));
      ending.signal.addEventListener("abort", () => responses.cancel(), { once: true });
      for await (const message of responses) yield fromBinary(ConsumeResponseSchema, message);
    } finally {
      signal.removeEventListener("abort", onAbort);
      ending.abort();
    }
  }

  /** Closes the connection to a node that is gone; calls to it end. */
  drop(address: string): void {
    const node = this.#nodes.get(address);
    if (node === undefined) return;
    this.#nodes.delete(address);
    node.transport.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const address of [...this.#nodes.keys()]) this.drop(address);
  }

  #node(address: string): KeptNode {
    if (this.#closed) throw new ConnectError("Cannot pass the call on: the node is stopping", Code.Unavailable);
    const known = this.#nodes.get(address);
    if (known !== undefined) return known;
    if (this.#nodes.size >= nodesMax) {
      throw new ConnectError(`Cannot pass calls on to more than ${nodesMax} nodes`, Code.ResourceExhausted);
    }
    const transport = openPeerTransport(address, { readMaxBytes: responseBytesMax });
    const node: KeptNode = {
      transport,
      log: createClient(Log, transport.transport),
      replication: createClient(Replication, transport.transport),
      produces: transport.hot && new PassedProduces(transport.hot),
      turns: new Map(),
    };
    this.#nodes.set(address, node);
    return node;
  }
}

const unsentCodes: ReadonlySet<unknown> = new Set([
  ...["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "ConnectionRefused", "FailedToOpenSocket"],
]);
/** Causes of causes that are looked at. */
const causesMax = 5;

/** True when a call never got to its node, because no connection could be opened: it may go to another one. */
export function wasNeverSent(error: unknown): boolean {
  let cause = error;
  for (let depth = 0; depth < causesMax && cause instanceof Error; depth++) {
    if ("code" in cause && unsentCodes.has(cause.code)) return true;
    cause = cause.cause;
  }
  return false;
}
