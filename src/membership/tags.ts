import { concat, toBytes, toText } from "../base/mod.ts";
import { encodeMsgpack, MsgpackReader, metaBytesMax } from "../gossip/mod.ts";

/** First byte of a meta that holds a map of tags. */
const tagsMagic = 0xff;

/** The first protocol of Serf with tags. Before, the meta was the bare role. */
const tagsProtocol = 3;

/** Tags that do not fit what gossip can carry. Nothing was changed. */
export class TagsTooLargeError extends RangeError {
  override readonly name = "TagsTooLargeError";
  readonly code = "TAGS_TOO_LARGE";
  readonly encodedBytes: number;
  readonly encodedBytesMax: number = metaBytesMax;

  constructor(encodedBytes: number) {
    super(`Cannot use these tags: they take ${encodedBytes} bytes encoded, allowed are ${metaBytesMax}`);
    this.encodedBytes = encodedBytes;
  }
}

/** Encodes tags as a node's meta in this protocol. Throws `TagsTooLargeError`. */
export function encodeTags(tags: ReadonlyMap<string, string>, protocol: number = tagsProtocol): Uint8Array {
  const hasTags = protocol >= tagsProtocol;
  const meta = hasTags ? concat([Uint8Array.of(tagsMagic), encodeMsgpack(tags)]) : toBytes(tags.get("role") ?? "");
  if (meta.length > metaBytesMax) throw new TagsTooLargeError(meta.length);
  return meta;
}

/** The tags of any meta. What is not a map of texts counts as the role, as Serf has it. */
export function decodeTags(meta: Uint8Array): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  if (meta[0] !== tagsMagic) return tags.set("role", toText(meta));
  const reader = new MsgpackReader(meta, 1);
  const value = reader.value();
  if (reader.fault !== undefined || !(value instanceof Map)) return tags;
  for (const [key, text] of value) if (text instanceof Uint8Array) tags.set(key, toText(text));
  return tags;
}

/** True when both hold the same tags. */
export function sameTags(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean {
  if (left.size !== right.size) return false;
  for (const [key, text] of left) if (right.get(key) !== text) return false;
  return true;
}

/** A map of tags from a plain object or another map. */
export function tagsOf(tags: TagsInput): ReadonlyMap<string, string> {
  return tags instanceof Map ? new Map(tags) : new Map(Object.entries(tags as { readonly [key: string]: string }));
}

export type TagsInput = ReadonlyMap<string, string> | { readonly [key: string]: string };
