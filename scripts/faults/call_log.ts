/** What became of calls, second by second, and of each try of them, where it left the process. */

/** Nobody's instance: what `fetch` is used for beside. */
type Tell = (url: string) => string | undefined;

interface Try {
  readonly instance: string;
  readonly atMs: number;
  endMs: number;
  failure: string | undefined;
}

interface Call {
  readonly endMs: number;
  readonly failure: string | undefined;
}

export class CallLog implements Disposable {
  readonly #fetch: typeof fetch = globalThis.fetch;
  readonly #beganAtMs: number = performance.now();
  readonly #tries: Try[] = [];
  readonly #calls: Call[] = [];
  readonly #events: { readonly atMs: number; readonly text: string }[] = [];

  /** From now on, each request of this process to an instance that `tell` knows is written down. */
  constructor(tell: Tell) {
    const observed = async (input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> => {
      const instance = tell(new URL(input instanceof Request ? input.url : input).origin);
      if (instance === undefined || init?.method === "POST") return this.#fetch(input, init);
      const one: Try = { instance, atMs: this.nowMs, endMs: Number.POSITIVE_INFINITY, failure: undefined };
      this.#tries.push(one);
      try {
        const response = await this.#fetch(input, init);
        if (!response.ok) one.failure = String(response.status);
        return response;
      } catch (error) {
        one.failure = nameOf(error);
        throw error;
      } finally {
        one.endMs = this.nowMs;
      }
    };
    globalThis.fetch = observed as typeof fetch;
  }

  /** Since the log began. */
  get nowMs(): number {
    return performance.now() - this.#beganAtMs;
  }

  get count(): number {
    return this.#calls.length;
  }

  get failures(): number {
    return this.#calls.filter(({ failure }) => failure !== undefined).length;
  }

  note(text: string): void {
    this.#events.push({ atMs: this.nowMs, text });
  }

  ended(failure: unknown): void {
    this.#calls.push({ endMs: this.nowMs, failure: failure === undefined ? undefined : nameOf(failure) });
  }

  /** Tries that were on their way to the instance at that time, and failed. */
  inFlight(instance: string, atMs: number): number {
    return this.#triesOf(instance).filter((one) => one.atMs <= atMs && one.endMs > atMs && one.failure !== undefined)
      .length;
  }

  /** Tries that went to the instance between these times. */
  tries(instance: string, fromMs: number, toMs = Number.POSITIVE_INFINITY): number {
    return this.#triesOf(instance).filter(({ atMs }) => atMs > fromMs && atMs <= toMs).length;
  }

  /** How long after `fromMs`, and not after `toMs`, the last try went to the instance; undefined when none did. */
  lastTryMs(instance: string, fromMs: number, toMs = Number.POSITIVE_INFINITY): number | undefined {
    const last = this.#triesOf(instance).findLast(({ atMs }) => atMs > fromMs && atMs <= toMs);
    return last === undefined ? undefined : last.atMs - fromMs;
  }

  /** A line for each second: calls, those that failed and why, tries that failed and at whom, and what was done. */
  timeline(): string[] {
    const lines = ["SECOND  CALLS  FAILED  TRIES THAT FAILED"];
    for (let second = 0; second * 1_000 < this.nowMs; second++) {
      const isNow = (atMs: number): boolean => Math.floor(atMs / 1_000) === second;
      const calls = this.#calls.filter(({ endMs }) => isNow(endMs));
      const failed = calls.flatMap(({ failure }) => failure ?? []);
      const tries = this.#tries.filter((one) => one.failure !== undefined && isNow(one.atMs));
      const told = countOf(tries.map(({ instance, failure }) => `${instance} ${failure}`));
      const events = this.#events.filter(({ atMs }) => isNow(atMs)).map(({ text }) => `<- ${text}`);
      const cells = [String(second).padStart(6), String(calls.length).padStart(5), String(failed.length).padStart(6)];
      lines.push([...cells, [told, ...events].filter((text) => text !== "").join("  ")].join("  ").trimEnd());
    }
    return lines;
  }

  [Symbol.dispose](): void {
    globalThis.fetch = this.#fetch;
  }

  #triesOf(instance: string): Try[] {
    return this.#tries.filter((one) => one.instance === instance);
  }
}

/** `a 3, b 1`. */
function countOf(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${count} ${word}`).join(", ");
}

function nameOf(error: unknown): string {
  if (typeof error === "string") return error;
  const { code, name } = error as { readonly code?: unknown; readonly name?: string };
  return typeof code === "string" ? code : (name ?? String(error));
}
