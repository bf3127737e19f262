/**
 * Finds out whether datagrams of this node arrive at a member that is heard over TCP only. Nobody can see that from one
 * end alone, so something goes there by datagram that every agent of Serf then tells over TCP: a join of this node at a
 * Lamport time of its own. It says nothing new, and the next push/pull shows whether it was heard.
 */
import type { Address } from "../base/mod.ts";
import type { NodeSnapshot } from "../gossip/mod.ts";
import type { Core } from "./core.ts";
import { encodeSerfMessage, type SerfState } from "./messages.ts";

/** Copies of the join, so that a lost one decides nothing, and the time between two. */
const copies = 3;
const copyEveryMs = 200;

/** How long the last copy may take to arrive. */
const arrivalMs = 1_000;

/** Tests that wait for their turn. A node that hears nobody tests a few members, and the others later. */
const testsMax = 8;

/** Exchanges of tests count down from this; those of joins count up from 1. */
const exchangeFirst = -2;

interface PathTest {
  readonly name: string;
  readonly lamport: number;
}

export class PathTests {
  readonly #core: Core;
  /** Members to be tested, in this order, by name. The first is being tested. */
  readonly #waiting = new Map<string, Address>();
  #exchange: (PathTest & { readonly id: number }) | undefined;
  #nextExchange = exchangeFirst;

  constructor(core: Core) {
    this.#core = core;
  }

  /**
   * Tests are made one after the other: members pass on what they hear, and a later join that reaches one of them by way of
   * another would hide whether its own arrived.
   */
  start({ name, address }: NodeSnapshot): void {
    if (this.#waiting.has(name) || this.#waiting.size >= testsMax) return;
    this.#waiting.set(name, address);
    if (this.#waiting.size === 1) this.#startFirst();
  }

  #startFirst(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    const [name, address] = first;
    const { clock, localName, roster } = this.#core;
    const lamport = clock.time;
    clock.increment();
    roster.announced(lamport);
    const bytes = encodeSerfMessage({ type: "join", lamport, node: localName });
    for (let copy = 0; copy < copies; copy++) {
      this.#core.after(copy * copyEveryMs, () => this.#core.tell({ type: "send-user", to: address, bytes }));
    }
    this.#core.after((copies - 1) * copyEveryMs + arrivalMs, () => {
      const id = this.#nextExchange--;
      this.#exchange = { id, name, lamport };
      this.#core.tell({ type: "push-pull", id, to: address });
    });
  }

  /** An exchange is over; true when it was one of these. `state` is what the member told in it. */
  exchanged(id: number, state: SerfState | undefined): boolean {
    const test = this.#exchange;
    if (test?.id !== id) return false;
    this.#exchange = undefined;
    this.#waiting.delete(test.name);
    const told = state?.statusLamports.get(this.#core.localName);
    // A later time came another way and hides what this one did; without any the exchange failed.
    if (told !== undefined && told <= test.lamport) {
      this.#core.tell({ type: "path-tested", name: test.name, arrived: told === test.lamport });
    }
    this.#startFirst();
    return true;
  }
}
