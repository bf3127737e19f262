/** Runs the machine of checks on virtual time, and says of each step whether it was as documented, by a naive model. */
import * as assert from "uvu/assert";
import type { HealthState, Random } from "../../src/base/mod.ts";
import type { CheckEffect, CheckInput, CheckOutcome, ServiceHealth } from "../../src/registry/mod.ts";
import { HealthChecks, type ResolvedCheck } from "../../src/registry/mod.ts";

export const limits = { networkRunsMax: 3, commandRunsMax: 1 };
const graceMs = 1_000;
const outputEveryMs = 60_000;
const ranks: readonly HealthState[] = ["passing", "warning", "critical"];

interface Judged {
  readonly outcome: HealthState;
  readonly passingAfter: number;
  readonly criticalAfter: number;
}

interface Standing {
  readonly state: HealthState;
  readonly isProven: boolean;
}

interface ModelCheck {
  definition: ResolvedCheck;
  readonly initial: HealthState;
  readonly history: Judged[];
  state: HealthState;
  sinceMs: number;
  reportDueAtMs: number;
  readonly startsAtMs: number[];
}

interface ModelService {
  checks: ModelCheck[];
  deregisterAfterMs: number | undefined;
  state: HealthState;
  sinceMs: number;
  criticalFromMs: number | undefined;
  toldAtMs: number;
}

interface ModelRun {
  readonly runId: number;
  readonly type: ResolvedCheck["type"];
  check: ModelCheck | undefined;
  readonly timeoutAtMs: number;
  /** When it answers; Infinity when it never does. */
  answersAtMs: number;
  endsAtMs: number;
  readonly outcome: CheckOutcome;
}

export class CheckWorld {
  nowMs = 1_700_000_000_000;
  readonly machine: HealthChecks;
  readonly effects: CheckEffect[] = [];
  readonly #random: Random;
  readonly #services = new Map<string, ModelService>();
  readonly #runs = new Map<number, ModelRun>();
  /** What happened so far: a world in which something never does proves little. */
  readonly counts = { runs: 0, timedOut: 0, changed: 0, outputs: 0, deregistered: 0, waited: 0, reports: 0, kept: 0 };

  constructor(random: Random) {
    this.#random = random.fork("world");
    this.machine = new HealthChecks(random.fork("machine"), limits);
  }

  get ids(): readonly string[] {
    return [...this.#services.keys()];
  }

  definitions(id: string): readonly ResolvedCheck[] {
    return this.#services.get(id)?.checks.map(({ definition }) => definition) ?? [];
  }

  /** Runs everything that is due up to a time. */
  runTo(untilMs: number): void {
    for (let steps = 0; steps < 1_000_000; steps++) {
      const [first] = [...this.#runs.values()].sort((left, right) => left.answersAtMs - right.answersAtMs);
      const atMs = Math.min(this.machine.wakeAtMs, first?.answersAtMs ?? Number.POSITIVE_INFINITY);
      if (atMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, atMs);
      if (first !== undefined && first.answersAtMs <= this.nowMs) this.#answer(first);
      else this.step({ type: "wake" });
    }
    this.nowMs = untilMs;
  }

  #answer(run: ModelRun): void {
    run.answersAtMs = Number.POSITIVE_INFINITY;
    this.step({ type: "result", runId: run.runId, outcome: run.outcome }, () => this.#end(run, run.outcome.state));
  }

  /** Gives an input to the machine and, after what was due before it, to the model. */
  step(input: CheckInput, apply: () => void = () => {}): CheckEffect[] {
    const statesBefore = this.#states();
    const gone = this.#passTime();
    apply();
    const effects = this.machine.step(input, this.nowMs);
    this.effects.push(...effects);
    const told = effects.flatMap((effect) => (effect.type === "deregister" ? [effect.id] : []));
    assert.equal(told.sort(), gone.sort(), "services are taken out when it is their time, and once");
    this.counts.deregistered += told.length;
    for (const effect of effects) this.#take(effect);
    this.#judgeChanges(input, effects, statesBefore);
    for (const [id, service] of this.#services) assert.equal(plain(this.machine.health(id)), plain(healthOf(service)));
    this.#judgeRoom();
    return effects;
  }

  register(id: string, checks: readonly ResolvedCheck[], deregisterAfterMs: number | undefined): void {
    const input = { type: "register", id, checks, deregisterAfterMs } as const;
    this.step(input, () => {
      const before = this.#services.get(id);
      const service: ModelService = {
        checks: checks.map((definition) => this.#modelCheck(definition, before)),
        deregisterAfterMs,
        state: before?.state ?? "passing",
        sinceMs: before?.sinceMs ?? this.nowMs,
        criticalFromMs: undefined,
        toldAtMs: this.nowMs,
      };
      this.#abandon(before?.checks.filter((check) => !service.checks.includes(check)) ?? []);
      this.#services.set(id, service);
      this.#update(service);
    });
  }

  deregister(id: string): void {
    this.step({ type: "deregister", id }, () => this.#forget(id));
  }

  report(id: string, name: string, outcome: CheckOutcome): void {
    this.step({ type: "report", id, check: name, outcome }, () => {
      const service = this.#services.get(id);
      const check = service?.checks.find(({ definition }) => definition.name === name && definition.type === "ttl");
      if (check?.definition.type !== "ttl") return;
      this.counts.reports++;
      check.reportDueAtMs = this.nowMs + check.definition.ttlMs;
      this.#judge(check, outcome.state);
    });
  }

  #modelCheck(definition: ResolvedCheck, before: ModelService | undefined): ModelCheck {
    const same = before?.checks.find((check) => questionOf(check.definition) === questionOf(definition));
    const reportDueAtMs = definition.type === "ttl" ? this.nowMs + definition.ttlMs : Number.POSITIVE_INFINITY;
    if (same !== undefined) {
      this.counts.kept++;
      same.definition = definition;
      same.reportDueAtMs = reportDueAtMs;
      return same;
    }
    const [initial, sinceMs] = ["critical", this.nowMs] as const;
    return { definition, initial, history: [], state: initial, sinceMs, reportDueAtMs, startsAtMs: [] };
  }

  #forget(id: string): void {
    this.#abandon(this.#services.get(id)?.checks ?? []);
    this.#services.delete(id);
  }

  /** Nobody wants to know any more; the place is taken until they answer, or a second went by. */
  #abandon(checks: readonly ModelCheck[]): void {
    for (const run of this.#runs.values()) {
      if (run.check === undefined || !checks.includes(run.check)) continue;
      run.check = undefined;
      run.endsAtMs = Math.min(run.endsAtMs, this.nowMs + graceMs);
    }
  }

  /** What happens by itself: reports that do not come, runs that nobody waits for any longer, and services that go. */
  #passTime(): string[] {
    for (const run of [...this.#runs.values()]) if (run.endsAtMs <= this.nowMs) this.#end(run, "critical");
    for (const { checks } of this.#services.values()) {
      for (const check of checks) {
        if (check.definition.type !== "ttl" || check.reportDueAtMs > this.nowMs) continue;
        check.reportDueAtMs = this.nowMs + check.definition.ttlMs;
        this.#judge(check, "critical");
      }
    }
    const gone = [...this.#services].flatMap(([id, { criticalFromMs, deregisterAfterMs }]) =>
      criticalFromMs !== undefined && this.nowMs >= criticalFromMs + (deregisterAfterMs ?? Number.POSITIVE_INFINITY)
        ? [id]
        : [],
    );
    for (const id of gone) this.#forget(id);
    return gone;
  }

  #end(run: ModelRun, outcome: HealthState): void {
    if (!this.#runs.delete(run.runId) || run.check === undefined) return;
    const isLate = this.nowMs >= run.timeoutAtMs;
    if (isLate) this.counts.timedOut++;
    this.#judge(run.check, isLate ? "critical" : outcome);
  }

  #judge(check: ModelCheck, outcome: HealthState): void {
    const { passingAfter, criticalAfter } = check.definition;
    check.history.push({ outcome, passingAfter, criticalAfter });
    const state = naiveState(check.initial, check.history);
    if (state !== check.state) check.sinceMs = this.nowMs;
    check.state = state;
    for (const service of this.#services.values()) if (service.checks.includes(check)) this.#update(service);
  }

  #update(service: ModelService): void {
    const { state } = healthOf({ ...service, state: worst(service.checks) });
    if (state !== service.state) service.sinceMs = this.nowMs;
    service.state = state;
    const isCritical = service.checks.some((check) => check.state === "critical" && check.history.length > 0);
    service.criticalFromMs = isCritical ? (service.criticalFromMs ?? this.nowMs) : undefined;
  }

  #take(effect: CheckEffect): void {
    if (effect.type !== "run") return;
    const { runId, id, check } = effect;
    const model = this.#services.get(id)?.checks.find(({ definition }) => definition.name === check.name);
    assert.ok(model, "only checks of registered services run");
    const others = [...this.#runs.values()].filter((run) => run.check === model);
    assert.is(others.length, 0, "a check runs once at a time");
    this.#judgeStart(model as ModelCheck);
    const timeoutAtMs = this.nowMs + check.timeoutMs;
    const answersAtMs = this.#random.chance(0.1)
      ? Number.POSITIVE_INFINITY
      : this.nowMs + this.#random.below(this.#random.chance(0.7) ? check.timeoutMs : check.timeoutMs + 2 * graceMs);
    const outcome = { state: this.#random.pick(ranks) ?? "passing", output: `said ${this.#random.below(3)}` };
    const endsAtMs = timeoutAtMs + graceMs;
    this.#runs.set(runId, { runId, type: check.type, check: model, timeoutAtMs, answersAtMs, endsAtMs, outcome });
    this.counts.runs++;
  }

  #judgeStart({ startsAtMs, definition }: ModelCheck): void {
    const lastAtMs = startsAtMs.at(-1) ?? Number.NEGATIVE_INFINITY;
    const apartMs = startsAtMs.length === 1 ? 1 : definition.intervalMs;
    // Registering again may have made the interval shorter meanwhile, never longer: the world keeps it.
    assert.ok(this.nowMs - lastAtMs >= apartMs, "starts are an interval apart");
    startsAtMs.push(this.nowMs);
  }

  /** Of each check its state, and whether anybody looked. */
  #states(): ReadonlyMap<ModelCheck, Standing> {
    const checks = [...this.#services.values()].flatMap((service) => service.checks);
    return new Map(checks.map((check) => [check, { state: check.state, isProven: check.history.length > 0 }]));
  }

  /**
   * Who registers looks for himself. Everybody else is told of each state that changed and of a fault that is found
   * first, and seldom of other words.
   */
  #judgeChanges(input: CheckInput, effects: readonly CheckEffect[], before: ReadonlyMap<ModelCheck, Standing>): void {
    for (const [id, service] of this.#services) {
      const told = effects.filter((effect) => effect.type === "changed" && effect.id === id);
      const isRegistrar = input.type === "register" && input.id === id;
      const changed = service.checks.filter((check) => {
        const was = before.get(check);
        if (was === undefined) return false;
        return was.state !== check.state || (!was.isProven && check.history[0]?.outcome === "critical");
      });
      if (!isRegistrar)
        assert.is(told.length >= changed.length, true, "each change of a state is told, and a first fault");
      if (changed.length === 0 && told.length > 0) {
        assert.ok(this.nowMs - service.toldAtMs >= outputEveryMs, "words alone are told once a minute");
        this.counts.outputs++;
      }
      if (told.length > 0) service.toldAtMs = this.nowMs;
      this.counts.changed += told.length;
    }
  }

  #judgeRoom(): void {
    const runs = [...this.#runs.values()];
    const commands = runs.filter(({ type }) => type === "command").length;
    assert.ok(commands <= limits.commandRunsMax, "programs are bounded");
    assert.ok(runs.length - commands <= limits.networkRunsMax, "runs over the network are bounded");
    assert.is(this.machine.running, runs.length);
    if (this.machine.waiting === 0) return;
    this.counts.waited++;
    const isFull = commands === limits.commandRunsMax || runs.length - commands === limits.networkRunsMax;
    assert.ok(isFull, "nobody waits where there is room");
  }
}

/** The rules of the documentation, from the beginning each time. */
function naiveState(initial: HealthState, history: readonly Judged[]): HealthState {
  let state = initial;
  for (const [at, { outcome, passingAfter, criticalAfter }] of history.entries()) {
    const isGood = outcome !== "critical";
    const past = history.slice(0, at + 1).reverse();
    const until = past.findIndex((one) => (one.outcome !== "critical") !== isGood);
    const inARow = until < 0 ? past.length : until;
    if (!isGood) state = state === "critical" || inARow >= criticalAfter ? "critical" : "warning";
    else if (state !== "critical" || inARow >= passingAfter) state = outcome;
  }
  return state;
}

function worst(checks: readonly ModelCheck[]): HealthState {
  return ranks[Math.max(0, ...checks.map(({ state }) => ranks.indexOf(state)))] ?? "passing";
}

interface PlainHealth {
  readonly state: HealthState;
  readonly sinceMs: number;
  readonly checks: readonly { readonly name: string; readonly state: HealthState; readonly sinceMs: number }[];
}

function healthOf({ state, sinceMs, checks }: ModelService): PlainHealth {
  return { state, sinceMs, checks: checks.map((check) => ({ ...check, name: check.definition.name })) };
}

/** Without the words of checks. */
function plain(health: PlainHealth | ServiceHealth | undefined): unknown {
  if (health === undefined) return undefined;
  const checks = health.checks.map(({ name, state, sinceMs }) => ({ name, state, sinceMs }));
  return { state: health.state, sinceMs: health.sinceMs, checks };
}

function questionOf(check: ResolvedCheck): string {
  return check.type === "tcp" ? `${check.name} tcp ${check.address}` : `${check.name} ${check.type}`;
}
