/** The services of a node, and those of all others: what the log, membership and checks tell, put together. */
import type { Clock, ServiceChange, ServiceDefinition, ServiceInstance, ServiceQuery } from "../base/mod.ts";
import { runCheck } from "../io/check_runners.ts";
import { systemClock } from "../io/clock.ts";
import type { CommitLog } from "../log/mod.ts";
import type { Member, MemberEvent } from "../membership/mod.ts";
import {
  Catalog,
  type CatalogWatch,
  type Folded,
  instanceOf,
  type ResolvedService,
  type RoundTrips,
  resolveQuery,
  serviceKey,
} from "../registry/mod.ts";
import { loggerOf } from "./logging.ts";
import { NodeServices, type OpenChecks } from "./node_services.ts";
import { ServiceChecks } from "./service_checks.ts";
import { ServiceTopic } from "./service_topic.ts";
import type { AgentServices, HealthReport } from "./services.ts";
import { UnknownNodes } from "./unknown_nodes.ts";

export interface ServiceRegistryOptions {
  readonly nodeName: string;
  readonly log: CommitLog;
  readonly clock: Clock;
  /** Whether callers may register services whose checks run programs. */
  readonly allowCommandChecks: boolean;
  readonly openChecks: OpenChecks;
  readonly onWarn: (message: string) => void;
  /** How long a node is not known before what it registered is forgotten, in milliseconds. @default an hour */
  readonly forgetAfterMs?: number | undefined;
}

/** The registry of a node, with checks that run in earnest. */
export function openServices(
  options: Pick<ServiceRegistryOptions, "nodeName" | "log" | "allowCommandChecks">,
): Promise<ServiceRegistry> {
  const { nodeName, log, allowCommandChecks } = options;
  return ServiceRegistry.open({
    ...{ nodeName, log, allowCommandChecks, clock: systemClock },
    openChecks: (on) => new ServiceChecks({ ...on, clock: systemClock, run: runCheck }),
    onWarn: (message) => loggerOf("registry").warn("{message}", { message }),
  });
}

/** What it needs of membership. */
export interface RegistryMembership {
  members(): readonly Member[];
  rttMs(name: string, other: string): number | undefined;
}

/** A watch that somebody takes news from. */
export interface TakenWatch {
  take(): ServiceChange[];
  end(): void;
}

export class ServiceRegistry implements AgentServices, AsyncDisposable {
  readonly #options: ServiceRegistryOptions;
  readonly #catalog = new Catalog();
  readonly #topic: ServiceTopic;
  readonly #own: NodeServices;
  readonly #unknown: UnknownNodes;
  /** Nodes that were there once, and are not forgotten: they come back, others join. */
  readonly #met = new Set<string>();
  readonly #alive = new Set<string>();
  readonly #ends = new Set<() => void>();
  #membership: RegistryMembership | undefined;
  #closed = false;

  private constructor(options: ServiceRegistryOptions, topic: ServiceTopic) {
    const { nodeName, clock, onWarn } = options;
    this.#options = options;
    this.#topic = topic;
    this.#own = new NodeServices({ ...options, topic });
    this.#unknown = new UnknownNodes({
      ...{ nodeName, clock, onWarn, topic, catalog: this.#catalog, forgetAfterMs: options.forgetAfterMs },
      members: () => this.#membership?.members() ?? [],
    });
  }

  /** Reads what is registered. Nobody is there yet: `start` says who is. */
  static async open(options: ServiceRegistryOptions): Promise<ServiceRegistry> {
    const opened: { registry?: ServiceRegistry } = {};
    const early: Folded[] = [];
    const { log, clock, onWarn } = options;
    const onChange = (folded: Folded): void => {
      if (opened.registry === undefined) early.push(folded);
      else opened.registry.#folded(folded);
    };
    const onRead = (): void => {
      if (opened.registry !== undefined) opened.registry.#own.recall();
    };
    const topic = await ServiceTopic.open({ log, clock, onWarn, onChange, onRead });
    opened.registry = new ServiceRegistry(options, topic);
    for (const folded of early) {
      opened.registry.#own.remember(folded);
      opened.registry.#settle(folded);
    }
    return opened.registry;
  }

  /**
   * Membership runs: services of nodes that are there are found from now on. The node checks its own: those that its
   * configuration names, and those that it remembers. `host` is where callers go who are told no other address.
   */
  start(membership: RegistryMembership, configured: readonly ResolvedService[], host: string): void {
    this.#membership = membership;
    for (const { name, status } of membership.members()) if (status === "alive") this.#came(name);
    this.#own.start(configured, host);
  }

  /** To be called whenever anything about a member changed. */
  memberChanged({ type, member: { name, status } }: MemberEvent): void {
    if (status === "alive") this.#came(name);
    else if (this.#alive.delete(name)) {
      const what = { "member-failed": "failed", "member-reap": "was forgotten" }[type as string] ?? "left";
      this.#catalog.setPresent(name, false, `node ${JSON.stringify(name)} ${what}`);
    }
    if (type === "member-reap") this.#met.delete(name);
  }

  /** The node takes produces: what others have to know of its services is written from now on. */
  enter(): void {
    this.#own.enter();
    this.#unknown.start();
  }

  /** The node leaves: others need not wait for gossip to tell. Resolves soon, whatever happens. */
  withdraw(): Promise<void> {
    return this.#own.withdraw();
  }

  register(definition: ServiceDefinition): Promise<ServiceInstance> {
    return this.#own.register(definition, { mayRunPrograms: true });
  }

  /** The same for a caller that may be anybody. */
  registerForCaller(definition: ServiceDefinition): Promise<ServiceInstance> {
    return this.#own.register(definition, { mayRunPrograms: this.#options.allowCommandChecks });
  }

  deregister(id: string): Promise<void> {
    return this.#own.deregister(id);
  }

  report(id: string, report: HealthReport): Promise<void> {
    return this.#own.report(id, report);
  }

  lookUp(query: ServiceQuery = {}): ServiceInstance[] {
    return this.#catalog.lookUp(query, this.#roundTrips(query));
  }

  watch(
    query: ServiceQuery = {},
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<ServiceChange> {
    // What makes no sense is told at once, not when somebody looks for the first change.
    resolveQuery(query);
    return this.#watch(query, options.signal);
  }

  /** The same for who waits by himself: `onNews` is called when there is something to take. */
  openWatch(query: ServiceQuery, onNews: () => void): TakenWatch {
    const watch: CatalogWatch = this.#catalog.watch(query, onNews);
    const roundTrips = this.#roundTrips(query);
    return { take: () => watch.take(roundTrips), end: () => watch.end() };
  }

  /** For metrics. */
  get counts(): ServiceCounts {
    const states = { passing: 0, warning: 0, critical: 0 };
    for (const { state } of this.#catalog.found()) states[state]++;
    const { watches } = this.#catalog;
    const { size: own, written, checkCounts: checks } = this.#own;
    return { states, watches, own, skipped: this.#topic.fold.skipped, written, checks };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const end of [...this.#ends]) end();
    this.#unknown.stop();
    await this.#own[Symbol.asyncDispose]();
    await this.#topic[Symbol.asyncDispose]();
  }

  async *#watch(query: ServiceQuery, signal: AbortSignal | undefined): AsyncGenerator<ServiceChange> {
    let wake = (): void => {};
    const watch = this.openWatch(query, () => wake());
    const end = (): void => wake();
    signal?.addEventListener("abort", end);
    this.#ends.add(end);
    try {
      while (!this.#closed && !signal?.aborted) {
        const changes = watch.take();
        if (changes.length > 0) yield* changes;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      watch.end();
      this.#ends.delete(end);
      signal?.removeEventListener("abort", end);
    }
  }

  #roundTrips({ near = "" }: ServiceQuery): RoundTrips {
    const from = near === "" ? this.#options.nodeName : near;
    return (node) => (node === from ? 0 : this.#membership?.rttMs(node, from));
  }

  #folded(folded: Folded): void {
    if (!this.#topic.isRead) this.#own.remember(folded);
    this.#own.folded(folded);
    this.#settle(folded);
  }

  #settle({ node, id, record, reason }: Folded): void {
    if (id === undefined) this.#look(node, reason);
    else this.#catalog.settle(serviceKey(node, id), record && instanceOf(node, record), reason);
  }

  #came(name: string): void {
    if (this.#alive.has(name)) return;
    this.#alive.add(name);
    this.#look(name, `node ${JSON.stringify(name)} ${this.#met.has(name) ? "is back" : "joined"}`);
    this.#met.add(name);
  }

  /** A node is there while it is alive, unless it says itself that it is away. */
  #look(node: string, reason: string): void {
    this.#catalog.setPresent(node, this.#alive.has(node) && !this.#topic.fold.isAway(node), reason);
  }
}

/** What there is, and what was done since the node was started. */
export interface ServiceCounts {
  /** Services that look-ups find, by state. */
  readonly states: { readonly passing: number; readonly warning: number; readonly critical: number };
  readonly watches: number;
  /** Services that this node registered. */
  readonly own: number;
  /** Records that were passed over. */
  readonly skipped: number;
  /** Records that this node wrote. */
  readonly written: number;
  readonly checks: ServiceChecks["counts"];
}
