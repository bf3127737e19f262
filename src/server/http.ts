/** Plain HTTP beside the RPCs: health for load balancers, metrics for Prometheus, the page and the modules that the node serves, CORS. Pure. */
import { toBytes } from "../base/mod.ts";
import { type CorsOptions, createCors, preflightHeaders, publicHeaders } from "./cors.ts";

export interface HttpRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Of the page whose script asks, as its browser says it; undefined when nobody says so. */
  readonly origin?: string | undefined;
  /** Whom the request is addressed to: `host:port`. */
  readonly host?: string | undefined;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** A file that the node serves as it is. */
export interface Asset {
  /** Its `content-type`. */
  readonly type: string;
  readonly bytes: Uint8Array;
}

export interface HttpOptions {
  /** Why the node takes no traffic yet; undefined once it does. */
  readonly notReadyReason: () => string | undefined;
  /** Files by path: `/`, `/client.js`, `/mod.js`, `/types/…`. @default none */
  readonly assets?: ReadonlyMap<string, Asset> | undefined;
  /** What the node counts, in Prometheus' text format. @default none: `/metrics` is not served */
  readonly metrics?: (() => Promise<string> | string) | undefined;
  /** Which pages may call. @default those of this machine, and the node's own */
  readonly cors?: CorsOptions | undefined;
}

export interface HttpSide {
  /** The answer; undefined when nothing of this name is served here. Does not reject. */
  handle(request: HttpRequest): HttpResponse | undefined | Promise<HttpResponse>;
  /**
   * What a response carries, those of RPCs too, so that a script of the request's origin may read it; undefined where such
   * a script may not ask: `handle` refuses it then.
   */
  corsHeaders(request: HttpRequest): ReadonlyMap<string, string> | undefined;
}

export function createHttpSide(options: HttpOptions): HttpSide {
  const cors = createCors(options.cors ?? {});
  // Modules are the same for everybody, and pages of any origin may import them: what they call is judged then.
  const isPublic = (path: string): boolean => path !== "/" && options.assets?.has(path) === true;
  const corsHeaders: HttpSide["corsHeaders"] = ({ path, origin, host }) =>
    isPublic(path) ? publicHeaders : cors.headersFor(origin, host);
  return {
    corsHeaders,
    handle: (request) => (corsHeaders(request) === undefined ? refusedOrigin(request) : answer(request, options)),
  };
}

/** A browser shows its words to the developer alone. */
function refusedOrigin({ origin = "" }: HttpRequest): HttpResponse {
  const line = `Cannot answer a page of ${origin.slice(0, originCharactersMax)}: this node does not allow that origin. Start it with --cors-origin ${origin.slice(0, originCharactersMax)} to allow it`;
  return text(403, line);
}

/** Of an origin that is told back. */
const originCharactersMax = 200;

/** Version 0.0.4 of Prometheus' text format. */
const metricsType = "text/plain; version=0.0.4; charset=utf-8";

function answer(request: HttpRequest, options: HttpOptions): ReturnType<HttpSide["handle"]> {
  // Any path may be asked for by a script of another origin, RPCs first of all.
  if (request.method === "OPTIONS") return { status: 204, headers: preflightHeaders, body: new Uint8Array(0) };
  if (request.path === "/metrics" && options.metrics !== undefined) return measure(request, options.metrics);
  const found = find(request.path, options);
  return found && fit(request, found);
}

async function measure(request: HttpRequest, metrics: () => Promise<string> | string): Promise<HttpResponse> {
  if (request.method !== "GET" && request.method !== "HEAD") return refused(request);
  try {
    const headers = new Map([["content-type", metricsType]]);
    return fit(request, { status: 200, headers, body: toBytes(await metrics()) });
  } catch (error) {
    return text(500, `Cannot read the metrics: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What of an answer the method asks for. */
function fit(request: HttpRequest, found: HttpResponse): HttpResponse {
  if (request.method === "GET") return found;
  if (request.method === "HEAD") return { ...found, body: new Uint8Array(0) };
  return refused(request);
}

function refused({ method, path }: HttpRequest): HttpResponse {
  return { ...text(405, `Cannot ${method} ${path}: allowed are GET and HEAD`), headers: allowGet };
}

const allowGet: ReadonlyMap<string, string> = new Map([
  ["content-type", "text/plain; charset=utf-8"],
  ["allow", "GET, HEAD, OPTIONS"],
]);

/** A page says itself what it runs; what it cannot say is that nobody may put it into a frame of his own. */
const pagePolicy = "frame-ancestors 'none'; base-uri 'none'; object-src 'none'";

function find(path: string, options: HttpOptions): HttpResponse | undefined {
  if (path === "/healthz") return text(200, "ok");
  if (path === "/readyz") {
    const reason = options.notReadyReason();
    return reason === undefined ? text(200, "ready") : text(503, `not ready: ${reason}`);
  }
  const asset = options.assets?.get(path);
  if (asset === undefined) return undefined;
  const headers = new Map([
    ["content-type", asset.type],
    // A node that was updated serves other files under the same names.
    ["cache-control", "no-cache"],
    ["x-content-type-options", "nosniff"],
  ]);
  if (asset.type.startsWith("text/html")) headers.set("content-security-policy", pagePolicy);
  return { status: 200, headers, body: asset.bytes };
}

function text(status: number, line: string): HttpResponse {
  return { status, headers: new Map([["content-type", "text/plain; charset=utf-8"]]), body: toBytes(`${line}\n`) };
}
