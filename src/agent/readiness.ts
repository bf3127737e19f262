import { Listeners } from "../base/mod.ts";
import type { ServedReadiness } from "../server/mod.ts";

/** Whether a node takes traffic, and if not, why. */
export class Readiness implements ServedReadiness {
  #reason: string | undefined;
  #ended = false;
  readonly #listeners: Listeners<void>;

  constructor(reason: string, onListenerError: (error: unknown) => void) {
    this.#reason = reason;
    this.#listeners = new Listeners(onListenerError);
  }

  get ready(): boolean {
    return this.#reason === undefined;
  }

  /** Why the node takes no traffic; undefined when it does. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Sets the reason; undefined makes the node ready. After the end nothing changes any more. */
  set(reason: string | undefined): void {
    if (this.#ended) return;
    const was = this.ready;
    this.#reason = reason;
    if (was !== this.ready) this.#listeners.emit();
  }

  /** The node takes no traffic from now on. A start that is still under way must not make it ready again. */
  end(reason: string): void {
    this.set(reason);
    this.#ended = true;
    this.#listeners.emit();
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Resolves with true once the node is ready, with false when it never will be. Rejects with the signal's reason. */
  async wait(signal: AbortSignal): Promise<boolean> {
    while (!this.ready && !this.#ended) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        const done = (): void => {
          remove();
          signal.removeEventListener("abort", done);
          resolve();
        };
        const remove = this.onChange(done);
        signal.addEventListener("abort", done);
      });
    }
    return this.ready;
  }
}
