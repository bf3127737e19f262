import type { Address } from "../base/mod.ts";
import { ipToText } from "../gossip/mod.ts";
import { LamportClock } from "./lamport.ts";
import { encodeSerfMessage, type Query, queryFlag } from "./messages.ts";
import { acceptsFilters } from "./query_filters.ts";
import { Recents } from "./recents.ts";

/** What to do about a query that is news. */
export interface QueryVerdict {
  readonly spread: boolean;
  /** Tells the asker that the query arrived. */
  readonly ack: { readonly to: Address; readonly bytes: Uint8Array } | undefined;
}

/** Queries as they pass through this node: passed on once, and acknowledged when that is asked of it. */
export class Queries {
  readonly clock: LamportClock = new LamportClock();
  readonly #localName: string;
  readonly #recents = new Recents<undefined>();

  constructor(localName: string) {
    this.#localName = localName;
  }

  /** Takes a query in; undefined when it is known or old. */
  take(query: Query): QueryVerdict | undefined {
    this.clock.witness(query.lamport);
    const identity = Uint8Array.of(query.id >>> 24, query.id >>> 16, query.id >>> 8, query.id);
    const place = { lamport: query.lamport, now: this.clock.time, identity };
    if (!this.#recents.add(undefined, place)) return undefined;
    return { spread: (query.flags & queryFlag.noBroadcast) === 0, ack: this.#ack(query) };
  }

  #ack(query: Query): QueryVerdict["ack"] {
    const host = ipToText(query.address);
    const isWanted = (query.flags & queryFlag.ack) !== 0 && acceptsFilters(query.filters, this.#localName);
    if (!isWanted || host === undefined || query.port === 0) return undefined;
    const { lamport, id } = query;
    const ack = { type: "query-response", lamport, id, from: this.#localName, flags: queryFlag.ack } as const;
    const bytes = encodeSerfMessage({ ...ack, payload: new Uint8Array(0) });
    return { to: { host, port: query.port }, bytes };
  }
}
