/** How long a suspect has to refute (Lifeguard): the more nodes accuse it on their own, the less. */
import type { Timer } from "../base/mod.ts";
import { log2, log10Thousandths } from "./logarithms.ts";

export interface SuspicionSettings {
  readonly suspicionMult: number;
  readonly suspicionMaxTimeoutMult: number;
  readonly probeIntervalMs: number;
}

export interface SuspicionTimes {
  readonly minMs: number;
  readonly maxMs: number;
  /** Independent accusers, after the first, that bring the time down to the minimum. */
  readonly confirmationsWanted: number;
}

/** The times for a cluster of so many nodes, itself included. */
export function suspicionTimes(
  settings: SuspicionSettings,
  nodes: number,
  wanted: number = settings.suspicionMult - 2,
): SuspicionTimes {
  const scaleThousandths = Math.max(1000, log10Thousandths(Math.max(1, nodes)));
  const minMs = Math.floor((settings.suspicionMult * scaleThousandths * settings.probeIntervalMs) / 1000);
  return {
    minMs,
    maxMs: settings.suspicionMaxTimeoutMult * minMs,
    // In a small cluster there are not enough others to confirm: waiting for them would only delay the verdict.
    confirmationsWanted: nodes - 2 < wanted ? 0 : wanted,
  };
}

/** The whole time from the first accusation on, after so many confirmations. */
export function suspicionTimeoutMs(times: SuspicionTimes, confirmations: number): number {
  if (times.confirmationsWanted < 1) return times.minMs;
  const ratio = log2(confirmations + 1) / log2(times.confirmationsWanted + 1);
  return Math.max(times.minMs, Math.floor(times.maxMs - ratio * (times.maxMs - times.minMs)));
}

/** A running accusation. */
export class Suspicion {
  readonly times: SuspicionTimes;
  readonly startedAtMs: number;
  /** Fires when the time is over. */
  timer: Timer;
  readonly #accusers: Set<string>;
  #confirmations = 0;

  constructor(times: SuspicionTimes, startedAtMs: number, accuser: string, timer: Timer) {
    this.times = times;
    this.startedAtMs = startedAtMs;
    this.timer = timer;
    this.#accusers = new Set([accuser]);
  }

  /** When the suspect is declared dead, as things stand. */
  get deadlineMs(): number {
    return this.startedAtMs + suspicionTimeoutMs(this.times, this.#confirmations);
  }

  /** Counts an accusation. False when it adds nothing: known accuser, or enough confirmations already. */
  confirm(accuser: string): boolean {
    if (this.#confirmations >= this.times.confirmationsWanted || this.#accusers.has(accuser)) return false;
    this.#accusers.add(accuser);
    this.#confirmations++;
    return true;
  }
}
