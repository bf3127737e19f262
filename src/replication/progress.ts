import type { Vector } from "../base/mod.ts";
import type { PeerState } from "./state.ts";

/** Where a peer stands, for operators. */
export interface PeerProgress {
  readonly name: string;
  readonly state: "connecting" | "listening" | "heard";
  /** Per topic what it told to hold durably: not what it knows that we know. */
  readonly durable: ReadonlyMap<string, Vector>;
  /** Per topic what it confirmed to be on its disk, wherever it has it from. */
  readonly synced: ReadonlyMap<string, Vector>;
}

/** Sorted by name. */
export function progressOf(peers: Iterable<PeerState>): PeerProgress[] {
  return [...peers]
    .sort((left, right) => (left.peer.name < right.peer.name ? -1 : 1))
    .map((peer) => ({
      name: peer.peer.name,
      state: peer.watch === "heard" ? "heard" : peer.listening ? "listening" : "connecting",
      durable: new Map([...peer.topics].map(([topic, told]) => [topic, told.durable])),
      synced: new Map([...peer.topics].map(([topic, told]) => [topic, told.synced])),
    }));
}
