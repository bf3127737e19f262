/** What a node's RPC server does: calls by method and outcome. Calls of the process itself are not among them. */
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { MessageAnswerer, MessageCall, MessageMethod } from "../base/mod.ts";
import { systemClock } from "../io/clock.ts";
import { readCounter, type Series, Tally } from "./metric_kinds.ts";

/** From a tenth of a millisecond, where a produce without fsync is, to the longest that a caller waits. */
const durationBuckets = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

const ok = "ok";

/** What is counted of one method. */
interface MethodSeries {
  readonly open: Gauge.Internal<"method">;
  readonly calls: Counter.Internal;
  readonly durations: Histogram.Internal<"method">;
}

/** Counts calls. Methods and codes are those of the services: the number of series is bounded by them. */
export class CallMetrics {
  readonly #calls: Counter<"method" | "code">;
  readonly #durations: Histogram<"method">;
  readonly #open: Gauge<"method">;
  /** Of hot methods, by their names: a stream that stays open is seen at work by them alone. */
  readonly #messages = new Map<string, MessageCounters>();
  /** One for each method of the services. */
  readonly #series = new Map<string, MethodSeries>();

  constructor(registry: Registry) {
    const registers = [registry];
    this.#calls = new Counter({
      name: "grapevine_rpc_calls_total",
      help: "Calls that ended, streams among them, by method and code",
      labelNames: ["method", "code"],
      registers,
    });
    this.#durations = new Histogram({
      name: "grapevine_rpc_call_duration_seconds",
      help: "How long calls with one request and one response took",
      labelNames: ["method"],
      buckets: durationBuckets,
      registers,
    });
    this.#open = new Gauge({
      name: "grapevine_rpc_calls_open",
      help: "Calls under way, streams among them, by method",
      labelNames: ["method"],
      registers,
    });
    readCounter(
      registry,
      {
        name: "grapevine_rpc_message_bytes_total",
        help: "Bytes of messages of the methods that move records, where no JSON is spoken, by method and direction",
        labelNames: ["method", "direction"],
      },
      () => this.#messageSeries("bytes"),
    );
    readCounter(
      registry,
      {
        name: "grapevine_rpc_messages_total",
        help: "Requests (in) and responses (out) of the methods that move records as they come and go, also on streams that stay open",
        labelNames: ["method", "direction"],
      },
      () => this.#messageSeries("messages"),
    );
  }

  *#messageSeries(what: keyof DirectionCounters): Series {
    for (const [method, { received, sent }] of this.#messages) {
      if (received[what].total > 0) yield [{ method, direction: "in" }, received[what].total];
      if (sent[what].total > 0) yield [{ method, direction: "out" }, sent[what].total];
    }
  }

  /** A call began. The result is called once, when it is over. */
  began(method: string, kind: "unary" | "stream"): (code: string) => void {
    const startedAtMs = systemClock.nowMs();
    const series = this.#seriesOf(method);
    series.open.inc();
    return (code) => {
      series.open.dec();
      if (code === ok) series.calls.inc();
      else this.#calls.labels(method, code).inc();
      if (kind === "unary") series.durations.observe((systemClock.nowMs() - startedAtMs) / 1_000);
    };
  }

  /** Kept for each method: to find a series by its labels costs more than to count. */
  #seriesOf(method: string): MethodSeries {
    const known = this.#series.get(method);
    if (known !== undefined) return known;
    const series = {
      open: this.#open.labels(method),
      calls: this.#calls.labels(method, ok),
      durations: this.#durations.labels(method),
    };
    this.#series.set(method, series);
    return series;
  }

  /** For calls that go through Connect. */
  get interceptor(): Interceptor {
    return (next) => async (request) => {
      const method = `${request.service.typeName}/${request.method.name}`;
      const ended = this.began(method, request.stream ? "stream" : "unary");
      try {
        const response = await next(request);
        if (!response.stream) {
          ended(ok);
          return response;
        }
        return { ...response, message: untilEnd(response.message, ended) };
      } catch (error) {
        ended(codeOf(error));
        throw error;
      }
    };
  }

  /** The same methods, counted. */
  counted(methods: readonly MessageMethod[]): MessageMethod[] {
    return methods.map((method) => {
      const name = method.path.slice(1);
      const counters = { received: directionCounters(), sent: directionCounters() };
      this.#messages.set(name, counters);
      const kind = method.kind === "unary" ? "unary" : "stream";
      return { ...method, open: (call) => openCounted(method, call, this.began(name, kind), counters) };
    });
  }
}

interface DirectionCounters {
  readonly messages: Tally;
  readonly bytes: Tally;
}

interface MessageCounters {
  readonly received: DirectionCounters;
  readonly sent: DirectionCounters;
}

function directionCounters(): DirectionCounters {
  return { messages: new Tally(), bytes: new Tally() };
}

function openCounted(
  method: MessageMethod,
  call: MessageCall,
  ended: (code: string) => void,
  { received, sent }: MessageCounters,
): MessageAnswerer {
  let code = "canceled";
  const countSent = (parts: readonly Uint8Array[]): void => {
    let length = 0;
    for (const part of parts) length += part.length;
    sent.messages.inc();
    sent.bytes.inc(length);
  };
  const answerer = method.open({
    send: (...parts) => {
      countSent(parts);
      return call.send(...parts);
    },
    sendLent: (parts, giveBack) => {
      countSent(parts);
      return call.sendLent(parts, giveBack);
    },
    end: () => {
      code = ok;
      call.end();
    },
    fail: (error) => {
      code = codeOf(error);
      call.fail(error);
    },
    resume: () => call.resume(),
  });
  return {
    message: (message) => {
      received.messages.inc();
      received.bytes.inc(message.length);
      return answerer.message(message);
    },
    requestsEnded: (error) => answerer.requestsEnded(error),
    drained: () => answerer.drained(),
    closed: () => {
      ended(code);
      answerer.closed();
    },
  };
}

async function* untilEnd<Message>(
  messages: AsyncIterable<Message>,
  ended: (code: string) => void,
): AsyncGenerator<Message> {
  // Left by its reader, a stream ends without a word.
  let code = "canceled";
  try {
    yield* messages;
    code = ok;
  } catch (error) {
    code = codeOf(error);
    throw error;
  } finally {
    ended(code);
  }
}

/** As Connect writes codes: `not_found`. */
function codeOf(error: unknown): string {
  return Code[ConnectError.from(error).code].replace(/(?<=.)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}
