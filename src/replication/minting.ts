/** A new writer that did not come is asked for again: the disk may have been full. */
const mintAgainMs = 5_000;
/**
 * New writers that one peer may call for while this node runs. It may show more of the first, which a backup had; nobody can
 * of one that was minted since, unless the directory was copied once more.
 */
const mintsPerPeerMax = 3;

/** The new writer that is asked for and not there yet, and which peers called for new ones (rule R5). */
export class Minting {
  #asked: { readonly reason: string; readonly atMs: number } | undefined;
  readonly #calls = new Map<string, number>();

  /** Until the new writer is there nothing is pulled: it could be our own old feed. */
  get isUnderWay(): boolean {
    return this.#asked !== undefined;
  }

  get againAtMs(): number {
    return this.#asked === undefined ? Number.POSITIVE_INFINITY : this.#asked.atMs + mintAgainMs;
  }

  /** False for a peer that called for new writers so often that it cannot be right. */
  begin(peer: string, reason: string, nowMs: number): boolean {
    const calls = (this.#calls.get(peer) ?? 0) + 1;
    if (calls > mintsPerPeerMax) return false;
    this.#calls.set(peer, calls);
    this.#asked = { reason, atMs: nowMs };
    return true;
  }

  /** The reason, when it is time to ask again. */
  again(nowMs: number): string | undefined {
    if (this.#asked === undefined || this.againAtMs > nowMs) return undefined;
    this.#asked = { ...this.#asked, atMs: nowMs };
    return this.#asked.reason;
  }

  end(): void {
    this.#asked = undefined;
  }
}
