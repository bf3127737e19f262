/**
 * Which pages may call a node. Whoever opens a page has its scripts run beside all that the browser can reach, a node in a
 * private network included: so pages of other origins are refused unless they are known. What asks without saying its
 * origin is no page of another one.
 */
import { cors } from "@connectrpc/connect";
import { parseAddress } from "../base/mod.ts";

export interface CorsOptions {
  /**
   * Origins whose pages may call, as `https://app.example`. `*` stands for all of them, `loopback` for those of the
   * browser's own machine, `none` for no other. @default ["loopback"]
   */
  readonly origins?: readonly string[] | undefined;
  /** Whether a node of the cluster serves RPC at this `host:port`: its console goes on at other nodes. @default none does */
  readonly isNode?: ((address: string) => boolean) | undefined;
}

export interface Cors {
  /** What responses to pages of this origin carry; undefined when they are not allowed. `host` is that of the request. */
  headersFor(origin: string | undefined, host: string | undefined): ReadonlyMap<string, string> | undefined;
}

/** Origins whose headers are kept. */
const originsKeptMax = 100;
/** Seconds that a browser may keep the answer to a preflight. */
const preflightSecondsMax = 7_200;

// The star covers what it can name only one by one: trailers of unary calls come as headers `trailer-…`.
const exposed: readonly [string, string] = ["access-control-expose-headers", [...cors.exposedHeaders, "*"].join(", ")];

/** For what is no secret and does nothing: the modules that nodes serve. */
export const publicHeaders: ReadonlyMap<string, string> = new Map([["access-control-allow-origin", "*"], exposed]);

/** What differs by origin must not be kept for another one. */
const plainHeaders: ReadonlyMap<string, string> = new Map([["vary", "origin"]]);

/** What the answer to a preflight says beside. */
export const preflightHeaders: ReadonlyMap<string, string> = new Map([
  ["access-control-allow-methods", [...cors.allowedMethods, "HEAD"].join(", ")],
  ["access-control-allow-headers", cors.allowedHeaders.join(", ")],
  ["access-control-max-age", String(preflightSecondsMax)],
  // Browsers ask before a page of a public network calls into a private one. Who may call at all was judged before.
  ["access-control-allow-private-network", "true"],
]);

/** What is wrong with an origin of the options; undefined when it is well. */
export function corsOriginFault(origin: string): string | undefined {
  if (origin === "*" || origin === "loopback" || origin === "none") return undefined;
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.origin === origin) return undefined;
  return "https://host, http://host:port and so on without a path, *, loopback or none";
}

export function createCors({ origins = ["loopback"], isNode = () => false }: CorsOptions): Cors {
  const allowed = new Set(origins);
  const kept = new Map<string, ReadonlyMap<string, string>>();
  return {
    headersFor(origin, host) {
      if (origin === undefined) return plainHeaders;
      if (allowed.has("*")) return publicHeaders;
      if (!isAllowed(origin, host)) return undefined;
      const known = kept.get(origin);
      if (known !== undefined) return known;
      const headers = new Map([["access-control-allow-origin", origin], ["vary", "origin"], exposed]);
      if (kept.size >= originsKeptMax) kept.clear();
      kept.set(origin, headers);
      return headers;
    },
  };

  function isAllowed(origin: string, host: string | undefined): boolean {
    if (allowed.has(origin)) return true;
    const url = URL.canParse(origin) ? new URL(origin) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol)) return false;
    // The node's own page.
    if (url.host === host?.toLowerCase()) return true;
    if (allowed.has("loopback") && isLoopback(url.hostname)) return true;
    return isNode(url.host);
  }
}

function isLoopback(hostname: string): boolean {
  if (hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]") return true;
  return hostname.startsWith("127.") && parseAddress(hostname, 1)?.host === hostname && /^[0-9.]+$/.test(hostname);
}
