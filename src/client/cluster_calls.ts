/** What operators ask of a cluster, through one of its nodes. */
import type { Client } from "@connectrpc/connect";
import { toBytes } from "../base/mod.ts";
import {
  type Cluster,
  KeyChange,
  type KeysOutcome as KeysOutcomeMessage,
  type QueryResponse,
  type WatchEventsResponse,
} from "../gen/grapevine/v1/cluster_pb.ts";
import { type PeersHealth, toPeersHealth } from "./cluster_health.ts";
import { toMemberEvent } from "./convert.ts";
import { ClientError } from "./errors.ts";
import { askOne, type CallOptions, type OneCall } from "./questions.ts";
import { watchServer } from "./server_stream.ts";
import type { Servers } from "./servers.ts";
import type { MemberEvent } from "./types.ts";

export interface ClusterConnection {
  readonly url: string;
  readonly cluster: Client<typeof Cluster>;
}

/** Whom a query asks, and how. */
export interface QueryFilter {
  /** Only members of these names. @default all */
  readonly nodes?: readonly string[];
  /** Only members in whose tags these expressions are found. @default none */
  readonly tags?: Readonly<Record<string, string>>;
  /** How long answers are waited for, in milliseconds; 0 leaves it to the node. @default 0 */
  readonly timeoutMs?: number;
  /** Whether members are to say at once that the query arrived. @default true */
  readonly wantsAcks?: boolean;
  /** Copies of each answer that go by way of other nodes. @default 0 */
  readonly relayFactor?: number;
  readonly signal?: AbortSignal;
}

/** What a member said to a query; `end` comes last, with those alive that did not answer. */
export type QueryEvent =
  | { readonly type: "ack"; readonly from: string }
  | { readonly type: "answer"; readonly from: string; readonly payload: Uint8Array }
  | { readonly type: "end"; readonly complete: boolean; readonly silent: readonly string[] };

/** Something that happened in the cluster. */
export type ClusterEvent =
  | { readonly type: "watching" }
  | ({ readonly type: "member" } & { readonly change: MemberEvent["type"]; readonly member: MemberEvent["member"] })
  | {
      readonly type: "user";
      readonly lamport: number;
      readonly name: string;
      readonly payload: Uint8Array;
      readonly coalesce: boolean;
    }
  | {
      readonly type: "query";
      readonly lamport: number;
      readonly name: string;
      readonly payload: Uint8Array;
      readonly source: string;
    }
  | {
      readonly type: "name-conflict";
      readonly name: string;
      readonly held: string;
      readonly claimed: string;
      readonly outcome: string;
    };

/** How an order about keys went: it is done when nobody objected and nobody is silent. */
export interface KeysOutcome {
  readonly nodes: number;
  readonly answered: number;
  readonly errors: Readonly<Record<string, string>>;
  readonly silent: readonly string[];
}

/** A key of the cluster, how many members have it and encrypt with it, and who lacks it. */
export interface KeyHolders {
  readonly key: string;
  readonly holders: number;
  readonly users: number;
  readonly lacking: readonly string[];
}

/** How much a line of a node's log matters, the least first. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

export type InfoSections = Readonly<Record<string, Readonly<Record<string, string>>>>;

export type { PeerHealth, PeersHealth, PeerVerdict } from "./cluster_health.ts";

/** How much longer than the members may think an order about keys is waited for. */
const keysTimeoutMs = 60_000;

export class ClusterCalls {
  readonly #servers: Servers;
  readonly #timeoutMs: number;

  constructor(servers: Servers, timeoutMs: number) {
    this.#servers = servers;
    this.#timeoutMs = timeoutMs;
  }

  /** Declares that a member leaves which cannot do so itself; with `prune` it is forgotten. */
  async forceLeave(name: string, options: CallOptions & { readonly prune?: boolean } = {}): Promise<void> {
    const request = { name, prune: options.prune ?? false };
    await this.#call(`force ${name} to leave`, options, ({ cluster }, call) => cluster.forceLeave(request, call));
  }

  /** Changes what the asked node says about itself. */
  async changeTags(
    set: Readonly<Record<string, string>>,
    remove: readonly string[] = [],
    options: CallOptions = {},
  ): Promise<void> {
    const request = { set, delete: [...remove] };
    await this.#call("change tags", options, ({ cluster }, call) => cluster.changeTags(request, call));
  }

  /** Tells all members of something. */
  async event(
    name: string,
    payload: Uint8Array | string = "",
    options: CallOptions & { readonly coalesce?: boolean } = {},
  ): Promise<void> {
    const request = { name, payload: bytesOf(payload), coalesce: options.coalesce ?? false };
    await this.#call(`send event ${name}`, options, ({ cluster }, call) => cluster.sendEvent(request, call));
  }

  /** Asks all members, or some: what they say, as it comes. */
  async *query(name: string, payload: Uint8Array | string = "", filter: QueryFilter = {}): AsyncGenerator<QueryEvent> {
    const request = {
      ...{ name, payload: bytesOf(payload) },
      nodes: [...(filter.nodes ?? [])],
      tags: filter.tags ?? {},
      timeoutMs: filter.timeoutMs ?? 0,
      noAck: filter.wantsAcks === false,
      relayFactor: filter.relayFactor ?? 0,
    };
    const open = ({ cluster }: ClusterConnection, signal: AbortSignal) => cluster.query(request, { signal });
    let hasEnded = false;
    for await (const response of watchServer(this.#servers, `ask query ${name}`, open, filter.signal)) {
      const event = toQueryEvent(response);
      hasEnded = event?.type === "end";
      if (event !== undefined) yield event;
    }
    if (!hasEnded && !filter.signal?.aborted) {
      throw new ClientError("UNAVAILABLE", `Cannot ask query ${name}: the server ended the stream early`);
    }
  }

  /** Everything that happens, from the first event (`watching`) on, until the loop is left or the signal fires. */
  async *watch(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<ClusterEvent> {
    const open = ({ cluster }: ClusterConnection, signal: AbortSignal) => cluster.watchEvents({}, { signal });
    let hasBegun = false;
    for await (const response of watchServer(this.#servers, "watch the cluster", open, options.signal)) {
      const event = toClusterEvent(response);
      if (event !== undefined) yield event;
      else if (!hasBegun) yield { type: "watching" };
      hasBegun = true;
    }
    if (!options.signal?.aborted) {
      throw new ClientError("UNAVAILABLE", "Cannot watch the cluster: the server ended the stream");
    }
  }

  /** What the asked node has logged lately, a line each, then what it logs, until the loop is left or the signal fires. */
  async *watchLog(options: { readonly level?: LogLevel; readonly signal?: AbortSignal } = {}): AsyncGenerator<string> {
    const { level = "info", signal } = options;
    const open = ({ cluster }: ClusterConnection, abort: AbortSignal) => cluster.watchLog({ level }, { signal: abort });
    for await (const { event } of watchServer(this.#servers, "watch the log", open, signal)) {
      if (event.case === "line") yield event.value;
    }
    if (!signal?.aborted) throw new ClientError("UNAVAILABLE", "Cannot watch the log: the server ended the stream");
  }

  /** Orders all members to change their encryption keys; the key is in base64. */
  async changeKeys(change: "install" | "use" | "remove", key: string, options: CallOptions = {}): Promise<KeysOutcome> {
    const changes = { install: KeyChange.INSTALL, use: KeyChange.USE, remove: KeyChange.REMOVE } as const;
    const slow = { timeoutMs: keysTimeoutMs, ...options };
    const { outcome } = await this.#call(`${change} a key`, slow, ({ cluster }, call) =>
      cluster.changeKeys({ change: changes[change], key }, call),
    );
    return toOutcome(outcome);
  }

  async listKeys(
    options: CallOptions = {},
  ): Promise<{ readonly outcome: KeysOutcome; readonly keys: readonly KeyHolders[] }> {
    const slow = { timeoutMs: keysTimeoutMs, ...options };
    const { outcome, keys } = await this.#call("list keys", slow, ({ cluster }, call) => cluster.listKeys({}, call));
    const holders = keys.map(({ key, holders, users, lacking }) => ({ key, holders, users, lacking: [...lacking] }));
    return { outcome: toOutcome(outcome), keys: holders };
  }

  /** The round trip between two members, the second of which is the asked node unless it is named. */
  async roundTrip(
    left: string,
    right = "",
    options: CallOptions = {},
  ): Promise<{ readonly left: string; readonly right: string; readonly milliseconds: number | undefined }> {
    const answer = await this.#call(`estimate the round trip to ${left}`, options, ({ cluster }, call) =>
      cluster.estimateRoundTrip({ left, right }, call),
    );
    return { left: answer.left, right: answer.right, milliseconds: answer.milliseconds };
  }

  /** What the asked node sees of the way to each other member, or to those of these names. */
  async health(names: readonly string[] = [], options: CallOptions = {}): Promise<PeersHealth> {
    const answer = await this.#call("ask for the health of peers", options, ({ cluster }, call) =>
      cluster.diagnosePeers({ names: [...names] }, call),
    );
    return toPeersHealth(answer);
  }

  /** What the asked node counts, and how it is set up. */
  async info(options: CallOptions = {}): Promise<InfoSections> {
    const { sections } = await this.#call("read info", options, ({ cluster }, call) => cluster.info({}, call));
    return Object.fromEntries(Object.entries(sections).map(([name, { values }]) => [name, { ...values }]));
  }

  async #call<Answer>(
    doing: string,
    { timeoutMs = this.#timeoutMs, signal }: CallOptions,
    call: (connection: ClusterConnection, options: OneCall) => Promise<Answer>,
  ): Promise<Answer> {
    return askOne(this.#servers, this.#servers.current, { doing, timeoutMs, signal }, call);
  }
}

function toQueryEvent({ event }: QueryResponse): QueryEvent | undefined {
  switch (event.case) {
    case "ack":
      return { type: "ack", from: event.value.from };
    case "answer":
      return { type: "answer", from: event.value.from, payload: event.value.payload };
    case "end":
      return { type: "end", complete: event.value.complete, silent: [...event.value.silent] };
    default:
      // A newer server may say more.
      return undefined;
  }
}

/** Undefined for what carries no event. */
function toClusterEvent({ event }: WatchEventsResponse): ClusterEvent | undefined {
  switch (event.case) {
    case "member": {
      const changed = toMemberEvent({ ...event.value, heartbeat: false });
      return changed && { type: "member", change: changed.type, member: changed.member };
    }
    case "userEvent": {
      const { lamport, name, payload, coalesce } = event.value;
      return { type: "user", lamport: Number(lamport), name, payload, coalesce };
    }
    case "query": {
      const { lamport, name, payload, source } = event.value;
      return { type: "query", lamport: Number(lamport), name, payload, source };
    }
    case "nameConflict": {
      const { name, held, claimed, outcome } = event.value;
      return { type: "name-conflict", name, held, claimed, outcome };
    }
    default:
      return undefined;
  }
}

function toOutcome(outcome: KeysOutcomeMessage | undefined): KeysOutcome {
  const { nodes = 0, answered = 0, errors = {}, silent = [] } = outcome ?? {};
  return { nodes, answered, errors: { ...errors }, silent: [...silent] };
}

function bytesOf(payload: Uint8Array | string): Uint8Array<ArrayBuffer> {
  return (typeof payload === "string" ? toBytes(payload) : payload) as Uint8Array<ArrayBuffer>;
}
