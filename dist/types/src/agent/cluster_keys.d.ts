/** Keys of the whole cluster: what one node orders, all do, and each says how it went. */
import type { Messaging } from "./messaging.d.ts";
/** How an order about keys went. It is done when nobody is silent and nobody objected. */
export interface KeysResult {
    /** Alive members, all of which should answer. */
    readonly nodes: number;
    readonly answered: number;
    /** What nodes object, by their names. */
    readonly errors: ReadonlyMap<string, string>;
    /** Nodes that did not answer. */
    readonly silent: readonly string[];
}
/** The keys that nodes have, each in base64. */
export interface KeyList extends KeysResult {
    /** How many nodes have each key. */
    readonly keys: ReadonlyMap<string, number>;
    /** How many nodes encrypt with each key. */
    readonly primaryKeys: ReadonlyMap<string, number>;
    /** Nodes that lack a key which others have: they will not understand those that use it. */
    readonly lacking: ReadonlyMap<string, readonly string[]>;
}
export declare class ClusterKeys {
    #private;
    constructor(messaging: Messaging, aliveCount: () => number);
    /** Makes all nodes understand a key, given in base64, besides those they have. Rejects with `InvalidKeyError`. */
    install(key: string): Promise<KeysResult>;
    /** Makes all nodes encrypt with a key that was installed before. Rejects with `InvalidKeyError`. */
    use(key: string): Promise<KeysResult>;
    /** Makes all nodes forget a key that is not in use. Rejects with `InvalidKeyError`. */
    remove(key: string): Promise<KeysResult>;
    list(): Promise<KeyList>;
}
