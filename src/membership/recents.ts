/** Lamport times remembered, as Serf does: older messages count as seen. */
const slotsMax = 512;

/** Different messages of one Lamport time. Honest clusters have a few, of nodes that spoke at the same moment. */
const perSlotMax = 64;

/** Bytes of all messages remembered. */
const bytesMax = 4_194_304;

/**
 * Messages seen lately, by Lamport time, so that each is taken in and passed on once. One for user events, one for
 * queries.
 */
export class Recents<Item> {
  readonly #slots = new Map<number, { readonly lamport: number; readonly items: Map<string, Item>; bytes: number }>();
  #bytes = 0;
  /** Messages below this were before our time. */
  #lamportMin = 0;

  /** From now on ignores what is older: a node that joins does not replay the past. */
  ignoreBelow(lamport: number): void {
    this.#lamportMin = Math.max(this.#lamportMin, lamport);
  }

  /** Remembers a message by what identifies it. False when it is old, known, or finds no room. */
  add(item: Item, place: { lamport: number; now: number; identity: Uint8Array }): boolean {
    const { lamport, now, identity } = place;
    if (lamport < this.#lamportMin || (now > slotsMax && lamport < now - slotsMax)) return false;
    let slot = this.#slots.get(lamport % slotsMax);
    if (slot === undefined || slot.lamport !== lamport) {
      this.#bytes -= slot?.bytes ?? 0;
      slot = { lamport, items: new Map(), bytes: 0 };
      this.#slots.set(lamport % slotsMax, slot);
    }
    const key = keyOf(identity);
    if (slot.items.has(key) || slot.items.size >= perSlotMax || this.#bytes + identity.length > bytesMax) return false;
    slot.items.set(key, item);
    slot.bytes += identity.length;
    this.#bytes += identity.length;
    return true;
  }

  /** All messages remembered, oldest first. */
  all(): Item[] {
    const slots = [...this.#slots.values()].sort((left, right) => left.lamport - right.lamport);
    return slots.flatMap((slot) => [...slot.items.values()]);
  }
}

/** Bytes of which one letter each is made at a time: more arguments than any runtime takes are none. */
const chunkBytes = 4_096;

/** A text that is equal for equal bytes only: one letter for each. */
function keyOf(bytes: Uint8Array): string {
  let key = "";
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    key += String.fromCharCode(...bytes.subarray(at, at + chunkBytes));
  }
  return key;
}
