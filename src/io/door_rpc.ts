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
/** How long calls to a node that leaves may still be answered: longer than it serves after it said so. */
const leavingMs = 5_000;

interface KeptNode {
  readonly transport: PeerTransport;
  readonly log: Client<typeof Log>;
  readonly replication: Client<typeof Replication>;
  readonly produces: PassedProduces | undefined;
  /** Where requests cannot stream: when the last produce to a topic is answered. */
  readonly turns: Map<string, Promise<unknown>>;
  /** Ends the streams that are read from it. */
  readonly readers: Set<AbortController>;
}

const goneAway = "The connection to this peer was closed";

/** Calls to other nodes. Connections are kept per address and dropped when the node is gone. */
export class DoorRpc implements AsyncDisposable {
  readonly #nodes = new Map<string, KeptNode>();
  /** Those that leave: they answer what is under way, and are asked nothing more. */
  readonly #leaving = new Map<KeptNode, { readonly address: string; readonly timer: NodeJS.Timeout }>();
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
    const { transport, log, readers } = this.#node(address);
    const ending = new AbortController();
    readers.add(ending);
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
    } catch (error) {
      throw ending.signal.aborted && !signal.aborted ? ending.signal.reason : error;
    } finally {
      readers.delete(ending);
      signal.removeEventListener("abort", onAbort);
      ending.abort();
    }
  }

  /** Closes the connection to a node that is gone; calls to it end. */
  drop(address: string): void {
    for (const [node, leaving] of [...this.#leaving]) if (leaving.address === address) this.#close(node);
    const node = this.#nodes.get(address);
    this.#nodes.delete(address);
    if (node !== undefined) this.#close(node);
  }

  /**
   * Asks no more of a node that leaves. What it was asked before it may still answer: to break that off would leave callers
   * in doubt. Who reads from it begins elsewhere at once, because nothing new comes there.
   */
  leave(address: string): void {
    const node = this.#nodes.get(address);
    if (node === undefined) return;
    this.#nodes.delete(address);
    const timer = setTimeout(() => this.#close(node), leavingMs);
    timer.unref();
    this.#leaving.set(node, { address, timer });
    for (const reader of node.readers) reader.abort(new ConnectError(goneAway, Code.Unavailable));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const node of [...this.#leaving.keys(), ...this.#nodes.values()]) this.#close(node);
    this.#nodes.clear();
  }

  #close(node: KeptNode): void {
    clearTimeout(this.#leaving.get(node)?.timer);
    this.#leaving.delete(node);
    node.transport.close();
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
      readers: new Set(),
    };
    this.#nodes.set(address, node);
    return node;
  }
}

const unsentCodes: ReadonlySet<unknown> = new Set([
  ...["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "ConnectionRefused", "FailedToOpenSocket"],
  // A connection that said goodbye opens no more streams.
  ...["ERR_HTTP2_GOAWAY_SESSION", "ERR_HTTP2_INVALID_SESSION"],
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
