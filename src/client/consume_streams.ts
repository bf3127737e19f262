/** The answers that a consumer reads: from one server, and when that fails from the next, on from where it stands. */
import { clone } from "@bufbuild/protobuf";
import { covers, decodeToken, encodeCursor, type Place } from "../base/mod.ts";
import { type ConsumeRequest, ConsumeRequestSchema, OutOfRange } from "../gen/log/v1/log_pb.ts";
import { Backoff } from "./backoff.ts";
import { pause } from "./client_clock.ts";
import type { ServerConnection } from "./connections.ts";
import { ClientError } from "./errors.ts";
import type { ConsumeAnswer } from "./hot_messages.ts";
import type { PickedCall } from "./picker.ts";
import { consumeAnswers } from "./record_calls.ts";
import type { Servers } from "./servers.ts";
import { type End, findEnd, saysLowest } from "./topic_end.ts";
import { isOfServer, TriedServers } from "./tried_servers.ts";

/** What a consumer is told when it goes on at another server, or tries the same one again. */
export interface ConsumeFailover {
  /** What went wrong. */
  readonly error: ClientError;
  /** URL of the server that is asked next. */
  readonly server: string;
}

export interface ConsumeStreamsOptions {
  readonly servers: Servers;
  /** The server that is asked first. */
  readonly first: ServerConnection;
  /** With the start that the caller chose. */
  readonly request: ConsumeRequest;
  readonly follow: boolean;
  /** How long, from a failure on, other servers are tried. 0: not at all. */
  readonly failoverMs: number;
  /** Whether a server that lacks what comes next is left for others, and only then told to go on without it. */
  readonly leavesHoles: boolean;
  /** For questions around the stream. */
  readonly timeoutMs: number;
  readonly onFailover: ((failover: ConsumeFailover) => void) | undefined;
  readonly signal: AbortSignal;
}

/** A server that takes a stream says so at once. */
const firstAnswerMsMax = 10_000;
/** Servers say at least every 15 s that a stream lives: one that is silent for so long does not. */
const silenceMsMax = 40_000;
/** A stream that lived so long shows that its server is well, also when there was nothing to read. */
const wellMs = 5_000;

interface OpenStream {
  readonly connection: ServerConnection;
  readonly controller: AbortController;
  readonly answers: AsyncIterator<ConsumeAnswer>;
  readonly openedAtMs: number;
  /** Counts as one on its way for as long as it is open. */
  readonly call: PickedCall;
  hasAnswered: boolean;
}

export class ConsumeStreams {
  readonly #options: ConsumeStreamsOptions;
  readonly #request: ConsumeRequest;
  readonly #backoff: Backoff;
  #stream: OpenStream | undefined;
  #connection: ServerConnection;
  /** Servers that failed since the last wait. */
  readonly #tried = new Set<ServerConnection>();
  readonly #failures = new TriedServers();
  /** Servers that answered and cannot give what comes next, with what they said. */
  readonly #refusals = new Map<ServerConnection, ClientError>();
  /** The first of them that could go on behind a hole. */
  #holed: ServerConnection | undefined;
  /** When it began to fail; undefined while all is well. */
  #failingSinceMs: number | undefined;
  #opened = 0;
  #end: End | undefined;
  /** When something came that was wanted, while the end is looked for elsewhere than where it was found. */
  #cameAtMs = Number.NEGATIVE_INFINITY;
  /** The answer that is waited for. */
  #awaited: { readonly untilMs: number; readonly reject: (error: Error) => void } | undefined;
  #cancelWatch: (() => void) | undefined;
  #wake: () => void = () => {};

  constructor(options: ConsumeStreamsOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.servers.clock);
    this.#request = clone(ConsumeRequestSchema, options.request);
    if (options.leavesHoles) this.#request.outOfRange = OutOfRange.ERROR;
    this.#connection = options.first;
    options.signal.addEventListener("abort", () => this.#wake(), { once: true });
  }

  /** The URL of the server that is read from. */
  get server(): string {
    return this.#connection.url;
  }

  /** How many streams there were. The answers of each begin where the one before was read to. */
  get opened(): number {
    return this.#opened;
  }

  /** Where to stop; undefined where what comes is followed. Known once there was an answer. */
  get end(): End | undefined {
    return this.#end;
  }

  /**
   * Gives the next answer to `take`; false when there is nothing to read. `place` tells what was read, as far as that is
   * known: all answers so far. What `take` throws counts as the server's failure. Rejects when no server answers in time.
   */
  async next(place: () => Place | undefined, take: (answer: ConsumeAnswer) => void): Promise<boolean> {
    for (;;) {
      try {
        if (this.#stream === undefined && !(await this.#open(place()))) return false;
        const answer = await this.#answer(this.#stream as OpenStream);
        if (!this.#options.signal.aborted) take(answer);
        return true;
      } catch (error) {
        this.#leave();
        if (this.#options.signal.aborted) throw error;
        await this.#failed(error, place() !== undefined);
      }
    }
  }

  /** False when there is nothing to read. */
  async #open(place: Place | undefined): Promise<boolean> {
    const { signal, follow, timeoutMs, servers } = this.#options;
    const connection = this.#connection;
    if (!servers.isVetted(connection)) await servers.vet(connection, { signal });
    if (place !== undefined) this.#goOnFrom(place);
    if (!follow && this.#end === undefined) {
      this.#end = await findEnd(connection, this.#request, { signal, timeoutMs });
      if (this.#end === undefined) return false;
    }
    signal.throwIfAborted();
    const controller = new AbortController();
    const answers = consumeAnswers(connection, this.#request, controller.signal)[Symbol.asyncIterator]();
    const openedAtMs = servers.clock.nowMs();
    const call = servers.begin(connection);
    this.#stream = { connection, controller, answers, openedAtMs, call, hasAnswered: false };
    this.#opened++;
    return true;
  }

  #goOnFrom(place: Place): void {
    const request = this.#request;
    request.start = { case: "cursor", value: encodeCursor(place) as Uint8Array<ArrayBuffer> };
    const token = decodeToken(request.afterToken);
    if (token !== undefined && covers(place.vector, token.vector)) request.afterToken = new Uint8Array(0);
  }

  async #answer(stream: OpenStream): Promise<ConsumeAnswer> {
    const patienceMs = stream.hasAnswered ? silenceMsMax : firstAnswerMsMax;
    const { value, done } = await this.#within(patienceMs, stream.answers.next());
    if (done) throw new ClientError("UNAVAILABLE", `Cannot consume: ${this.server} ended the stream`);
    if (!stream.hasAnswered) stream.call.begun(this.#options.servers.clock.nowMs());
    stream.hasAnswered = true;
    if (this.#opened > 1) this.#judge(stream, value);
    this.#options.servers.answered(stream.connection);
    return value;
  }

  /** One that only says that it lives is not well yet: what is waited for may be nowhere else. */
  #judge({ openedAtMs }: OpenStream, { heartbeat }: ConsumeAnswer): void {
    const { follow, failoverMs, leavesHoles, servers } = this.#options;
    const nowMs = servers.clock.nowMs();
    if (!heartbeat) this.#cameAtMs = nowMs;
    // Behind a hole all is as before: where the next stream meets another one, others are asked first.
    if (!heartbeat && leavesHoles) this.#request.outOfRange = OutOfRange.ERROR;
    if (!heartbeat || (follow && nowMs - openedAtMs >= wellMs)) {
      this.#failingSinceMs = undefined;
      this.#failures.clear();
      this.#tried.clear();
      this.#refusals.clear();
      this.#holed = undefined;
      this.#backoff.reset();
    } else if (!follow && failoverMs > 0 && nowMs - this.#cameAtMs >= failoverMs) {
      const message = `Cannot consume to the end: ${this.server} does not hold all that was there when the call began`;
      throw new ClientError("UNAVAILABLE", message, { server: this.server });
    }
  }

  /** Rejects when the answer takes too long, whatever becomes of it. */
  #within<Answer>(patienceMs: number, answer: Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const awaited = { untilMs: this.#options.servers.clock.nowMs() + patienceMs, reject };
      this.#awaited = awaited;
      this.#watch();
      void answer.then(resolve, reject).then(() => {
        // An answer that was given up comes to its end while another one is waited for.
        if (this.#awaited === awaited) this.#awaited = undefined;
      });
    });
  }

  /**
   * One timer for all answers of a stream: setting one for each would cost more than the answer. It keeps no process alive
   * whose client was closed around a consumer that nobody left; the connection does.
   */
  #watch(): void {
    const awaited = this.#awaited;
    if (this.#cancelWatch !== undefined || awaited === undefined) return;
    const { clock } = this.#options.servers;
    const look = (): void => {
      this.#cancelWatch = undefined;
      const { untilMs = Number.POSITIVE_INFINITY, reject } = this.#awaited ?? {};
      if (clock.nowMs() < untilMs) this.#watch();
      else
        reject?.(new ClientError("UNAVAILABLE", `Cannot consume: ${this.server} is silent`, { server: this.server }));
    };
    this.#cancelWatch = clock.schedule(awaited.untilMs, look, { inBackground: true });
  }

  /** Ends the stream, if one is open. */
  #leave(): void {
    this.#cancelWatch?.();
    this.#cancelWatch = undefined;
    this.#stream?.controller.abort();
    this.#stream?.call.end(this.#options.servers.clock.nowMs(), "abandoned");
    this.#stream = undefined;
  }

  /** Ends everything: whoever waits for an answer is told an error. */
  close(): void {
    this.#leave();
    this.#awaited?.reject(new ClientError("ABORTED", "Cannot consume: the consumer was closed"));
    this.#wake();
  }

  /** Chooses whom to ask next, and waits until it is time to; throws when nobody is left, or no time. */
  async #failed(error: unknown, hasPlace: boolean): Promise<void> {
    const { servers, failoverMs, request, onFailover } = this.#options;
    const connection = this.#connection;
    const doing = `consume topic ${JSON.stringify(request.topic)}`;
    const failure = servers.failure(error, connection, { doing });
    const isHoled = this.#options.leavesHoles && this.#request.outOfRange === OutOfRange.ERROR && saysLowestOf(error);
    this.#failures.add(failure);
    if (!isHoled && (failoverMs === 0 || !this.#isPassing(failure))) throw failure;
    const nowMs = servers.clock.nowMs();
    if (this.#failingSinceMs === undefined) {
      this.#failingSinceMs = nowMs;
      if (this.#opened <= 1) this.#cameAtMs = nowMs;
    }
    if (failure.code !== "UNAVAILABLE" && failure.code !== "DEADLINE_EXCEEDED") this.#refusals.set(connection, failure);
    if (isHoled && this.#holed === undefined) {
      this.#holed = connection;
      // Whoever broke off before may hold what is lacking here: each is asked once more.
      this.#tried.clear();
    }
    this.#tried.add(connection);
    // An offset means nothing at another server.
    const isBound = (!hasPlace && request.start.case === undefined) || failoverMs === 0;
    const candidates = (isBound ? [connection] : servers.after(connection)).filter((one) => !this.#refusals.has(one));
    const untried = candidates.find((one) => !this.#tried.has(one));
    if (untried !== undefined && nowMs - this.#failingSinceMs < failoverMs) {
      this.#connection = untried;
    } else if (this.#holed !== undefined) {
      this.#goOnBehindHole(this.#holed);
    } else {
      const [first] = candidates;
      if (first === undefined || nowMs - this.#failingSinceMs >= failoverMs) throw this.#failures.tell(failure);
      await this.#wait(this.#backoff.next());
      this.#tried.clear();
      this.#connection = first;
    }
    onFailover?.({ error: failure, server: this.server });
  }

  /** Whether another server may do better. What the caller asked for wrongly, or is nowhere, stays so. */
  #isPassing(failure: ClientError): boolean {
    const { code, batch } = failure;
    if (batch !== undefined) return false;
    // That what a token names does not come is an answer; anything else is in time, or its server hangs.
    if (code === "DEADLINE_EXCEEDED") return this.#request.afterToken.length === 0;
    return isOfServer(failure) || code === "INTERNAL" || code === "RESOURCE_EXHAUSTED" || code === "DATA_LOSS";
  }

  /** No server that answers has what comes next: what is gone is told as a gap from here on. */
  #goOnBehindHole(connection: ServerConnection): void {
    this.#request.outOfRange = OutOfRange.EARLIEST;
    this.#connection = connection;
    this.#holed = undefined;
    this.#refusals.clear();
    this.#tried.clear();
  }

  async #wait(delayMs: number): Promise<void> {
    const { signal, servers } = this.#options;
    const stop = servers.onClose(() => this.#wake());
    await pause(servers.clock, delayMs, (wake) => {
      this.#wake = wake;
    });
    stop();
    signal.throwIfAborted();
    // Throws when the client was closed meanwhile.
    void servers.current;
  }
}

function saysLowestOf(error: unknown): boolean {
  return saysLowest(error) || (error instanceof ClientError && saysLowest(error.cause));
}
