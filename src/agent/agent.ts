import { DisposalStack, formatAddress, type WriterId } from "../base/mod.ts";
import type { TopicSettingsChange } from "../client/mod.ts";
import type { PeerHealth } from "../gossip/mod.ts";
import type { LogEvent } from "../log/mod.ts";
import type { Member, MemberEventType, NameConflict, UserEventNotice } from "../membership/mod.ts";
import type { ClusterKeys } from "./cluster_keys.ts";
import type { LogLines } from "./log_lines.ts";
import type { EventOptions, IncomingQuery, Payload, QueryHandler } from "./messaging.ts";
import { type AgentOptions, checkedHandlers, checkedTags, resolveAgentOptions } from "./options.ts";
import { enterCluster, openParts, type Parts } from "./parts.ts";
import type { QueryOptions, QueryRun } from "./query_run.ts";
import type { AgentServices } from "./services.ts";
import { AgentTopic } from "./topic.ts";

/** What an agent tells those who listen, by name. */
export interface AgentEvents extends Record<MemberEventType, Member> {
  /** Something about the log that an operator should know: a torn tail, a new writer, a stopped feed. */
  readonly log: LogEvent;
  readonly "user-event": UserEventNotice;
  /** A query that this node may answer: `respond` does. */
  readonly query: IncomingQuery;
  /** Somebody claims another address for the name of a node. When it is this one's and `lost`, this node stops. */
  readonly "name-conflict": NameConflict;
}

/** What surrounds a node in its process. */
export interface AgentSurroundings {
  /**
   * The lines that `grapevine monitor --log-level` and `serf monitor` show; `configureLogging` writes into them what the
   * process logs. @default lines of the node's own about its members, events and queries
   */
  readonly lines?: LogLines | undefined;
}

/**
 * A running node: `Agent.start` returns it ready. States: ready, then stopped, by `leave()` (polite: the others hear of
 * it) or disposal (prompt: the others find out). Both are idempotent, and `closed` resolves after either.
 */
export class Agent implements AsyncDisposable {
  readonly nodeName: string;
  /** `host:port` of its gossip. */
  readonly gossipAddress: string;
  /** `host:port` of its RPC server, as others reach it. */
  readonly rpcAddress: string;
  /** `host:port` of its RPC for the `serf` command line; undefined unless the options ask for one. */
  readonly serfRpcAddress: string | undefined;
  /** `host:port` of its DNS, UDP and TCP; undefined unless the options ask for one. */
  readonly dnsAddress: string | undefined;
  /** Resolves when the node has stopped, for whatever reason. */
  readonly closed: Promise<void>;
  readonly #parts: Parts;
  readonly #stack: DisposalStack;
  readonly #topics = new Map<string, AgentTopic>();
  #markClosed: () => void = () => {};
  #failure: Error | undefined;

  private constructor(parts: Parts, stack: DisposalStack) {
    this.#parts = parts;
    this.#stack = stack;
    this.nodeName = parts.membership.localName;
    this.gossipAddress = formatAddress(parts.membership.address);
    this.rpcAddress = parts.rpcAddress;
    this.serfRpcAddress = parts.serfRpcAddress;
    this.dnsAddress = parts.dnsAddress;
    this.closed = new Promise((resolve) => {
      this.#markClosed = resolve;
    });
    parts.membership.on("name-conflict", ({ outcome }) => {
      if (outcome === "lost") void this[Symbol.asyncDispose]();
    });
  }

  /**
   * Opens the log, listens, and joins the cluster when the options name nodes to join; if none of them answers, it goes
   * on trying in the background. Rejects with `InvalidAgentOptionError`, `DirectoryLockedError`, `LogCorruptError`,
   * `PortTakenError` or what else keeps it from running; then nothing is left open.
   */
  static async start(options: AgentOptions = {}, surroundings: AgentSurroundings = {}): Promise<Agent> {
    const resolved = resolveAgentOptions(options);
    const stack = new DisposalStack();
    try {
      const started: { agent?: Agent } = {};
      const parts = await openParts(resolved, stack, {
        ...surroundings,
        leave: async () => started.agent?.leave(),
      });
      started.agent = new Agent(parts, stack);
      const { agent } = started;
      const entry = { seeds: resolved.join, cluster: resolved.cluster };
      await enterCluster(parts, { ...entry, onGiveUp: (error) => agent.#stopFor(error) }, stack);
      return agent;
    } catch (error) {
      await stack[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Why the node stopped by itself; undefined when it runs, or was told to stop. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** The writer of the feeds that this node produces to. */
  get writer(): WriterId {
    return this.#parts.log.writer;
  }

  /** All members of the cluster as this node sees them, itself included. */
  members(): readonly Member[] {
    return this.#parts.membership.members();
  }

  /** What this node sees of the way to each other member, and what is wrong with it in words. */
  peersHealth(): readonly PeerHealth[] {
    return this.#parts.membership.peersHealth();
  }

  /** Creates a topic on all nodes, also one that was deleted, which begins anew. As the client's of this name. */
  async createTopic(name: string, settings: TopicSettingsChange = {}): Promise<void> {
    await this.#parts.client.createTopic(name, settings);
  }

  /** Deletes a topic on all nodes, with all its records. As the client's of this name. */
  deleteTopic(name: string): Promise<{ readonly generation: number }> {
    return this.#parts.client.deleteTopic(name);
  }

  /** A topic, created by the first produce unless it was deleted. The same object for the same name. */
  topic(name: string): AgentTopic {
    const known = this.#topics.get(name) ?? new AgentTopic(name, this.#parts.client);
    this.#topics.set(name, known);
    return known;
  }

  /** Calls `listener` for each event of a type. The result removes it. */
  on<Type extends keyof AgentEvents>(type: Type, listener: (event: AgentEvents[Type]) => void): () => void {
    const { membership } = this.#parts;
    const tell = (event: unknown): void => listener(event as AgentEvents[Type]);
    if (type === "user-event" || type === "query" || type === "name-conflict") return membership.on(type, tell);
    return this.#parts.events.add((event) => {
      if (event.type !== type) return;
      listener((event.type === "log" ? event.event : event.member) as AgentEvents[Type]);
    });
  }

  /** Contacts nodes by their gossip addresses (`host:port`). Resolves with how many were reached; rejects for none. */
  async join(addresses: readonly string[]): Promise<number> {
    return (await this.#parts.membership.join(addresses)).contacted.length;
  }

  /** Tells all members, this one included, of something. Throws `UserEventTooLargeError`; then nobody hears of it. */
  event(name: string, payload: Payload = "", options: EventOptions = {}): void {
    this.#parts.membership.event(name, payload, options);
  }

  /** Asks all members, or some, this one included. Throws `InvalidQueryError` or `QueryTooLargeError`. */
  query(name: string, payload: Payload = "", options: QueryOptions = {}): QueryRun {
    return this.#parts.membership.query(name, payload, options);
  }

  /** Answers queries of a name; the result ends that. */
  onQuery(name: string, handler: QueryHandler): () => void {
    return this.#parts.membership.onQuery(name, handler);
  }

  /** Declares that a member leaves which cannot do so itself. Throws `NotRemovableError`. */
  forceLeave(name: string, options: { readonly prune?: boolean | undefined } = {}): void {
    this.#parts.membership.forceLeave(name, options);
  }

  /** Services that this node registers and checks, and those of all nodes. */
  get services(): AgentServices {
    return this.#parts.services;
  }

  /** Encryption keys of the whole cluster. */
  get keys(): ClusterKeys {
    return this.#parts.membership.keys;
  }

  /**
   * Takes other tags and other event handlers without stopping; what is not given stays as it is. Throws
   * `InvalidAgentOptionError`, `ReservedTagError` or `TagsTooLargeError`, and then nothing changed.
   */
  reload(options: Pick<AgentOptions, "tags" | "eventHandlers">): void {
    const { nodeTags, membership, handlers } = this.#parts;
    const specs = options.eventHandlers && checkedHandlers(options.eventHandlers);
    if (options.tags !== undefined) {
      nodeTags.replace(checkedTags("tags", options.tags), (tags) => membership.setTags(tags));
    }
    if (specs !== undefined) handlers.replace(specs);
  }

  #stopFor(error: Error): void {
    this.#failure = error;
    // Whoever started it still waits for it: it stops in a later turn.
    queueMicrotask(() => void this[Symbol.asyncDispose]());
  }

  /** Tells the cluster that this node leaves, then stops. */
  async leave(): Promise<void> {
    this.#parts.readiness.end("the node is leaving");
    await this.#parts.services.withdraw();
    await this.#parts.membership.leave();
    await this[Symbol.asyncDispose]();
  }

  /** Stops at once and in order: what was acknowledged is on disk. The others see a failed node until it is back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#parts.readiness.end("the node is stopping");
    try {
      for (const topic of this.#topics.values()) await topic.close();
      await this.#stack[Symbol.asyncDispose]();
    } finally {
      this.#markClosed();
    }
  }

  /** `await using`, for plain JavaScript. */
  close(): Promise<void> {
    return this[Symbol.asyncDispose]();
  }
}
