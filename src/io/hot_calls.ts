/**
 * Hot calls: produce, consume and what nodes ask of each other, without Connect's pipeline around each call, which costs
 * more than the call itself. The wire is the same; what is out of the ordinary goes to Connect's handlers.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { ServerHttp2Stream } from "node:http2";
import type { MessageMethod } from "../base/mod.ts";
import { HotExchange, type HotWire } from "./hot_exchange.ts";
import { type HotProtocol, protocolOf } from "./hot_protocol.ts";
import { bytesAheadMax, WriteQueue } from "./write_queue.ts";

export interface HotCallsOptions {
  readonly methods: readonly MessageMethod[];
  /** Bytes of one request message. */
  readonly messageBytesMax: number;
  /** Headers of the response; undefined when the request is not to be answered. */
  readonly headersFor: (request: AskedBy) => ReadonlyMap<string, string> | undefined;
  readonly shutdownSignal?: AbortSignal | undefined;
}

/** What tells who may read a response. */
interface AskedBy {
  readonly method: string;
  readonly path: string;
  readonly origin: string | undefined;
  readonly host: string | undefined;
}

type Headers = Readonly<Record<string, string>>;

export class HotCalls {
  readonly #methods = new Map<string, MessageMethod>();
  readonly #options: HotCallsOptions;
  /** Made once for each map that `headersFor` gives, and gone with it. */
  readonly #headers = new WeakMap<ReadonlyMap<string, string>, Headers>();
  /** Bounded by the streams that connections may have open. */
  readonly #exchanges = new Set<HotExchange>();
  readonly #exchangeOptions: ConstructorParameters<typeof HotExchange>[3];

  constructor(options: HotCallsOptions) {
    this.#options = options;
    for (const method of options.methods) this.#methods.set(method.path, method);
    this.#exchangeOptions = {
      messageBytesMax: options.messageBytesMax,
      onOver: (exchange) => this.#exchanges.delete(exchange),
    };
    const { shutdownSignal } = options;
    shutdownSignal?.addEventListener("abort", () => {
      for (const exchange of [...this.#exchanges]) exchange.fail(shutdownSignal.reason);
    });
  }

  /** Takes a stream of HTTP/2. False when Connect's handlers must. */
  takeStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean {
    const { ":method": verb, ":path": path } = headers;
    const taken = this.#judge(String(verb), String(path), headers, true);
    if (taken === undefined) return false;
    const wire = new StreamWire(stream, taken.headers, taken.protocol, () => exchange.drained());
    const exchange = this.#begin(taken, wire);
    stream.on("data", (chunk: Buffer) => exchange.data(chunk));
    stream.on("end", () => exchange.ended());
    stream.on("error", () => {});
    stream.on("close", () => exchange.gone());
    exchange.begin();
    return true;
  }

  /** Takes a request of HTTP/1.1. False when Connect's handlers must. */
  takeRequest(request: IncomingMessage, response: ServerResponse): boolean {
    const taken = this.#judge(request.method, request.url, request.headers, false);
    if (taken === undefined) return false;
    const exchange = this.#begin(taken, new ResponseWire(request, response, taken.headers));
    request.on("data", (chunk: Buffer) => exchange.data(chunk));
    request.on("end", () => exchange.ended());
    response.on("drain", () => exchange.drained());
    request.on("error", () => {});
    response.on("error", () => {});
    response.on("close", () => exchange.gone());
    exchange.begin();
    return true;
  }

  #begin({ method, protocol }: Taken, wire: HotWire): HotExchange {
    const exchange = new HotExchange(method, protocol, wire, this.#exchangeOptions);
    this.#exchanges.add(exchange);
    return exchange;
  }

  #judge(
    verb: string | undefined,
    path: string | undefined,
    headers: IncomingHttpHeaders,
    http2: boolean,
  ): Taken | undefined {
    const method = this.#methods.get(path ?? "");
    // A node that shuts down has Connect's handlers say so.
    if (method === undefined || verb !== "POST" || this.#options.shutdownSignal?.aborted) return undefined;
    const protocol = protocolOf(method.kind, headers, { http2, messageBytesMax: this.#options.messageBytesMax });
    const responseHeaders = protocol && this.#headersOf(verb, method.path, headers);
    return responseHeaders && { method, protocol, headers: responseHeaders };
  }

  #headersOf(method: string, path: string, headers: IncomingHttpHeaders): Headers | undefined {
    const { origin, host = headers[":authority"] as string | undefined } = headers;
    const found = this.#options.headersFor({ method, path, origin, host });
    if (found === undefined) return undefined;
    const known = this.#headers.get(found);
    if (known !== undefined) return known;
    const made = Object.fromEntries(found);
    this.#headers.set(found, made);
    return made;
  }
}

interface Taken {
  readonly method: MessageMethod;
  readonly protocol: HotProtocol;
  readonly headers: Headers;
}

class StreamWire implements HotWire {
  readonly #stream: ServerHttp2Stream;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #hasTrailers: boolean;
  readonly #queue: WriteQueue;

  constructor(
    stream: ServerHttp2Stream,
    headers: Readonly<Record<string, string>>,
    protocol: HotProtocol,
    onRoom: () => void,
  ) {
    this.#stream = stream;
    this.#queue = new WriteQueue(stream, onRoom);
    this.#headers = headers;
    this.#hasTrailers = protocol === "grpc";
  }

  respond(status: number, contentType: string, contentLength?: number): void {
    if (this.#stream.destroyed) return;
    const headers = { ":status": status, "content-type": contentType, ...this.#headers };
    const head = contentLength === undefined ? headers : { ...headers, "content-length": contentLength };
    if (this.#hasTrailers) this.#stream.respond(head, { waitForTrailers: true });
    else this.#stream.respond(head);
  }

  write(parts: readonly Uint8Array[], giveBack?: () => void): boolean {
    return !this.#stream.destroyed && this.#queue.write(parts, giveBack);
  }

  end(body: Uint8Array | undefined, trailers: Readonly<Record<string, string>> | undefined): void {
    if (this.#stream.destroyed) return;
    if (trailers !== undefined) this.#stream.once("wantTrailers", () => this.#stream.sendTrailers(trailers));
    this.#queue.end(() => {
      if (this.#stream.destroyed) return;
      if (body === undefined) this.#stream.end();
      else this.#stream.end(body);
    });
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }
}

class ResponseWire implements HotWire {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(request: IncomingMessage, response: ServerResponse, headers: Readonly<Record<string, string>>) {
    this.#request = request;
    this.#response = response;
    this.#headers = headers;
  }

  respond(status: number, contentType: string, contentLength?: number): void {
    const headers = { "content-type": contentType, ...this.#headers };
    this.#response.writeHead(
      status,
      contentLength === undefined ? headers : { ...headers, "content-length": contentLength },
    );
  }

  write(parts: readonly Uint8Array[]): boolean {
    const response = this.#response;
    if (response.destroyed) return false;
    let wantsMore = true;
    response.cork();
    for (const part of parts) wantsMore = response.write(part);
    response.uncork();
    return wantsMore || response.writableLength < bytesAheadMax;
  }

  end(body: Uint8Array | undefined): void {
    if (this.#response.destroyed) return;
    if (body === undefined) this.#response.end();
    else this.#response.end(body);
  }

  pause(): void {
    this.#request.pause();
  }

  resume(): void {
    this.#request.resume();
  }
}
