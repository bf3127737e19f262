/** From routes to functions that answer HTTP requests, for both of the listener's sides. */
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  Code,
  ConnectError,
  type ConnectRouter,
  type ConnectRouterOptions,
  createConnectRouter,
} from "@connectrpc/connect";
import {
  type UniversalHandler,
  universalServerRequestFromFetch,
  universalServerResponseToFetch,
} from "@connectrpc/connect/protocol";
import {
  compressionBrotli,
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from "@connectrpc/connect-node";
import { type MessageMethod, messageBytesMax } from "../base/mod.ts";
import { HotCalls } from "./hot_calls.ts";
import type { ListenOptions, NodeHandler } from "./listener.ts";
import { blameCallerOfUnary, blameCallersOfStreams } from "./malformed_requests.ts";

/** An answer to a request that is no RPC. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** What is served beside the RPCs. Its promises do not reject. */
export interface HttpBeside {
  handle(request: PlainRequest): PlainAnswer | undefined | Promise<PlainAnswer>;
  /** Headers of the response, that of an RPC too; undefined when `handle` refuses the request, whatever it asks for. */
  corsHeaders(request: PlainRequest): ReadonlyMap<string, string> | undefined;
}

/** What of a request matters beside the RPCs. */
export interface PlainRequest {
  readonly method: string;
  readonly path: string;
  readonly origin: string | undefined;
  readonly host: string | undefined;
}

export interface RpcHandlerOptions {
  readonly routes: (router: ConnectRouter) => void;
  /** Limits of messages and calls. */
  readonly routerOptions?: ConnectRouterOptions | undefined;
  /** Methods of the routes that are answered without Connect's pipeline where a request is an ordinary one. @default none */
  readonly hotMethods?: readonly MessageMethod[] | undefined;
  readonly http: HttpBeside;
  /** Ends all calls when it fires; abort it with a `ConnectError` that says why. */
  readonly shutdownSignal?: AbortSignal | undefined;
  /** Hears of calls that failed outside of their implementation, for logs. */
  readonly onCallError?: ((error: unknown) => void) | undefined;
}

export type RpcHandlers = Pick<ListenOptions, "nodeHandler" | "streamHandler" | "fetchHandler">;

export function createRpcHandlers(options: RpcHandlerOptions): RpcHandlers {
  const router = createConnectRouter({
    acceptCompression: [compressionGzip, compressionBrotli],
    ...options.routerOptions,
    interceptors: [blameCallersOfStreams, ...(options.routerOptions?.interceptors ?? [])],
    shutdownSignal: options.shutdownSignal,
  });
  options.routes(router);
  const handlers = new Map<string, UniversalHandler>();
  for (const handler of router.handlers) handlers.set(handler.requestPath, handler);
  const hot = new HotCalls({
    methods: options.hotMethods ?? [],
    messageBytesMax,
    headersFor: (request) => options.http.corsHeaders(request),
    shutdownSignal: options.shutdownSignal,
  });
  return {
    nodeHandler: nodeHandler(handlers, options, hot),
    streamHandler: (stream, headers) => hot.takeStream(stream, headers),
    fetchHandler: fetchHandler(handlers, options),
  };
}

function nodeHandler(
  handlers: ReadonlyMap<string, UniversalHandler>,
  options: RpcHandlerOptions,
  hot: HotCalls,
): NodeHandler {
  return (request, response) => {
    if (isH1(request) && hot.takeRequest(request, response as ServerResponse)) return;
    // Writing to a caller who left fails; the call itself hears of it by its signal.
    response.on("error", () => {});
    const path = pathOf(request.url ?? "/");
    const { origin, host = request.headers[":authority"] } = request.headers;
    const plain = { method: request.method ?? "", path, origin, host: host as string | undefined };
    const corsHeaders = options.http.corsHeaders(plain);
    for (const [name, value] of corsHeaders ?? []) response.setHeader(name, value);
    const isRpc = request.method !== "OPTIONS" && corsHeaders !== undefined;
    const handler = isRpc ? handlers.get(path) : undefined;
    if (handler !== undefined) {
      answerNode(handler, request, response).catch((error: unknown) => {
        if (!isAbandoned(error)) options.onCallError?.(error);
        // Without headers it was a request that is none, one without a host for instance.
        if (response.headersSent) return void response.destroy();
        response.statusCode = 400;
        response.end();
      });
      return;
    }
    request.resume();
    const answer = options.http.handle(plain) ?? notFound(path);
    if (answer instanceof Promise) void answer.then((ready) => writeAnswer(ready, response));
    else writeAnswer(answer, response);
  };
}

function writeAnswer(answer: PlainAnswer, response: Parameters<NodeHandler>[1]): void {
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  response.statusCode = answer.status;
  response.end(answer.body);
}

async function answerNode(
  handler: UniversalHandler,
  request: Parameters<NodeHandler>[0],
  response: Parameters<NodeHandler>[1],
): Promise<void> {
  const answer = await handler(universalRequestFromNodeRequest(request, response, undefined, undefined));
  await universalResponseToNodeResponse(await blameCallerOfUnary(answer), response);
}

function fetchHandler(
  handlers: ReadonlyMap<string, UniversalHandler>,
  options: RpcHandlerOptions,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const path = pathOf(new URL(request.url).pathname);
    const [origin, host] = ["origin", "host"].map((name) => request.headers.get(name) ?? undefined);
    const plain = { method: request.method, path, origin, host };
    const corsHeaders = options.http.corsHeaders(plain);
    const handler = request.method === "OPTIONS" || corsHeaders === undefined ? undefined : handlers.get(path);
    const response =
      handler === undefined
        ? await answerFetch(plain, options)
        : universalServerResponseToFetch(
            await blameCallerOfUnary(await handler(universalServerRequestFromFetch(request, { httpVersion: "1.1" }))),
          );
    for (const [name, value] of corsHeaders ?? []) response.headers.set(name, value);
    return response;
  };
}

async function answerFetch(request: PlainRequest, options: RpcHandlerOptions): Promise<Response> {
  const answer = (await options.http.handle(request)) ?? notFound(request.path);
  const hasBody = answer.body.length > 0 && request.method !== "HEAD";
  return new Response(hasBody ? new Uint8Array(answer.body) : null, {
    status: answer.status,
    headers: [...answer.headers],
  });
}

function notFound(path: string): PlainAnswer {
  const body = new TextEncoder().encode(`Cannot find ${path}: nothing is served there\n`);
  return { status: 404, headers: new Map([["content-type", "text/plain; charset=utf-8"]]), body };
}

/** Streams of HTTP/2 were offered to the hot calls before. */
function isH1(request: Parameters<NodeHandler>[0]): request is IncomingMessage {
  return !("stream" in request);
}

/** The path without its query. */
function pathOf(url: string): string {
  const end = url.indexOf("?");
  return end === -1 ? url : url.slice(0, end);
}

/** True when the caller went away, which is no failure. */
function isAbandoned(error: unknown): boolean {
  const { code } = ConnectError.from(error);
  return code === Code.Aborted || code === Code.Canceled;
}
