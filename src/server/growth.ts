import type { ServedLog } from "./ports.ts";

/** The growth of each log that somebody listens to. */
const growths = new WeakMap<ServedLog, Growth>();

/**
 * Calls `listener` after a topic of this name grew or another life of it began or ended, also where it is not there yet.
 * The result removes it.
 */
export function onTopicGrow(log: ServedLog, name: string, listener: () => void): () => void {
  let growth = growths.get(log);
  if (growth === undefined) {
    growth = new Growth(log);
    growths.set(log, growth);
  }
  return growth.listen(name, listener);
}

/** One listener of a log for all its readers: growth of one topic costs nothing where others are read. */
class Growth {
  readonly #log: ServedLog;
  readonly #listeners = new Map<string, Set<() => void>>();
  #stop: (() => void) | undefined;

  constructor(log: ServedLog) {
    this.#log = log;
  }

  listen(name: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    // A function of its own, so that one that listens twice is two listeners.
    const entry = (): void => listener();
    listeners.add(entry);
    this.#stop ??= this.#listenToLog();
    return () => {
      listeners.delete(entry);
      if (listeners.size === 0 && this.#listeners.get(name) === listeners) this.#listeners.delete(name);
      if (this.#listeners.size > 0) return;
      this.#stop?.();
      this.#stop = undefined;
    };
  }

  /** A topic that is deleted without ever having been here does not grow. */
  #listenToLog(): () => void {
    const stopGrowth = this.#log.onGrow(({ name }) => this.#tell(name));
    const stopLives = this.#log.onLife?.(({ topic }) => this.#tell(topic));
    return () => {
      stopGrowth();
      stopLives?.();
    };
  }

  #tell(name: string): void {
    const listeners = this.#listeners.get(name);
    if (listeners !== undefined) for (const listener of listeners) listener();
  }
}
