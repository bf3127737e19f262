/** One HTTP/2 connection to a server, dialled when it is first needed, with what Connect's keeper of it leaves out. */
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { Http2SessionManager, type Http2SessionOptions } from "@connectrpc/connect-node";
import { h2WindowBytes } from "./listener_h2.ts";

/** How often Connect is told that bytes came: often beside the seconds after which it pings. */
const tellEveryMs = 250;

/** Tries to open a stream, of which all but the last met a connection that was just ending; a millisecond more between each. */
const attemptsMax = 10;

/** Wide windows, and no error that nobody can catch. */
export class H2Session {
  readonly authority: string;
  readonly #manager: Http2SessionManager;
  readonly #prepared = new WeakSet<ClientHttp2Session>();
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(url: string, pings: Http2SessionOptions) {
    this.#manager = new Http2SessionManager(url, pings, {
      settings: { initialWindowSize: h2WindowBytes, enablePush: false },
    });
    this.authority = this.#manager.authority;
  }

  async request(...call: Parameters<Http2SessionManager["request"]>): Promise<ClientHttp2Stream> {
    const stream = await this.#open(call);
    const session = stream.session as ClientHttp2Session | undefined;
    if (session !== undefined && !this.#prepared.has(session)) {
      this.#prepared.add(session);
      // A server that speaks no HTTP/2 fails its session after Connect has stopped listening, on Node uncaught.
      session.on("error", () => {});
      session.setLocalWindowSize?.(2 * h2WindowBytes);
      guardPing(session);
    }
    stream.on("error", () => {});
    return stream;
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
