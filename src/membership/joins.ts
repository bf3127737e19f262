import { type Address, formatAddress } from "../base/mod.ts";
import type { GossipInput } from "../gossip/mod.ts";

/** Addresses of one join that are contacted at the same time. */
const parallelMax = 8;

/** Addresses of one join: the rest is not contacted, and reported as failed. */
const addressesMax = 64;

export interface FinishedJoin {
  readonly id: number;
  readonly contacted: readonly Address[];
  readonly failed: readonly { readonly address: Address; readonly error: string }[];
  /** False when this node tried on its own account. */
  readonly asked: boolean;
}

interface Join {
  readonly id: number | undefined;
  readonly replay: boolean;
  readonly waiting: Address[];
  readonly contacted: Address[];
  readonly failed: { address: Address; error: string }[];
  underWay: number;
  isOver: boolean;
}

/** Contacts the addresses of joins, a few at a time, and knows when each join is over. */
export class Joins {
  readonly #tell: (input: GossipInput) => void;
  readonly #exchanges = new Map<number, { readonly join: Join; readonly address: Address }>();
  #nextExchange = 1;
  #finished: FinishedJoin[] = [];

  /** `tell` steps the gossip machine; what comes of it may come back here before it returns. */
  constructor(tell: (input: GossipInput) => void) {
    this.#tell = tell;
  }

  /** Begins a join. Without an id nobody hears how it ended. A node's own address is none to contact. */
  start(
    { id, replay }: { readonly id: number | undefined; readonly replay: boolean },
    addresses: readonly Address[],
    own: Address,
  ): void {
    const unique = [...new Map(addresses.map((address) => [formatAddress(address), address])).values()];
    const join: Join = { id, replay, waiting: [], contacted: [], failed: [], underWay: 0, isOver: false };
    for (const address of unique) {
      if (formatAddress(address) === formatAddress(own)) join.failed.push({ address, error: "it is this node itself" });
      else if (join.waiting.length < addressesMax) join.waiting.push(address);
      else join.failed.push({ address, error: `a join contacts ${addressesMax} addresses at most` });
    }
    this.#advance(join);
  }

  /** True while joins are under way, all of which want nothing of the past. */
  get ignoresPast(): boolean {
    const joins = [...this.#exchanges.values()].map(({ join }) => join);
    return joins.length > 0 && joins.every((join) => !join.replay);
  }

  /** True when this exchange belongs to a join that has reached nobody yet. */
  isFirstContact(exchange: number): boolean {
    return this.#exchanges.get(exchange)?.join.contacted.length === 0;
  }

  /** An exchange is over. */
  exchanged(exchange: number, error: string | undefined): void {
    const entry = this.#exchanges.get(exchange);
    if (entry === undefined) return;
    this.#exchanges.delete(exchange);
    const { join, address } = entry;
    if (error === undefined) join.contacted.push(address);
    else join.failed.push({ address, error });
    join.underWay--;
    this.#advance(join);
  }

  /** Joins that are over, each once. */
  takeFinished(): FinishedJoin[] {
    const finished = this.#finished;
    this.#finished = [];
    return finished;
  }

  #advance(join: Join): void {
    while (join.underWay < parallelMax && join.waiting.length > 0) {
      const address = join.waiting.shift() as Address;
      const id = this.#nextExchange++;
      this.#exchanges.set(id, { join, address });
      join.underWay++;
      this.#tell({ type: "push-pull", id, to: address });
    }
    // An exchange that fails at once has brought us here already, from within the loop.
    if (join.underWay > 0 || join.isOver) return;
    join.isOver = true;
    const { id, contacted, failed } = join;
    this.#finished.push({ id: id ?? 0, contacted, failed, asked: id !== undefined });
  }
}
