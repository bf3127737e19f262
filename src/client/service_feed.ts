/** The instances of a service, as a watch tells of them. */
import type { HealthState, ServiceChange, ServiceInstance, ServiceQuery } from "../base/mod.ts";
import { Backoff } from "./backoff.ts";
import { type ClientClock, pause } from "./client_clock.ts";

/** Who tells of services: `client.services` and `agent.services` do. */
export interface ServiceWatcher {
  watch(query: ServiceQuery, options?: { readonly signal?: AbortSignal }): AsyncIterable<ServiceChange>;
  /** Asked while no instance is known: a watch that tells of none does not say whether anybody would. */
  lookUp?(
    query: ServiceQuery,
    options?: { readonly signal?: AbortSignal },
  ): Promise<readonly ServiceInstance[]> | readonly ServiceInstance[];
}

/** Where one instance is reached. It stays the same object while the instance is the same one at the same place. */
export interface Endpoint {
  /** As it was told of last. */
  instance: ServiceInstance;
}

/** Of a service more are not looked at. */
const instancesMax = 1_000;
/** A watch that begins anew tells of all that is there: what it does not name soon after the first of them is gone. */
const retoldMs = 1_000;
/** So is everything where it names nothing at all, and stands for so long. */
const silentMs = 20_000;
/** Who tells is asked so often at most whether it would. */
const inquiriesApartMs = 1_000;

export interface ServiceFeedOptions {
  readonly services: ServiceWatcher;
  readonly clock: ClientClock;
  readonly name: string;
  readonly tags: readonly string[];
  /** Called whenever something changed. */
  readonly onChange: () => void;
}

/** Watches until it is closed. While nobody tells, what was told last stays. */
export class ServiceFeed {
  readonly #options: ServiceFeedOptions;
  readonly #controller = new AbortController();
  readonly #endpoints = new Map<string, Endpoint>();
  /** Those of the last watch that the present one has not named. */
  #unnamed = new Set<string>();
  #cancelRetold: () => void = () => {};
  #wake: () => void = () => {};
  /** Why the last watch ended. */
  #failure: unknown;
  #inquiry: { readonly askedAtMs: number; isAnswered: boolean; failure?: unknown } | undefined;

  constructor(options: ServiceFeedOptions) {
    this.#options = options;
    void this.#run();
  }

  get endpoints(): readonly Endpoint[] {
    return [...this.#endpoints.values()];
  }

  /** Why nobody tells; undefined where somebody does, as far as is known. */
  get failure(): unknown {
    if (this.#failure !== undefined || this.#inquiry === undefined) return this.#failure;
    return this.#inquiry.isAnswered ? this.#inquiry.failure : new Error("Cannot look up services: no answer so far");
  }

  /** Finds out whether somebody would tell if there were an instance. */
  async inquire(): Promise<void> {
    const { services, clock, name, tags } = this.#options;
    const before = this.#inquiry;
    if (before !== undefined && (!before.isAnswered || clock.nowMs() < before.askedAtMs + inquiriesApartMs)) return;
    if (services.lookUp === undefined) return;
    const inquiry: NonNullable<typeof before> = { askedAtMs: clock.nowMs(), isAnswered: false };
    this.#inquiry = inquiry;
    try {
      await services.lookUp({ name, tags }, { signal: this.#controller.signal });
    } catch (error) {
      // Whoever waits for an instance hears of it.
      inquiry.failure = error;
    }
    inquiry.isAnswered = true;
  }

  /** How many there are in each state. */
  counts(): Readonly<Record<HealthState, number>> {
    const counts = { passing: 0, warning: 0, critical: 0 };
    for (const { instance } of this.#endpoints.values()) counts[instance.state]++;
    return counts;
  }

  /** Idempotent. */
  close(): void {
    this.#controller.abort();
    this.#cancelRetold();
    this.#wake();
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { services, clock, name, tags } = this.#options;
    const { signal } = this.#controller;
    const backoff = new Backoff(clock);
    const states: HealthState[] = ["passing", "warning", "critical"];
    while (!signal.aborted) {
      try {
        this.#unnamed = new Set(this.#endpoints.keys());
        this.#forgetUnnamedIn(silentMs);
        for await (const change of services.watch({ name, tags, states }, { signal })) {
          if (signal.aborted) return;
          this.#failure = undefined;
          backoff.reset();
          this.#take(change);
        }
      } catch (error) {
        // Another node is asked in a moment. Whoever waits for an instance hears of it.
        this.#failure = error;
      }
      this.#cancelRetold();
      if (signal.aborted) return;
      await pause(clock, backoff.next(), (wake) => {
        this.#wake = wake;
      });
    }
  }

  #take({ type, instance }: ServiceChange): void {
    if (type === "present") this.#forgetUnnamedIn(retoldMs);
    else this.#forgetUnnamed();
    const key = keyOf(instance);
    this.#unnamed.delete(key);
    const known = this.#endpoints.get(key);
    if (type === "removed") this.#endpoints.delete(key);
    else if (known !== undefined && isSamePlace(known.instance, instance)) known.instance = instance;
    else if (known !== undefined || this.#endpoints.size < instancesMax) this.#endpoints.set(key, { instance });
    this.#options.onChange();
  }

  #forgetUnnamedIn(delayMs: number): void {
    if (this.#unnamed.size === 0) return;
    const { clock } = this.#options;
    this.#cancelRetold();
    this.#cancelRetold = clock.schedule(clock.nowMs() + delayMs, () => this.#forgetUnnamed(), { inBackground: true });
  }

  #forgetUnnamed(): void {
    this.#cancelRetold();
    if (this.#unnamed.size === 0) return;
    for (const key of this.#unnamed) this.#endpoints.delete(key);
    this.#unnamed = new Set();
    this.#options.onChange();
  }
}

function keyOf({ node, id }: ServiceInstance): string {
  return JSON.stringify([node, id]);
}

function isSamePlace(left: ServiceInstance, right: ServiceInstance): boolean {
  return left.address === right.address && left.port === right.port;
}
