/** A node's RPC server: routes and plain HTTP on one port. */
import { setMaxListeners } from "node:events";
import { Code, ConnectError } from "@connectrpc/connect";
import { type Listener, type ListenOptions, listen } from "./listener.ts";
import { createRpcHandlers, type RpcHandlerOptions } from "./rpc_handlers.ts";

export type RpcServerOptions = Omit<RpcHandlerOptions, "shutdownSignal"> &
  Omit<ListenOptions, "nodeHandler" | "streamHandler" | "fetchHandler"> & {
    /** Ends all calls when it fires, besides `close`. */
    readonly shutdownSignal?: AbortSignal | undefined;
  };

/** Opens the port and serves. Rejects with `PortTakenError` or `BadListenAddressError`. */
export async function startServer(options: RpcServerOptions): Promise<RpcServer> {
  const shutdown = new AbortController();
  // Every call that is under way listens to it; Node would warn of a leak at the eleventh.
  setMaxListeners(0, shutdown.signal);
  const { shutdownSignal } = options;
  const onShutdown = () => shutdown.abort(shuttingDown());
  if (shutdownSignal?.aborted) onShutdown();
  else shutdownSignal?.addEventListener("abort", onShutdown, { once: true });
  const handlers = createRpcHandlers({ ...options, shutdownSignal: shutdown.signal });
  const listener = await listen({ ...options, ...handlers });
  return new RpcServer(options.host, listener, shutdown);
}

function shuttingDown(): ConnectError {
  return new ConnectError("The node is shutting down", Code.Unavailable);
}

/** A server that listens. */
export class RpcServer implements AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly #listener: Listener;
  readonly #shutdown: AbortController;

  constructor(host: string, listener: Listener, shutdown: AbortController) {
    this.host = host;
    this.port = listener.port;
    this.#listener = listener;
    this.#shutdown = shutdown;
  }

  /** Connections that are open now. */
  get connectionCount(): number {
    return this.#listener.connectionCount;
  }

  /** Ends all calls with `Unavailable`, then closes the port: within `graceMs` politely, then at once. Idempotent. */
  close(graceMs?: number): Promise<void> {
    this.#shutdown.abort(shuttingDown());
    return this.#listener.close(graceMs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
