/**
 * Many produces in flight on one stream. Requests are read ahead of their responses, so that the log can commit them in
 * groups; how far is bounded, so that a fast producer fills no memory.
 */
import type { HandlerContext } from "@connectrpc/connect";
import type { ProduceRequest, ProduceResponse } from "../gen/log/v1/log_pb.ts";
import { produceInFlightBytesMax, produceInFlightMax } from "./limits.ts";
import { type ProducePorts, startProduce } from "./produce.ts";

interface Flight {
  readonly bytes: number;
  readonly response: Promise<ProduceResponse>;
}

/** Answers requests in their order. The first failure ends the stream, after the responses that come before it. */
export async function* produceStream(
  ports: ProducePorts,
  requests: AsyncIterable<ProduceRequest>,
  context: HandlerContext,
): AsyncGenerator<ProduceResponse> {
  const flights = new FlightQueue();
  const onAbort = () => flights.fail(context.signal.reason);
  context.signal.addEventListener("abort", onAbort, { once: true });
  // Never rejects: what goes wrong reaches this generator through the queue.
  void readAhead(ports, requests, flights);
  try {
    for (let flight = await flights.next(); flight !== undefined; flight = await flights.next()) {
      yield await flight.response;
      flights.landed(flight);
    }
  } finally {
    context.signal.removeEventListener("abort", onAbort);
    flights.stop();
  }
}

async function readAhead(
  ports: ProducePorts,
  requests: AsyncIterable<ProduceRequest>,
  flights: FlightQueue,
): Promise<void> {
  try {
    for await (const request of requests) {
      const bytes = bytesOf(request);
      // Awaited, so that a request which opens its topic is not overtaken by the next.
      const { response } = await startProduce(ports, request);
      // The stream may end before it asks for this response.
      response.catch(() => {});
      flights.add({ bytes, response });
      if (!(await flights.room())) return;
    }
    flights.end();
  } catch (error) {
    flights.fail(error);
  }
}

/** About how much memory a request holds. */
function bytesOf(request: ProduceRequest): number {
  let bytes = request.frame.length + (request.record?.value.length ?? 0);
  for (const record of request.records) bytes += record.value.length + (record.key?.length ?? 0);
  return bytes;
}

/** What was started and not yet answered, oldest first, and how it ends. */
class FlightQueue {
  readonly #flights: Flight[] = [];
  #inFlight = 0;
  #bytes = 0;
  #ended = false;
  #stopped = false;
  #failure: { readonly error: unknown } | undefined;
  #onFlight: (() => void) | undefined;
  #onRoom: (() => void) | undefined;

  add(flight: Flight): void {
    this.#flights.push(flight);
    this.#inFlight++;
    this.#bytes += flight.bytes;
    this.#onFlight?.();
  }

  /** Resolves once more may be read: with false when nothing more will be wanted. */
  async room(): Promise<boolean> {
    while (!this.#stopped && (this.#inFlight >= produceInFlightMax || this.#bytes >= produceInFlightBytesMax)) {
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve;
      });
      this.#onRoom = undefined;
    }
    return !this.#stopped;
  }

  /** The oldest flight; undefined after the last. Rejects when reading requests failed and all before was answered. */
  async next(): Promise<Flight | undefined> {
    while (this.#flights.length === 0) {
      if (this.#failure) throw this.#failure.error;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#onFlight = resolve;
      });
      this.#onFlight = undefined;
    }
    return this.#flights.shift();
  }

  /** The response was taken: its memory is free again. */
  landed(flight: Flight): void {
    this.#inFlight--;
    this.#bytes -= flight.bytes;
    this.#onRoom?.();
  }

  end(): void {
    this.#ended = true;
    this.#onFlight?.();
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#onFlight?.();
  }

  stop(): void {
    this.#stopped = true;
    this.#onRoom?.();
  }
}
