/** The caller's side of hot calls: Connect's protocol on HTTP/2 streams, without Connect's pipeline around each call. */
import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { codeFromHttpStatus, endStreamFromJson, errorFromJsonBytes } from "@connectrpc/connect/protocol-connect";
import { type Cancellation, type HotCall, type HotReceiver, type HotTransport, responseBytesMax } from "../base/mod.ts";
import { EnvelopeReader, envelopeOf } from "./envelope_reader.ts";
import { GatheredMessages, gatheredBytesMax } from "./gathered_messages.ts";
import { type H2Session, saysGoodbye } from "./h2_session.ts";

const unaryHeaders = { "content-type": "application/proto", "connect-protocol-version": "1" };
const streamHeaders = { "content-type": "application/connect+proto", "connect-protocol-version": "1" };

const compressedFlag = 1;
const endFlag = 2;
/** A call is looked at so often; one that did nothing since is idle. */
const idleMs = 1_000;

export class HotClient implements HotTransport {
  readonly #session: H2Session;

  constructor(session: H2Session) {
    this.#session = session;
  }

  async unary(
    path: string,
    request: readonly Uint8Array[],
    cancellation: Cancellation | undefined,
  ): Promise<Uint8Array> {
    if (cancellation?.aborted) throw cancellation.reason;
    const stream = await this.#request(path, unaryHeaders);
    return new Promise((resolve, reject) => {
      let status = 0;
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      let ended = false;
      const cancel = (): void => stream.close(constants.NGHTTP2_CANCEL);
      stream.on("response", (headers) => {
        status = headers[":status"] ?? 0;
      });
      stream.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        this.#session.notifyResponseByteRead(stream);
        if (bytes > responseBytesMax) cancel();
      });
      stream.on("end", () => {
        ended = status !== 0 && bytes <= responseBytesMax;
      });
      stream.on("error", (error) => reject(goodbyeOf(error) ?? error));
      stream.on("close", () => {
        cancellation?.removeEventListener("abort", cancel);
        if (!ended) return reject(brokenOff(stream));
        const body = chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
        if (status === 200) resolve(body);
        else reject(failureOf(status, body));
      });
      cancellation?.addEventListener("abort", cancel);
      stream.end(request.length === 1 ? request[0] : Buffer.concat(request));
    });
  }

  open(path: string, receiver: HotReceiver): HotCall {
    const call = new StreamCall(receiver, this.#session);
    this.#request(path, streamHeaders).then(
      (stream) => call.begin(stream),
      (error: unknown) => call.over(error),
    );
    return call;
  }

  async #request(path: string, headers: Readonly<Record<string, string>>): Promise<ClientHttp2Stream> {
    try {
      return await this.#session.request("POST", path, headers, {});
    } catch (error) {
      // With its cause: whoever asks may want to know that nothing was sent.
      throw goodbyeOf(error, error) ?? error;
    }
  }
}

/** What a response that is no answer says. */
function failureOf(status: number, body: Uint8Array): ConnectError {
  const fallback = new ConnectError(`HTTP ${status}`, codeFromHttpStatus(status));
  try {
    return errorFromJsonBytes(body, undefined, fallback);
  } catch {
    // Whoever answered does not speak Connect: the status is all that is known.
    return fallback;
  }
}

/** A stream that the server never looked at, because it had said goodbye: Connect knows no such error. */
function goodbyeOf(error: unknown, cause?: unknown): ConnectError | undefined {
  if (!saysGoodbye(error)) return undefined;
  return new ConnectError("the server said goodbye", Code.Unavailable, undefined, undefined, cause);
}

/** A stream that closed before its end. */
function brokenOff(stream: ClientHttp2Stream): ConnectError {
  const { rstCode } = stream;
  const code = rstCode === constants.NGHTTP2_INTERNAL_ERROR ? Code.Internal : Code.Unavailable;
  return new ConnectError(`the stream broke off (HTTP/2 code ${rstCode})`, code);
}

/** "{}": no error and nothing beside. Connect's reader builds an error before it looks. */
function isPlainEnd(message: Uint8Array): boolean {
  return message.length === 2 && message[0] === 0x7b && message[1] === 0x7d;
}

class StreamCall implements HotCall {
  readonly #receiver: HotReceiver;
  readonly #session: H2Session;
  readonly #reader = new EnvelopeReader(responseBytesMax);
  /** Undefined until the connection stands. */
  #stream: ClientHttp2Stream | undefined;
  /** Requests that were sent before. */
  #early: Uint8Array[] = [];
  readonly #gathered = new GatheredMessages();
  #flushScheduled = false;
  #requestsEnded = false;
  #canceled = false;
  #paused = false;
  #over = false;
  /** Something was sent or came since the call was looked at. */
  #busy = true;
  #idleTimer: NodeJS.Timeout | undefined;
  /** The status of a response that is none of Connect's, and its body. */
  #badStatus: number | undefined;
  #badBody: Uint8Array[] = [];

  constructor(receiver: HotReceiver, session: H2Session) {
    this.#receiver = receiver;
    this.#session = session;
  }

  begin(stream: ClientHttp2Stream): void {
    this.#stream = stream;
    if (this.#canceled) {
      stream.close(constants.NGHTTP2_CANCEL);
      return;
    }
    if (this.#receiver.idle !== undefined) this.#watchIdleness();
    stream.on("response", (headers: IncomingHttpHeaders & { ":status"?: number }) => {
      if (headers[":status"] !== 200) this.#badStatus = headers[":status"] ?? 0;
    });
    stream.on("data", (chunk: Buffer) => this.#data(chunk, stream));
    stream.on("end", () => this.#bodyEnded());
    stream.on("error", (error) => this.over(goodbyeOf(error) ?? error));
    stream.on("close", () => {
      // An error with its stack is worth avoiding where the call has ended well.
      if (!this.#over) this.over(brokenOff(stream));
    });
    if (this.#early.length > 0) stream.write(Buffer.concat(this.#early));
    this.#early = [];
    if (this.#requestsEnded) stream.end();
  }

  send(...parts: readonly Uint8Array[]): void {
    if (this.#over) return;
    this.#busy = true;
    let length = 0;
    for (const part of parts) length += part.length;
    if (length <= gatheredBytesMax) {
      this.#gathered.add(0, parts, length);
      // When whoever sends in this turn has sent: all of it leaves in one write.
      if (!this.#flushScheduled) process.nextTick(this.#flush);
      this.#flushScheduled = true;
      return;
    }
    this.#flushNow();
    const whole = [envelopeOf(0, length), ...parts];
    if (this.#stream === undefined) {
      this.#early.push(...whole);
    } else {
      this.#stream.cork();
      for (const part of whole) this.#stream.write(part);
      this.#stream.uncork();
    }
  }

  readonly #flush = (): void => {
    this.#flushScheduled = false;
    if (!this.#over) this.#flushNow();
  };

  #flushNow(): void {
    if (this.#gathered.bytes === 0) return;
    const gathered = this.#gathered.take();
    if (this.#stream === undefined) this.#early.push(gathered);
    else this.#stream.write(gathered);
  }

  end(): void {
    this.#flushNow();
    this.#requestsEnded = true;
    this.#stream?.end();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#takeMessages();
    if (!this.#paused) this.#stream?.resume();
  }

  cancel(): void {
    this.#canceled = true;
    this.over(new ConnectError("the call was canceled", Code.Canceled));
  }

  /** Tells the receiver how it ended, once. */
  over(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#early = [];
    clearInterval(this.#idleTimer);
    this.#receiver.ended(error);
    // The server may still wait for requests, or send.
    this.#stream?.close(error === undefined ? constants.NGHTTP2_NO_ERROR : constants.NGHTTP2_CANCEL);
  }

  #watchIdleness(): void {
    this.#idleTimer = setInterval(() => {
      if (!this.#busy) this.#receiver.idle?.();
      this.#busy = false;
    }, idleMs);
    // The connection keeps the process alive while the call is open.
    this.#idleTimer.unref();
  }

  #data(chunk: Uint8Array, stream: ClientHttp2Stream): void {
    this.#session.notifyResponseByteRead(stream);
    this.#busy = true;
    if (this.#over) return;
    if (this.#badStatus === undefined) {
      this.#reader.push(chunk);
      this.#takeMessages();
    } else if (this.#badBody.length === 0) {
      // An error is one small object; what follows is not looked at.
      this.#badBody.push(chunk);
    }
  }

  #bodyEnded(): void {
    if (this.#badStatus !== undefined) this.over(failureOf(this.#badStatus, Buffer.concat(this.#badBody)));
    else if (!this.#paused) this.over(new ConnectError("the stream ended without saying how", Code.Unavailable));
  }

  #takeMessages(): void {
    while (!this.#paused && !this.#over) {
      const message = this.#reader.next();
      if (message === undefined) break;
      if ((this.#reader.flags & compressedFlag) !== 0) {
        this.over(new ConnectError("a response is compressed, which was not asked for", Code.Internal));
      } else if ((this.#reader.flags & endFlag) !== 0) {
        this.#takeEnd(message);
      } else if (!this.#receiver.message(message)) {
        this.#paused = true;
        this.#stream?.pause();
      }
    }
    const { tooLong } = this.#reader;
    if (tooLong === undefined) return;
    this.over(new ConnectError(`a response has ${tooLong} bytes, allowed are ${responseBytesMax}`, Code.Internal));
  }

  #takeEnd(message: Uint8Array): void {
    try {
      this.over(isPlainEnd(message) ? undefined : endStreamFromJson(message).error);
    } catch (error) {
      this.over(error);
    }
  }
}
