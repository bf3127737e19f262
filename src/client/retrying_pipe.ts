import { pause } from "./client_clock.ts";
import type { ServerConnection } from "./connections.ts";
import { ClientError, type ProduceFate, ProducerFencedError } from "./errors.ts";
import type { ProduceAnswer } from "./hot_messages.ts";
import type { BatchPipe } from "./pipe.ts";
import { isRetryable, ServerTurns } from "./server_turns.ts";
import type { ServerChoice } from "./servers.ts";
import { BatchRefusal } from "./shared_pipe.ts";

export interface RetryingPipeOptions {
  readonly servers: ServerChoice;
  /** How long a batch is tried, from when its first record was to be sent. */
  readonly deliveryTimeoutMs: number;
  /** How long one answer is waited for. */
  readonly answerMsMax: number;
  /** The way to one server. */
  open(connection: ServerConnection): BatchPipe;
}

/** A batch that is to be delivered. */
interface Batch {
  readonly frame: Uint8Array;
  /** Grows from batch to batch. */
  readonly index: number;
  readonly untilMs: number;
  readonly resolve: (answer: ProduceAnswer) => void;
  readonly reject: (error: ClientError) => void;
  /** What is known of it when it fails. */
  fate: ProduceFate;
  tries: number;
}

/**
 * Sends batches again, the same and in the same order, when what became of them is not known: to the same server, then to
 * the next. Their stamps let nodes tell what they have. Nothing is sent past a batch that waits to be sent again.
 */
export class RetryingPipe implements BatchPipe {
  readonly batchesMax: number;
  readonly checksum: BatchPipe["checksum"];
  readonly #options: RetryingPipeOptions;
  readonly #turns: ServerTurns;
  #pipe: BatchPipe;
  /** Oldest first. How many is bounded by the producer. */
  readonly #unanswered = new Set<Batch>();
  #lastIndex = 0;
  /** Counts the pipes: what one of the past fails with is known already. */
  #attempt = 1;
  #inFlight = 0;
  /** What failed of the present attempt and may be sent again. */
  readonly #failures = new Map<Batch, ClientError>();
  /** The newest batch that the present attempt delivered. */
  #deliveredIndex = 0;
  #isRecovering = false;
  #retried = 0;
  #fenced: ProducerFencedError | undefined;
  #answeredAtMs = 0;
  #cancelWatch: (() => void) | undefined;
  #onIdle: (() => void) | undefined;

  constructor(options: RetryingPipeOptions) {
    this.#options = options;
    this.#turns = new ServerTurns(options.servers);
    this.#pipe = options.open(this.#turns.connection);
    this.batchesMax = this.#pipe.batchesMax;
    this.checksum = this.#pipe.checksum;
  }

  get retried(): number {
    return this.#retried;
  }

  send(frame: Uint8Array, sinceMs?: number): Promise<ProduceAnswer> {
    if (this.#fenced !== undefined) return Promise.reject(this.#fenced);
    const nowMs = this.#options.servers.clock.nowMs();
    const untilMs = (sinceMs ?? nowMs) + this.#options.deliveryTimeoutMs;
    if (untilMs <= nowMs) return Promise.reject(this.#tooLate("the time was over before its turn came", "unsent"));
    this.#options.servers.retries.called(nowMs);
    this.#leaveGone();
    return new Promise((resolve, reject) => {
      const batch: Batch = { frame, index: ++this.#lastIndex, untilMs, resolve, reject, fate: "unsent", tries: 0 };
      if (this.#unanswered.size === 0) this.#answeredAtMs = nowMs;
      this.#unanswered.add(batch);
      this.#watch();
      if (!this.#isRecovering && this.#failures.size === 0) this.#transmit(batch);
    });
  }

  async close(): Promise<void> {
    if (this.#unanswered.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    this.#cancelWatch?.();
    await this.#pipe.close();
  }

  abandon(): void {
    this.#pipe.abandon();
  }

  #transmit(batch: Batch): void {
    const attempt = this.#attempt;
    if (batch.tries++ > 0) this.#retried++;
    this.#inFlight++;
    this.#pipe.send(batch.frame).then(
      (answer) => this.#answered(batch, answer, attempt),
      (error: ClientError) => this.#failed(batch, error, attempt),
    );
  }

  /** An answer counts whenever it comes. */
  #answered(batch: Batch, answer: ProduceAnswer, attempt: number): void {
    if (this.#unanswered.delete(batch)) batch.resolve(answer);
    if (attempt === this.#attempt) {
      this.#inFlight--;
      this.#deliveredIndex = Math.max(this.#deliveredIndex, batch.index);
      this.#answeredAtMs = this.#options.servers.clock.nowMs();
      this.#turns.answered();
      this.#recoverOnceSettled();
    }
    this.#noteIdle();
  }

  #failed(batch: Batch, failure: ClientError, attempt: number): void {
    if (attempt !== this.#attempt) return;
    this.#inFlight--;
    if (this.#unanswered.has(batch)) {
      if (failure.fate === "unknown") batch.fate = "unknown";
      if (failure instanceof ProducerFencedError) this.#fenced = failure;
      if (isRetryable(failure, this.#options.servers)) this.#failures.set(batch, failure);
      else this.#failFrom(batch, failure);
    }
    this.#recoverOnceSettled();
    this.#noteIdle();
  }

  /** Those in flight behind a failure are waited for: what became of them decides whether it may be sent again. */
  #recoverOnceSettled(): void {
    if (this.#inFlight > 0 || this.#failures.size === 0 || this.#isRecovering) return;
    const [first] = [...this.#failures.keys()].sort((left, right) => left.index - right.index);
    const failure = this.#failures.get(first as Batch) as ClientError;
    this.#failures.clear();
    if (failure instanceof BatchRefusal && this.#deliveredIndex > (first as Batch).index) {
      // What was sent after it is stored: it would stand behind that.
      this.#failFrom(first as Batch, failure);
      if (this.#unanswered.size === 0) return;
    }
    void this.#recover(failure);
  }

  /** Never rejects: failures are told to those who wait for the batches. */
  async #recover(cause: ClientError): Promise<void> {
    const { servers } = this.#options;
    this.#isRecovering = true;
    this.#attempt++;
    this.#inFlight = 0;
    this.#deliveredIndex = 0;
    this.#failures.clear();
    this.#pipe.abandon();
    let failure: ClientError | undefined = cause;
    while (failure !== undefined) {
      await this.#moveOn(failure);
      failure = await this.#fault();
    }
    this.#isRecovering = false;
    const isLost = this.#isLost(cause);
    if (servers.isClosed) return;
    this.#pipe = this.#options.open(this.#turns.connection);
    if (isLost) return;
    this.#answeredAtMs = servers.clock.nowMs();
    for (const batch of this.#unanswered) this.#transmit(batch);
    this.#cancelWatch?.();
    this.#cancelWatch = undefined;
    this.#watch();
  }

  /** To the next server, and waits until it is time to. */
  async #moveOn(failure: ClientError): Promise<void> {
    const { servers } = this.#options;
    const delayMs = this.#turns.failed(failure);
    if (this.#isLost(failure) || delayMs === 0) return;
    let stop = (): void => {};
    await pause(servers.clock, Math.min(delayMs, this.#msLeft()), (wake) => {
      stop = servers.onClose(wake);
    });
    stop();
  }

  /** What keeps batches from being sent to the server; undefined where nothing does, or nothing is left to send. */
  async #fault(): Promise<ClientError | undefined> {
    const { servers } = this.#options;
    const { connection } = this.#turns;
    if (servers.isVetted(connection) || servers.isClosed || this.#msLeft() <= 0) return undefined;
    return servers.vet(connection, { msLeft: this.#msLeft() }).then(
      () => undefined,
      (error: ClientError) => error,
    );
  }

  /** Before it breaks, when nothing is on its way. */
  #leaveGone(): void {
    if (this.#unanswered.size > 0 || this.#isRecovering || !this.#turns.leaveGone()) return;
    this.#attempt++;
    this.#pipe.abandon();
    this.#pipe = this.#options.open(this.#turns.connection);
  }

  #msLeft(): number {
    const [oldest] = this.#unanswered;
    return oldest === undefined ? 0 : oldest.untilMs - this.#options.servers.clock.nowMs();
  }

  /** Fails everything when nobody waits for it any more, or the oldest batch has waited for too long. */
  #isLost(cause: ClientError): boolean {
    if (!this.#options.servers.isClosed && this.#msLeft() > 0) return false;
    const [oldest] = this.#unanswered;
    if (oldest !== undefined) this.#failFrom(oldest, this.#turns.tell(cause));
    this.#noteIdle();
    return true;
  }

  /** The batch failed for good, and with it all that was sent after it: each is told what is known of it. */
  #failFrom(batch: Batch, failure: ClientError): void {
    for (const one of this.#unanswered) {
      if (one.index < batch.index) continue;
      this.#unanswered.delete(one);
      this.#failures.delete(one);
      one.reject(one === batch ? withFate(failure, one.fate) : behind(failure, this.#fateOf(one)));
    }
  }

  /** Of a batch that is still on its way nothing is known. */
  #fateOf(batch: Batch): ProduceFate {
    return this.#inFlight > 0 ? "unknown" : batch.fate;
  }

  #noteIdle(): void {
    if (this.#unanswered.size > 0 || this.#onIdle === undefined) return;
    this.#onIdle();
    this.#onIdle = undefined;
  }

  /**
   * One timer, set anew when it fires: it costs nothing per batch. A server that does not answer at all is left, and the
   * oldest batch waits no longer than its time.
   */
  #watch(): void {
    const [oldest] = this.#unanswered;
    if (this.#cancelWatch !== undefined || oldest === undefined) return;
    const { servers, answerMsMax } = this.#options;
    const atMs = Math.min(this.#answeredAtMs + answerMsMax, oldest.untilMs);
    this.#cancelWatch = servers.clock.schedule(atMs, () => this.#look(), { inBackground: true });
  }

  #look(): void {
    this.#cancelWatch = undefined;
    const [oldest] = this.#unanswered;
    if (oldest === undefined) return;
    const nowMs = this.#options.servers.clock.nowMs();
    const isSilent = nowMs >= this.#answeredAtMs + this.#options.answerMsMax;
    const isOverdue = nowMs >= oldest.untilMs;
    if (this.#isRecovering || isSilent || isOverdue) this.#answeredAtMs = nowMs;
    const { url } = this.#turns.connection;
    const reason = isSilent ? `${url} does not answer` : `${url} did not answer in time`;
    if (this.#isRecovering) {
      // However long it takes to find a server.
      if (isOverdue) this.#failFrom(oldest, this.#turns.tell(this.#tooLate(reason, oldest.fate)));
      this.#noteIdle();
    } else if (isSilent || isOverdue) {
      for (const batch of this.#unanswered) batch.fate = "unknown";
      void this.#recover(this.#tooLate(reason, "unknown"));
    }
    this.#watch();
  }

  #tooLate(reason: string, fate: ProduceFate): ClientError {
    return new ClientError("DEADLINE_EXCEEDED", `Cannot produce: ${reason}`, {
      server: this.#turns.connection.url,
      fate,
    });
  }
}

function withFate(failure: ClientError, fate: ProduceFate): ClientError {
  if (failure.fate === fate || failure.fate === "stored" || fate === "unsent") return failure;
  // An earlier try may have stored what this one refused.
  if (failure instanceof ProducerFencedError) return new ProducerFencedError(failure, fate);
  return new ClientError(failure.code, failure.message, { server: failure.server, fate, cause: failure });
}

function behind(cause: ClientError, fate: ProduceFate): ClientError {
  if (cause instanceof ProducerFencedError) return new ProducerFencedError(cause, fate);
  const message = `Cannot send record: one before it failed (${cause.message})`;
  return new ClientError(cause.code, message, { server: cause.server, fate, cause });
}
