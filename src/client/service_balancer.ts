/** Calls to the instances of a service that the cluster's registry knows: which one each goes to, and which are tried again. */
import { formatAddress, type HealthState, type ServiceInstance } from "../base/mod.ts";
import { Backoff } from "./backoff.ts";
import { CallDeadline } from "./call_deadline.ts";
import { type ClientClock, clientClock, pause } from "./client_clock.ts";
import { neverConnected } from "./connection_faults.ts";
import { ClientError } from "./errors.ts";
import { type CallOutcome, type PickedCall, Picker } from "./picker.ts";
import { RetryBudget } from "./retry_budget.ts";
import { NoInstanceError } from "./service_errors.ts";
import { type Endpoint, ServiceFeed, type ServiceWatcher } from "./service_feed.ts";

/** Which service, who tells of its instances, and how calls are spread over them. */
export interface ServiceBalancerOptions {
  /** The name that its instances are registered under. */
  readonly service: string;
  /** Who tells of them: `client.services` of a connected client, or `agent.services`. */
  readonly services: ServiceWatcher;
  /** Only instances that have all of these. @default none */
  readonly tags?: readonly string[] | undefined;
  /** Only instances in these states. @default passing and warning */
  readonly states?: readonly HealthState[] | undefined;
  /** @default what the instance's metadata says as `scheme`, and "http" */
  readonly scheme?: "http" | "https" | undefined;
  /** The port that is called. @default the one that is registered */
  readonly port?: ((instance: ServiceInstance) => number) | undefined;
  /**
   * `nearest`: instances about as near as the nearest one, by the round trip from the node that tells of them, while one of
   * them is well; `spread`: all. @default "spread"
   */
  readonly prefer?: "nearest" | "spread" | undefined;
  /** How long a call may take, with all its tries, where it does not say so itself. 0: no limit. @default 10000 */
  readonly timeoutMs?: number | undefined;
  /** How often a call is tried in all, if it may be. @default 4 */
  readonly triesMax?: number | undefined;
  /** Called once when the balancer is closed. */
  readonly onClose?: (() => void) | undefined;
  /** @default the runtime's */
  readonly clock?: ClientClock | undefined;
}

/** How one call goes. */
export interface BalancedCallOptions {
  readonly signal?: AbortSignal | undefined;
  /** For all tries together, and the waiting for an instance. 0: no limit. @default that of the balancer */
  readonly timeoutMs?: number | undefined;
  /** Whether it may be sent again though it may have been done. What surely was not sent is always tried again. @default false */
  readonly idempotent?: boolean | undefined;
}

/** What one try of a call is given. */
export interface Try {
  readonly instance: ServiceInstance;
  /** `http://host:port` */
  readonly baseUrl: string;
  /** Fires when the time for the whole call is over, or the caller's signal does. */
  readonly signal: AbortSignal;
  readonly msLeft: number;
  /** For what goes on after its beginning: the time no longer ends it, and the result is to be told how it ended. */
  takeOver(): (outcome: CallOutcome) => void;
}

/** What became of a try, for whoever picks the next one. */
export interface Verdict {
  readonly outcome: CallOutcome;
  /** Whether another instance may do better, for what may be done twice. */
  readonly mayRetry: boolean;
}

/** Milliseconds that two round trips may differ by without one instance being nearer, and their ratio. */
const nearMs = 2;
const nearRatio = 1.5;
/** Instances are told of one by one: the first calls wait so long for more, or all callers would begin at the same one. */
const gatherMs = 5;
const timeoutMsDefault = 10_000;
/** Stands for that of the instance, which is not picked yet. */
const anyOrigin = "http://instance.invalid";
const triesMaxDefault = 4;

export class ServiceBalancer implements AsyncDisposable {
  readonly #options: ServiceBalancerOptions;
  readonly #clock: ClientClock;
  readonly #picker: Picker<Endpoint>;
  readonly #budget = new RetryBudget();
  readonly #waiting = new Set<() => void>();
  /** Opened by the first call. */
  #feed: ServiceFeed | undefined;
  /** Whether calls may go to what is known of. */
  #isGathered = false;
  #isClosed = false;

  constructor(options: ServiceBalancerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? clientClock;
    this.#picker = new Picker(() => this.#clock.random());
  }

  /** Those that calls may go to, as far as is known. None before the first call. */
  get instances(): readonly ServiceInstance[] {
    return this.#picker.targets.map(({ instance }) => instance);
  }

  /** Waits for an instance, and gives the one that a call should go to now. What becomes of that call is not counted. */
  async pick(
    options: Omit<BalancedCallOptions, "idempotent"> = {},
  ): Promise<{ readonly instance: ServiceInstance; readonly baseUrl: string }> {
    const deadline = this.#deadline(options);
    try {
      const { instance } = await this.#choose(new Set(), deadline);
      return { instance, baseUrl: this.#urlOf(instance) };
    } finally {
      deadline.release();
    }
  }

  /**
   * Fetches a path of an instance. Answers of 429, 502, 503 and 504, and calls that break off, are tried elsewhere when the method
   * may be done twice (GET, HEAD, OPTIONS, PUT, DELETE, or `idempotent`); any answer of the last try is returned. The time
   * is that until the answer begins.
   */
  async fetch(path: string, init: RequestInit & BalancedCallOptions = {}): Promise<Response> {
    if (new URL(path, anyOrigin).origin !== anyOrigin) {
      const message = `Cannot fetch ${path}: it names a host of its own, allowed is a path of service ${this.#options.service}`;
      throw new ClientError("INVALID_ARGUMENT", message);
    }
    const { timeoutMs, idempotent, signal, ...request } = init;
    const isRepeatable = idempotent ?? /^(GET|HEAD|OPTIONS|PUT|DELETE)$/i.test(request.method ?? "GET");
    const isStream = typeof ReadableStream !== "undefined" && request.body instanceof ReadableStream;
    const last: { response?: Response | undefined } = {};
    const once = async ({ baseUrl, signal: ending }: Try): Promise<Response> => {
      await last.response?.body?.cancel();
      last.response = undefined;
      // The caller's signal ends the reading of the answer, too, when the call as such is long over.
      const both = signal ? AbortSignal.any([ending, signal]) : ending;
      const response = await fetch(new URL(path, `${baseUrl}/`), { ...request, signal: both });
      // Who has too much to do says so fast: counted as an answer it would be given more.
      if (response.status < 500 && response.status !== 429) return response;
      last.response = response;
      throw new BadStatusError(response.status);
    };
    try {
      const own = { timeoutMs, idempotent: isRepeatable && !isStream, signal: signal ?? undefined };
      return await this.call(once, verdictOfFetch, own);
    } catch (error) {
      if (error instanceof BadStatusError && last.response !== undefined) return last.response;
      throw error;
    }
  }

  /** Runs a call at an instance, and again at others where that is allowed and may help. Rejects with what the last try did. */
  async call<Answer>(
    run: (one: Try) => Promise<Answer>,
    judge: (error: unknown) => Verdict,
    options: BalancedCallOptions = {},
  ): Promise<Answer> {
    const { idempotent = false } = options;
    const deadline = this.#deadline(options);
    const tried = new Set<Endpoint>();
    const backoff = new Backoff(this.#clock);
    const triesMax = this.#options.triesMax ?? triesMaxDefault;
    this.#budget.called(this.#clock.nowMs());
    try {
      for (let attempt = 1; ; attempt++) {
        const endpoint = await this.#choose(tried, deadline);
        const call = this.#picker.begin(endpoint, this.#clock.nowMs());
        try {
          return await this.#try(endpoint, call, deadline, run);
        } catch (error) {
          const { outcome, mayRetry } = endOf(error, deadline, judge);
          call.end(this.#clock.nowMs(), outcome);
          const isAllowed = outcome === "unreachable" || (mayRetry && idempotent);
          if (deadline.isOver) throw deadline.signal.reason;
          if (deadline.signal.aborted || !isAllowed || attempt >= triesMax) throw error;
          if (!this.#budget.take(this.#clock.nowMs())) throw error;
          tried.add(endpoint);
          if (this.#picker.targets.some((one) => !tried.has(one))) continue;
          tried.clear();
          await this.#pause(backoff.next(), deadline);
        }
      }
    } finally {
      if (!deadline.isStopped) deadline.release();
    }
  }

  /** Idempotent. Calls on their way go on. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#feed?.close();
    this.#announce();
    this.#options.onClose?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #deadline({ timeoutMs = this.#options.timeoutMs ?? timeoutMsDefault, signal }: BalancedCallOptions): CallDeadline {
    const doing = `call service ${JSON.stringify(this.#options.service)}`;
    return new CallDeadline(this.#clock, { timeoutMs, signal, doing });
  }

  async #try<Answer>(
    endpoint: Endpoint,
    call: PickedCall,
    deadline: CallDeadline,
    run: (one: Try) => Promise<Answer>,
  ): Promise<Answer> {
    let isTakenOver = false;
    const { instance } = endpoint;
    const answer = await run({
      ...{ instance, baseUrl: this.#urlOf(instance), signal: deadline.signal, msLeft: deadline.msLeft },
      takeOver: () => {
        isTakenOver = true;
        call.begun(this.#clock.nowMs());
        deadline.stopClock();
        return (outcome) => {
          call.end(this.#clock.nowMs(), outcome);
          deadline.release();
        };
      },
    });
    if (!isTakenOver) call.end(this.#clock.nowMs(), "answered");
    return answer;
  }

  #urlOf(instance: ServiceInstance): string {
    const { scheme, port } = this.#options;
    const said = instance.metadata["scheme"] === "https" ? "https" : "http";
    return `${scheme ?? said}://${formatAddress({ host: instance.address, port: port?.(instance) ?? instance.port })}`;
  }

  /** Waits until there is an instance. */
  async #choose(tried: ReadonlySet<Endpoint>, deadline: CallDeadline): Promise<Endpoint> {
    this.#open();
    for (;;) {
      if (deadline.signal.aborted) throw this.#unavailable(deadline);
      if (this.#isClosed) throw this.#noInstance("the balancer was closed");
      const isKnown = this.#isGathered && this.#picker.targets.length > 0;
      const endpoint = isKnown ? (this.#pickNear(tried) ?? this.#picker.pick(this.#clock.nowMs())) : undefined;
      if (endpoint !== undefined) return endpoint;
      void this.#feed?.inquire();
      await this.#changed(deadline);
    }
  }

  /** Nearest first: those that are about as near as the nearest that was not tried and is not left out. */
  #pickNear(tried: ReadonlySet<Endpoint>): Endpoint | undefined {
    const nowMs = this.#clock.nowMs();
    if (this.#options.prefer !== "nearest") return this.#picker.pick(nowMs, tried);
    const isOut = (one: Endpoint): boolean => tried.has(one) || this.#picker.isEjected(one, nowMs);
    const open = this.#picker.targets.filter((one) => !isOut(one));
    const nearest = Math.min(...open.map(rttOf));
    const farMs = Math.max(nearest * nearRatio, nearest + nearMs);
    const far = this.#picker.targets.filter((one) => isOut(one) || rttOf(one) > farMs);
    return this.#picker.pick(nowMs, new Set(far)) ?? this.#picker.pick(nowMs, tried);
  }

  #open(): void {
    if (this.#feed !== undefined || this.#isClosed) return;
    const { services, service, tags = [], states = ["passing", "warning"] } = this.#options;
    const onChange = (): void => {
      const endpoints = feed.endpoints.filter(({ instance }) => states.includes(instance.state));
      this.#picker.set(endpoints);
      if (endpoints.length === 0) return;
      if (this.#isGathered) this.#announce();
      else this.#clock.schedule(this.#clock.nowMs() + gatherMs, gathered);
    };
    const gathered = (): void => {
      this.#isGathered = true;
      this.#announce();
    };
    const feed = new ServiceFeed({ services, clock: this.#clock, name: service, tags, onChange });
    this.#feed = feed;
  }

  #announce(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  async #changed({ signal }: CallDeadline): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener("abort", done, { once: true });
    });
  }

  async #pause(delayMs: number, { signal }: CallDeadline): Promise<void> {
    let stop = (): void => {};
    await pause(this.#clock, delayMs, (wake) => {
      signal.addEventListener("abort", wake, { once: true });
      stop = () => signal.removeEventListener("abort", wake);
    });
    stop();
  }

  /** What ends the waiting: the caller's own signal, or the time. */
  #unavailable(deadline: CallDeadline): unknown {
    const { isOver, timeoutMs, signal } = deadline;
    return isOver ? this.#noInstance(`there was none within ${timeoutMs} ms`) : signal.reason;
  }

  #noInstance(reason: string): NoInstanceError {
    const counts = this.#feed?.counts() ?? { passing: 0, warning: 0, critical: 0 };
    return new NoInstanceError(this.#options.service, counts, { reason, cause: this.#feed?.failure });
  }
}

/** An answer of `fetch` that counts as a failure. */
class BadStatusError extends Error {
  override readonly name = "BadStatusError";
  readonly code = "BAD_STATUS";
  readonly status: number;

  constructor(status: number) {
    super(`Cannot take the answer: its status is ${status}`);
    this.status = status;
  }
}

function verdictOfFetch(error: unknown): Verdict {
  if (error instanceof BadStatusError)
    return { outcome: "failed", mayRetry: [429, 502, 503, 504].includes(error.status) };
  return { outcome: neverConnected(error) ? "unreachable" : "failed", mayRetry: true };
}

/** The caller's own signal says nothing of the instance; the time that is over does. */
function endOf(error: unknown, { signal, isOver }: CallDeadline, judge: (error: unknown) => Verdict): Verdict {
  if (isOver) return { outcome: "failed", mayRetry: false };
  return signal.aborted ? { outcome: "abandoned", mayRetry: false } : judge(error);
}

function rttOf({ instance }: Endpoint): number {
  return instance.rttMs ?? Number.MAX_SAFE_INTEGER;
}
