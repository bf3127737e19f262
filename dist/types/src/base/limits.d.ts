/**
 * Protocol maxima. Constants, so that no node refuses what another has acknowledged. Judged where records are produced,
 * and only there (rule R1).
 */
/** Encoded bytes of one record: key, headers and value together. */
export declare const recordBytesMax = 1048576;
/** Bytes of one frame, headers included. A frame that carries one record of the greatest size fits. */
export declare const frameBytesMax: number;
/** Bytes of one RPC request. A frame of the greatest size and its envelope fit. */
export declare const messageBytesMax: number;
/** Bytes of one response message of a stream: a frame of the greatest size and a cursor of very many writers fit. */
export declare const responseBytesMax: number;
/** Records of one frame. */
export declare const frameRecordsMax = 1000000;
/** Characters of a topic's name, out of `A-Z a-z 0-9 . _ -`. */
export declare const topicNameCharactersMax = 249;
/** Topics that one node holds. */
export declare const topicsMax = 10000;
/** Greatest timestamp, milliseconds since 1970-01-01 UTC: differences of two of them fit a varint with a sign. */
export declare const timestampMsMax: number;
/** What is wrong with a record's timestamp; undefined when it is a good one. */
export declare function timestampFault(timestampMs: number): string | undefined;
/** Headers of one record. */
export declare const recordHeadersMax = 1000;
/** The topic in which the cluster keeps what is settled about topics. */
export declare const settingsTopic = "_topics";
/** The topic in which the cluster keeps how far named consumers have read. */
export declare const cursorsTopic = "_cursors";
/** The topic in which the cluster keeps which services nodes have registered. */
export declare const servicesTopic = "_services";
/** Topics of the cluster's own, of whose records with the same key only the latest counts. */
export declare const compactedTopics: ReadonlySet<string>;
/** True for names of the cluster's own topics: users read them, and nobody but nodes writes them. */
export declare function isInternalTopic(name: string): boolean;
/** What is wrong with a topic's name; undefined when it is a good one. */
export declare function topicNameFault(name: string): string | undefined;
/** What is wrong with the name of a saved cursor or of a consumer group; undefined when it is a good one. */
export declare function cursorNameFault(name: string): string | undefined;
/** How long tombstones stay in a topic that is compacted and says nothing else: a day. */
export declare const tombstoneGraceMsDefault = 86400000;
