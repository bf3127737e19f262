/** What is wrong with what a peer says; undefined where nothing is. */
import { topicOfKey, type Vector, vectorWritersMax } from "../base/mod.ts";
import type { PeerState } from "./state.ts";
import type { ReplicatorInput } from "./types.ts";

type Notice = Extract<ReplicatorInput, { readonly type: "notice" }>;

/** Also what comes before its hello. */
export function noticeFault(peer: PeerState, notice: Notice): string | undefined {
  if (!peer.listening) return `Cannot follow ${notice.peer}: it tells before its hello`;
  return topicFault(notice.topic) ?? vectorFault(notice.durable) ?? vectorFault(notice.lowWater);
}

export function topicFault(key: string): string | undefined {
  return topicOfKey(key) === undefined ? `Cannot follow a topic by the key ${JSON.stringify(key)}` : undefined;
}

export function vectorFault(vector: Vector): string | undefined {
  if (vector.size > vectorWritersMax)
    return `Cannot follow a vector of ${vector.size} writers, most are ${vectorWritersMax}`;
  for (const [writer, sequence] of vector) {
    if (!Number.isSafeInteger(sequence) || sequence < 0)
      return `Cannot follow writer ${writer} at sequence ${sequence}`;
  }
  return undefined;
}
