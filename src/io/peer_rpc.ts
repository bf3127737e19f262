/** How a node asks its peers who has what, and for what it lacks: the caller's side of `grapevine.v1.Replication`. */
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import {
  type ChainHash,
  chainFromNumber,
  HotResponses,
  type HotTransport,
  responseBytesMax,
  type Vector,
  vectorFromPositions,
  vectorToPositions,
  type WriterId,
  writerFromNumber,
  writerToNumber,
} from "../base/mod.ts";
import {
  type Position,
  PullRequestSchema,
  type PullResponse,
  PullResponseSchema,
  Replication,
  WatchRequestSchema,
  type WatchResponse,
  WatchResponseSchema,
} from "../gen/grapevine/v1/replication_pb.ts";
import { openPeerTransport, type PeerTransport } from "./peer_transport.ts";

export interface PeerRpcOptions {
  /** Peers whose connections are kept; beyond that the one that was used longest ago and is idle goes. @default 1000 */
  readonly peersMax?: number | undefined;
}

export interface WatchCall {
  /** host:port of the peer's RPC server. */
  readonly address: string;
  /** The name and writer of this node. */
  readonly node: string;
  readonly writer: WriterId;
}

export interface PullCall {
  readonly address: string;
  readonly node: string;
  readonly topic: string;
  readonly generation: number;
  readonly have: Vector;
  /** Credit: no more frame bytes than this, but always one frame. */
  readonly bytesMax: number;
}

export interface CompareCall {
  readonly address: string;
  readonly topic: string;
  readonly generation: number;
  readonly writer: WriterId;
  readonly sequences: readonly number[];
}

/** Where the last batch of a peer's copy of a feed ends that reaches no further than was asked, and the hash there. */
export interface PeerFeedPoint {
  readonly sequence: number;
  readonly chain: ChainHash;
}

/** What a peer says on its Watch stream. */
export type PeerMessage =
  | { readonly type: "hello"; readonly node: string; readonly writer: WriterId; readonly version: number }
  | {
      readonly type: "notice";
      readonly topic: string;
      readonly generation: number;
      readonly durable: Vector;
      readonly lowWater: Vector;
      /** The hash of this node's feed, as the writer of the call, where `durable` says that the peer's copy ends. */
      readonly callerChain?: ChainHash | undefined;
      /** Somebody waits for copies of what the peer writes to the topic. */
      readonly awaited: boolean;
    }
  /** What of a topic is on the peer's disk for sure: feeds that went on since it confirmed last. */
  | {
      readonly type: "confirmation";
      readonly topic: string;
      readonly generation: number;
      readonly synced: Vector;
      /** The hash of this node's feed where `synced` says that the peer's copy is on disk. */
      readonly callerChain?: ChainHash | undefined;
    }
  | { readonly type: "heartbeat" };

export interface PulledFrames {
  /** Whole frames in the peer's order; may be empty. Not checked. */
  readonly frames: Uint8Array;
  /** Per writer the lowest sequence that the peer holds, as its first answer told. */
  readonly lowWater: Vector;
}

/** A peer answers what no node would. */
export class PeerProtocolError extends Error {
  override readonly name = "PeerProtocolError";
  readonly code = "PEER_PROTOCOL";
  readonly address: string;

  constructor(address: string, message: string) {
    super(`Cannot understand peer ${address}: ${message}`);
    this.address = address;
  }
}

const peersMaxDefault = 1_000;

const watchPath = "/grapevine.v1.Replication/Watch";
const pullPath = "/grapevine.v1.Replication/Pull";

interface KeptPeer {
  readonly transport: PeerTransport;
  readonly client: Client<typeof Replication>;
  calls: number;
}

/** Calls to peers. Connections are kept per address and dropped when the peer is gone. */
export class PeerRpc implements AsyncDisposable {
  readonly #peersMax: number;
  /** Oldest use first. */
  readonly #peers = new Map<string, KeptPeer>();
  #closed = false;

  constructor(options: PeerRpcOptions = {}) {
    this.#peersMax = options.peersMax ?? peersMaxDefault;
  }

  /** A peer's hello, then its notices, until the signal fires. Throws `ConnectError` or `PeerProtocolError`. */
  async *watch(call: WatchCall, signal: AbortSignal): AsyncGenerator<PeerMessage> {
    const request = { node: call.node, writer: writerToNumber(call.writer) };
    yield* this.#calling(call.address, signal, async function* (peer, callSignal) {
      for await (const response of watchResponses(peer, request, callSignal)) yield toMessage(call.address, response);
    });
  }

  /** What the peer holds and `have` lacks, until the credit is used up. Throws like `watch`. */
  async *pull(call: PullCall, signal: AbortSignal): AsyncGenerator<PulledFrames> {
    const { address, node, topic, generation, bytesMax } = call;
    const request = { node, topic, generation, bytesMax, have: vectorToPositions(call.have) };
    let lowWater: Vector = new Map();
    yield* this.#calling(address, signal, async function* (peer, callSignal) {
      for await (const response of pullResponses(peer, request, callSignal)) {
        if (response.lowWater.length > 0) lowWater = toVector(address, "low_water", response.lowWater);
        yield { frames: response.frames, lowWater };
      }
    });
  }

  /** What the peer holds of a feed at each of these places; undefined where it knows nothing. Throws like `watch`. */
  async compareFeed(call: CompareCall, signal: AbortSignal): Promise<(PeerFeedPoint | undefined)[]> {
    const { address, topic, generation, sequences } = call;
    const request = { topic, generation, writer: writerToNumber(call.writer), sequences: sequences.map(BigInt) };
    const { points } = await this.#peer(address).client.compareFeed(request, { signal });
    if (points.length !== sequences.length) {
      throw new PeerProtocolError(address, `it says ${points.length} places of a feed, asked were ${sequences.length}`);
    }
    return points.map(({ sequence, chain }) => {
      if (chain === undefined) return undefined;
      if (sequence > BigInt(Number.MAX_SAFE_INTEGER))
        throw new PeerProtocolError(address, `a feed goes to ${sequence}`);
      return { sequence: Number(sequence), chain: chainFromNumber(chain) };
    });
  }

  /** Closes the connection to a peer that is gone; calls to it end. */
  drop(address: string): void {
    const peer = this.#peers.get(address);
    if (peer === undefined) return;
    this.#peers.delete(address);
    peer.transport.close();
  }

  /** Ends all calls and closes all connections. */
  close(): void {
    this.#closed = true;
    for (const address of [...this.#peers.keys()]) this.drop(address);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /**
   * Runs one call. Leaving a `for await` does not cancel a call in Connect, so each that goes through it has a signal of
   * its own that fires when the caller takes no more.
   */
  async *#calling<Item>(
    address: string,
    signal: AbortSignal,
    call: (peer: KeptPeer, signal: AbortSignal) => AsyncGenerator<Item>,
  ): AsyncGenerator<Item> {
    signal.throwIfAborted();
    const peer = this.#peer(address);
    if (peer.transport.hot !== undefined) {
      peer.calls++;
      try {
        yield* call(peer, signal);
      } finally {
        peer.calls--;
      }
      return;
    }
    const ending = new AbortController();
    const onAbort = () => ending.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    peer.calls++;
    try {
      yield* call(peer, ending.signal);
    } finally {
      peer.calls--;
      signal.removeEventListener("abort", onAbort);
      ending.abort();
    }
  }

  #peer(address: string): KeptPeer {
    if (this.#closed) throw new PeerProtocolError(address, "this node is closed");
    const kept = this.#peers.get(address);
    if (kept !== undefined) {
      this.#peers.delete(address);
      this.#peers.set(address, kept);
      return kept;
    }
    this.#makeRoom();
    const transport = openPeerTransport(address, { readMaxBytes: responseBytesMax });
    const peer = { transport, client: createClient(Replication, transport.transport), calls: 0 };
    this.#peers.set(address, peer);
    return peer;
  }

  #makeRoom(): void {
    if (this.#peers.size < this.#peersMax) return;
    for (const [address, peer] of this.#peers) {
      if (peer.calls > 0) continue;
      this.drop(address);
      return;
    }
    throw new RangeError(`Cannot call one more peer: ${this.#peersMax} are being called`);
  }
}

function watchResponses(
  { transport, client }: KeptPeer,
  request: MessageInitShape<typeof WatchRequestSchema>,
  signal: AbortSignal,
): AsyncIterable<WatchResponse> {
  if (transport.hot === undefined) return client.watch(request, { signal });
  const bytes = toBinary(WatchRequestSchema, create(WatchRequestSchema, request));
  return hotResponses(transport.hot, { path: watchPath, bytes, signal }, (message) =>
    fromBinary(WatchResponseSchema, message),
  );
}

function pullResponses(
  { transport, client }: KeptPeer,
  request: MessageInitShape<typeof PullRequestSchema>,
  signal: AbortSignal,
): AsyncIterable<PullResponse> {
  if (transport.hot === undefined) return client.pull(request, { signal });
  const bytes = toBinary(PullRequestSchema, create(PullRequestSchema, request));
  return hotResponses(transport.hot, { path: pullPath, bytes, signal }, (message) =>
    fromBinary(PullResponseSchema, message),
  );
}

/** The responses of one call, until the signal fires: by the lean way, as whole messages. */
async function* hotResponses<Response>(
  hot: HotTransport,
  call: { readonly path: string; readonly bytes: Uint8Array; readonly signal: AbortSignal },
  parse: (message: Uint8Array) => Response,
): AsyncGenerator<Response> {
  const responses = new HotResponses(hot, call.path, call.bytes);
  const cancel = (): void => responses.cancel();
  call.signal.addEventListener("abort", cancel);
  try {
    for await (const message of responses) yield parse(message);
  } finally {
    call.signal.removeEventListener("abort", cancel);
  }
}

function toMessage(address: string, response: WatchResponse): PeerMessage {
  const { message } = response;
  switch (message.case) {
    case "hello": {
      const { node, writer, version } = message.value;
      return { type: "hello", node, writer: writerFromNumber(writer), version };
    }
    case "notice": {
      const { topic, generation, callerChain, awaited } = message.value;
      const durable = toVector(address, "durable", message.value.durable);
      const lowWater = toVector(address, "low_water", message.value.lowWater);
      const notice = { type: "notice", topic, generation, durable, lowWater, awaited } as const;
      return callerChain === undefined ? notice : { ...notice, callerChain: chainFromNumber(callerChain) };
    }
    case "confirmation": {
      const { topic, generation, callerChain } = message.value;
      const synced = toVector(address, "synced", message.value.synced);
      const confirmation = { type: "confirmation", topic, generation, synced } as const;
      return callerChain === undefined ? confirmation : { ...confirmation, callerChain: chainFromNumber(callerChain) };
    }
    case "heartbeat":
      return { type: "heartbeat" };
    case undefined:
      throw new PeerProtocolError(address, "a message says nothing");
    default:
      throw message satisfies never;
  }
}

function toVector(address: string, field: string, positions: readonly Position[]): Vector {
  const vector = vectorFromPositions(positions);
  if (typeof vector === "string") throw new PeerProtocolError(address, `${field} is no vector: ${vector}`);
  return vector;
}
