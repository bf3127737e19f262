/** A transport of Connect that balances over the instances of a service, which need not know anything of this. */
import type { DescMessage, DescMethodStreaming, DescMethodUnary } from "@bufbuild/protobuf";
import { Code, ConnectError, type StreamResponse, type Transport, type UnaryResponse } from "@connectrpc/connect";
import { neverConnected } from "./connection_faults.ts";
import type { CallOutcome } from "./picker.ts";
import { ServiceBalancer, type ServiceBalancerOptions, type Try, type Verdict } from "./service_balancer.ts";
import { NoInstanceError } from "./service_errors.ts";

export interface DiscoveryTransportOptions extends ServiceBalancerOptions {
  /** The transport to one instance: any of Connect's, with the caller's own interceptors and protocol. */
  readonly createTransport: (baseUrl: string) => Transport;
  /**
   * Which methods may be called again though they may have been done.
   * @default those whose definition says `idempotency_level`
   */
  readonly isIdempotent?: ((method: DescMethodUnary | DescMethodStreaming) => boolean) | undefined;
}

/**
 * Each call goes to an instance that is picked for it: of two by chance the one with less to do, none that is left out for
 * its failures. A call that surely was not sent is tried at another instance, and one that broke off when it is idempotent,
 * within the call's time. A stream stays at its instance.
 */
export class DiscoveryTransport implements Transport, AsyncDisposable {
  readonly #options: DiscoveryTransportOptions;
  readonly #balancer: ServiceBalancer;
  /** By base URL, of instances that there are. */
  readonly #transports = new Map<string, Transport>();

  constructor(options: DiscoveryTransportOptions) {
    this.#options = options;
    this.#balancer = new ServiceBalancer(options);
  }

  /** What it picks with, for calls beside Connect's. */
  get balancer(): ServiceBalancer {
    return this.#balancer;
  }

  async unary<I extends DescMessage, O extends DescMessage>(
    ...[method, signal, timeoutMs, header, input, contextValues]: Parameters<Transport["unary"]>
  ): Promise<UnaryResponse<I, O>> {
    const idempotent = this.#isIdempotent(method);
    const run = ({ baseUrl, signal: ending, msLeft }: Try): Promise<UnaryResponse> =>
      this.#transportTo(baseUrl).unary(method, ending, finite(msLeft), header, input, contextValues);
    try {
      const own = { signal, idempotent, ...(timeoutMs !== undefined && { timeoutMs }) };
      return (await this.#balancer.call(run, verdictOf, own)) as UnaryResponse<I, O>;
    } catch (error) {
      throw toConnectError(error, signal);
    }
  }

  async stream<I extends DescMessage, O extends DescMessage>(
    ...[method, signal, timeoutMs, header, input, contextValues]: Parameters<Transport["stream"]>
  ): Promise<StreamResponse<I, O>> {
    const requests = await Requests.of(input, method.methodKind === "server_streaming");
    const run = async ({ baseUrl, signal: ending, takeOver }: Try): Promise<StreamResponse> => {
      const transport = this.#transportTo(baseUrl);
      const response = await transport.stream(method, ending, timeoutMs, header, requests.again(), contextValues);
      const ended = takeOver();
      // Whoever leaves a stream says so by the signal, and may take nothing more of it.
      ending.addEventListener("abort", () => ended("abandoned"), { once: true });
      return { ...response, message: this.#counted(response.message, ended) };
    };
    const judge = (error: unknown): Verdict => {
      const verdict = verdictOf(error);
      // What was read of the caller's requests is gone.
      return requests.isSpent
        ? { outcome: verdict.outcome === "answered" ? "answered" : "failed", mayRetry: false }
        : verdict;
    };
    try {
      // A stream may go on for as long as it likes: only the waiting for its beginning has a limit of the balancer's own.
      const own = { signal, idempotent: this.#isIdempotent(method), ...(timeoutMs !== undefined && { timeoutMs }) };
      return (await this.#balancer.call(run, judge, own)) as StreamResponse<I, O>;
    } catch (error) {
      throw toConnectError(error, signal);
    }
  }

  /** Idempotent. Calls on their way go on. */
  close(): void {
    this.#balancer.close();
    this.#transports.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #isIdempotent(method: DescMethodUnary | DescMethodStreaming): boolean {
    // 0: nothing is said of it.
    return this.#options.isIdempotent?.(method) ?? method.idempotency > 0;
  }

  #transportTo(baseUrl: string): Transport {
    const known = this.#transports.get(baseUrl);
    if (known !== undefined) return known;
    const transport = this.#options.createTransport(baseUrl);
    // Those of instances that went are dropped before there are twice as many as instances.
    if (this.#transports.size > 2 * this.#balancer.instances.length + 8) this.#transports.clear();
    this.#transports.set(baseUrl, transport);
    return transport;
  }

  /** Says how the stream ended, also when its reader returns from it. */
  async *#counted<Message>(
    messages: AsyncIterable<Message>,
    ended: (outcome: CallOutcome) => void,
  ): AsyncGenerator<Message> {
    let outcome: CallOutcome = "abandoned";
    try {
      for await (const message of messages) yield message;
      outcome = "answered";
    } catch (error) {
      outcome = verdictOf(error).outcome;
      throw error;
    } finally {
      ended(outcome);
    }
  }
}

/** The requests of a call: all of them again where there is one only; otherwise once, as the caller gives them. */
class Requests<Message> {
  readonly #kept: readonly Message[] | undefined;
  readonly #given: AsyncIterable<Message>;
  #isRead = false;

  private constructor(given: AsyncIterable<Message>, kept: readonly Message[] | undefined) {
    this.#given = given;
    this.#kept = kept;
  }

  static async of<Message>(given: AsyncIterable<Message>, isOne: boolean): Promise<Requests<Message>> {
    if (!isOne) return new Requests(given, undefined);
    const kept: Message[] = [];
    for await (const message of given) kept.push(message);
    return new Requests(given, kept);
  }

  /** Whether something of them was read that cannot be read again. */
  get isSpent(): boolean {
    return this.#isRead && this.#kept === undefined;
  }

  async *again(): AsyncGenerator<Message> {
    this.#isRead = true;
    if (this.#kept === undefined) yield* this.#given;
    else yield* this.#kept;
  }
}

/** What an error of Connect says of the instance. */
function verdictOf(error: unknown): Verdict {
  if (neverConnected(error)) return { outcome: "unreachable", mayRetry: true };
  switch (ConnectError.from(error).code) {
    // An instance that dies surfaces as any of the first three, depending on protocol and runtime.
    case Code.Unavailable:
    case Code.Aborted:
    case Code.Canceled:
    case Code.ResourceExhausted:
      return { outcome: "failed", mayRetry: true };
    case Code.DeadlineExceeded:
    case Code.Internal:
    case Code.Unknown:
    case Code.DataLoss:
      return { outcome: "failed", mayRetry: false };
    default:
      return { outcome: "answered", mayRetry: false };
  }
}

function toConnectError(error: unknown, signal: AbortSignal | undefined): ConnectError {
  if (error instanceof NoInstanceError) {
    return new ConnectError(error.message, Code.Unavailable, undefined, undefined, error);
  }
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return new ConnectError(error.message, Code.DeadlineExceeded, undefined, undefined, error);
  }
  return ConnectError.from(error, signal?.aborted ? Code.Canceled : Code.Unknown);
}

function finite(ms: number): number | undefined {
  return Number.isFinite(ms) ? Math.max(1, Math.ceil(ms)) : undefined;
}
