import type { HealthCheckStatus, HealthState } from "../base/mod.ts";
import type { CheckOutcome } from "./check_types.ts";
import { cutOutput } from "./output.ts";
import type { ResolvedCheck } from "./resolved_checks.ts";

type Thresholds = Pick<ResolvedCheck, "passingAfter" | "criticalAfter">;

/**
 * How well one check is. A run that does not end critical is good, and all others failed. `criticalAfter` failed runs in a
 * row make a check critical, and fewer a warning; out of critical it comes by `passingAfter` good ones in a row. Everywhere
 * else a good run is believed at once. A check begins critical: nobody is sent where nobody has looked.
 */
export class CheckStanding {
  /** Whether anything was found since this process began. */
  isProven = false;
  #state: HealthState = "critical";
  #output: string;
  #sinceMs: number;
  #goodRuns = 0;
  #failedRuns = 0;

  constructor(nowMs: number, output: string) {
    this.#sinceMs = nowMs;
    this.#output = output;
  }

  /** What was known before this process began goes on until something else is found. */
  static restore(status: HealthCheckStatus, nowMs: number): CheckStanding {
    const standing = new CheckStanding(Math.min(status.sinceMs, nowMs), cutOutput(status.output));
    standing.#state = status.state;
    return standing;
  }

  get state(): HealthState {
    return this.#state;
  }

  status(name: string): HealthCheckStatus {
    return { name, state: this.#state, output: this.#output, sinceMs: this.#sinceMs };
  }

  /** Takes what a run found. Says what became different by it. */
  judge(outcome: CheckOutcome, thresholds: Thresholds, nowMs: number): "state" | "output" | "nothing" {
    const before = { state: this.#state, output: this.#output };
    this.isProven = true;
    const progress = outcome.state === "critical" ? this.#fail(thresholds) : this.#pass(outcome.state, thresholds);
    this.#output = cutOutput(progress + outcome.output);
    if (this.#state === before.state) return this.#output === before.output ? "nothing" : "output";
    this.#sinceMs = nowMs;
    return "state";
  }

  #fail({ criticalAfter }: Thresholds): string {
    this.#goodRuns = 0;
    this.#failedRuns++;
    if (this.#state === "critical") return "";
    this.#state = this.#failedRuns >= criticalAfter ? "critical" : "warning";
    return this.#state === "critical" ? "" : `failed run ${this.#failedRuns} of ${criticalAfter}: `;
  }

  #pass(state: HealthState, { passingAfter }: Thresholds): string {
    this.#failedRuns = 0;
    this.#goodRuns++;
    if (this.#state === "critical" && this.#goodRuns < passingAfter) {
      return `good run ${this.#goodRuns} of ${passingAfter}: `;
    }
    this.#state = state;
    return "";
  }
}
