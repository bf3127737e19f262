/** Keys of the whole cluster: what one node orders, all do, and each says how it went. */

import { parseKey } from "../gossip/mod.ts";
import { decodeKeyResponse, encodeKeyRequest, internalQuery, type KeyResponse } from "../membership/mod.ts";
import type { Messaging } from "./messaging.ts";

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

export class ClusterKeys {
  readonly #messaging: Messaging;
  readonly #aliveCount: () => number;

  constructor(messaging: Messaging, aliveCount: () => number) {
    this.#messaging = messaging;
    this.#aliveCount = aliveCount;
  }

  /** Makes all nodes understand a key, given in base64, besides those they have. Rejects with `InvalidKeyError`. */
  async install(key: string): Promise<KeysResult> {
    return (await this.#order(internalQuery.installKey, parseKey(key))).result;
  }

  /** Makes all nodes encrypt with a key that was installed before. Rejects with `InvalidKeyError`. */
  async use(key: string): Promise<KeysResult> {
    return (await this.#order(internalQuery.useKey, parseKey(key))).result;
  }

  /** Makes all nodes forget a key that is not in use. Rejects with `InvalidKeyError`. */
  async remove(key: string): Promise<KeysResult> {
    return (await this.#order(internalQuery.removeKey, parseKey(key))).result;
  }

  async list(): Promise<KeyList> {
    const { result, responses } = await this.#order(internalQuery.listKeys, new Uint8Array(0));
    const keys = new Map<string, number>();
    const primaryKeys = new Map<string, number>();
    const count = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
    for (const response of responses.values()) {
      for (const key of response.keys) count(keys, key);
      if (response.primaryKey !== "") count(primaryKeys, response.primaryKey);
    }
    const lacking = new Map<string, readonly string[]>();
    for (const key of keys.keys()) {
      const without = [...responses].filter(([, response]) => !response.keys.includes(key)).map(([name]) => name);
      if (without.length > 0) lacking.set(key, without);
    }
    return { ...result, keys, primaryKeys, lacking };
  }

  async #order(
    query: string,
    key: Uint8Array,
  ): Promise<{ result: KeysResult; responses: ReadonlyMap<string, KeyResponse> }> {
    const nodes = this.#aliveCount();
    const options = { internal: true, wantsAcks: false };
    const answers = await this.#messaging.query(query, encodeKeyRequest(key), options).result;
    const errors = new Map<string, string>();
    const responses = new Map<string, KeyResponse>();
    for (const [name, payload] of answers.responses) {
      const response = decodeKeyResponse(payload);
      if (response === undefined) errors.set(name, "its answer cannot be read");
      else if (!response.result) errors.set(name, response.message);
      else responses.set(name, response);
    }
    const result = { nodes, answered: answers.responses.size, errors, silent: answers.silent };
    return { result, responses };
  }
}
