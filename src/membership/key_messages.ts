/** Messages about keys: they travel within queries and their answers. */
import { concat } from "../base/mod.ts";
import { encodeMsgpack, exactTextOf, readFields } from "../gossip/mod.ts";
import { serfType } from "./messages.ts";

/** What a node says about a change of its keys, or about the keys it has. Keys are in base64. */
export interface KeyResponse {
  readonly result: boolean;
  /** Why it failed. */
  readonly message: string;
  readonly keys: readonly string[];
  readonly primaryKey: string;
}

/** The payload of a query about a key; without one for the list of them. */
export function encodeKeyRequest(key: Uint8Array): Uint8Array {
  return concat([Uint8Array.of(serfType.keyRequest), encodeMsgpack({ Key: key })]);
}

/** The key of a request; undefined when that cannot be read. */
export function decodeKeyRequest(payload: Uint8Array): Uint8Array | undefined {
  const fields = payload[0] === serfType.keyRequest ? readFields(payload, 1) : undefined;
  const key = fields?.bytes("Key").slice();
  return fields?.failed ? undefined : key;
}

export function encodeKeyResponse({ result, message, keys, primaryKey }: KeyResponse): Uint8Array {
  const fields = { Keys: keys.length === 0 ? null : keys, Message: message, PrimaryKey: primaryKey, Result: result };
  return concat([Uint8Array.of(serfType.keyResponse), encodeMsgpack(fields)]);
}

/** Undefined when the payload is no answer about keys. */
export function decodeKeyResponse(payload: Uint8Array): KeyResponse | undefined {
  const fields = payload[0] === serfType.keyResponse ? readFields(payload, 1) : undefined;
  if (fields === undefined) return undefined;
  const keys: string[] = [];
  for (const value of fields.list("Keys")) {
    const key = exactTextOf(value);
    if (key === undefined) return undefined;
    keys.push(key);
  }
  const [message, primaryKey] = [fields.text("Message"), fields.text("PrimaryKey")];
  const result = fields.flag("Result");
  return fields.failed ? undefined : { result, message, keys, primaryKey };
}
