/** One hot call on the server: bytes of a request in, messages to whoever answers, and the bytes of the response out. */
import { Code, ConnectError } from "@connectrpc/connect";
import type { MessageAnswerer, MessageCall, MessageMethod } from "../base/mod.ts";
import { EnvelopeReader, envelopeOf, newBytes } from "./envelope_reader.ts";
import { GatheredMessages, gatheredBytesMax } from "./gathered_messages.ts";
import { contentTypeOf, endingOf, type HotProtocol, unaryFailureOf } from "./hot_protocol.ts";
import { blamingCaller } from "./malformed_requests.ts";

const compressedFlag = 1;
const connectEndFlag = 2;

/** The stream of HTTP/2, or the request and response of HTTP/1.1, that carry a call. */
export interface HotWire {
  /** Sends the head of the response. A length is given where the whole body is known. */
  respond(status: number, contentType: string, contentLength?: number): void;
  /**
   * Writes the parts in order. False: no more before the exchange is told `drained`. `giveBack` is called when they were
   * written, if that is known.
   */
  write(parts: readonly Uint8Array[], giveBack?: () => void): boolean;
  end(body: Uint8Array | undefined, trailers: Readonly<Record<string, string>> | undefined): void;
  /** Stops and goes on reading the request. */
  pause(): void;
  resume(): void;
}

export class HotExchange implements MessageCall {
  readonly #method: MessageMethod;
  readonly #protocol: HotProtocol;
  readonly #wire: HotWire;
  readonly #messageBytesMax: number;
  readonly #reader: EnvelopeReader;
  readonly #onOver: (exchange: HotExchange) => void;
  #answerer: MessageAnswerer | undefined;
  /** The one request of a call that has only one, until the caller has sent all. */
  #request: Uint8Array | undefined;
  /** Bytes of a body without envelopes. */
  #body: Uint8Array[] = [];
  #bodyBytes = 0;
  #requestsEnded = false;
  #requestsTold = false;
  #unreadable = false;
  #paused = false;
  #headSent = false;
  #over = false;
  /** Responses of this turn that wait to travel together. */
  readonly #gathered = new GatheredMessages();
  #flushScheduled = false;
  #full = false;

  constructor(
    method: MessageMethod,
    protocol: HotProtocol,
    wire: HotWire,
    options: { readonly messageBytesMax: number; readonly onOver: (exchange: HotExchange) => void },
  ) {
    this.#method = method;
    this.#protocol = protocol;
    this.#wire = wire;
    this.#messageBytesMax = options.messageBytesMax;
    this.#onOver = options.onOver;
    this.#reader = new EnvelopeReader(options.messageBytesMax);
  }

  /** Begins the call, as soon as it is admitted. */
  begin(): void {
    const admitted = this.#method.admit?.();
    if (admitted === undefined) {
      this.#open();
      return;
    }
    this.#pause();
    admitted.then(
      () => {
        if (this.#over) return;
        this.#open();
        this.resume();
      },
      (error: unknown) => this.fail(error),
    );
  }

  #open(): void {
    if (this.#method.kind === "bidi") this.#answerer = this.#method.open(this);
  }

  /** The wire: bytes of the request. */
  data(chunk: Uint8Array): void {
    if (this.#over || this.#unreadable) return;
    if (this.#protocol !== "connect-unary") {
      this.#reader.push(chunk);
      this.#takeMessages();
      return;
    }
    this.#bodyBytes += chunk.length;
    if (this.#bodyBytes <= this.#messageBytesMax) this.#body.push(chunk);
    else this.fail(tooLarge(this.#messageBytesMax));
  }

  /** The wire: the request has ended. */
  ended(): void {
    this.#requestsEnded = true;
    this.#takeMessages();
  }

  /** The wire: more of the response may be written. */
  drained(): void {
    this.#full = false;
    if (!this.#over) this.#answerer?.drained();
  }

  /** The wire: it is gone, with what was not sent yet. */
  gone(): void {
    this.#finish();
  }

  send(...parts: readonly Uint8Array[]): boolean {
    return this.#send(parts, undefined);
  }

  sendLent(parts: readonly Uint8Array[], giveBack: () => void): boolean {
    return this.#send(parts, giveBack);
  }

  #send(parts: readonly Uint8Array[], giveBack: (() => void) | undefined): boolean {
    if (this.#over) return false;
    let length = 0;
    for (const part of parts) length += part.length;
    if (this.#protocol === "connect-unary") {
      this.#wire.respond(200, contentTypeOf(this.#protocol), length);
      this.#headSent = true;
      this.#wire.end(parts.length === 1 ? parts[0] : Buffer.concat(parts), undefined);
      return true;
    }
    if (length > gatheredBytesMax) {
      this.#flush();
      this.#write([envelopeOf(0, length), ...parts], giveBack);
    } else {
      this.#gathered.add(0, parts, length);
      giveBack?.();
      // When whoever answers in this turn has answered.
      if (!this.#flushScheduled) process.nextTick(this.#flushNow);
      this.#flushScheduled = true;
    }
    return !this.#full;
  }

  end(): void {
    if (this.#over) return;
    if (this.#protocol !== "connect-unary") this.#endWith(undefined);
    this.#finish();
  }

  fail(error: unknown): void {
    if (this.#over) return;
    const failure = this.#failureOf(error);
    if (this.#protocol !== "connect-unary") {
      this.#endWith(failure);
    } else if (!this.#headSent) {
      const { status, body } = unaryFailureOf(failure);
      this.#wire.respond(status, "application/json", body.length);
      this.#wire.end(body, undefined);
    }
    this.#finish();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#takeMessages();
    if (!this.#paused) this.#wire.resume();
  }

  #pause(): void {
    if (!this.#paused) this.#wire.pause();
    this.#paused = true;
  }

  #takeMessages(): void {
    while (!this.#paused && !this.#over && !this.#unreadable) {
      const message = this.#protocol === "connect-unary" ? undefined : this.#reader.next();
      if (message === undefined) break;
      this.#take(message, this.#reader.flags);
    }
    if (this.#over || this.#paused || this.#unreadable) return;
    if (this.#reader.tooLong !== undefined) this.#cannotRead(tooLarge(this.#messageBytesMax, this.#reader.tooLong));
    else if (this.#requestsEnded && !this.#requestsTold) this.#takeEnd();
  }

  #take(message: Uint8Array, flags: number): void {
    if ((flags & compressedFlag) !== 0) {
      const reason = "received compressed envelope, but do not know how to decompress";
      this.#cannotRead(new ConnectError(reason, Code.Internal));
    } else if (this.#protocol === "connect-stream" && (flags & connectEndFlag) !== 0) {
      // Clients may say that they are done; the end of the body says it, too.
    } else if (this.#answerer !== undefined) {
      if (!this.#answerer.message(message)) this.#pause();
    } else if (this.#request === undefined) {
      this.#request = message;
    } else {
      this.fail(this.#badCount("received extra"));
    }
  }

  #takeEnd(): void {
    this.#requestsTold = true;
    if (this.#protocol === "connect-unary") this.#request = gather(this.#body, this.#bodyBytes);
    if (this.#reader.cutOff) {
      this.#cannotRead(new ConnectError("protocol error: incomplete envelope", Code.InvalidArgument));
    } else if (this.#answerer !== undefined) {
      this.#answerer.requestsEnded();
    } else if (this.#request === undefined) {
      this.fail(this.#badCount("missing"));
    } else {
      this.#answerer = this.#method.open(this);
      this.#answerer.message(this.#request);
      if (!this.#over) this.#answerer.requestsEnded();
    }
  }

  /** Nothing that follows can be read. What was asked before is answered first. */
  #cannotRead(error: ConnectError): void {
    if (this.#answerer === undefined) {
      this.fail(error);
    } else if (!this.#unreadable) {
      this.#unreadable = true;
      this.#requestsTold = true;
      this.#answerer.requestsEnded(error);
    }
  }

  #badCount(what: string): ConnectError {
    return new ConnectError(
      `protocol error: ${what} input message for ${this.#method.kind} method`,
      Code.Unimplemented,
    );
  }

  #failureOf(error: unknown): ConnectError {
    const failure = ConnectError.from(error);
    // gRPC's unary calls are told "internal", as Connect's handlers tell them.
    const isPlainUnary = this.#method.kind === "unary" && this.#protocol !== "connect-unary";
    return isPlainUnary ? failure : blamingCaller(failure);
  }

  #sendHead(): void {
    if (this.#headSent) return;
    this.#headSent = true;
    this.#wire.respond(200, contentTypeOf(this.#protocol));
  }

  readonly #flushNow = (): void => {
    this.#flushScheduled = false;
    if (!this.#over) this.#flush();
  };

  #flush(): void {
    if (this.#gathered.bytes > 0) this.#write([this.#gathered.take()]);
  }

  #write(parts: readonly Uint8Array[], giveBack?: () => void): void {
    this.#sendHead();
    if (!this.#wire.write(parts, giveBack)) this.#full = true;
  }

  #endWith(failure: ConnectError | undefined): void {
    if (this.#protocol === "connect-unary") return;
    const { envelope, trailers } = endingOf(this.#protocol, failure);
    if (envelope !== undefined) this.#gathered.add(envelope.flags, [envelope.bytes], envelope.bytes.length);
    const last = this.#gathered.bytes === 0 ? undefined : this.#gathered.take();
    this.#sendHead();
    this.#wire.end(last, trailers);
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#body = [];
    this.#request = undefined;
    this.#onOver(this);
    this.#answerer?.closed();
    // What the caller still sends is read and forgotten, so that it gets to read the response.
    this.#wire.resume();
  }
}

/** Copied, so that what is kept of it does not keep the network's buffer alive. */
function gather(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = newBytes(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function tooLarge(bytesMax: number, bytes?: number): ConnectError {
  const size = bytes === undefined ? "" : ` ${bytes}`;
  const message = `message size${size} is larger than configured readMaxBytes ${bytesMax}`;
  return new ConnectError(message, Code.ResourceExhausted);
}
