import type { RecordInput } from "../base/mod.ts";
import type { ClientClock } from "./client_clock.ts";
import type { ConnectOptions, ConsumeFrom, ConsumeOptions, ProduceAck, ProduceOptions } from "./client_options.ts";
import { ClusterCalls } from "./cluster_calls.ts";
import type { ServerConnection } from "./connections.ts";
import type { Consumer } from "./consumer.ts";
import { toMember, toServer, toTopic } from "./convert.ts";
import { CursorCalls } from "./cursor_calls.ts";
import { ClientError } from "./errors.ts";
import { groupWork, randomMember } from "./group_calls.ts";
import { type GroupConsumeOptions, GroupConsumer } from "./group_consumer.ts";
import { HomeProducer, type HomeProducerOptions } from "./home_producer.ts";
import { Homes } from "./homes.ts";
import { type NamedConsumeOptions, NamedConsumer, plainOptions } from "./named_consumer.ts";
import { failoverMsDefault, openConsumer } from "./open_consumer.ts";
import { openProducer } from "./open_producer.ts";
import { OnceProducer } from "./produce_once.ts";
import type { Producer } from "./producer.ts";
import type { ProducerOptions } from "./producer_options.ts";
import { ask, askOne, type CallOptions, type OneCall, type Question } from "./questions.ts";
import { watchMembers } from "./server_stream.ts";
import { Servers } from "./servers.ts";
import { ServiceCalls } from "./service_calls.ts";
import { type AskedTopic, deleteTopic, setTopic } from "./topic_calls.ts";
import type { OpenTransport } from "./transport.ts";
import type {
  MemberDescription,
  MemberEvent,
  ServerDescription,
  TopicDescription,
  TopicSettingsChange,
} from "./types.ts";

/** Topics whose keys' homes are remembered. */
const homesMax = 1_000;
/** Topics that are remembered as produced to; from then on each counts as one. */
const producedMax = 10_000;

type AnyConsumeOptions = ConsumeOptions | NamedConsumeOptions | GroupConsumeOptions;

export interface LogClientOptions extends ConnectOptions {
  readonly openTransport: OpenTransport;
  /** @default the runtime's */
  readonly clock?: ClientClock;
}

/**
 * A caller's end of the log. It talks to one server, the first; when that one proves unreachable, the next call goes to
 * the next. Questions (`members`, `topics` …), produces and consumers go on there by themselves; other changes never do.
 */
export class LogClient implements AsyncDisposable {
  readonly #servers: Servers;
  readonly #timeoutMs: number;
  readonly #failover: boolean;
  readonly #once: OnceProducer;
  readonly #homes = new Map<string, Homes>();
  readonly #produced = new Set<string>();
  /** What operators ask of the asked node's cluster. */
  readonly cluster: ClusterCalls;
  /** How far consumers have read that go by a name. */
  readonly cursors: CursorCalls;
  /** Services that nodes register, and how well they are. */
  readonly services: ServiceCalls;

  constructor(urls: readonly string[], options: LogClientOptions) {
    this.#timeoutMs = options.timeoutMs ?? 10_000;
    this.#failover = options.failover ?? true;
    this.#servers = new Servers(urls, {
      openTransport: options.openTransport,
      learns: this.#failover,
      spreads: options.spread,
      onRefused: options.onRefused,
      clock: options.clock,
    });
    this.#once = new OnceProducer(this.#servers, { retries: this.#failover });
    this.cluster = new ClusterCalls(this.#servers, this.#timeoutMs);
    this.cursors = new CursorCalls(this.#servers, this.#timeoutMs);
    const failoverMs = this.#failover ? failoverMsDefault : 0;
    this.services = new ServiceCalls(this.#servers, { timeoutMs: this.#timeoutMs, failoverMs });
  }

  /** The URL of the server that the next call goes to. */
  get server(): string {
    return this.#servers.current.url;
  }

  /**
   * Sends records one by one and batches them by itself, in order, over one stream where the runtime has such. With
   * `home`, each record to the home of its key.
   */
  producer(topic: string, options: HomeProducerOptions): HomeProducer;
  producer(topic: string, options?: ProducerOptions): Producer;
  producer(topic: string, options: ProducerOptions | HomeProducerOptions = {}): Producer | HomeProducer {
    const failover = this.#failover;
    this.#noteProduced(topic);
    if (!("home" in options)) return openProducer(topic, options, { servers: this.#servers, failover });
    const { clock } = this.#servers;
    return new HomeProducer({ topic, options, homes: this.#homesOf(topic), clock, failover });
  }

  /**
   * Produces one record, or several as one batch. What gets no answer is sent again, to other servers, too, and stored
   * once all the same.
   */
  produce(
    topic: string,
    records: RecordInput | readonly RecordInput[],
    options: ProduceOptions = {},
  ): Promise<ProduceAck> {
    const list = Array.isArray(records) ? records : [records as RecordInput];
    this.#noteProduced(topic);
    const home = options.home ?? (this.#failover && options.expectedSequence !== undefined);
    return home ? this.#produceAtHome(topic, list, options) : this.#once.produce(topic, list, options);
  }

  async #produceAtHome(topic: string, records: readonly RecordInput[], options: ProduceOptions): Promise<ProduceAck> {
    const key = records[0]?.key;
    if (key === undefined) {
      const message = `Cannot produce to topic ${JSON.stringify(topic)}: there is no key whose home it could go to`;
      throw new ClientError("INVALID_ARGUMENT", message, { fate: "unsent" });
    }
    const homes = this.#homesOf(topic);
    return this.#once.produce(topic, records, { ...options, choose: (time) => homes.find(key, time) });
  }

  /** What was produced to it is read at once only where it was produced. */
  #noteProduced(topic: string): void {
    if (this.#produced.size < producedMax) this.#produced.add(topic);
  }

  /** Where a consumer begins. */
  #firstFor(topic: string, { after }: ConsumeOptions): ServerConnection {
    const isOwn = this.#produced.has(topic) || this.#produced.size >= producedMax;
    return isOwn && after === undefined ? this.#servers.current : this.#servers.pick();
  }

  #homesOf(topic: string): Homes {
    const known = this.#homes.get(topic);
    if (known !== undefined) return known;
    if (this.#homes.size >= homesMax) this.#homes.clear();
    const homes = new Homes(this.#servers, topic);
    this.#homes.set(topic, homes);
    return homes;
  }

  /**
   * Reads a topic from a place on, and waits at its end for what comes. With a `name`, from where those who read under it
   * stopped, on whatever node; with a `group`, its share of it. Goes on at another server when one fails.
   */
  consume(topic: string, options: NamedConsumeOptions): NamedConsumer;
  consume(topic: string, options: GroupConsumeOptions): GroupConsumer;
  consume(topic: string, options?: ConsumeOptions): Consumer;
  consume(topic: string, options: AnyConsumeOptions = {}): Consumer | NamedConsumer | GroupConsumer {
    if ("group" in options) return this.#consumeInGroup(topic, options);
    if ("name" in options) {
      const open = (from: ConsumeFrom): Consumer => this.consume(topic, { ...plainOptions(options), from });
      return new NamedConsumer({ topic, options, open, calls: this.cursors, clock: this.#servers.clock });
    }
    const failoverMs = options.failoverMs ?? (this.#failover ? failoverMsDefault : 0);
    const first = this.#firstFor(topic, options);
    return openConsumer(topic, options, { servers: this.#servers, first, timeoutMs: this.#timeoutMs, failoverMs });
  }

  #consumeInGroup(topic: string, options: GroupConsumeOptions): GroupConsumer {
    const { group, member = randomMember(), from = "earliest", ...plain } = options;
    const patienceMs = options.failoverMs ?? failoverMsDefault;
    const work = groupWork(this.#servers, { topic, group, member, from });
    const open = (at: ConsumeFrom): Consumer => this.consume(topic, { ...plain, from: at });
    return new GroupConsumer({ topic, options, open, work, patienceMs, clock: this.#servers.clock }, member);
  }

  members(options: CallOptions = {}): Promise<MemberDescription[]> {
    return this.#ask({ doing: "list members", spreads: true, ...options }, async ({ cluster }, call) =>
      (await cluster.members({}, call)).members.map(toMember),
    );
  }

  /** Every member as a join first, then every change, until the loop is left or the signal fires. */
  watchMembers(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<MemberEvent> {
    return watchMembers(this.#servers, options.signal);
  }

  /** The topics that the asked node holds; the cluster's own, whose names begin with "_", only when asked for. */
  topics({
    internal = false,
    ...options
  }: CallOptions & { readonly internal?: boolean } = {}): Promise<TopicDescription[]> {
    return this.#ask({ doing: "list topics", ...options }, async ({ log }, call) =>
      (await log.listTopics({ internal }, call)).topics.map(toTopic),
    );
  }

  /** A node that does not hold it asks one that does, unless only what the asked node holds is wanted. */
  describeTopic(
    topic: string,
    { heldOnly = false, ...options }: CallOptions & { readonly heldOnly?: boolean } = {},
  ): Promise<TopicDescription> {
    return this.#ask({ doing: `describe topic ${JSON.stringify(topic)}`, ...options }, async ({ log }, call) => {
      const response = await log.describeTopic({ topic, forwarded: heldOnly }, call);
      if (response.topic === undefined) throw new ClientError("NOT_FOUND", `Cannot describe topic ${topic}: none such`);
      return toTopic(response.topic);
    });
  }

  /**
   * Creates a topic, with settings of its own if any are given. Fails with `ALREADY_EXISTS` when the node knows it. One
   * that was deleted begins anew, in its next generation.
   */
  createTopic(topic: string, settings: TopicSettingsChange = {}, options: CallOptions = {}): Promise<TopicDescription> {
    return this.#change(topic, { doing: "create", ...options }, (asked) => setTopic(asked, settings, true));
  }

  /**
   * Changes what holds for a topic on all nodes. Resolves when the asked node has it on disk and keeps to it; the others
   * do as soon as they hear of it. Of changes on two sides of a partition one holds everywhere in the end.
   */
  setTopic(topic: string, settings: TopicSettingsChange, options: CallOptions = {}): Promise<TopicDescription> {
    return this.#change(topic, { doing: "set", ...options }, (asked) => setTopic(asked, settings, false));
  }

  /**
   * Deletes a topic on all nodes, with all its records, also those that other nodes took and the asked one has not heard
   * of. Resolves with the generation that was deleted when the asked node has it on disk and the topic is gone there.
   * Whoever consumes it fails with `NOT_FOUND`, as does a produce: only `createTopic` brings it back, empty.
   */
  deleteTopic(topic: string, options: CallOptions = {}): Promise<{ readonly generation: number }> {
    return this.#change(topic, { doing: "delete", ...options }, deleteTopic);
  }

  servers(options: CallOptions = {}): Promise<ServerDescription[]> {
    return this.#ask({ doing: "list servers", spreads: true, ...options }, async ({ log }, call) =>
      (await log.getServers({}, call)).servers.map(toServer),
    );
  }

  /** Makes the asked node contact others by their gossip addresses. Resolves with how many were reached. */
  join(addresses: readonly string[], options: CallOptions = {}): Promise<number> {
    return this.#askOne({ doing: `join ${addresses.join(", ")}`, ...options }, async ({ cluster }, call) => {
      return (await cluster.join({ addresses: [...addresses] }, call)).joined;
    });
  }

  /** Makes the asked node leave the cluster in good order and stop. */
  async leave(options: CallOptions = {}): Promise<void> {
    await this.#askOne({ doing: "leave", ...options }, ({ cluster }, call) => cluster.leave({}, call));
  }

  /** Closes the connections. Producers and consumers that are still open fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  close(): void {
    this.#servers.close();
  }

  #ask<Answer>(
    { timeoutMs = this.#timeoutMs, ...question }: Omit<Question, "timeoutMs"> & CallOptions,
    put: (connection: ServerConnection, call: OneCall) => Promise<Answer>,
  ): Promise<Answer> {
    return ask(this.#servers, { ...question, timeoutMs }, put);
  }

  /** What changes something is asked of one server, once. */
  async #askOne<Answer>(
    { timeoutMs = this.#timeoutMs, ...question }: Omit<Question, "timeoutMs"> & CallOptions,
    put: (connection: ServerConnection, call: OneCall) => Promise<Answer>,
  ): Promise<Answer> {
    return askOne(this.#servers, this.#servers.current, { ...question, timeoutMs }, put);
  }

  #change<Result>(
    topic: string,
    { doing, ...options }: { readonly doing: string } & CallOptions,
    put: (asked: AskedTopic) => Promise<Result>,
  ): Promise<Result> {
    return this.#askOne({ doing: `${doing} topic ${JSON.stringify(topic)}`, ...options }, ({ log }, call) =>
      put({ log, topic, ...call }),
    );
  }
}
