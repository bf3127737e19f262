/**
 * Messages on their way to one reader that takes them one at a time. Whoever puts them in bounds how many there are: the
 * announcer has at most one notice a topic and one heartbeat under way.
 */
export class Outbox<Message> {
  readonly #messages: Message[] = [];
  readonly #signal: AbortSignal;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => this.end(), { once: true });
  }

  put(message: Message): void {
    this.#messages.push(message);
    this.#wake?.();
  }

  /** The reader gets nothing more. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** The next message, as soon as there is one; undefined at the end. */
  async next(): Promise<Message | undefined> {
    while (!this.#ended && !this.#signal.aborted) {
      const message = this.#messages.shift();
      if (message !== undefined) return message;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return undefined;
  }
}
