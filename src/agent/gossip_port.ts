import type { PeerHealth } from "../gossip/mod.ts";
import type { Member, NameConflict, UserEventNotice } from "../membership/mod.ts";
import type { ServedGossip } from "../server/mod.ts";
import type { ClusterKeys } from "./cluster_keys.ts";
import type { MembershipNode } from "./membership_node.ts";
import type { IncomingQuery } from "./messaging.ts";
import type { NodeTags } from "./node_tags.ts";
import type { QueryOptions, QueryRun } from "./query_run.ts";

/** What kind of program the node is, for those who ask. */
export interface ProgramFacts {
  readonly os: string;
  readonly arch: string;
  readonly version: string;
}

/** A call that came before gossip runs: the server listens first, because members are told its port. */
class StartingError extends Error {
  override readonly name = "StartingError";
  readonly code = "STARTING";

  constructor() {
    super("Cannot ask the cluster: this node is still starting");
  }
}

/** A node's gossip as the server sees it. */
export class GossipPort implements ServedGossip {
  readonly #tags: NodeTags;
  readonly #facts: ProgramFacts;
  #membership: MembershipNode | undefined;

  constructor(tags: NodeTags, facts: ProgramFacts) {
    this.#tags = tags;
    this.#facts = facts;
  }

  open(membership: MembershipNode): void {
    this.#membership = membership;
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
  info(): ReadonlyMap<string, ReadonlyMap<string, string>> {
    const node = this.#node;
    const { queues, health, lamport } = node.counters;
    const members = node.members();
    const count = (status: Member["status"]) => members.filter((member) => member.status === status).length;
    const serf = {
      encrypted: node.details.isEncrypted,
      event_queue: queues.event,
      event_time: lamport.event,
      failed: count("failed"),
      health_score: health,
      intent_queue: queues.intent,
      left: count("left"),
      member_time: lamport.member,
      members: members.length,
      query_queue: queues.query,
      query_time: lamport.query,
    };
    return new Map([
      ["agent", new Map([["name", node.localName]])],
      ["runtime", new Map(Object.entries(this.#facts))],
      ["serf", new Map(Object.entries(serf).map(([name, value]) => [name, String(value)]))],
      ["tags", new Map(node.member(node.localName)?.tags)],
    ]);
  }

  get #node(): MembershipNode {
    if (this.#membership === undefined) throw new StartingError();
    return this.#membership;
  }
}
