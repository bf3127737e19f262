/** What a client asks about services. */
import type { HealthState, ServiceChange, ServiceDefinition, ServiceInstance, ServiceQuery } from "../base/mod.ts";
import type { ServerConnection } from "./connections.ts";
import { ClientError } from "./errors.ts";
import { ask, askOne, type CallOptions, type OneCall } from "./questions.ts";
import type { Servers } from "./servers.ts";
import { fromDefinition, fromHealthState, fromQuery, toInstance } from "./service_messages.ts";
import { watchServices } from "./service_watch.ts";

/** What a service says of itself. */
export interface HealthReport {
  readonly state: HealthState;
  /** Name of the check that waits for it. @default the only one that does */
  readonly check?: string | undefined;
  /** Why, in words: up to 1 KiB is kept. @default none */
  readonly output?: string | undefined;
}

export interface ServiceWatchOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long, from a failure on, servers are tried, in milliseconds. 0: not at all. @default 60,000 */
  readonly failoverMs?: number | undefined;
}

export interface ServiceCallsOptions {
  readonly timeoutMs: number;
  readonly failoverMs: number;
}

/**
 * Services are registered with the asked node, and belong to it: it checks them, and takes them along when it goes. Look-ups
 * find those of all nodes, whichever is asked.
 */
export class ServiceCalls {
  readonly #servers: Servers;
  readonly #options: ServiceCallsOptions;

  constructor(servers: Servers, options: ServiceCallsOptions) {
    this.#servers = servers;
    this.#options = options;
  }

  /** Registers a service with the asked node. The same name and id there replace what was registered before. */
  register(definition: ServiceDefinition, options: CallOptions = {}): Promise<ServiceInstance> {
    const doing = `register service ${JSON.stringify(definition.name)}`;
    return this.#call(doing, options, async ({ registry }, call) => {
      const request = { service: fromDefinition(definition) };
      const instance = toInstance((await registry.registerService(request, call)).instance);
      if (instance !== undefined) return instance;
      throw new ClientError("INTERNAL", `Cannot ${doing}: the server did not say what is registered`);
    });
  }

  /** Takes a service of the asked node out. Fails with `NOT_FOUND` when that has none of the id. */
  async deregister(id: string, options: CallOptions = {}): Promise<void> {
    await this.#call(`deregister service ${JSON.stringify(id)}`, options, ({ registry }, call) =>
      registry.deregisterService({ id }, call),
    );
  }

  /** What a service of the asked node says of itself. */
  async report(id: string, { state, check, output }: HealthReport, options: CallOptions = {}): Promise<void> {
    const request = { id, check, state: fromHealthState(state), output };
    await this.#call(`report on service ${JSON.stringify(id)}`, options, ({ registry }, call) =>
      registry.reportHealth(request, call),
    );
  }

  /** Services of all nodes that are there, nearest first; those that pass or warn, unless others are asked for. */
  lookUp(query: ServiceQuery = {}, options: CallOptions = {}): Promise<ServiceInstance[]> {
    const { timeoutMs = this.#options.timeoutMs, signal } = options;
    // Unless it is said what is to be near, it is the asked node.
    const spreads = query.near !== undefined;
    return ask(this.#servers, { doing: "look up services", timeoutMs, signal, spreads }, async ({ registry }, call) => {
      const { instances } = await registry.lookUpServices(fromQuery(query), call);
      return instances.flatMap((message) => toInstance(message) ?? []);
    });
  }

  /**
   * What `lookUp` finds now, as changes of type `present`, then each change with its reason, until the loop is left or the
   * signal fires. Goes on at another server when one fails, and tells only what is different there.
   */
  watch(query: ServiceQuery = {}, options: ServiceWatchOptions = {}): AsyncGenerator<ServiceChange> {
    const { signal, failoverMs = this.#options.failoverMs } = options;
    return watchServices(this.#servers, query, { signal, failoverMs });
  }

  /** One server is asked, once. */
  #call<Answer>(
    doing: string,
    { timeoutMs = this.#options.timeoutMs, signal }: CallOptions,
    call: (connection: ServerConnection, options: OneCall) => Promise<Answer>,
  ): Promise<Answer> {
    return askOne(this.#servers, this.#servers.current, { doing, timeoutMs, signal }, call);
  }
}
