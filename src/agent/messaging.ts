/** User events and queries of a node, for its user: names and payloads in, listeners and answers out. */
import { Listeners, toBytes } from "../base/mod.ts";
import type {
  Membership,
  MembershipEffect,
  MembershipInput,
  NameConflict,
  QueryKey,
  QueryNotice,
  UserEventNotice,
} from "../membership/mod.ts";
import { type QueryOptions, QueryRun } from "./query_run.ts";

export type Payload = Uint8Array | string;

export interface EventOptions {
  /** Of several events of this name in a short while, listeners may be told only the latest. @default false */
  readonly coalesce?: boolean | undefined;
}

/** A query that some node asks this one, itself perhaps. */
export interface IncomingQuery extends QueryNotice {
  /** Answers, once and in time. Throws `QueryClosedError` or `QueryTooLargeError`. */
  respond(payload: Payload): void;
}

/** What is returned is the answer; undefined gives none. */
export type QueryHandler = (query: IncomingQuery) => Payload | undefined | Promise<Payload | undefined>;

export type MessagingEffect = Extract<
  MembershipEffect,
  { type: "user-event" | "query" | "query-acknowledged" | "query-answered" | "query-finished" | "name-conflict" }
>;

export interface MessagingParts {
  readonly machine: Membership;
  readonly push: (input: MembershipInput) => void;
  /** Hears what listeners and handlers throw. */
  readonly onError: (error: unknown) => void;
}

export class Messaging {
  readonly userEvents: Listeners<UserEventNotice>;
  readonly queries: Listeners<IncomingQuery>;
  readonly conflicts: Listeners<NameConflict>;
  readonly #parts: MessagingParts;
  readonly #runs = new Map<number, QueryRun>();
  #runLast = 0;
  #isStopped = false;

  constructor(parts: MessagingParts) {
    this.#parts = parts;
    this.userEvents = new Listeners(parts.onError);
    this.queries = new Listeners(parts.onError);
    this.conflicts = new Listeners(parts.onError);
  }

  event(name: string, payload: Payload, { coalesce = false }: EventOptions): void {
    const event = { name, payload: bytesOf(payload), coalesce };
    this.#parts.machine.checkUserEvent(event);
    this.#parts.push({ type: "send-user-event", event });
  }

  /** Asks, and returns what collects the answers. */
  query(name: string, payload: Payload, options: QueryOptions & { readonly internal?: boolean }): QueryRun {
    const { nodes, timeoutMs, wantsAcks, relayFactor, internal } = options;
    const tags = Object.entries(options.tags ?? {}).map(([tag, expression]) => ({ tag, expression }));
    const request = { name, payload: bytesOf(payload), nodes, tags, timeoutMs, wantsAcks, relayFactor, internal };
    this.#parts.machine.checkQuery(request);
    const run = new QueryRun();
    const id = ++this.#runLast;
    if (this.#isStopped) {
      run.finish({ type: "stopped", silent: [] });
      return run;
    }
    this.#runs.set(id, run);
    this.#parts.push({ type: "ask", id, request });
    return run;
  }

  /** Answers queries of a name; the result ends that. */
  onQuery(name: string, handler: QueryHandler): () => void {
    return this.queries.add((query) => {
      if (query.name === name) this.#answer(query, handler).catch(this.#parts.onError);
    });
  }

  perform(effect: MessagingEffect): void {
    switch (effect.type) {
      case "user-event":
        this.userEvents.emit(effect.event);
        return;
      case "query":
        this.queries.emit({ ...effect.query, respond: (payload) => this.#respond(effect.query, payload) });
        return;
      case "query-acknowledged":
        this.#runs.get(effect.id)?.add({ type: "ack", from: effect.from, payload: new Uint8Array(0) });
        return;
      case "query-answered":
        this.#runs.get(effect.id)?.add({ type: "response", from: effect.from, payload: effect.payload });
        return;
      case "query-finished":
        this.#runs.get(effect.id)?.finish(effect.outcome);
        this.#runs.delete(effect.id);
        return;
      case "name-conflict":
        this.conflicts.emit(effect.conflict);
        return;
      default:
        effect satisfies never;
    }
  }

  /** Nothing more comes: what is still asked ends now. */
  stop(): void {
    this.#isStopped = true;
    for (const run of this.#runs.values()) run.finish({ type: "stopped", silent: [] });
    this.#runs.clear();
  }

  async #answer(query: IncomingQuery, handler: QueryHandler): Promise<void> {
    const payload = await handler(query);
    // Nobody waits any more for an answer to a node that has stopped.
    if (payload !== undefined && !this.#isStopped) query.respond(payload);
  }

  #respond(query: QueryKey, payload: Payload): void {
    const bytes = bytesOf(payload);
    this.#parts.machine.checkResponse(query, bytes);
    this.#parts.push({ type: "respond", query, payload: bytes });
  }
}

function bytesOf(payload: Payload): Uint8Array {
  return typeof payload === "string" ? toBytes(payload) : payload.slice();
}
