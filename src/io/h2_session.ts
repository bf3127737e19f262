/** One HTTP/2 connection to a server, dialled when it is first needed, with what Connect's keeper of it leaves out. */
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { Http2SessionManager, type Http2SessionOptions } from "@connectrpc/connect-node";
import { h2WindowBytes } from "./listener_h2.ts";

/** How often Connect is told that bytes came: often beside the seconds after which it pings. */
const tellEveryMs = 250;

/** Tries to open a stream, of which all but the last met a connection that was just ending; a millisecond more between each. */
const attemptsMax = 10;

/** What Connect's transports need of a connection. */
type Streams = Pick<Http2SessionManager, "authority" | "request" | "notifyResponseByteRead">;

/** Wide windows, no error that nobody can catch, and streams that keep no process alive. */
export class H2Session implements Streams {
  readonly authority: string;
  /** The same connection. What is opened here alone lets the process end. */
  readonly background: Streams;
  readonly #manager: Http2SessionManager;
  /** Connections, and how many streams each has open that are not in the background. */
  readonly #prepared = new WeakMap<ClientHttp2Session, number>();
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(url: string, pings: Http2SessionOptions) {
    this.#manager = new Http2SessionManager(url, pings, {
      settings: { initialWindowSize: h2WindowBytes, enablePush: false },
    });
    this.authority = this.#manager.authority;
    this.background = {
      authority: this.authority,
      request: async (...call) => {
        const stream = await this.#open(call);
        const session = this.#prepare(stream);
        if (session !== undefined) this.#count(session, 0);
        return stream;
      },
      notifyResponseByteRead: (stream) => this.notifyResponseByteRead(stream),
    };
  }

  async request(...call: Parameters<Http2SessionManager["request"]>): Promise<ClientHttp2Stream> {
    const stream = await this.#open(call);
    const session = this.#prepare(stream);
    if (session !== undefined) {
      this.#count(session, 1);
      stream.once("close", () => this.#count(session, -1));
    }
    return stream;
  }

  #prepare(stream: ClientHttp2Stream): ClientHttp2Session | undefined {
    const session = stream.session as ClientHttp2Session | undefined;
    if (session !== undefined && !this.#prepared.has(session)) {
      this.#prepared.set(session, 0);
      // A server that speaks no HTTP/2 fails its session after Connect has stopped listening, on Node uncaught.
      session.on("error", () => {});
      session.setLocalWindowSize?.(2 * h2WindowBytes);
      guardPing(session);
    }
    stream.on("error", () => {});
    return session;
  }

  /** So many more streams keep the process alive. Connect would have any open stream do so. */
  #count(session: ClientHttp2Session, change: number): void {
    const before = this.#prepared.get(session) ?? 0;
    const count = before + change;
    this.#prepared.set(session, count);
    if (session.destroyed) return;
    if (count === 0) session.unref();
    else if (before === 0) session.ref();
  }

  /** A connection that says goodbye takes no more streams, a moment before Connect notices: nothing was sent then. */
  async #open(call: Parameters<Http2SessionManager["request"]>): Promise<ClientHttp2Stream> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#manager.request(...call);
      } catch (error) {
        if (attempt >= attemptsMax || !saysGoodbye(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, attempt));
      }
    }
  }

  /** To be called for all that comes. Connect sets its timer of pings anew for each call, which is not needed so often. */
  notifyResponseByteRead(stream: ClientHttp2Stream): void {
    const nowMs = performance.now();
    if (nowMs - this.#toldAtMs < tellEveryMs) return;
    this.#toldAtMs = nowMs;
    this.#manager.notifyResponseByteRead(stream);
  }

  /** Ends all calls, with the reason where there is one, and closes the connection. */
  abort(reason?: Error): void {
    this.#manager.abort(reason);
  }
}

/** An error of a stream that came too late for its connection. */
export function saysGoodbye(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ERR_HTTP2_GOAWAY_SESSION" || code === "ERR_HTTP2_INVALID_SESSION";
}

/** Connect may ping a session that was destroyed meanwhile, from a timer, where what it throws would end the process. */
function guardPing(session: ClientHttp2Session): void {
  const ping = session.ping.bind(session) as (...call: unknown[]) => boolean;
  session.ping = (...call: unknown[]) => !session.destroyed && ping(...call);
}
