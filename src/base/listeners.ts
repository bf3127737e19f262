/** Functions that want to hear of something. A listener that throws does not keep the others from hearing. */
export class Listeners<Event> {
  readonly #listeners = new Set<(event: Event) => void>();
  /** Those who listened when it last changed, as an array; undefined when that is out of date. */
  #present: readonly ((event: Event) => void)[] | undefined;
  readonly #onError: (error: unknown) => void;

  /** `onError` hears what a listener throws. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Adds a listener; the result removes it. */
  add(listener: (event: Event) => void): () => void {
    // A wrapper of its own, so that one function added twice is two listeners.
    const entry = (event: Event) => listener(event);
    this.#listeners.add(entry);
    this.#present = undefined;
    return () => {
      this.#present = undefined;
      this.#listeners.delete(entry);
    };
  }

  emit(event: Event): void {
    if (this.#listeners.size === 0) return;
    // Copied when it changed, not each time: those who listen stay the same over many events.
    this.#present ??= [...this.#listeners];
    for (const listener of this.#present) {
      try {
        listener(event);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
