/**
 * Which of several targets the next call goes to. Of two that chance names, the one with less to do: calls in flight times
 * the round trip that was measured lately. A target that fails far more than the others is left out for a while. No
 * clock and no timer: whoever asks says what time it is.
 */

/** How a call ended, as far as its target is concerned. */
export type CallOutcome =
  /** It answered, also with an error that is the caller's own. */
  | "answered"
  /** It failed, broke off, or did not answer in time. */
  | "failed"
  /** No connection came about: surely nothing was sent. */
  | "unreachable"
  /** The caller lost interest. */
  | "abandoned";

/** A measured round trip weighs about a third after so long: what was slow is tried again. */
const latencyFadesMs = 5_000;
/** A call that failed counts as one that took at least so long: failing fast must not attract more calls. */
const failureMs = 100;
/** What a call in flight counts at a target whose round trip is not known: it is tried, and not flooded. */
const unknownMs = 1_000;
/** Failures without an answer between them after which a target is left out; twice that where the others fail, too. */
const failuresInRowMax = 5;
const othersRateWell = 0.1;
/** A target that had so many calls lately is judged by its rate of failures, too: so far above that of all others. */
const judgedCallsMin = 20;
const excessRateMax = 0.3;
const windowMs = 10_000;
/** The first time that a target is left out it is for so long, each next time twice that. */
const ejectionMs = 1_000;
const ejectionMsMax = 60_000;
/** One that was well for so long begins anew. */
const forgiveMs = 60_000;

interface State {
  inFlight: number;
  /** The greatest round trip of late, fading. Undefined while nothing is known. */
  latencyMs: number | undefined;
  measuredAtMs: number;
  failuresInRow: number;
  window: Window;
  windowBefore: Window;
  /** In a row, without a long good time between them. */
  ejections: number;
  ejectedUntilMs: number;
  /** It was left out and has not answered since: one call at a time finds out. */
  isOnTrial: boolean;
}

interface Window {
  readonly beganAtMs: number;
  calls: number;
  failures: number;
}

/** A call on its way. */
export interface PickedCall {
  /** It answers, and goes on: how long it goes on says nothing of how fast its target is. */
  begun(nowMs: number): void;
  /** To be called once, when it is over. Later ones do nothing. */
  end(nowMs: number, outcome: CallOutcome): void;
}

export class Picker<Target extends object> {
  /** From 0 to below 1. */
  readonly #random: () => number;
  #targets: readonly Target[] = [];
  readonly #states = new Map<Target, State>();

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Those that may be picked from now on. What is known of those that stay is kept. */
  set(targets: readonly Target[]): void {
    this.#targets = [...new Set(targets)];
    for (const target of this.#states.keys()) if (!this.#targets.includes(target)) this.#states.delete(target);
  }

  get targets(): readonly Target[] {
    return this.#targets;
  }

  /** Undefined when there is none but those excepted. One that is left out is picked only when there is no other. */
  pick(nowMs: number, except: ReadonlySet<Target> = new Set()): Target | undefined {
    const others = this.#targets.filter((target) => !except.has(target));
    const usable = others.filter((target) => this.#isUsable(target, nowMs));
    const among = usable.length > 0 ? usable : others;
    if (among.length <= 1) return among[0];
    const first = Math.floor(this.#random() * among.length);
    const second = (first + 1 + Math.floor(this.#random() * (among.length - 1))) % among.length;
    const [left, right] = [among[first] as Target, among[second] as Target];
    return this.#cost(left, nowMs) <= this.#cost(right, nowMs) ? left : right;
  }

  /** Counts a call to a target. */
  begin(target: Target, nowMs: number): PickedCall {
    const state = this.#stateOf(target, nowMs);
    state.inFlight++;
    let [hasBegun, isOver] = [false, false];
    return {
      begun: (begunAtMs) => {
        if (hasBegun || isOver) return;
        hasBegun = true;
        this.#ended(target, state, { nowMs: begunAtMs, tookMs: begunAtMs - nowMs, outcome: "answered" });
      },
      end: (endedAtMs, outcome) => {
        if (isOver) return;
        isOver = true;
        state.inFlight--;
        const wasCounted = hasBegun && (outcome === "answered" || outcome === "abandoned");
        const tookMs = hasBegun ? 0 : endedAtMs - nowMs;
        if (!wasCounted) this.#ended(target, state, { nowMs: endedAtMs, tookMs, outcome });
      },
    };
  }

  isEjected(target: Target, nowMs: number): boolean {
    return (this.#states.get(target)?.ejectedUntilMs ?? 0) > nowMs;
  }

  inFlight(target: Target): number {
    return this.#states.get(target)?.inFlight ?? 0;
  }

  #isUsable(target: Target, nowMs: number): boolean {
    const state = this.#states.get(target);
    if (state === undefined) return true;
    return state.ejectedUntilMs <= nowMs && !(state.isOnTrial && state.inFlight > 0);
  }

  #cost(target: Target, nowMs: number): number {
    const state = this.#states.get(target);
    if (state === undefined) return 0;
    const { inFlight, latencyMs, measuredAtMs } = state;
    if (latencyMs === undefined) return inFlight * unknownMs;
    return latencyMs * fading(nowMs - measuredAtMs) * (inFlight + 1);
  }

  #stateOf(target: Target, nowMs: number): State {
    const known = this.#states.get(target);
    if (known !== undefined) return known;
    const state: State = {
      inFlight: 0,
      latencyMs: undefined,
      measuredAtMs: nowMs,
      failuresInRow: 0,
      window: { beganAtMs: nowMs, calls: 0, failures: 0 },
      windowBefore: { beganAtMs: nowMs, calls: 0, failures: 0 },
      ejections: 0,
      ejectedUntilMs: 0,
      isOnTrial: false,
    };
    // Of one that is no target any more nothing is kept, but for those who hold its calls.
    if (this.#targets.includes(target)) this.#states.set(target, state);
    return state;
  }

  #ended(
    target: Target,
    state: State,
    { nowMs, tookMs, outcome }: { readonly nowMs: number; readonly tookMs: number; readonly outcome: CallOutcome },
  ): void {
    if (outcome === "abandoned") {
      // How long it would have taken is not known, but for that it is no less.
      if (state.latencyMs !== undefined && tookMs > state.latencyMs) measure(state, tookMs, nowMs);
      return;
    }
    const hasFailed = outcome !== "answered";
    turnWindow(state, nowMs);
    state.window.calls++;
    measure(state, hasFailed ? Math.max(tookMs, failureMs) : tookMs, nowMs);
    if (!hasFailed) {
      state.failuresInRow = 0;
      state.isOnTrial = false;
      return;
    }
    state.window.failures++;
    state.failuresInRow++;
    // A call from before says nothing new.
    if (state.ejectedUntilMs > nowMs) return;
    const isOut = outcome === "unreachable" || state.isOnTrial || this.#isOutlier(target, state, nowMs);
    if (isOut) this.#eject(state, nowMs);
  }

  #isOutlier(target: Target, state: State, nowMs: number): boolean {
    const own = countsOf(state, nowMs);
    const othersRate = this.#rateWithout(target, nowMs);
    const inRowMax = othersRate <= othersRateWell ? failuresInRowMax : 2 * failuresInRowMax;
    if (state.failuresInRow >= inRowMax) return true;
    return own.calls >= judgedCallsMin && own.failures / own.calls > othersRate + excessRateMax;
  }

  /** Of how many calls to all others one failed lately. */
  #rateWithout(target: Target, nowMs: number): number {
    let [calls, failures] = [0, 0];
    for (const [other, state] of this.#states) {
      if (other === target) continue;
      const counts = countsOf(state, nowMs);
      calls += counts.calls;
      failures += counts.failures;
    }
    return calls === 0 ? 0 : failures / calls;
  }

  /** At most half are left out: when more fail, the fault is likely not theirs. */
  #eject(state: State, nowMs: number): void {
    const ejected = this.#targets.filter((target) => this.isEjected(target, nowMs)).length;
    if (ejected + 1 > this.#targets.length / 2) return;
    if (nowMs - state.ejectedUntilMs > forgiveMs) state.ejections = 0;
    state.ejectedUntilMs = nowMs + Math.min(ejectionMs * 2 ** state.ejections, ejectionMsMax);
    state.ejections = Math.min(state.ejections + 1, 16);
    state.isOnTrial = true;
    state.failuresInRow = 0;
    state.latencyMs = undefined;
    state.window = { beganAtMs: nowMs, calls: 0, failures: 0 };
    state.windowBefore = state.window;
  }
}

/** A peak counts at once, what is less only by and by. */
function measure(state: State, tookMs: number, nowMs: number): void {
  const keeps = fading(nowMs - state.measuredAtMs);
  const before = state.latencyMs ?? tookMs;
  state.latencyMs = tookMs > before ? tookMs : before * keeps + tookMs * (1 - keeps);
  state.measuredAtMs = nowMs;
}

/** Near e^(−elapsed / latencyFadesMs), by arithmetic that is the same on every runtime. */
function fading(elapsedMs: number): number {
  const eighth = 1 / (1 + Math.max(0, elapsedMs) / (8 * latencyFadesMs));
  const quarter = eighth * eighth;
  const half = quarter * quarter;
  return half * half;
}

function turnWindow(state: State, nowMs: number): void {
  const ageMs = nowMs - state.window.beganAtMs;
  if (ageMs < windowMs) return;
  const beganAtMs = nowMs;
  state.windowBefore = ageMs < 2 * windowMs ? state.window : { beganAtMs, calls: 0, failures: 0 };
  state.window = { beganAtMs, calls: 0, failures: 0 };
}

/** Of the present window and the one before. */
function countsOf(state: State, nowMs: number): { readonly calls: number; readonly failures: number } {
  const recent = [...new Set([state.window, state.windowBefore])].filter(
    ({ beganAtMs }) => nowMs - beganAtMs < 2 * windowMs,
  );
  return {
    calls: recent.reduce((sum, { calls }) => sum + calls, 0),
    failures: recent.reduce((sum, { failures }) => sum + failures, 0),
  };
}
