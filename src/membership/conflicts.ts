import { type Address, ipToBytes, sameBytes, toBytes } from "../base/mod.ts";
import { type NodeSnapshot, readFields } from "../gossip/mod.ts";
import type { Asking } from "./asking.ts";
import type { Core } from "./core.ts";
import { internalQuery } from "./internal_queries.ts";
import { serfType } from "./messages.ts";
import type { NameConflict } from "./types.ts";

/** The exchange by which a rival is called. Those of joins are numbered from 1. */
export const rivalExchange = -1;

/** Conflicts about the names of others are told of at most this often. */
const tellEveryMs = 10_000;

/**
 * Two nodes with one name. Each asks the others whom they know by it; the one that the majority does not know gives way.
 * A node that died and comes back elsewhere is still known at its old place: so a vote that is lost counts only when the
 * rival answers there.
 */
export class NameConflicts {
  readonly #core: Core;
  readonly #asking: Asking;
  #rival: Address | undefined;
  #lost: Omit<NameConflict, "outcome"> | undefined;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(core: Core, asking: Asking) {
    this.#core = core;
    this.#asking = asking;
  }

  /** Gossip saw another address for a name that it knows. */
  seen(node: NodeSnapshot, claimed: Address): void {
    this.#core.counts.nameConflicts++;
    const isOwn = node.name === this.#core.localName;
    if (!isOwn || !this.#core.options.resolveNameConflicts || !this.#asking.isAble) {
      if (this.#core.nowMs - this.#toldAtMs < tellEveryMs) return;
      this.#toldAtMs = this.#core.nowMs;
      this.#tell({ name: node.name, held: node.address, claimed, matching: 0, responses: 0 }, "reported");
      return;
    }
    if (this.#rival === undefined) this.#vote(claimed);
  }

  /** The rival was called; it is there unless there is an error. */
  rivalCalled(error: string | undefined): void {
    const lost = this.#lost;
    this.#lost = undefined;
    this.#rival = undefined;
    if (lost !== undefined) this.#tell(lost, error === undefined ? "lost" : "rival-gone");
  }

  #vote(claimed: Address): void {
    const { localName: name, options } = this.#core;
    this.#rival = claimed;
    let responses = 0;
    let matching = 0;
    const request = { name: internalQuery.conflict, payload: toBytes(name), wantsAcks: false, internal: true };
    this.#asking.ask(request, {
      acknowledged: () => {},
      answered: (_from, payload) => {
        responses++;
        if (this.#isOwnAddress(payload)) matching++;
      },
      finished: () => {
        const conflict = { name, held: options.address, claimed, matching, responses };
        if (matching >= Math.floor(responses / 2) + 1) {
          this.#rival = undefined;
          this.#tell(conflict, "won");
          return;
        }
        this.#lost = conflict;
        this.#core.tell({ type: "push-pull", id: rivalExchange, to: claimed });
      },
    });
  }

  #isOwnAddress(payload: Uint8Array): boolean {
    const fields = payload[0] === serfType.conflictResponse ? readFields(payload, 1) : undefined;
    const { address } = this.#core.options;
    const bytes = fields?.bytes("Addr");
    const port = fields?.uint("Port");
    if (fields === undefined || fields.failed || bytes === undefined) return false;
    return sameBytes(bytes, ipToBytes(address.host) as Uint8Array) && port === address.port;
  }

  #tell(conflict: Omit<NameConflict, "outcome">, outcome: NameConflict["outcome"]): void {
    this.#core.emit({ type: "name-conflict", conflict: { ...conflict, outcome } });
  }
}
