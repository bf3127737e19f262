/** What a client asks about services. */
import type { HealthState, ServiceChange, ServiceDefinition, ServiceInstance, ServiceQuery } from "../base/mod.ts";
import type { ServerConnection } from "./connections.ts";
import { ClientError } from "./errors.ts";
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

  /** Registers a service with the asked node. The same id there replaces what was registered before. */
  register(definition: ServiceDefinition): Promise<ServiceInstance> {
    const doing = `register service ${JSON.stringify(definition.name)}`;
    return this.#call(doing, async ({ registry }, timeoutMs) => {
      const request = { service: fromDefinition(definition) };
      const instance = toInstance((await registry.registerService(request, { timeoutMs })).instance);
      if (instance !== undefined) return instance;
      throw new ClientError("INTERNAL", `Cannot ${doing}: the server did not say what is registered`);
    });
  }

  /** Takes a service of the asked node out. Fails with `NOT_FOUND` when that has none of the id. */
  async deregister(id: string): Promise<void> {
    await this.#call(`deregister service ${JSON.stringify(id)}`, ({ registry }, timeoutMs) =>
      registry.deregisterService({ id }, { timeoutMs }),
    );
  }

  /** What a service of the asked node says of itself. */
  async report(id: string, { state, check, output }: HealthReport): Promise<void> {
    const request = { id, check, state: fromHealthState(state), output };
    await this.#call(`report on service ${JSON.stringify(id)}`, ({ registry }, timeoutMs) =>
      registry.reportHealth(request, { timeoutMs }),
    );
  }

  /** Services of all nodes that are there, nearest first; those that pass or warn, unless others are asked for. */
  async lookUp(query: ServiceQuery = {}): Promise<ServiceInstance[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#call("look up services", async ({ registry }, timeoutMs) => {
          const { instances } = await registry.lookUpServices(fromQuery(query), { timeoutMs });
          return instances.flatMap((message) => toInstance(message) ?? []);
        });
      } catch (error) {
        const isUnavailable = error instanceof ClientError && error.code === "UNAVAILABLE";
        if (!isUnavailable || attempt >= this.#servers.count) throw error;
      }
    }
  }

  /**
   * What `lookUp` finds now, as changes of type `present`, then each change with its reason, until the loop is left or the
   * signal fires. Goes on at another server when one fails, and tells only what is different there.
   */
  watch(query: ServiceQuery = {}, options: ServiceWatchOptions = {}): AsyncGenerator<ServiceChange> {
    const { signal, failoverMs = this.#options.failoverMs } = options;
    return watchServices(this.#servers, query, { signal, failoverMs });
  }

  async #call<Answer>(
    doing: string,
    call: (connection: ServerConnection, timeoutMs: number) => Promise<Answer>,
  ): Promise<Answer> {
    const connection = this.#servers.current;
    try {
      const answer = await call(connection, this.#options.timeoutMs);
      this.#servers.answered(connection);
      return answer;
    } catch (error) {
      throw this.#servers.failure(error, connection, { doing });
    }
  }
}
