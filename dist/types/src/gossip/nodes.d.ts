import { type Address, type Random } from "../base/mod.d.ts";
import type { Suspicion } from "./suspicion.d.ts";
import type { NodeSnapshot } from "./types.d.ts";
import type { Alive, NodeState } from "./wire.d.ts";
/** A node of the table. Changed only by the rules in `swim.ts`. */
export interface Node {
    readonly name: string;
    /** The bytes as they came: never normalised, because peers compare bytes. */
    addressBytes: Uint8Array;
    address: Address;
    meta: Uint8Array;
    versions: Uint8Array;
    incarnation: number;
    state: NodeState;
    stateSinceMs: number;
    suspicion: Suspicion | undefined;
}
/** True while the node takes part: alive, or suspect but not given up. */
export declare function isUp(node: Node): boolean;
/** Highest protocol of memberlist that the node understands: 3 TCP pings, 4 nacks, 5 checksums. */
export declare function protocolMax(node: Node): number;
/** What an alive message says about the node now. */
export declare function aliveOf(node: Node): Alive;
export declare function snapshotOf(node: Node): NodeSnapshot;
/** The text address of an alive message. Its bytes were checked to be 4 or 16. */
export declare function addressOf(alive: Alive): Address;
/** All nodes known, and the order in which they are probed. */
export declare class NodeTable {
    #private;
    /** Hears of each node that is forgotten. */
    onForgotten: (name: string) => void;
    constructor(random: Random);
    get size(): number;
    get(name: string): Node | undefined;
    all(): Iterable<Node>;
    /** Adds a node at a random place of the order, so that newcomers are not all probed last. */
    add(node: Node): void;
    /** The next node to probe for which `wanted` holds. At each end of the order, forgets those that `isGone` names. */
    nextToProbe(wanted: (node: Node) => boolean, isGone: (node: Node) => boolean): Node | undefined;
    /** Up to `count` different nodes for which `wanted` holds, at random. */
    pick(count: number, wanted: (node: Node) => boolean): Node[];
}
