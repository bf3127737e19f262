/** The calls that replication makes to peers: each says what comes of it to the machine, and can be aborted by its id. */
import { firstGeneration, topicKey, topicOfKey, type Vector } from "../base/mod.ts";
import type { PeerRpc } from "../io/peer_rpc.ts";
import { type CommitLog, heldGeneration } from "../log/mod.ts";
import type { AnnouncerInput, ProbedPoint, ReplicatorEffect, ReplicatorInput } from "../replication/mod.ts";
import { messageOf } from "./error_text.ts";

type Effect<Type extends ReplicatorEffect["type"]> = Extract<ReplicatorEffect, { readonly type: Type }>;

/** How long a peer may take to answer what its copy of a feed is. */
const compareMs = 5_000;

/** What it needs of the node. */
export interface PeerCallsRoom {
  /** The node's name. */
  readonly node: string;
  readonly log: CommitLog;
  readonly rpc: PeerRpc;
  readonly toReplicator: (input: ReplicatorInput) => void;
  readonly toAnnouncer: (input: AnnouncerInput) => void;
}

export class PeerCalls {
  readonly #room: PeerCallsRoom;
  /** What aborts a Watch or a Pull that is under way, by its id. */
  readonly #watches = new Map<number, AbortController>();
  readonly #pulls = new Map<number, AbortController>();
  readonly counts = { pullsEnded: 0, pullsFailed: 0, pulledBytes: 0 };

  constructor(room: PeerCallsRoom) {
    this.#room = room;
  }

  get open(): { readonly watchesOpen: number; readonly pullsOpen: number } {
    return { watchesOpen: this.#watches.size, pullsOpen: this.#pulls.size };
  }

  /** Has all streams opened again, as the writer that is ours now: peers show of no other's feeds where they stand. */
  rewatch(): void {
    for (const watch of this.#watches.values()) watch.abort();
  }

  endWatch(watchId: number): void {
    this.#watches.get(watchId)?.abort();
  }

  endPull(pullId: number): void {
    this.#pulls.get(pullId)?.abort();
  }

  async watch({ peer, watchId }: Effect<"watch">, signal: AbortSignal): Promise<undefined> {
    const { log, rpc, node, toReplicator, toAnnouncer } = this.#room;
    const { writer } = log;
    const request = { address: peer.rpcAddress, node, writer };
    const error = await abortable(this.#watches, watchId, signal, async (aborted) => {
      for await (const message of rpc.watch(request, aborted)) {
        if (message.type === "notice") {
          const { durable, lowWater, callerChain, awaited } = message;
          const topic = topicKey(message.topic, message.generation);
          toAnnouncer({ type: "supplied", peer: peer.name, topic, vector: durable, awaited });
          const own = callerChain && { writer, chain: callerChain };
          toReplicator({ type: "notice", peer: peer.name, watchId, topic, durable, lowWater, own });
        } else if (message.type === "confirmation") {
          const { synced, callerChain } = message;
          const topic = topicKey(message.topic, message.generation);
          const own = callerChain && { writer, chain: callerChain };
          toReplicator({ type: "confirmed", peer: peer.name, watchId, topic, synced, own });
        } else if (message.type === "hello") {
          toReplicator({ type: "watch-opened", peer: peer.name, watchId, writer: message.writer });
        } else {
          toReplicator({ type: "watch-alive", peer: peer.name, watchId });
        }
      }
    });
    toReplicator({ type: "watch-closed", peer: peer.name, watchId, error: error ?? "the peer ended the stream" });
  }

  async pull({ peer, pullId, topic: key, have, bytesMax }: Effect<"pull">, signal: AbortSignal): Promise<undefined> {
    const { rpc, node, toReplicator } = this.#room;
    const request = { address: peer.rpcAddress, node, ...placeOf(key), have, bytesMax };
    const error = await abortable(this.#pulls, pullId, signal, async (aborted) => {
      let lowWater: Vector | undefined;
      for await (const part of rpc.pull(request, aborted)) {
        lowWater ??= part.lowWater;
        this.counts.pulledBytes += part.frames.length;
        toReplicator({ type: "pulled", peer: peer.name, pullId, frames: part.frames, lowWater });
      }
    });
    if (error === undefined) this.counts.pullsEnded++;
    else this.counts.pullsFailed++;
    toReplicator({ type: "pull-ended", peer: peer.name, pullId, error });
  }

  /** Asks for hashes of a feed, and looks up ours where the peer's batches end. */
  async probe(effect: Effect<"probe-feed">, signal: AbortSignal): Promise<ReplicatorInput> {
    const { probeId, peer, topic, writer, sequences } = effect;
    const { log, rpc } = this.#room;
    const points: ProbedPoint[] = [];
    try {
      const request = { address: peer.rpcAddress, ...placeOf(topic), writer, sequences };
      const shown = await rpc.compareFeed(request, AbortSignal.any([signal, AbortSignal.timeout(compareMs)]));
      for (const [index, asked] of sequences.entries()) {
        const point = shown[index];
        const ours = point && (await heldGeneration(log, topic)?.chainAt(writer, point.sequence));
        points.push({ asked, shown: point, ours });
      }
      return { type: "feed-probed", probeId, points };
    } catch (error) {
      return { type: "feed-probed", probeId, points: [], error: messageOf(error) };
    }
  }
}

function placeOf(key: string): { readonly topic: string; readonly generation: number } {
  const { name, generation } = topicOfKey(key) ?? { name: key, generation: firstGeneration };
  return { topic: name, generation };
}

/** Runs a call that can be aborted by its id. Resolves with what went wrong, or undefined. */
async function abortable(
  calls: Map<number, AbortController>,
  id: number,
  signal: AbortSignal,
  call: (signal: AbortSignal) => Promise<void>,
): Promise<string | undefined> {
  const controller = new AbortController();
  // By hand: an `AbortSignal.any` for every pull costs more than the rest of it.
  const onAbort = (): void => controller.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  calls.set(id, controller);
  try {
    await call(controller.signal);
    return undefined;
  } catch (error) {
    return messageOf(error);
  } finally {
    signal.removeEventListener("abort", onAbort);
    calls.delete(id);
  }
}
