/**
 * One stream to a server for all tabs of an origin. One of them, the leader, holds a lock and opens the stream; the others
 * ask it over a channel. Each tab knows how far it has come, so that a leader who goes loses and repeats nothing: the next
 * one is asked from there. Who hears nothing of a leader opens a stream of its own.
 */
import { Code, ConnectError } from "@connectrpc/connect";
import { LowestAvailableSchema } from "../gen/log/v1/log_pb.ts";
import { type ClientClock, pause } from "./client_clock.ts";
import { answerBytesOf, type FollowAnswer, type FollowAsks, type Followed, followedOf } from "./followed.ts";
import type { PageStreams } from "./page_stream.ts";

/** What tabs have in common: locks, one holder at a time, and channels that all others hear. */
export interface TabMeans {
  /** Calls `hold` once the lock is there, or with `undefined` when it is not there at once; holds it until that resolves. */
  lock(
    name: string,
    options: { readonly ifAvailable?: boolean; readonly signal?: AbortSignal },
    hold: (lock: unknown) => Promise<unknown>,
  ): Promise<unknown>;
  channel(name: string): TabChannel;
  /** A name that no other tab has. */
  readonly tab: string;
}

export interface TabChannel {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
  close(): void;
}

/** What tabs tell the leader, and the leader all of them. */
type ToAll =
  | { readonly type: "leader" }
  | { readonly type: "ask"; readonly tab: string; readonly id: number; readonly asks: FollowAsks }
  | { readonly type: "room"; readonly tab: string; readonly id: number; readonly bytes: number }
  | { readonly type: "leave"; readonly tab: string; readonly id: number };

/** What the leader tells one tab. */
type ToTab =
  | { readonly type: "taken"; readonly id: number }
  | { readonly type: "answer"; readonly id: number; readonly answer: FollowAnswer }
  | { readonly type: "end"; readonly id: number; readonly failure: Failure | undefined };

interface Failure {
  readonly code: number;
  readonly message: string;
  /** Of a `LowestAvailable`. */
  readonly lowest: Uint8Array | undefined;
}

/** Bytes that are on their way to a tab, one answer apart, before it takes some. */
const creditBytes = 524_288;
/** A leader that is there answers at once. */
const takenMsMax = 1_000;

/** A subscription that this tab has at the leader. */
interface Asked {
  readonly held: FollowAnswer[];
  isTaken: boolean;
  /** Set at the end. */
  end: { readonly error: unknown } | undefined;
  wake: () => void;
}

/** A subscription that the leader has for another tab. */
interface Lent {
  readonly controller: AbortController;
  credit: number;
  wake: () => void;
}

const leaderGone = new ConnectError("the tab that held the stream is gone", Code.Unavailable);
const leaderSilent = new ConnectError("the tab that holds the stream does not answer", Code.Unavailable);

export class TabShare implements PageStreams {
  readonly #name: string;
  readonly #own: PageStreams;
  readonly #means: TabMeans;
  readonly #clock: ClientClock;
  readonly #channel: TabChannel;
  readonly #toMe: TabChannel;
  readonly #asked = new Map<number, Asked>();
  /** By tab, then by the id that the tab gave. Bounded by what one stream carries. */
  readonly #lent = new Map<string, { readonly channel: TabChannel; readonly lent: Map<number, Lent> }>();
  readonly #closing = new AbortController();
  /** Resolves once it is known whether there is a leader. */
  readonly #settled: Promise<void>;
  #isLeader = false;
  #lastId = 0;

  constructor(options: {
    readonly url: string;
    readonly own: PageStreams;
    readonly means: TabMeans;
    readonly clock: ClientClock;
  }) {
    this.#name = `grapevine ${options.url}`;
    this.#own = options.own;
    this.#means = options.means;
    this.#clock = options.clock;
    this.#channel = options.means.channel(this.#name);
    this.#toMe = options.means.channel(`${this.#name} ${options.means.tab}`);
    this.#channel.onmessage = ({ data }) => this.#heard(data as ToAll);
    this.#toMe.onmessage = ({ data }) => this.#told(data as ToTab);
    // Whoever gets it knows that this tab is gone.
    void this.#hold(`${this.#name} ${options.means.tab}`, () => this.#closed());
    this.#settled = new Promise((resolve) => void this.#elect(resolve));
  }

  async *follow(asks: FollowAsks, signal: AbortSignal): AsyncGenerator<FollowAnswer, void> {
    await this.#settled;
    const followed = followedOf(asks);
    let hasLeader = true;
    for (;;) {
      followed.begin();
      const isOwn = this.#isLeader || !hasLeader;
      const answers = isOwn ? this.#own.follow(followed.asks(), signal) : this.#ask(followed, signal);
      try {
        for await (const answer of answers) yield* followed.take(answer);
        return;
      } catch (error) {
        if (signal.aborted || (error !== leaderGone && error !== leaderSilent)) throw error;
        // Once nobody took it, a stream of its own is better than to ask again.
        hasLeader = error === leaderGone;
      }
    }
  }

  close(): void {
    this.#isLeader = false;
    for (const { channel, lent } of this.#lent.values()) {
      for (const one of lent.values()) one.controller.abort();
      channel.close();
    }
    this.#lent.clear();
    this.#own.close();
    // Ends what holds locks: another tab leads from now on.
    this.#closing.abort();
    this.#endAsked(new ConnectError("the client was closed", Code.Canceled));
    this.#channel.close();
    this.#toMe.close();
  }

  async #elect(settled: () => void): Promise<void> {
    await this.#hold(
      this.#name,
      (lock) => {
        if (lock) this.#lead();
        settled();
        return lock ? this.#closed() : Promise.resolve();
      },
      { ifAvailable: true },
    );
    settled();
    if (this.#closing.signal.aborted) return;
    await this.#hold(this.#name, () => {
      this.#lead();
      return this.#closed();
    });
  }

  async #hold(
    name: string,
    hold: (lock: unknown) => Promise<unknown>,
    options: { readonly ifAvailable?: boolean } = {},
  ): Promise<void> {
    try {
      // A lock that is taken only if it is there cannot be waited for.
      const { signal } = this.#closing;
      await this.#means.lock(name, options.ifAvailable ? options : { signal }, hold);
    } catch {
      // The client was closed, or the page may not lock: then nobody leads, and each has its own stream.
    }
  }

  #closed(): Promise<unknown> {
    const { signal } = this.#closing;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  }

  #lead(): void {
    if (this.#closing.signal.aborted) return;
    this.#isLeader = true;
    this.#post({ type: "leader" });
    this.#endAsked(leaderGone);
  }

  #post(message: ToAll): void {
    this.#channel.postMessage(message);
  }

  #endAsked(error: unknown): void {
    for (const asked of this.#asked.values()) {
      asked.end ??= { error };
      asked.wake();
    }
  }

  /** The answers to a subscription by way of the leader. Throws `leaderGone`, and `leaderSilent` where nobody took it. */
  async *#ask(followed: Followed, signal: AbortSignal): AsyncGenerator<FollowAnswer, void> {
    signal.throwIfAborted();
    const id = ++this.#lastId;
    const asked: Asked = { held: [], isTaken: false, end: undefined, wake: () => {} };
    this.#asked.set(id, asked);
    const { tab } = this.#means;
    this.#post({ type: "ask", tab, id, asks: compact(followed.asks()) });
    const onAbort = (): void => {
      asked.end = { error: signal.reason };
      this.#leave(id);
      asked.wake();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      for (;;) {
        const answer = asked.held.shift();
        if (answer !== undefined) {
          this.#post({ type: "room", tab, id, bytes: answerBytesOf(answer) });
          yield answer;
        } else if (asked.end !== undefined) {
          if (asked.end.error === undefined) return;
          throw asked.end.error;
        } else if (!asked.isTaken) {
          await pause(this.#clock, takenMsMax, (wake) => {
            asked.wake = wake;
          });
          if (!asked.isTaken) asked.end ??= { error: leaderSilent };
        } else {
          await new Promise<void>((resolve) => {
            asked.wake = resolve;
          });
        }
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#leave(id);
    }
  }

  #leave(id: number): void {
    if (this.#asked.delete(id) && !this.#closing.signal.aborted)
      this.#post({ type: "leave", tab: this.#means.tab, id });
  }

  /** What the leader says to this tab. */
  #told(message: ToTab): void {
    const asked = this.#asked.get(message.id);
    if (asked === undefined) return;
    asked.isTaken = true;
    if (message.type === "answer") asked.held.push(message.answer);
    if (message.type === "end") asked.end ??= { error: errorOf(message.failure) };
    asked.wake();
  }

  /** What is said to all. */
  #heard(message: ToAll): void {
    if (message.type === "leader") this.#endAsked(leaderGone);
    if (!this.#isLeader || message.type === "leader") return;
    const lent = this.#lent.get(message.tab)?.lent.get(message.id);
    if (message.type === "ask") void this.#lend(message.tab, message.id, message.asks);
    else if (message.type === "leave") lent?.controller.abort();
    else if (lent !== undefined) {
      lent.credit += message.bytes;
      lent.wake();
    }
  }

  /** Follows for another tab, as far as that takes what comes. */
  async #lend(tab: string, id: number, asks: FollowAsks): Promise<void> {
    const { channel, lent } = this.#tabOf(tab);
    const one: Lent = { controller: new AbortController(), credit: creditBytes, wake: () => {} };
    lent.set(id, one);
    const { signal } = one.controller;
    signal.addEventListener("abort", () => one.wake(), { once: true });
    const tell = (message: ToTab): void => {
      if (!signal.aborted) channel.postMessage(message);
    };
    tell({ type: "taken", id });
    let failure: Failure | undefined;
    try {
      for await (const answer of this.#own.follow(asks, signal)) {
        while (one.credit <= 0 && !signal.aborted) {
          await new Promise<void>((resolve) => {
            one.wake = resolve;
          });
        }
        one.credit -= answerBytesOf(answer);
        tell({ type: "answer", id, answer: compact(answer) });
      }
    } catch (error) {
      failure = failureOf(error);
    }
    tell({ type: "end", id, failure });
    lent.delete(id);
  }

  #tabOf(tab: string): { readonly channel: TabChannel; readonly lent: Map<number, Lent> } {
    const known = this.#lent.get(tab);
    if (known !== undefined) return known;
    const name = `${this.#name} ${tab}`;
    const made = { channel: this.#means.channel(name), lent: new Map<number, Lent>() };
    this.#lent.set(tab, made);
    // It holds this lock as long as it lives.
    void this.#hold(name, async () => {
      for (const one of made.lent.values()) one.controller.abort();
      if (this.#lent.delete(tab)) made.channel.close();
    });
    return made;
  }
}

/** A copy is made of all the memory that bytes stand in: so that it is no more than they are. */
function compact<Value extends FollowAnswer | FollowAsks>(given: Value): Value {
  const value = Object.fromEntries(
    Object.entries(given.value).map(([name, one]) => [name, one instanceof Uint8Array ? one.slice() : one]),
  );
  return { ...given, value };
}

function failureOf(error: unknown): Failure {
  const { code, rawMessage, details } = ConnectError.from(error, Code.Unavailable);
  const [lowest] = details.length > 0 ? ConnectError.from(error).findDetails(LowestAvailableSchema) : [];
  return { code, message: rawMessage, lowest: lowest?.cursor.slice() };
}

/** Undefined where it ended well. */
function errorOf(failure: Failure | undefined): ConnectError | undefined {
  if (failure === undefined) return undefined;
  const { code, message, lowest: cursor } = failure;
  const details =
    cursor === undefined ? [] : [{ desc: LowestAvailableSchema, value: { cursor: new Uint8Array(cursor) } }];
  return new ConnectError(message, code as Code, undefined, details);
}
