import { ipToBytes } from "../base/mod.ts";
import type { Core } from "./core.ts";
import { InvalidQueryError, QueryTooLargeError } from "./errors.ts";
import { internalPrefix, internalQuery } from "./internal_queries.ts";
import { encodeSerfMessage, type Query, type QueryResponse, queryFlag } from "./messages.ts";
import type { Queries } from "./queries.ts";
import { encodeFilters, judgeFilters } from "./query_filters.ts";
import type { Member, QueryOutcome, QueryRequest } from "./types.ts";

/** The first protocol of Serf with queries. */
const queriesProtocol = 4;

/** Queries of this node that are open at the same time. */
const askedMax = 1_024;

/** The longest that a query may last. */
const timeoutMsMax = 86_400_000;

/** Serf's: a query lasts this many intervals of gossip for each digit of the cluster's size. */
const timeoutMult = 16;

/** Who asked: hears of each answer, once for each node, and how the query ended. */
export interface Asker {
  acknowledged(from: string): void;
  answered(from: string, payload: Uint8Array): void;
  finished(outcome: QueryOutcome): void;
}

interface Asked {
  readonly query: Query;
  readonly asker: Asker;
  readonly wantsAcks: boolean;
  readonly wantsAnswers: boolean;
  readonly acknowledged: Set<string>;
  readonly answered: Set<string>;
  /** Whether the query is for a member as it is now: each change of it is a new object. */
  readonly meant: WeakMap<Member, boolean>;
  readonly timer: { cancel(): void };
}

/** Queries that this node asks. Each ends when all who should answer have, and when its time is over at the latest. */
export class Asking {
  readonly #core: Core;
  readonly #queries: Queries;
  readonly #asked = new Map<string, Asked>();

  constructor(core: Core, queries: Queries) {
    this.#core = core;
    this.#queries = queries;
  }

  /** Whether this node's protocol has queries at all. */
  get isAble(): boolean {
    return this.#core.options.protocol >= queriesProtocol;
  }

  /** Throws `InvalidQueryError` or `QueryTooLargeError` for a query that this node would not ask now. */
  check(request: QueryRequest): void {
    this.#encode(request, 0);
  }

  ask(request: QueryRequest, asker: Asker): void {
    // 31 bits, as Serf has it: some peers read the number as a signed one.
    const { query, bytes } = this.#encode(request, this.#core.random.uint32() >>> 1);
    this.#core.counts.queriesAsked++;
    const key = keyOf(query);
    this.#asked.set(key, {
      query,
      asker,
      wantsAcks: (query.flags & queryFlag.ack) !== 0,
      wantsAnswers: query.name !== internalQuery.ping,
      acknowledged: new Set(),
      answered: new Set(),
      meant: new WeakMap(),
      timer: this.#core.after(query.timeoutMs, () => this.#finish(key, "timed-out")),
    });
    this.#queries.receive(query, bytes);
  }

  /** An answer came, or the word that the question arrived. */
  receive(response: QueryResponse): void {
    this.#core.counts.responsesReceived++;
    const asked = this.#asked.get(keyOf(response));
    if (asked === undefined) {
      this.#core.counts.responsesUnexpected++;
      return;
    }
    const isAck = (response.flags & queryFlag.ack) !== 0;
    const known = isAck ? asked.acknowledged : asked.answered;
    if (known.has(response.from) || known.size >= this.#core.options.membersMax) {
      this.#core.counts.responsesRepeated++;
      return;
    }
    known.add(response.from);
    if (isAck) asked.asker.acknowledged(response.from);
    else asked.asker.answered(response.from, response.payload.slice());
    this.#finishIfComplete(keyOf(response), asked);
  }

  /** A member is no longer there to be waited for. */
  memberGone(): void {
    for (const [key, asked] of [...this.#asked]) this.#finishIfComplete(key, asked);
  }

  #encode(request: QueryRequest, id: number): { query: Query; bytes: Uint8Array } {
    const { address, queryBytesMax } = this.#core.options;
    const problem = this.#problemOf(request);
    if (problem !== undefined) throw new InvalidQueryError(request.name, problem);
    const query: Query = {
      type: "query",
      lamport: this.#queries.clock.time,
      id,
      address: ipToBytes(address.host) as Uint8Array,
      port: address.port,
      sourceNode: this.#core.localName,
      filters: encodeFilters({ nodes: request.nodes ?? [], tags: request.tags ?? [] }),
      flags: request.wantsAcks === false ? 0 : queryFlag.ack,
      relayFactor: request.relayFactor ?? 0,
      timeoutMs: request.timeoutMs ?? this.#timeoutMsDefault(),
      name: request.name,
      payload: request.payload,
    };
    const bytes = encodeSerfMessage(query);
    const bytesMax = Math.min(queryBytesMax, this.#core.spreadBytesMax);
    if (bytes.length > bytesMax) {
      throw new QueryTooLargeError(`query ${JSON.stringify(request.name)}`, { bytes: bytes.length, bytesMax });
    }
    return { query, bytes };
  }

  #problemOf(request: QueryRequest): string | undefined {
    const { name, payload, timeoutMs, relayFactor, internal } = request;
    const { protocol } = this.#core.options;
    if (!this.isAble) return `protocol ${protocol} has no queries, it takes ${queriesProtocol}`;
    const isPing = name === internalQuery.ping && payload.length === 0;
    if (name.startsWith(internalPrefix) && !internal && !isPing) return `names with ${internalPrefix} are Serf's own`;
    if (timeoutMs !== undefined && !(Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= timeoutMsMax)) {
      return `timeout ${timeoutMs} is not a whole number of milliseconds from 1 to ${timeoutMsMax}`;
    }
    if (relayFactor !== undefined && !(Number.isInteger(relayFactor) && relayFactor >= 0 && relayFactor <= 255)) {
      return `relay factor ${relayFactor} is not a whole number from 0 to 255`;
    }
    if (this.#asked.size >= askedMax) return `${askedMax} queries are open already`;
    return undefined;
  }

  #timeoutMsDefault(): number {
    let digits = 0;
    for (let power = 1; power < this.#core.aliveNames().length + 1; power *= 10) digits++;
    return this.#core.options.gossipIntervalMs * timeoutMult * digits;
  }

  /** Members that should answer, as this node sees the cluster now. */
  #expected({ query, meant }: Asked): string[] {
    // A node says nothing about its own name.
    const isVote = query.name === internalQuery.conflict;
    const isMeant = (member: Member): boolean => {
      const known = meant.get(member);
      if (known !== undefined) return known;
      const isOne =
        judgeFilters(query.filters, member) === "meant" && !(isVote && member.name === this.#core.localName);
      meant.set(member, isOne);
      return isOne;
    };
    return this.#core.roster
      .withStatus("alive")
      .filter(isMeant)
      .map((member) => member.name);
  }

  #silent(asked: Asked): string[] {
    const { wantsAcks, wantsAnswers, acknowledged, answered } = asked;
    const isSilent = (name: string) => (wantsAcks && !acknowledged.has(name)) || (wantsAnswers && !answered.has(name));
    return this.#expected(asked).filter(isSilent);
  }

  #finishIfComplete(key: string, asked: Asked): void {
    const isComplete = asked.acknowledged.size + asked.answered.size > 0 && this.#silent(asked).length === 0;
    if (isComplete) this.#finish(key, "complete");
  }

  #finish(key: string, type: QueryOutcome["type"]): void {
    const asked = this.#asked.get(key);
    if (asked === undefined) return;
    this.#asked.delete(key);
    asked.timer.cancel();
    asked.asker.finished({ type, silent: this.#silent(asked) });
  }
}

function keyOf({ lamport, id }: { readonly lamport: number; readonly id: number }): string {
  return `${lamport}/${id}`;
}
