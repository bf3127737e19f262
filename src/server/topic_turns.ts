/**
 * Who may go to the log next, topic by topic: what has to open its topic holds back those that come after it for the same
 * topic, and no others. How many wait is bounded by whoever takes turns.
 */
export class TopicTurns {
  /** For each topic whose turn is taken, when the last of those who wait has started. */
  readonly #last = new Map<string, Promise<void>>();

  isTaken(topic: string): boolean {
    return this.#last.size > 0 && this.#last.has(topic);
  }

  /** Runs once all before it have started. `run` tells when the next may. */
  take<Result>(topic: string, run: (onStarted: () => void) => Promise<Result>): Promise<Result> {
    const before = this.#last.get(topic);
    let tell = (): void => {};
    const started = new Promise<void>((resolve) => {
      tell = resolve;
    });
    this.#last.set(topic, started);
    const onStarted = (): void => {
      if (this.#last.get(topic) === started) this.#last.delete(topic);
      tell();
    };
    return before === undefined ? run(onStarted) : before.then(() => run(onStarted));
  }
}
