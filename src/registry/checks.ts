/**
 * Health checks of the services that a node registered: when which check runs, and what follows from what runs find.
 *
 * Contract.
 * - All times are Unix time as milliseconds, on a clock that never goes back: `nowMs` of `step`, and `sinceMs`.
 * - Input `register` starts the checks of a service, `deregister` ends them, `result` brings what a run found, `report` what
 *   a service says of itself. Neither `register` nor `deregister` is followed by `changed`: whoever registers asks
 *   `health(id)` right afterwards, and is told of what differs from that.
 * - Effect `run` asks for a run and `cancel` for its end. A run that is not done within its check's `timeoutMs` failed,
 *   whatever it answers then: it is cancelled, has a second to say how far it came, and costs its place until then. A check
 *   never runs twice at the same time, and no more run at once than `networkRunsMax` and `commandRunsMax`: others wait.
 * - The first run begins at random within a second, the second at random within the interval after it, so that checks that
 *   were registered together do not go on together. From then on starts are `intervalMs` apart, or more for those who wait.
 * - Time in which the node itself stood still, as late wakes tell, counts neither against runs and reports nor for `deregister`:
 *   otherwise a node that is short of its processor would find everything slow, and be busy with telling so.
 * - A check begins critical, as nobody has looked yet. What was known before this process began goes on until the first
 *   result, and so does the state of a check when its service is registered again, unless what it asks for changed.
 * - Effect `deregister` tells that a service was critical for `deregisterAfterMs`. Only time counts in which somebody looked:
 *   from the first result, or the first report that did not come. Registering it again starts that time anew.
 */
import { assert, type Machine, type Random, Schedule, type Timer } from "../base/mod.ts";
import { commandRunsMax, networkRunsMax, type RunLimits, RunRooms } from "./check_runs.ts";
import { CheckStanding } from "./check_standing.ts";
import type { ActiveCheck, CheckEffect, CheckInput, CheckOutcome, FormerHealth, ServiceHealth } from "./check_types.ts";
import { CheckedService, isSameQuestion, type WatchedCheck } from "./checked_service.ts";
import { checksMax, nodeServicesMax } from "./limits.ts";
import { reasonOfCheck } from "./output.ts";
import { patientTimer } from "./patient_timer.ts";
import type { ResolvedCheck } from "./resolved_checks.ts";

/** Within this the first run of a check begins. */
const firstRunWithinMs = 1_000;

/** How long a run that was cancelled may take to say how far it came. */
export const endGraceMs = 1_000;

/** What checks say that do not pass is told at most this often while their state stays the same, but for a fault that is found first. */
export const outputEveryMs = 60_000;

/** One run. `check` is undefined when nobody wants to know any more. */
interface Run {
  readonly runId: number;
  readonly definition: ActiveCheck;
  readonly startedAtMs: number;
  check: WatchedCheck | undefined;
  isCancelled: boolean;
  timer: Timer;
}

type Input<Type extends CheckInput["type"]> = Extract<CheckInput, { readonly type: Type }>;

export class HealthChecks implements Machine<CheckInput, CheckEffect> {
  readonly #random: Random;
  readonly #schedule = new Schedule();
  readonly #services = new Map<string, CheckedService>();
  readonly #runs = new Map<number, Run>();
  readonly #rooms: RunRooms<WatchedCheck>;
  #nextRunId = 1;
  #effects: CheckEffect[] = [];

  constructor(random: Random, limits: RunLimits = { networkRunsMax, commandRunsMax }) {
    this.#random = random;
    this.#rooms = new RunRooms(limits);
  }

  get wakeAtMs(): number {
    return this.#schedule.nextAtMs;
  }

  /** Runs that go on, cancelled ones that have not answered included. */
  get running(): number {
    return this.#rooms.running;
  }

  /** Checks that are due, and wait until others are done. */
  get waiting(): number {
    return this.#rooms.waiting;
  }

  step(input: CheckInput, nowMs: number): CheckEffect[] {
    this.#effects = [];
    // What was due before the input came is done before it, however late the wake.
    this.#schedule.runDue(nowMs);
    switch (input.type) {
      case "wake":
        break;
      case "register":
        this.#register(input, nowMs);
        break;
      case "deregister":
        this.#remove(input.id, nowMs);
        break;
      case "result":
        this.#finish(input, nowMs);
        break;
      case "report":
        this.#report(input, nowMs);
        break;
      default:
        input satisfies never;
    }
    this.#schedule.runDue(nowMs);
    return this.#effects;
  }

  /** Undefined for a service that is not checked here. */
  health(id: string): ServiceHealth | undefined {
    return this.#services.get(id)?.health;
  }

  /** What is wrong with a report on a service that is checked here, in words; undefined when it can be taken. */
  reportFault(id: string, check: string | undefined): string | undefined {
    const found = this.#services.get(id)?.reportable(check);
    return typeof found === "object" ? undefined : found;
  }

  #register({ id, checks, deregisterAfterMs, former }: Input<"register">, nowMs: number): void {
    const before = this.#services.get(id);
    assert(before !== undefined || this.#services.size < nodeServicesMax, "services of a node are counted before");
    assert(checks.length <= checksMax, "checks of a service are counted before");
    const kept: WatchedCheck[] = [];
    const watched = checks.map((definition) => {
      const same = before?.checks.find((check) => isSameQuestion(check.definition, definition));
      if (same === undefined) return this.#newCheck(id, definition, former, nowMs);
      kept.push(same);
      same.definition = definition;
      return same;
    });
    for (const check of before?.checks ?? []) if (!kept.includes(check)) this.#stop(check, nowMs);
    before?.cancelTimers();
    const service = new CheckedService(id, watched, deregisterAfterMs, before?.health ?? former?.health, nowMs);
    this.#services.set(id, service);
    for (const check of watched) this.#plan(check, kept.includes(check), nowMs);
    this.#countDown(service, nowMs);
  }

  #newCheck(id: string, definition: ResolvedCheck, former: FormerHealth | undefined, nowMs: number): WatchedCheck {
    const wasAsked = former?.definitions.some((one) => isSameQuestion(one, definition));
    const status = wasAsked ? former?.health.checks.find((check) => check.name === definition.name) : undefined;
    const standing =
      status === undefined
        ? new CheckStanding(nowMs, definition.type === "ttl" ? "nobody reported yet" : "not checked yet")
        : CheckStanding.restore(status, nowMs);
    return { id, definition, standing, timer: undefined, runId: undefined, runs: 0 };
  }

  /** When something is to happen with a check that was just registered, perhaps not for the first time. */
  #plan(check: WatchedCheck, isKept: boolean, nowMs: number): void {
    const { definition, timer } = check;
    if (definition.type === "ttl") {
      this.#awaitReport(check, definition.ttlMs, nowMs);
    } else if (!isKept) {
      this.#startAt(check, nowMs + this.#random.below(Math.min(definition.intervalMs, firstRunWithinMs) + 1));
    } else if (timer !== undefined) {
      this.#startAt(check, Math.min(timer.atMs, nowMs + definition.intervalMs));
    }
  }

  #startAt(check: WatchedCheck, atMs: number): void {
    check.timer?.cancel();
    check.timer = this.#schedule.at(atMs, (nowMs) => {
      check.timer = undefined;
      this.#start(check, nowMs);
    });
  }

  #start(check: WatchedCheck, nowMs: number): void {
    const { definition } = check;
    if (definition.type === "ttl" || !this.#rooms.take(definition.type, check)) return;
    const runId = this.#nextRunId++;
    const timer = patientTimer(this.#schedule, nowMs + definition.timeoutMs, (atMs) => this.#cancel(run, atMs));
    const run: Run = { runId, definition, startedAtMs: nowMs, check, isCancelled: false, timer };
    this.#runs.set(runId, run);
    check.runId = runId;
    check.runs++;
    this.#effects.push({ type: "run", runId, id: check.id, check: definition });
  }

  #cancel(run: Run, nowMs: number): void {
    if (run.isCancelled) return;
    run.isCancelled = true;
    run.timer.cancel();
    this.#effects.push({ type: "cancel", runId: run.runId });
    run.timer = this.#schedule.at(nowMs + endGraceMs, (atMs) =>
      this.#end(run, { state: "critical", output: "" }, atMs),
    );
  }

  #finish({ runId, outcome }: Input<"result">, nowMs: number): void {
    const run = this.#runs.get(runId);
    if (run === undefined) return;
    this.#end(run, outcome, nowMs);
  }

  #end(run: Run, outcome: CheckOutcome, nowMs: number): void {
    const { runId, definition, check } = run;
    run.timer.cancel();
    this.#runs.delete(runId);
    const next = this.#rooms.giveBack(definition.type);
    if (next !== undefined) this.#start(next, nowMs);
    if (check === undefined) return;
    check.runId = undefined;
    // The interval may be another one by now.
    const { intervalMs } = check.definition;
    const apartMs = check.runs === 1 ? 1 + this.#random.below(intervalMs) : intervalMs;
    this.#startAt(check, Math.max(nowMs, run.startedAtMs + apartMs));
    this.#judge(check, run.isCancelled ? tooLate(definition, outcome) : outcome, nowMs);
  }

  #report({ id, check: name, outcome }: Input<"report">, nowMs: number): void {
    const check = this.#services.get(id)?.reportable(name);
    if (typeof check !== "object" || check.definition.type !== "ttl") return;
    this.#awaitReport(check, check.definition.ttlMs, nowMs);
    this.#judge(check, outcome, nowMs);
  }

  /** Each time that passes without a report is a failed run. */
  #awaitReport(check: WatchedCheck, ttlMs: number, nowMs: number): void {
    check.timer?.cancel();
    check.timer = patientTimer(this.#schedule, nowMs + ttlMs, (atMs) => {
      this.#awaitReport(check, ttlMs, atMs);
      this.#judge(check, { state: "critical", output: `nobody reported for ${inWords(ttlMs)}` }, atMs);
    });
  }

  #judge(check: WatchedCheck, outcome: CheckOutcome, nowMs: number): void {
    const service = this.#services.get(check.id);
    assert(service !== undefined, "only checks of services are judged");
    // Until now it only said that nobody has looked: a command that does not exist is to be heard of at once.
    const isFirstFault = !check.standing.isProven && outcome.state === "critical";
    const different = check.standing.judge(outcome, check.definition, nowMs);
    service.update(nowMs);
    this.#countDown(service, nowMs);
    if (different === "state") this.#tell(service, check, nowMs);
    if (different !== "output" || check.standing.state === "passing") return;
    if (isFirstFault) this.#tell(service, check, nowMs);
    else this.#tellLater(service, check, nowMs);
  }

  #tell(service: CheckedService, check: WatchedCheck, nowMs: number): void {
    service.outputTimer?.cancel();
    service.outputTimer = undefined;
    service.toldAtMs = nowMs;
    const reason = reasonOfCheck(check.standing.status(check.definition.name));
    this.#effects.push({ type: "changed", id: service.id, health: service.health, reason });
  }

  #tellLater(service: CheckedService, check: WatchedCheck, nowMs: number): void {
    const atMs = Math.max(nowMs, service.toldAtMs + outputEveryMs);
    service.outputTimer ??= this.#schedule.at(atMs, (dueAtMs) => this.#tell(service, check, dueAtMs));
  }

  /** Starts the time after which a critical service is taken out, or stops it. */
  #countDown(service: CheckedService, nowMs: number): void {
    if (!service.isProvenCritical) {
      service.deregisterTimer?.cancel();
      service.deregisterTimer = undefined;
    } else if (service.deregisterTimer === undefined && service.deregisterAfterMs !== undefined) {
      const atMs = nowMs + service.deregisterAfterMs;
      service.deregisterTimer = patientTimer(this.#schedule, atMs, (dueAtMs) => this.#takeOut(service, dueAtMs));
    }
  }

  #takeOut(service: CheckedService, nowMs: number): void {
    const { id, deregisterAfterMs = 0 } = service;
    this.#remove(id, nowMs);
    this.#effects.push({ type: "deregister", id, reason: `critical for ${inWords(deregisterAfterMs)}` });
  }

  #remove(id: string, nowMs: number): void {
    const service = this.#services.get(id);
    if (service === undefined) return;
    this.#services.delete(id);
    service.cancelTimers();
    for (const check of service.checks) this.#stop(check, nowMs);
  }

  #stop(check: WatchedCheck, nowMs: number): void {
    check.timer?.cancel();
    if (check.definition.type !== "ttl") this.#rooms.forget(check.definition.type, check);
    const run = check.runId === undefined ? undefined : this.#runs.get(check.runId);
    if (run === undefined) return;
    run.check = undefined;
    this.#cancel(run, nowMs);
  }
}

function tooLate({ timeoutMs }: ActiveCheck, { output }: CheckOutcome): CheckOutcome {
  return { state: "critical", output: `not done within ${inWords(timeoutMs)}${output === "" ? "" : `: ${output}`}` };
}

/** `250 ms`, `5 s`, `1.5 s`. */
function inWords(durationMs: number): string {
  return durationMs < 1_000 ? `${durationMs} ms` : `${durationMs / 1_000} s`;
}
