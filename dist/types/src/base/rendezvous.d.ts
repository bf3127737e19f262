/**
 * Which of several nodes a key belongs to, without anybody being asked: every node has a score for every key, and the
 * greatest wins (rendezvous hashing, Thaler and Ravishankar 1998). When a node goes, its keys alone move, evenly to all
 * others; when one comes, it takes an even share from each.
 */
export declare function rendezvousRank(key: string | Uint8Array, names: Iterable<string>): string[];
/** The first of `rendezvousRank`; undefined when there is no name. */
export declare function rendezvousPick(key: string | Uint8Array, names: Iterable<string>): string | undefined;
/** The slot, from 0, of so many that a key falls into: keys spread evenly, on every runtime alike. */
export declare function slotOf(key: Uint8Array, slots: number): number;
