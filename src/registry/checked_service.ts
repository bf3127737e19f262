import type { Timer } from "../base/mod.ts";
import type { CheckStanding } from "./check_standing.ts";
import type { ServiceHealth } from "./check_types.ts";
import { worstOf } from "./output.ts";
import type { ResolvedCheck } from "./resolved_checks.ts";

/** One check of a registered service. */
export interface WatchedCheck {
  /** Of its service. */
  readonly id: string;
  definition: ResolvedCheck;
  readonly standing: CheckStanding;
  /** When it starts next, or when a report has not come; undefined while it runs, or waits for a place to. */
  timer: Timer | undefined;
  runId: number | undefined;
  /** Runs that were started. */
  runs: number;
}

/** A registered service, as it was registered last. */
export class CheckedService {
  readonly id: string;
  readonly checks: readonly WatchedCheck[];
  readonly deregisterAfterMs: number | undefined;
  deregisterTimer: Timer | undefined;
  outputTimer: Timer | undefined;
  toldAtMs: number;
  #state: ServiceHealth["state"];
  #sinceMs: number;

  constructor(
    id: string,
    checks: readonly WatchedCheck[],
    deregisterAfterMs: number | undefined,
    before: ServiceHealth | undefined,
    nowMs: number,
  ) {
    this.id = id;
    this.checks = checks;
    this.deregisterAfterMs = deregisterAfterMs;
    this.toldAtMs = nowMs;
    this.#state = before?.state ?? "passing";
    this.#sinceMs = before === undefined ? nowMs : Math.min(before.sinceMs, nowMs);
    this.update(nowMs);
  }

  get health(): ServiceHealth {
    const checks = this.checks.map(({ standing, definition }) => standing.status(definition.name));
    return { state: this.#state, sinceMs: this.#sinceMs, checks };
  }

  /** Whether it is critical by a check that somebody looked at, or that waited for a report in vain. */
  get isProvenCritical(): boolean {
    return this.checks.some(({ standing }) => standing.isProven && standing.state === "critical");
  }

  /** To be called after one of its checks was judged. */
  update(nowMs: number): void {
    const state = worstOf(this.checks.map(({ standing }) => standing.state));
    if (state === this.#state) return;
    this.#state = state;
    this.#sinceMs = nowMs;
  }

  cancelTimers(): void {
    this.deregisterTimer?.cancel();
    this.outputTimer?.cancel();
  }

  /** The check that a report is for, or what is wrong with the report. */
  reportable(name: string | undefined): WatchedCheck | string {
    const waiting = this.checks.filter(({ definition }) => definition.type === "ttl");
    if (waiting.length === 0) {
      return "it has no check of type ttl, and only those wait for reports; register it with one";
    }
    if (name === undefined && waiting.length === 1) return waiting[0] as WatchedCheck;
    const fix = `name one of ${waiting.map(({ definition }) => JSON.stringify(definition.name)).join(", ")}`;
    if (name === undefined) return `it has ${waiting.length} checks of type ttl; ${fix}`;
    const named = this.checks.find(({ definition }) => definition.name === name);
    if (named === undefined) return `it has no check ${JSON.stringify(name)}; ${fix}`;
    const { type } = named.definition;
    if (type === "ttl") return named;
    return `check ${JSON.stringify(name)} is of type ${type}, and only ttl waits for reports; ${fix}`;
  }
}

/** Fields that say when a check runs and what follows, other than what it asks. */
const timing: ReadonlySet<string> = new Set(["intervalMs", "timeoutMs", "passingAfter", "criticalAfter", "ttlMs"]);

/** Whether two definitions are of one check that asks for the same: what it found before is still true then. */
export function isSameQuestion(left: ResolvedCheck, right: ResolvedCheck): boolean {
  return questionOf(left) === questionOf(right);
}

function questionOf(check: ResolvedCheck): string {
  const fields = Object.entries(check).filter(([name, value]) => !timing.has(name) && value !== undefined);
  return JSON.stringify(fields.map(([name, value]) => [name, inOrder(value)]).sort(byName));
}

/** Headers by their names: their order says nothing. */
function inOrder(value: unknown): unknown {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value).sort(byName)
    : value;
}

function byName([left]: readonly unknown[], [right]: readonly unknown[]): number {
  return String(left) < String(right) ? -1 : 1;
}
