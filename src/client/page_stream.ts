/**
 * All that a page follows at one server, in one stream: over HTTP/1.1 a browser keeps no more than six connections to a
 * host, for all of its tabs. When something is added, left, or not read for a while, the stream is opened anew without it,
 * from where each of the others stands: that keeps it exact without a flow control of its own.
 */
import { type Client, Code, ConnectError } from "@connectrpc/connect";
import type { FollowResponse, Page, SubscriptionEnd } from "../gen/grapevine/v1/page_pb.ts";
import { LowestAvailableSchema } from "../gen/log/v1/log_pb.ts";
import type { ClientClock } from "./client_clock.ts";
import { ClientError, StreamBlockedError } from "./errors.ts";
import type { FollowAnswer, FollowAsks } from "./followed.ts";
import { PageSubscription } from "./page_subscription.ts";

/** The way of all that a page follows at a server. */
export interface PageStreams {
  /** The answers to a subscription, until the signal fires. */
  follow(asks: FollowAsks, signal: AbortSignal): AsyncGenerator<FollowAnswer, void>;
  /** Ends everything. Idempotent. */
  close(): void;
}

export interface PageStreamOptions {
  readonly url: string;
  readonly client: Client<typeof Page>;
  readonly clock: ClientClock;
  /** Hears, in words for the developer, why nothing comes. */
  readonly onWarning: (message: string) => void;
}

/** Subscriptions of one stream, as servers bound them. */
const subscriptionsMax = 256;
/** What changes within this time changes the stream once. */
const gatherMs = 2;
/** How far apart streams begin at least. */
const streamsApartMs = 100;
/** A stream that nobody reads is left after this long: until then browsers take in tens of megabytes of it. */
const unreadMsMax = 2_000;
/** A server that takes a stream says so at once. */
const firstAnswerMsMax = 5_000;

interface OpenStream {
  readonly controller: AbortController;
  readonly subscriptions: ReadonlyMap<number, PageSubscription>;
  hasAnswered: boolean;
}

export class PageStream implements PageStreams {
  readonly #options: PageStreamOptions;
  readonly #subscriptions = new Map<number, PageSubscription>();
  #lastId = 0;
  #stream: OpenStream | undefined;
  #openedAtMs = Number.NEGATIVE_INFINITY;
  #cancelChange: (() => void) | undefined;
  #cancelWatch: (() => void) | undefined;
  #cancelUnread: (() => void) | undefined;
  /** Called when a stream that waits for readers may go on. */
  #wake: () => void = () => {};
  #isClosed = false;

  constructor(options: PageStreamOptions) {
    this.#options = options;
  }

  async *follow(asks: FollowAsks, signal: AbortSignal): AsyncGenerator<FollowAnswer, void> {
    signal.throwIfAborted();
    if (this.#isClosed) throw new ClientError("CLOSED", "Cannot follow: the client was closed");
    const subscription = this.#add(asks);
    const onAbort = (): void => {
      // Whoever leaves may never take another answer: what is held for them goes now.
      this.#remove(subscription);
      subscription.end(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      for (let answer = await subscription.next(); answer !== undefined; answer = await subscription.next())
        yield answer;
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#remove(subscription);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelChange?.();
    this.#leave();
    const closed = new ClientError("CLOSED", "Cannot follow: the client was closed");
    for (const subscription of this.#subscriptions.values()) subscription.end(closed);
    this.#subscriptions.clear();
  }

  #add(asks: FollowAsks): PageSubscription {
    if (this.#subscriptions.size >= subscriptionsMax) {
      const message = `Cannot follow more at ${this.#options.url}: the page follows ${this.#subscriptions.size} topics and watches already, allowed are ${subscriptionsMax}; end one first`;
      throw new ClientError("RESOURCE_EXHAUSTED", message, { server: this.#options.url });
    }
    const subscription = new PageSubscription(++this.#lastId, asks, () => {
      this.#wake();
      this.#changed();
    });
    this.#subscriptions.set(subscription.id, subscription);
    this.#changed();
    return subscription;
  }

  #remove(subscription: PageSubscription): void {
    if (this.#subscriptions.delete(subscription.id)) this.#changed();
  }

  /** Looks, soon, whether the stream still is what it should be. */
  #changed(): void {
    this.#wake();
    if (this.#cancelChange !== undefined || this.#isClosed) return;
    const { clock } = this.#options;
    const atMs = Math.max(clock.nowMs() + gatherMs, this.#openedAtMs + streamsApartMs);
    const change = (): void => {
      this.#cancelChange = undefined;
      this.#adapt();
    };
    this.#cancelChange = clock.schedule(atMs, change);
  }

  #adapt(): void {
    const wanted = [...this.#subscriptions.values()].filter(({ isFull }) => !isFull);
    const stream = this.#stream;
    if (wanted.length === 0) {
      // Where all are full, the stream waits for them as it is; but not for long.
      if (this.#subscriptions.size === 0) this.#leave();
      else this.#leaveSoon();
      return;
    }
    this.#cancelUnread?.();
    this.#cancelUnread = undefined;
    const isSame =
      stream?.subscriptions.size === wanted.length &&
      wanted.every((one) => stream.subscriptions.has(one.id) && !one.isCutIn(stream));
    if (!isSame) this.#open(wanted);
  }

  #open(subscriptions: readonly PageSubscription[]): void {
    this.#leave();
    const { clock } = this.#options;
    const byId = new Map(subscriptions.map((one) => [one.id, one]));
    const stream: OpenStream = { controller: new AbortController(), subscriptions: byId, hasAnswered: false };
    this.#stream = stream;
    this.#openedAtMs = clock.nowMs();
    this.#cancelWatch = clock.schedule(this.#openedAtMs + firstAnswerMsMax, () => this.#blocked(stream));
    for (const subscription of subscriptions) subscription.begin();
    // Never rejects: what goes wrong is told to the subscriptions.
    void this.#read(stream);
  }

  async #read(stream: OpenStream): Promise<void> {
    const { client } = this.#options;
    try {
      const subscriptions = [...stream.subscriptions.values()].map((one) => ({ id: one.id, asks: one.asks() }));
      for await (const response of client.follow({ subscriptions }, { signal: stream.controller.signal })) {
        if (this.#stream !== stream) return;
        stream.hasAnswered = true;
        this.#deliver(stream, response);
        while (this.#stream === stream && this.#areAllFull(stream)) await this.#room();
      }
      throw new ConnectError("the server ended the stream", Code.Unavailable);
    } catch (error) {
      if (this.#stream === stream) this.#failed(stream, error);
    }
  }

  #deliver(stream: OpenStream, { id, answer }: FollowResponse): void {
    const subscription = stream.subscriptions.get(id);
    if (subscription === undefined || answer.case === undefined) return;
    if (answer.case === "end") {
      this.#subscriptions.delete(id);
      subscription.end(errorOf(answer.value));
      this.#changed();
      return;
    }
    subscription.take(answer, stream);
    if (subscription.isFull) this.#changed();
  }

  #areAllFull({ subscriptions }: OpenStream): boolean {
    for (const one of subscriptions.values()) if (!one.isFull && this.#subscriptions.has(one.id)) return false;
    return this.#subscriptions.size > 0;
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #blocked(stream: OpenStream): void {
    if (stream.hasAnswered || this.#stream !== stream) return;
    const error = new StreamBlockedError(this.#options.url, firstAnswerMsMax);
    this.#options.onWarning(error.message);
    this.#failed(stream, error);
  }

  /** All that came by the stream has to go on elsewhere. */
  #failed(stream: OpenStream, error: unknown): void {
    this.#leave();
    for (const subscription of stream.subscriptions.values()) {
      this.#subscriptions.delete(subscription.id);
      subscription.end(error);
    }
    if (this.#subscriptions.size > 0) this.#changed();
  }

  #leaveSoon(): void {
    const { clock } = this.#options;
    this.#cancelUnread ??= clock.schedule(clock.nowMs() + unreadMsMax, () => this.#leave());
  }

  #leave(): void {
    this.#cancelWatch?.();
    this.#cancelWatch = undefined;
    this.#cancelUnread?.();
    this.#cancelUnread = undefined;
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.controller.abort();
    this.#wake();
  }
}

/** As a call of its own would have failed; undefined where it ended well. */
function errorOf({ code, message, lowestAvailable }: SubscriptionEnd): ConnectError | undefined {
  if (code === 0) return undefined;
  const details = lowestAvailable === undefined ? [] : [{ desc: LowestAvailableSchema, value: lowestAvailable }];
  return new ConnectError(message, code as Code, undefined, details);
}
