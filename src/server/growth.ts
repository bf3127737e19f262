import type { ServedLog } from "./ports.ts";

/** The growth of each log that somebody listens to. */
const growths = new WeakMap<ServedLog, Growth>();

/** Calls `listener` after a topic of this name grew, also one that is not there yet. The result removes it. */
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
    this.#stop ??= this.#log.onGrow((topic) => this.#tell(topic.name));
    return () => {
      listeners.delete(entry);
      if (listeners.size === 0 && this.#listeners.get(name) === listeners) this.#listeners.delete(name);
      if (this.#listeners.size > 0) return;
      this.#stop?.();
      this.#stop = undefined;
    };
  }

  #tell(name: string): void {
    const listeners = this.#listeners.get(name);
    if (listeners !== undefined) for (const listener of listeners) listener();
  }
}
