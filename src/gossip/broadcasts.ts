/** What is on its way to everybody, in memberlist's order. */
import { log10Ceiling } from "./logarithms.ts";

/** One message to spread. */
export interface Broadcast {
  /** A newer message with the same key takes the place of this one. Undefined: nothing replaces it. */
  readonly key: string | undefined;
  readonly bytes: Uint8Array;
  /** Called once: it was sent often enough, was replaced, or was pruned. */
  readonly onFinished: (() => void) | undefined;
}

interface Entry extends Broadcast {
  readonly sequence: number;
  transmits: number;
}

/** How often each message is sent in a cluster of so many nodes: the epidemic then reaches all but surely. */
export function transmitLimit(retransmitMult: number, nodes: number): number {
  return retransmitMult * log10Ceiling(nodes + 1);
}

/**
 * Messages ordered by fewest transmits, then longest, then newest. Filling a packet walks that order once and takes
 * whatever still fits, which is the same as taking the largest that fits tier by tier.
 */
export class BroadcastQueue {
  #entries: Entry[] = [];
  readonly #byKey = new Map<string, Entry>();
  #sequence = 0;
  /** The most messages that wait. */
  readonly depthMax: number;
  #pruned = 0;

  /** `depthMax` bounds the queue: beyond it the most transmitted, then shortest, is pruned. */
  constructor(depthMax: number) {
    this.depthMax = depthMax;
  }

  get depth(): number {
    return this.#entries.length;
  }

  /** Messages pruned so far. */
  get pruned(): number {
    return this.#pruned;
  }

  /** True while a message of this key waits. */
  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  /** Adds a message; returns how many were pruned for it. */
  add(broadcast: Broadcast): number {
    const replaced = broadcast.key === undefined ? undefined : this.#byKey.get(broadcast.key);
    if (replaced !== undefined) {
      this.#entries.splice(this.#placeOf(replaced), 1);
      this.#finish(replaced);
    }
    const added: Entry = { ...broadcast, sequence: this.#sequence++, transmits: 0 };
    this.#entries.splice(this.#placeOf(added), 0, added);
    if (added.key !== undefined) this.#byKey.set(added.key, added);
    let pruned = 0;
    while (this.#entries.length > this.depthMax) {
      this.#finish(this.#entries.pop() as Entry);
      pruned++;
    }
    this.#pruned += pruned;
    return pruned;
  }

  /**
   * Messages for one packet: each costs `overheadBytes` more than its length, all together at most `bytesMax`, at most
   * `countMax`. Those that have now been sent `transmitsMax` times are done.
   */
  take(bytesMax: number, limits: { overheadBytes: number; countMax: number; transmitsMax: number }): Uint8Array[] {
    let free = bytesMax;
    const taken: Entry[] = [];
    const kept: Entry[] = [];
    for (const [index, entry] of this.#entries.entries()) {
      const cost = entry.bytes.length + limits.overheadBytes;
      if (taken.length >= limits.countMax || free <= limits.overheadBytes) {
        for (let rest = index; rest < this.#entries.length; rest++) kept.push(this.#entries[rest] as Entry);
        break;
      }
      if (cost > free) {
        kept.push(entry);
        continue;
      }
      free -= cost;
      taken.push(entry);
    }
    if (taken.length === 0) return [];
    this.#entries = kept;
    const finished: Entry[] = [];
    for (const entry of taken) {
      entry.transmits++;
      if (entry.transmits >= limits.transmitsMax) finished.push(entry);
      else this.#entries.splice(this.#placeOf(entry), 0, entry);
    }
    for (const entry of finished) this.#finish(entry);
    return taken.map((entry) => entry.bytes);
  }

  /** Where an entry stands, or would stand. */
  #placeOf(entry: Entry): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (comesBefore(this.#entries[middle] as Entry, entry)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #finish(entry: Entry): void {
    if (entry.key !== undefined && this.#byKey.get(entry.key) === entry) this.#byKey.delete(entry.key);
    entry.onFinished?.();
  }
}

function comesBefore(left: Entry, right: Entry): boolean {
  if (left.transmits !== right.transmits) return left.transmits < right.transmits;
  if (left.bytes.length !== right.bytes.length) return left.bytes.length > right.bytes.length;
  return left.sequence > right.sequence;
}
