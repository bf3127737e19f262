/** The registry as the page knows it: a stream tells what is there and what changes. */
import {
  ClientError,
  type HealthState,
  type LogClient,
  type ServiceChange,
  type ServiceInstance,
} from "../src/client/browser.ts";
import type { TimelineEvent } from "./event_log.ts";
import { repeat, type Sight } from "./sight.ts";

export const allStates: readonly HealthState[] = ["critical", "warning", "passing"];

const lookMs = 3_000;
const retryMs = 1_500;
/** A registry that is not there is looked for again after a while: another node may answer by then. */
const absentMs = 30_000;
/** Instances that the page knows. */
const instancesMax = 5_000;

export interface ServiceListener {
  changed(): void;
  tell(event: Omit<TimelineEvent, "id" | "atMs">): void;
}

export class ServiceWatch {
  readonly #client: LogClient;
  readonly #sight: Sight;
  readonly #listener: ServiceListener;
  #instances: ReadonlyMap<string, ServiceInstance> = new Map();
  #state: "asking" | "known" | "absent" = "asking";

  constructor(client: LogClient, sight: Sight, listener: ServiceListener) {
    this.#client = client;
    this.#sight = sight;
    this.#listener = listener;
  }

  /** `absent`: the node that answers keeps no registry. */
  get state(): "asking" | "known" | "absent" {
    return this.#state;
  }

  get instances(): readonly ServiceInstance[] {
    return [...this.#instances.values()];
  }

  start(): void {
    void repeat(() => this.#look(), lookMs, this.#sight);
    void repeat((signal) => this.#follow(signal), retryMs, this.#sight);
  }

  /** The whole list: what the stream missed while it was broken, and round trips. */
  async #look(): Promise<void> {
    if (this.#state === "absent") await new Promise((resolve) => setTimeout(resolve, absentMs));
    try {
      const found = await this.#client.services.lookUp({ states: allStates });
      this.#instances = new Map(found.slice(0, instancesMax).map((instance) => [keyOf(instance), instance]));
      this.#state = "known";
    } catch (error) {
      if (error instanceof ClientError && error.code === "UNIMPLEMENTED") this.#state = "absent";
    }
    this.#listener.changed();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    if (this.#state !== "known") return;
    const changes = this.#client.services.watch({ states: allStates }, { signal });
    for await (const change of changes) this.#happened(change);
  }

  #happened({ type, instance, reason }: ServiceChange): void {
    const instances = new Map(this.#instances);
    const key = keyOf(instance);
    if (type === "removed") instances.delete(key);
    else if (instances.has(key) || instances.size < instancesMax) instances.set(key, instance);
    this.#instances = instances;
    if (type !== "present") {
      this.#listener.tell({
        kind: "service",
        tone:
          type === "removed" || instance.state === "critical" ? "bad" : instance.state === "warning" ? "odd" : "good",
        subject: instance.id === instance.name ? instance.name : `${instance.name} ${instance.id}`,
        what: `${wordOf(type, instance)} on ${instance.node}`,
        detail: reason,
      });
    }
    this.#listener.changed();
  }
}

function wordOf(type: ServiceChange["type"], { state }: ServiceInstance): string {
  if (type === "removed") return "was taken out";
  return type === "added" ? `came, ${state},` : `is ${state}`;
}

function keyOf({ node, id }: ServiceInstance): string {
  return `${node}\n${id}`;
}
