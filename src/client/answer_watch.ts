import type { ClientClock } from "./client_clock.ts";
import { ClientError } from "./errors.ts";

interface Watched {
  readonly untilMs: number;
  readonly server: string;
  readonly reject: (error: ClientError) => void;
}

/** Gives up answers that take too long, with one timer for all of them. */
export class AnswerWatch {
  readonly #clock: ClientClock;
  /** How many there are is up to those who ask. */
  readonly #watched = new Set<Watched>();
  /** When the timer fires. */
  #atMs = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(clock: ClientClock) {
    this.#clock = clock;
  }

  /** The answer, or a failure once it has taken so long. What comes later is not looked at. */
  within<Answer>(patienceMs: number, server: string, answer: Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const watched = { untilMs: this.#clock.nowMs() + patienceMs, server, reject };
      this.#watched.add(watched);
      this.#set(watched.untilMs);
      answer.then(
        (value) => {
          this.#watched.delete(watched);
          resolve(value);
        },
        (error: unknown) => {
          this.#watched.delete(watched);
          reject(error);
        },
      );
    });
  }

  #set(atMs: number): void {
    if (this.#atMs <= atMs) return;
    this.#atMs = atMs;
    this.#cancel?.();
    // Whoever is asked keeps the process alive, as long as there is a connection.
    this.#cancel = this.#clock.schedule(atMs, () => this.#look(), { inBackground: true });
  }

  #look(): void {
    this.#atMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.nowMs();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const watched of this.#watched) {
      if (watched.untilMs > nowMs) {
        nextMs = Math.min(nextMs, watched.untilMs);
        continue;
      }
      this.#watched.delete(watched);
      const { server } = watched;
      const message = `Cannot produce: ${server} does not answer`;
      watched.reject(new ClientError("DEADLINE_EXCEEDED", message, { server, fate: "unknown" }));
    }
    if (this.#watched.size > 0) this.#set(nextMs);
  }
}
