import type { PeerHealth } from "../gossip/mod.ts";
import type { Member, NameConflict, UserEventNotice } from "../membership/mod.ts";
import type { ServedGossip } from "../server/mod.ts";
import type { ClusterKeys } from "./cluster_keys.ts";
import type { EventHandlers } from "./event_handlers.ts";
import type { LogLines, SerfLogLevel } from "./log_lines.ts";
import type { MembershipNode } from "./membership_node.ts";
import type { IncomingQuery } from "./messaging.ts";
import { type NodeInfo, nodeInfo, type ProgramFacts } from "./node_info.ts";
import type { NodeTags } from "./node_tags.ts";
import type { QueryOptions, QueryRun } from "./query_run.ts";

/** A call that came before gossip runs: the server listens first, because members are told its port. */
class StartingError extends Error {
  override readonly name = "StartingError";
  readonly code = "STARTING";

  constructor() {
    super("Cannot ask the cluster: this node is still starting");
  }
}

export interface GossipPortParts {
  readonly tags: NodeTags;
  readonly facts: ProgramFacts;
  readonly lines: LogLines;
}

/** A node's gossip as the server sees it. */
export class GossipPort implements ServedGossip {
  readonly #tags: NodeTags;
  readonly #facts: ProgramFacts;
  readonly #lines: LogLines;
  #membership: MembershipNode | undefined;
  #handlers: EventHandlers | undefined;

  constructor({ tags, facts, lines }: GossipPortParts) {
    this.#tags = tags;
    this.#facts = facts;
    this.#lines = lines;
  }

  open(membership: MembershipNode, handlers: EventHandlers): void {
    this.#membership = membership;
    this.#handlers = handlers;
  }

  get localName(): string {
    return this.#node.localName;
  }

  get keys(): ClusterKeys {
    return this.#node.keys;
  }

  forceLeave(name: string, options: { readonly prune: boolean }): void {
    this.#node.forceLeave(name, options);
  }

  changeTags(set: ReadonlyMap<string, string>, remove: readonly string[]): void {
    const node = this.#node;
    this.#tags.change(set, remove, (tags) => node.setTags(tags));
  }

  event(name: string, payload: Uint8Array, options: { readonly coalesce: boolean }): void {
    this.#node.event(name, payload, options);
  }

  query(name: string, payload: Uint8Array, options: QueryOptions): QueryRun {
    return this.#node.query(name, payload, options);
  }

  onUserEvent(listener: (event: UserEventNotice) => void): () => void {
    return this.#node.on("user-event", listener);
  }

  onQuery(listener: (query: IncomingQuery) => void): () => void {
    return this.#node.on("query", listener);
  }

  onNameConflict(listener: (conflict: NameConflict) => void): () => void {
    return this.#node.on("name-conflict", listener);
  }

  rttMs(left: string, right: string): number | undefined {
    return this.#node.rttMs(left, right);
  }

  /** Of all members, or of those of these names. */
  peersHealth(names: readonly string[]): (PeerHealth & { readonly status: Member["status"] })[] {
    const node = this.#node;
    const wanted = new Set(names);
    const members = node.members().filter(({ name }) => wanted.size === 0 || wanted.has(name));
    return members.flatMap(({ name, status }) => {
      const health = node.peerHealth(name);
      return health === undefined ? [] : [{ ...health, status }];
    });
  }

  get healthScore(): number {
    return this.#node.counters.health;
  }

  /** In the sections and by the names that Serf's operators know. */
  info(): NodeInfo {
    return nodeInfo(this.#node, this.#facts, this.#handlers?.specs ?? []);
  }

  followLog(least: SerfLogLevel, listener: (line: string) => void): () => void {
    return this.#lines.follow(least, listener);
  }

  get #node(): MembershipNode {
    if (this.#membership === undefined) throw new StartingError();
    return this.#membership;
  }
}
