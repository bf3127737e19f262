/** A server on a free port of this machine, and stock clients for it. */

import type { DescService } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import * as assert from "uvu/assert";
import type { MessageCall } from "../../src/base/mod.ts";
import { type RpcServer, startServer } from "../../src/io/rpc_server.ts";
import {
  type Asset,
  type CorsOptions,
  createHotMethods,
  createHttpSide,
  createRoutes,
  routerOptions,
} from "../../src/server/mod.ts";
import { type FakePorts, fakePorts } from "./fakes.ts";

export interface Serving extends AsyncDisposable {
  readonly ports: FakePorts;
  readonly server: RpcServer;
  readonly url: string;
  /** Calls that went past Connect's handlers. */
  readonly hotCalls: number;
  /** Those of them that are not over. */
  readonly openHotCalls: number;
}

export async function serve(
  options: {
    readonly ports?: FakePorts;
    readonly assets?: ReadonlyMap<string, Asset>;
    readonly metrics?: () => Promise<string> | string;
    readonly cors?: CorsOptions;
    readonly firstHeadersMs?: number;
    readonly connectionsMax?: number;
    /** @default a free one */
    readonly port?: number;
    readonly shutdownSignal?: AbortSignal;
    /** False leaves all calls to Connect. @default true */
    readonly hot?: boolean;
  } = {},
): Promise<Serving> {
  const ports = options.ports ?? fakePorts();
  let hotCalls = 0;
  let openHotCalls = 0;
  const hotMethods = createHotMethods(ports).map((method) => ({
    ...method,
    open(call: MessageCall) {
      hotCalls++;
      openHotCalls++;
      const answerer = method.open(call);
      const closed = answerer.closed.bind(answerer);
      answerer.closed = () => {
        openHotCalls--;
        closed();
      };
      return answerer;
    },
  }));
  const server = await startServer({
    host: "127.0.0.1",
    port: options.port ?? 0,
    routes: createRoutes(ports),
    routerOptions,
    hotMethods: options.hot === false ? [] : hotMethods,
    http: createHttpSide({
      notReadyReason: () => (ports.readiness.ready ? undefined : "still joining"),
      assets: options.assets,
      metrics: options.metrics,
      cors: options.cors,
    }),
    firstHeadersMs: options.firstHeadersMs,
    connectionsMax: options.connectionsMax,
    shutdownSignal: options.shutdownSignal,
    onCallError: (error) => ports.internalErrors.push(error),
  });
  return {
    ports,
    server,
    url: `http://127.0.0.1:${server.port}`,
    get hotCalls() {
      return hotCalls;
    },
    get openHotCalls() {
      return openHotCalls;
    },
    [Symbol.asyncDispose]: () => server.close(0),
  };
}

export type Protocol = "connect-json" | "connect" | "connect-h2" | "grpc" | "grpc-web";

/** Protocols that this runtime's clients can speak: Deno's HTTP/2 client is unfit (denoland/deno#36788). */
export const protocols: readonly Protocol[] =
  "Deno" in globalThis
    ? ["connect-json", "connect", "grpc-web"]
    : ["connect-json", "connect", "connect-h2", "grpc", "grpc-web"];

export function transportTo(serving: Serving, protocol: Protocol): Transport {
  const baseUrl = serving.url;
  switch (protocol) {
    case "connect-json":
      return createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false });
    case "connect":
      return createConnectTransport({ baseUrl, httpVersion: "1.1" });
    case "connect-h2":
      return createConnectTransport({ baseUrl, httpVersion: "2", idleConnectionTimeoutMs: 100 });
    case "grpc":
      return createGrpcTransport({ baseUrl, idleConnectionTimeoutMs: 100 });
    case "grpc-web":
      return createGrpcWebTransport({ baseUrl, httpVersion: "1.1" });
    default:
      throw protocol satisfies never;
  }
}

export function clientFor<Service extends DescService>(
  service: Service,
  serving: Serving,
  protocol: Protocol = "connect",
): Client<Service> {
  return createClient(service, transportTo(serving, protocol));
}

/** The error that a call ends with. */
export async function failureOf(call: Promise<unknown>): Promise<ConnectError> {
  try {
    await call;
  } catch (error) {
    return ConnectError.from(error);
  }
  throw new Error("The call did not fail");
}

/** Expects a call to fail so. */
export async function expectFailure(call: Promise<unknown>, code: keyof typeof Code, message: RegExp): Promise<void> {
  const error = await failureOf(call);
  assert.is(Code[error.code], code, error.message);
  assert.match(error.rawMessage, message);
}

/** The first `count` items of a stream, which is aborted afterwards: leaving a loop does not end the call. */
export async function take<Item>(
  count: number,
  open: (options: { signal: AbortSignal }) => AsyncIterable<Item>,
): Promise<Item[]> {
  const abort = new AbortController();
  const items: Item[] = [];
  try {
    for await (const item of open({ signal: abort.signal })) {
      items.push(item);
      if (items.length >= count) break;
    }
  } finally {
    abort.abort();
  }
  return items;
}

/** Resolves once the condition holds. Fails after five seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const untilMs = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > untilMs) throw new Error(`Waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
