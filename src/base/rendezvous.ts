import { toBytes } from "./bytes.ts";

/**
 * Which of several nodes a key belongs to, without anybody being asked: every node has a score for every key, and the
 * greatest wins (rendezvous hashing, Thaler and Ravishankar 1998). When a node goes, its keys alone move, evenly to all
 * others; when one comes, it takes an even share from each.
 */
export function rendezvousRank(key: string | Uint8Array, names: Iterable<string>): string[] {
  const seed = hash(toBytes(key), 0);
  const scored = [...new Set(names)].map((name) => ({ name, score: hash(toBytes(name), seed) }));
  scored.sort((left, right) => right.score - left.score || (left.name < right.name ? -1 : 1));
  return scored.map(({ name }) => name);
}

/** The first of `rendezvousRank`; undefined when there is no name. */
export function rendezvousPick(key: string | Uint8Array, names: Iterable<string>): string | undefined {
  const seed = hash(toBytes(key), 0);
  let best: string | undefined;
  let bestScore = -1;
  for (const name of names) {
    const score = hash(toBytes(name), seed);
    if (score < bestScore || (score === bestScore && best !== undefined && name >= best)) continue;
    best = name;
    bestScore = score;
  }
  return best;
}

/** The slot, from 0, of so many that a key falls into: keys spread evenly, on every runtime alike. */
export function slotOf(key: Uint8Array, slots: number): number {
  return hash(key, 0) % slots;
}

/** FNV-1a with the finalizer of MurmurHash3, 32 bits: names that differ in one character have unrelated scores. */
function hash(bytes: Uint8Array, seed: number): number {
  let value = (0x811c9dc5 ^ seed) >>> 0;
  for (const byte of bytes) value = Math.imul(value ^ byte, 0x01000193);
  value ^= value >>> 16;
  value = Math.imul(value, 0x85ebca6b);
  value ^= value >>> 13;
  value = Math.imul(value, 0xc2b2ae35);
  value ^= value >>> 16;
  return value >>> 0;
}
