/** Runs the checks of this node's services. */
import { type Clock, Random, toHex } from "../base/mod.ts";
import { systemClock } from "../io/clock.ts";
import { Driver } from "../io/driver.ts";
import { randomBytes } from "../io/host.ts";
import {
  type ActiveCheck,
  type CheckEffect,
  type CheckInput,
  type CheckOutcome,
  type FormerHealth,
  HealthChecks,
  NotReportableError,
  type ResolvedService,
  type ServiceHealth,
} from "../registry/mod.ts";
import { messageOf } from "./error_text.ts";

/** How long a run that was ended is waited for. */
const endGraceMs = 1_000;

/** Runs a check once. Never rejects; once the signal aborts, it says within moments how far it came. */
export type RunCheckOnce = (check: ActiveCheck, signal: AbortSignal) => Promise<CheckOutcome>;

export interface ServiceChecksOptions {
  readonly clock: Clock;
  readonly run: RunCheckOnce;
  readonly onChanged: (id: string, health: ServiceHealth, reason: string) => void;
  /** A service was critical for as long as it may be. It is checked no more. */
  readonly onExpired: (id: string, reason: string) => void;
}

export class ServiceChecks implements AsyncDisposable {
  readonly #options: ServiceChecksOptions;
  readonly #machine = new HealthChecks(new Random(toHex(randomBytes(16))));
  readonly #driver: Driver<CheckInput, CheckEffect>;
  readonly #runs = new Map<number, AbortController>();
  #started = 0;
  #failed = 0;

  constructor(options: ServiceChecksOptions) {
    this.#options = options;
    this.#driver = new Driver(this.#machine, unixClock(options.clock), (effect, signal) =>
      this.#perform(effect, signal),
    );
  }

  /** Runs that were started, and those that did not end well, since the node was started. */
  get counts(): { readonly started: number; readonly failed: number; readonly running: number } {
    return { started: this.#started, failed: this.#failed, running: this.#machine.running };
  }

  /** Checks a service from now on, in the place of one with its id. */
  put({ id, checks, deregisterAfterMs }: ResolvedService, former: FormerHealth | undefined): void {
    this.#driver.push({ type: "register", id, checks, deregisterAfterMs, former });
  }

  remove(id: string): void {
    this.#driver.push({ type: "deregister", id });
  }

  /** Undefined for a service that is not checked here. */
  health(id: string): ServiceHealth | undefined {
    return this.#machine.health(id);
  }

  /** What a service says of itself. Throws `NotReportableError`. */
  report(id: string, check: string | undefined, outcome: CheckOutcome): void {
    const fault = this.#machine.reportFault(id, check);
    if (fault !== undefined) throw new NotReportableError(id, fault);
    this.#driver.push({ type: "report", id, check, outcome });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stopped = this.#driver[Symbol.asyncDispose]();
    // Not by a listener of each run at one signal: Node takes hundreds of those for a leak, and says so.
    for (const controller of this.#runs.values()) controller.abort();
    await stopped;
  }

  #perform(effect: CheckEffect, stopped: AbortSignal): Promise<CheckInput> | undefined {
    switch (effect.type) {
      case "run":
        return stopped.aborted ? undefined : this.#run(effect);
      case "cancel":
        this.#runs.get(effect.runId)?.abort();
        return undefined;
      case "changed":
        this.#options.onChanged(effect.id, effect.health, effect.reason);
        return undefined;
      case "deregister":
        this.#options.onExpired(effect.id, effect.reason);
        return undefined;
      default:
        effect satisfies never;
        return undefined;
    }
  }

  async #run({ runId, check }: Extract<CheckEffect, { readonly type: "run" }>): Promise<CheckInput> {
    const controller = new AbortController();
    this.#runs.set(runId, controller);
    this.#started++;
    const outcome = await endedBy(controller.signal, this.#outcomeOf(check, controller.signal));
    this.#runs.delete(runId);
    if (outcome.state === "critical" || controller.signal.aborted) this.#failed++;
    return { type: "result", runId, outcome };
  }

  /** A run that rejects breaks its promise: that costs the service its state, and not the node its life. */
  async #outcomeOf(check: ActiveCheck, signal: AbortSignal): Promise<CheckOutcome> {
    try {
      return await this.#options.run(check, signal);
    } catch (error) {
      return { state: "critical", output: `the check cannot be run: ${messageOf(error)}` };
    }
  }
}

/** What cannot be ended, a program that hangs in the kernel say, must not hold up the end of the node. */
function endedBy(signal: AbortSignal, running: Promise<CheckOutcome>): Promise<CheckOutcome> {
  return new Promise((resolve) => {
    let cancelGrace = (): void => {};
    const giveUp = (): void => {
      const atMs = systemClock.nowMs() + endGraceMs;
      cancelGrace = systemClock.schedule(atMs, () => resolve({ state: "critical", output: "" }));
    };
    signal.addEventListener("abort", giveUp, { once: true });
    void running.then((outcome) => {
      cancelGrace();
      resolve(outcome);
    });
  });
}

/** Unix time that never goes back, as states are dated by it; its zero is that of the world's clock now. */
function unixClock(clock: Clock): Clock {
  const offsetMs = Math.round(clock.wallMs() - clock.nowMs());
  return {
    nowMs: () => Math.floor(clock.nowMs() + offsetMs),
    wallMs: () => clock.wallMs(),
    schedule: (atMs, callback) => clock.schedule(atMs - offsetMs, callback),
  };
}
