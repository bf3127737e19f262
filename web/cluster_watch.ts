/**
 * What the page knows of the cluster, kept up to date: asked from time to time, and told by two streams of what happens
 * meanwhile. A browser has six connections to a server over HTTP/1.1: pages out of sight give theirs up.
 */
import {
  ClientError,
  type ClusterEvent,
  type LogClient,
  type PeerHealth,
  type TopicDescription,
} from "../src/client/browser.ts";
import { EventLog, type TimelineEvent } from "./event_log.ts";
import { hostOf, strictTextOf } from "./formats.ts";
import { History } from "./history.ts";
import { type AskedNode, Holdings, isElsewhere, type NodeHoldings } from "./holdings.ts";
import { endsOf, type Holder, lagMatrix } from "./lag.ts";
import { meshMembersMax } from "./map_layout.ts";
import { MemberBook, type MemberChange, type WatchedMember } from "./member_book.ts";
import { ServiceWatch } from "./service_watch.ts";
import { repeat, type Sight } from "./sight.ts";

const pollMs = 1_000;
const holdingsMs = 2_000;
const healthMs = 3_000;
const roundTripsMs = 10_000;
const retryMs = 1_500;
/** The page asks out of turn now and then, which adds no point to the chart. */
const totalMsLeast = 500;
/** Topics with a chart of their own. */
const historiesMax = 200;
/** Letters of a payload that the timeline shows. */
const payloadMax = 200;

export interface Link {
  readonly state: "connecting" | "live" | "lost";
  /** `host:port` of the server that answers, or is asked. */
  readonly server: string;
  readonly sinceMs: number;
  readonly error?: string | undefined;
}

export class ClusterWatch {
  readonly client: LogClient;
  readonly events: EventLog = new EventLog();
  readonly services: ServiceWatch;
  readonly total: History = new History();
  readonly holdings: Holdings = new Holdings();
  readonly startedAtMs: number = Date.now();
  readonly #sight: Sight;
  readonly #book = new MemberBook();
  readonly #histories = new Map<string, History>();
  readonly #listeners = new Set<() => void>();
  #link: Link;
  #asked: { readonly server: string; readonly name: string } | undefined;
  #topics: readonly TopicDescription[] | undefined;
  #nodes: readonly NodeHoldings[] = [];
  /** The same, as they answered the time before. */
  #nodesBefore: readonly NodeHoldings[] = [];
  #peers: ReadonlyMap<string, PeerHealth> = new Map();
  #roundTrips: ReadonlyMap<string, number> = new Map();

  constructor(client: LogClient, sight: Sight) {
    this.client = client;
    this.#sight = sight;
    this.#link = { state: "connecting", server: hostOf(client.server), sinceMs: Date.now() };
    this.services = new ServiceWatch(client, sight, {
      changed: () => this.#changed(),
      tell: (event) => this.#tell(event),
    });
  }

  start(): void {
    const loops: readonly (readonly [number, () => Promise<void>])[] = [
      [pollMs, () => this.#poll()],
      [holdingsMs, () => this.#askNodes()],
      [healthMs, () => this.#askHealth()],
      [roundTripsMs, () => this.#askRoundTrips()],
    ];
    for (const [everyMs, ask] of loops) void repeat(ask, everyMs, this.#sight);
    void repeat((signal) => this.#follow(signal), retryMs, this.#sight);
    this.services.start();
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  get link(): Link {
    return this.#link;
  }

  get members(): readonly WatchedMember[] {
    return this.#book.members;
  }

  member(name: string): WatchedMember | undefined {
    return this.#book.get(name);
  }

  /** The name of the node that answers. */
  get askedName(): string | undefined {
    if (this.#asked?.server === this.client.server) return this.#asked.name;
    const host = hostOf(this.client.server);
    return this.members.find(({ tags }) => tags["rpc_addr"] === host)?.name;
  }

  /** Of the node that answers; undefined before it did. */
  get topics(): readonly TopicDescription[] | undefined {
    return this.#topics;
  }

  topic(name: string): TopicDescription | undefined {
    return this.#topics?.find((topic) => topic.name === name);
  }

  history(topic: string): History | undefined {
    return this.#histories.get(topic);
  }

  /** The nodes that hold topics, as far as they say so. */
  get nodes(): readonly NodeHoldings[] {
    return this.#nodes;
  }

  peer(name: string): PeerHealth | undefined {
    return this.#peers.get(name);
  }

  /** Estimated, in milliseconds. */
  roundTrip(left: string, right: string): number | undefined {
    return this.#roundTrips.get(pairOf(left, right));
  }

  /** Members' names by the ids under which they write. */
  get writers(): ReadonlyMap<string, string> {
    return new Map(this.members.flatMap(({ name, tags }) => (tags["w"] === undefined ? [] : [[tags["w"], name]])));
  }

  /** Nodes that can be asked what they hold. */
  get askable(): readonly AskedNode[] {
    return this.members.flatMap(({ name, status, tags }) => {
      const rpcAddress = tags["rpc_addr"];
      if (rpcAddress === undefined || status === "left") return [];
      return [{ name, rpcAddress, isObserver: tags["role"] === "observer", isGone: status === "failed" }];
    });
  }

  /** Records of a topic that each node lacks of all that any holds; a node that does not answer counts for nothing. */
  lagOf(topic: string): number {
    const { rows } = lagMatrix(holdersOf(this.#nodes, topic), new Map(), endsOf(holdersOf(this.#nodesBefore, topic)));
    return rows.reduce((most, { total }) => Math.max(most, total ?? 0), 0);
  }

  /** Asks again at once. */
  async refresh(): Promise<void> {
    await this.#poll();
  }

  async #poll(): Promise<void> {
    try {
      const [members, topics] = await Promise.all([this.client.members(), this.client.topics()]);
      this.#answered();
      const nowMs = Date.now();
      this.#tellMembers(this.#book.list(members, nowMs));
      this.#measure(topics, nowMs);
      this.#topics = topics;
    } catch (error) {
      this.#failed(error);
    }
    this.#changed();
  }

  #measure(topics: readonly TopicDescription[], nowMs: number): void {
    let records = 0;
    let bytes = 0;
    for (const topic of topics) {
      const history = this.#histories.get(topic.name) ?? new History();
      if (this.#histories.size < historiesMax) this.#histories.set(topic.name, history);
      history.count(nowMs, { records: topic.nextOffset, bytes: topic.bytes });
      records += history.rates?.records ?? 0;
      bytes += history.rates?.bytes ?? 0;
    }
    for (const name of this.#histories.keys()) {
      if (!topics.some((topic) => topic.name === name)) this.#histories.delete(name);
    }
    const lastAtMs = (this.total.points[0].at(-1) ?? 0) * 1_000;
    if (nowMs - lastAtMs < totalMsLeast) return;
    this.total.add(nowMs, this.#topics === undefined ? undefined : { records, bytes });
  }

  #answered(): void {
    const server = hostOf(this.client.server);
    const before = this.#link;
    if (before.state === "live" && before.server === server) return;
    const nowMs = Date.now();
    this.#link = { state: "live", server, sinceMs: nowMs };
    if (before.server !== server || before.state === "connecting") void this.#askName();
    if (before.server !== server) {
      for (const history of [this.total, ...this.#histories.values()]) history.break(nowMs);
      this.#tell({ kind: "console", tone: "odd", subject: server, what: `answers now, instead of ${before.server}` });
    } else if (before.state === "lost") {
      this.#tell({ kind: "console", tone: "good", subject: server, what: "answers again" });
    }
  }

  #failed(error: unknown): void {
    const text = error instanceof ClientError && error.code !== "UNAVAILABLE" ? error.message : "no node answers";
    if (this.#link.state === "lost" && this.#link.error === text) return;
    if (this.#link.state === "live") {
      this.#tell({ kind: "console", tone: "bad", subject: this.#link.server, what: "is lost", detail: text });
    }
    const sinceMs = this.#link.state === "lost" ? this.#link.sinceMs : Date.now();
    this.#link = { state: "lost", server: this.#link.server, sinceMs, error: text };
  }

  /** Behind a proxy, or under another name of the host, addresses do not tell who answers. */
  async #askName(): Promise<void> {
    const { server } = this.client;
    const name = (await this.client.cluster.info().catch(() => undefined))?.["agent"]?.["name"];
    if (name === undefined || server !== this.client.server) return;
    this.#asked = { server, name };
    this.#changed();
  }

  async #askNodes(): Promise<void> {
    const nodes = await this.holdings.ask(this.askable);
    this.#nodesBefore = this.#nodes;
    this.#nodes = nodes;
    this.#changed();
  }

  async #askHealth(): Promise<void> {
    const { peers } = await this.client.cluster.health();
    this.#peers = new Map(peers.map((peer) => [peer.name, peer]));
    this.#changed();
  }

  async #askRoundTrips(): Promise<void> {
    const alive = this.members.filter(({ status }) => status === "alive").map(({ name }) => name);
    const asked = this.askedName;
    const pairs: (readonly [string, string])[] = [];
    for (const [index, left] of alive.entries()) {
      for (const right of alive.slice(index + 1)) {
        if (alive.length <= meshMembersMax || left === asked || right === asked) pairs.push([left, right]);
      }
    }
    const found = new Map<string, number>();
    for (const [left, right] of pairs) {
      const { milliseconds } = await this.client.cluster.roundTrip(left, right);
      if (milliseconds !== undefined) found.set(pairOf(left, right), milliseconds);
    }
    this.#roundTrips = found;
    this.#changed();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    for await (const event of this.client.cluster.watch({ signal })) this.#happened(event);
  }

  #happened(event: ClusterEvent): void {
    const nowMs = Date.now();
    switch (event.type) {
      case "watching":
        return;
      case "member":
        this.#tellMembers(
          event.change === "reap" ? this.#book.forget(event.member.name) : this.#book.put(event.member, nowMs),
        );
        break;
      case "user":
        this.#tell({ kind: "user", tone: "plain", subject: event.name, what: "was sent", detail: payloadText(event) });
        break;
      case "query": {
        const what = `asks ${event.name}`;
        this.#tell({ kind: "query", tone: "plain", subject: event.source, what, detail: payloadText(event) });
        break;
      }
      case "name-conflict": {
        const detail = `${event.held} and ${event.claimed}: ${event.outcome}`;
        this.#tell({ kind: "member", tone: "bad", subject: event.name, what: "is claimed by two nodes", detail });
        break;
      }
      default:
        event satisfies never;
    }
    this.#changed();
  }

  #tellMembers(changes: readonly MemberChange[]): void {
    for (const { name, what, tone, detail } of changes)
      this.#tell({ kind: "member", tone, subject: name, what, detail });
  }

  #tell(event: Omit<TimelineEvent, "id" | "atMs">): void {
    this.events.add({ ...event, atMs: Date.now() });
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function holdersOf(nodes: readonly NodeHoldings[], topic: string): Holder[] {
  return nodes.map((node) => {
    const held = node.topics?.find(({ name }) => name === topic);
    const elsewhere = node.isObserver || (held !== undefined && isElsewhere(node, held));
    return { node: node.name, held, isElsewhere: elsewhere || (node.topics !== undefined && held === undefined) };
  });
}

function pairOf(left: string, right: string): string {
  return left < right ? `${left}\n${right}` : `${right}\n${left}`;
}

function payloadText({ payload }: { readonly payload: Uint8Array }): string | undefined {
  if (payload.length === 0) return undefined;
  const text = strictTextOf(payload.subarray(0, payloadMax));
  const shown = text ?? `${payload.length} bytes that are no text`;
  return payload.length > payloadMax ? `${shown}…` : shown;
}
