import { concat, toText } from "../base/mod.ts";
import { encodeMsgpack } from "../gossip/mod.ts";
import type { Core } from "./core.ts";
import { decodeKeyRequest, encodeKeyResponse, type KeyResponse } from "./key_messages.ts";
import { type Query, serfType } from "./messages.ts";

/** Names that begin so are Serf's own: nodes answer them by themselves. */
export const internalPrefix = "_serf_";

export const internalQuery = {
  ping: "_serf_ping",
  conflict: "_serf_conflict",
  installKey: "_serf_install-key",
  useKey: "_serf_use-key",
  removeKey: "_serf_remove-key",
  listKeys: "_serf_list-keys",
} as const;

/** Serf's numbers for a member's status. */
const statusNumbers = { alive: 1, leaving: 2, left: 3, failed: 4 } as const;

/** Answers what nodes ask one another without anybody's doing. An operator's command fails when one of them is silent. */
export class InternalQueries {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** The answer to a query; undefined when it gets none. `sizeOf` says how large the message with an answer is. */
  answer(query: Query, sizeOf: (payload: Uint8Array) => number): Uint8Array | undefined {
    switch (query.name) {
      case internalQuery.ping:
        // The acknowledgement says it all.
        return undefined;
      case internalQuery.conflict:
        return this.#describe(toText(query.payload));
      case internalQuery.installKey:
        return this.#changeKeys(query, (keyring, key) => keyring.install(key));
      case internalQuery.useKey:
        return this.#changeKeys(query, (keyring, key) => keyring.use(key));
      case internalQuery.removeKey:
        return this.#changeKeys(query, (keyring, key) => keyring.remove(key));
      case internalQuery.listKeys:
        return this.#listKeys(sizeOf);
      default:
        this.#core.counts.malformed++;
        return undefined;
    }
  }

  /** What this node knows of a name that two claim. About its own it says nothing: it is a party. */
  #describe(name: string): Uint8Array | undefined {
    if (name === this.#core.localName) return undefined;
    const member = this.#core.roster.get(name);
    const node = this.#core.gossip.node(name);
    const type = Uint8Array.of(serfType.conflictResponse);
    if (member === undefined || node === undefined) return concat([type, encodeMsgpack(null)]);
    const [protocolMin, protocolMax, protocolNow, delegateMin, delegateMax, delegateNow] = node.versions;
    const fields = {
      Name: name,
      Addr: node.addressBytes,
      Port: node.address.port,
      Tags: member.tags,
      Status: statusNumbers[member.status],
      ProtocolMin: protocolMin ?? 0,
      ProtocolMax: protocolMax ?? 0,
      ProtocolCur: protocolNow ?? 0,
      DelegateMin: delegateMin ?? 0,
      DelegateMax: delegateMax ?? 0,
      DelegateCur: delegateNow ?? 0,
    };
    return concat([type, encodeMsgpack(fields)]);
  }

  #changeKeys(
    query: Query,
    change: (keyring: Core["gossip"]["keyring"], key: Uint8Array) => string | undefined,
  ): Uint8Array {
    const key = decodeKeyRequest(query.payload);
    const fault = key === undefined ? "Cannot read the request" : change(this.#core.gossip.keyring, key);
    return encodeKeyResponse({ result: fault === undefined, message: fault ?? "", keys: [], primaryKey: "" });
  }

  /** All keys, or as many as fit the message. */
  #listKeys(sizeOf: (payload: Uint8Array) => number): Uint8Array {
    const { keys, primaryKey, fault } = this.#core.gossip.keyring.list();
    const response: KeyResponse = { result: fault === undefined, message: fault ?? "", keys, primaryKey };
    for (let count = keys.length; count > 0; count--) {
      const message = count === keys.length ? response.message : `truncated key list: ${count} of ${keys.length} keys`;
      const payload = encodeKeyResponse({ ...response, message, keys: keys.slice(0, count) });
      if (sizeOf(payload) <= this.#core.options.queryResponseBytesMax) return payload;
    }
    return encodeKeyResponse(response);
  }
}
