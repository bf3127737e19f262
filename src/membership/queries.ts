import { type Address, ipToBytes, ipToText } from "../base/mod.ts";
import type { Core } from "./core.ts";
import { QueryClosedError, QueryTooLargeError } from "./errors.ts";
import { InternalQueries, internalPrefix } from "./internal_queries.ts";
import { LamportClock } from "./lamport.ts";
import { encodeSerfMessage, type Query, type QueryResponse, queryFlag, type Relay } from "./messages.ts";
import { judgeFilters } from "./query_filters.ts";
import { Recents } from "./recents.ts";
import type { QueryKey } from "./types.ts";

/** Queries that wait for this node's answer, at the same time: beyond it the oldest is given up. */
const openMax = 1_024;

/** The longest that a query waits for an answer, whatever it says itself. */
const openMsMax = 86_400_000;

/** The lowest version of memberlist's protocol whose nodes forward for others. */
const relayProtocol = 5;

/** Queries that others ask: each is acknowledged, told and passed on once, and answered once, within its time. */
export class Queries {
  readonly clock: LamportClock = new LamportClock();
  readonly #core: Core;
  readonly #internal: InternalQueries;
  readonly #recents = new Recents<undefined>();
  readonly #open = new Map<string, { readonly query: Query; readonly timer: { cancel(): void } }>();

  constructor(core: Core) {
    this.#core = core;
    this.#internal = new InternalQueries(core);
  }

  /** What is below this was asked before this node's time. */
  ignoreBelow(lamport: number): void {
    this.#recents.ignoreBelow(lamport);
  }

  /** Takes a query in. */
  receive(query: Query, bytes: Uint8Array): void {
    const { counts } = this.#core;
    counts.queriesReceived++;
    if (!this.#core.believes(this.clock, query.lamport)) return;
    this.clock.witness(query.lamport);
    const identity = Uint8Array.of(query.id >>> 24, query.id >>> 16, query.id >>> 8, query.id);
    const place = { lamport: query.lamport, now: this.clock.time, identity };
    if (!this.#recents.add(undefined, place)) {
      counts.queriesRepeated++;
      return;
    }
    const isOwn = query.sourceNode === this.#core.localName;
    if ((query.flags & queryFlag.noBroadcast) === 0 && this.#core.spread("query", bytes) && !isOwn) {
      this.#core.counts.queriesRelayed++;
    }
    if (!this.#isForUs(query)) return;
    if ((query.flags & queryFlag.ack) !== 0 && this.#reply(query, queryFlag.ack, new Uint8Array(0))) {
      this.#core.counts.queriesAcknowledged++;
    }
    if (query.name.startsWith(internalPrefix)) {
      const answer = this.#internal.answer(query, (payload) => this.#responseOf(query, 0, payload).length);
      if (answer !== undefined) this.#reply(query, 0, answer);
      return;
    }
    this.#tell(query);
  }

  /** Throws `QueryClosedError` or `QueryTooLargeError` for an answer that this node would not send now. */
  check(key: QueryKey, payload: Uint8Array): void {
    const open = this.#open.get(textOf(key));
    if (open === undefined) throw new QueryClosedError(key.name);
    const bytes = this.#responseOf(open.query, 0, payload).length;
    const bytesMax = this.#core.options.queryResponseBytesMax;
    const what = `the answer to query ${JSON.stringify(key.name)}`;
    if (bytes > bytesMax) throw new QueryTooLargeError(what, { bytes, bytesMax });
  }

  /** Answers a query that was told before. */
  respond(key: QueryKey, payload: Uint8Array): void {
    this.check(key, payload);
    const open = this.#open.get(textOf(key));
    if (open === undefined) return;
    this.#close(textOf(key));
    this.#reply(open.query, 0, payload);
  }

  /** Passes a message on to the node that it is for. */
  forward(relay: Relay): void {
    const host = ipToText(relay.ip);
    if (host === undefined || relay.port === 0 || relay.inner.length > this.#core.spreadBytesMax) return;
    this.#core.counts.messagesForwarded++;
    this.#core.tell({ type: "send-user", to: { host, port: relay.port }, bytes: relay.inner });
  }

  #isForUs(query: Query): boolean {
    const self = this.#core.roster.get(this.#core.localName);
    const verdict = self === undefined ? "others" : judgeFilters(query.filters, self);
    if (verdict === "unsupported") this.#core.counts.filtersUnsupported++;
    return verdict === "meant";
  }

  #tell(query: Query): void {
    const key = textOf(query);
    for (const oldest of this.#open.keys()) {
      if (this.#open.size < openMax) break;
      this.#close(oldest);
    }
    const timer = this.#core.after(Math.min(query.timeoutMs, openMsMax), () => this.#open.delete(key));
    this.#open.set(key, { query, timer });
    this.#core.counts.queriesDelivered++;
    const { lamport, id, name, payload, sourceNode, timeoutMs } = query;
    this.#core.emit({
      type: "query",
      query: { lamport, id, name, payload: payload.slice(), sourceNode, timeoutMs },
    });
  }

  #close(key: string): void {
    this.#open.get(key)?.timer.cancel();
    this.#open.delete(key);
  }

  #responseOf({ lamport, id }: Query, flags: number, payload: Uint8Array): Uint8Array {
    const from = this.#core.localName;
    const response: QueryResponse = { type: "query-response", lamport, id, from, flags, payload };
    return encodeSerfMessage(response);
  }

  /** Sends to the asker, and on the ways around that it asks for. False when it says no address. */
  #reply(query: Query, flags: number, payload: Uint8Array): boolean {
    const host = ipToText(query.address);
    if (host === undefined || query.port === 0) return false;
    const to = { host, port: query.port };
    const bytes = this.#responseOf(query, flags, payload);
    this.#core.counts.responsesSent++;
    this.#core.send(to, bytes);
    this.#sendAround(query, to, bytes);
    return true;
  }

  /** Answers may be lost on the direct way: a query may ask for others to carry copies. */
  #sendAround(query: Query, to: Address, inner: Uint8Array): void {
    const { roster, localName, gossip, random, options } = this.#core;
    if (query.relayFactor === 0 || roster.all().length < query.relayFactor + 1) return;
    const relay: Relay = {
      type: "relay",
      ip: ipToBytes(to.host) as Uint8Array,
      port: to.port,
      destination: query.sourceNode,
      inner,
    };
    const bytes = encodeSerfMessage(relay);
    if (bytes.length > options.queryResponseBytesMax) return;
    const helpers = roster
      .withStatus("alive")
      .filter(({ name }) => name !== localName && (gossip.node(name)?.versions[1] ?? 0) >= relayProtocol);
    for (const helper of random.shuffle(helpers).slice(0, query.relayFactor)) this.#core.send(helper.address, bytes);
  }
}

function textOf({ lamport, id }: { readonly lamport: number; readonly id: number }): string {
  return `${lamport}/${id}`;
}
