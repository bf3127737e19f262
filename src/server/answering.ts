import type { ConnectRouter, HandlerContext } from "@connectrpc/connect";
import { toConnectError } from "./errors.ts";
import type { ServerPorts } from "./ports.ts";

/** A function that adds services to a router. */
export type Routes = (router: ConnectRouter) => void;

type Unary<Request, Response> = (request: Request, context: HandlerContext) => Promise<Response> | Response;
type Streaming<Request, Response> = (request: Request, context: HandlerContext) => AsyncIterable<Response>;

/** Wraps implementations of RPCs so that everything they throw reaches the caller as the right error. */
export class Answering {
  readonly #onInternalError: ((error: unknown) => void) | undefined;

  constructor(ports: Pick<ServerPorts, "onInternalError">) {
    this.#onInternalError = ports.onInternalError;
  }

  unary<Request, Response>(
    answer: Unary<Request, Response>,
  ): (request: Request, context: HandlerContext) => Promise<Response> {
    return async (request, context) => {
      try {
        return await answer(request, context);
      } catch (error) {
        throw this.#translate(error, context.signal);
      }
    };
  }

  streaming<Request, Response>(
    answer: Streaming<Request, Response>,
  ): (request: Request, context: HandlerContext) => AsyncGenerator<Response> {
    const translate = (error: unknown, signal: AbortSignal) => this.#translate(error, signal);
    return async function* (request, context) {
      try {
        yield* answer(request, context);
      } catch (error) {
        throw translate(error, context.signal);
      }
    };
  }

  /** An aborted call says why it was aborted: deadline, shutdown or the caller's own wish. */
  #translate(error: unknown, signal: AbortSignal): unknown {
    return toConnectError(signal.aborted && error === signal.reason ? signal.reason : error, this.#onInternalError);
  }
}
