/**
 * Protocol maxima. Constants, so that no node refuses what another has acknowledged. Judged where records are produced,
 * and only there (rule R1).
 */

/** Encoded bytes of one record: key, headers and value together. */
export const recordBytesMax = 1_048_576;

/** Bytes of one frame, headers included. A frame that carries one record of the greatest size fits. */
export const frameBytesMax: number = 8 * 1_048_576;

/** Bytes of one RPC request. A frame of the greatest size and its envelope fit. */
export const messageBytesMax: number = frameBytesMax + 65_536;

/** Bytes of one response message of a stream: a frame of the greatest size and a cursor of very many writers fit. */
export const responseBytesMax: number = messageBytesMax + 1_048_576;

/** Records of one frame. */
export const frameRecordsMax = 1_000_000;

/** Characters of a topic's name, out of `A-Z a-z 0-9 . _ -`. */
export const topicNameCharactersMax = 249;

/** Topics that one node holds. */
export const topicsMax = 10_000;

/** Greatest timestamp, milliseconds since 1970-01-01 UTC: differences of two of them fit a varint with a sign. */
export const timestampMsMax: number = 2 ** 52 - 1;

/** What is wrong with a record's timestamp; undefined when it is a good one. */
export function timestampFault(timestampMs: number): string | undefined {
  if (Number.isInteger(timestampMs) && timestampMs >= 0 && timestampMs <= timestampMsMax) return undefined;
  return `timestampMs is ${timestampMs}, allowed are whole numbers from 0 to ${timestampMsMax}`;
}

/** Headers of one record. */
export const recordHeadersMax = 1_000;

/** The topic in which the cluster keeps what is settled about topics. */
export const settingsTopic = "_topics";

/** The topic in which the cluster keeps how far named consumers have read. */
export const cursorsTopic = "_cursors";

/** The topic in which the cluster keeps which services nodes have registered. */
export const servicesTopic = "_services";

/** Topics of the cluster's own, of whose records with the same key only the latest counts. */
export const compactedTopics: ReadonlySet<string> = new Set([settingsTopic, cursorsTopic, servicesTopic]);

/** True for names of the cluster's own topics: users read them, and nobody but nodes writes them. */
export function isInternalTopic(name: string): boolean {
  return name.startsWith("_");
}

/** What is wrong with a topic's name; undefined when it is a good one. */
export function topicNameFault(name: string): string | undefined {
  if (/^[A-Za-z0-9._-]{1,249}$/.test(name) && name !== "." && name !== "..") return undefined;
  const shown = name.length > 60 ? `${name.slice(0, 60)}… (${name.length} characters)` : name;
  return `Cannot use topic name ${JSON.stringify(shown)}: allowed are 1 to ${topicNameCharactersMax} of A-Z a-z 0-9 . _ - and not "." or ".."`;
}

/** What is wrong with the name of a saved cursor or of a consumer group; undefined when it is a good one. */
export function cursorNameFault(name: string): string | undefined {
  if (/^[A-Za-z0-9._-]{1,249}$/.test(name)) return undefined;
  const shown = name.length > 60 ? `${name.slice(0, 60)}… (${name.length} characters)` : name;
  return `Cannot use cursor name ${JSON.stringify(shown)}: allowed are 1 to ${topicNameCharactersMax} of A-Z a-z 0-9 . _ -`;
}

/** How long tombstones stay in a topic that is compacted and says nothing else: a day. */
export const tombstoneGraceMsDefault = 86_400_000;
