/** Named bounds of the server, and the settings that every protocol adapter passes on to Connect. */
import type { ConnectRouterOptions } from "@connectrpc/connect";
import { messageBytesMax, responseBytesMax } from "../base/mod.ts";

/** Stored bytes that one response of a stream carries, as long as single frames are not larger. */
export const chunkBytesMax = 262_144;

/** What a page may follow in one stream. */
export const subscriptionsMax = 256;

/** Stored bytes that one answer to one of them carries, as long as single frames are not larger: each may have one ready. */
export const followChunkBytesMax = 65_536;

/** Requests of one ProduceStream that are read ahead of their responses. */
export const produceInFlightMax = 1_024;

/** Requests of one ProduceMany that are started and unanswered: a client has one for all its topics. */
export const produceManyInFlightMax = 8_192;

/** Bytes of records of one ProduceStream, or ProduceMany, that are read ahead; one request more may be held. */
export const produceInFlightBytesMax = 16_777_216;

/** Nodes that a produce may be asked to wait for. */
export const replicatedMax = 100;

/** How long a produce waits for copies on other nodes when the caller does not say, and at most. */
export const copiesMsDefault = 10_000;
export const copiesMsMax = 300_000;

/** Names of holders, and of those who lack the records, that one answer lists. */
export const shortfallNamesMax = 100;

/** A stream that has nothing to say says so this often. */
export const heartbeatMs = 15_000;

/** How long `after_token` is waited for when the caller sets no shorter deadline. */
export const afterTokenMsMax = 30_000;

/** Changes of members that wait for one slow watcher. */
export const watcherQueueMax = 1_024;

/** Addresses of one Join. */
export const joinAddressesMax = 256;

/** Frame bytes that one Pull answers with, whatever credit it asks for. */
export const pullBytesMax = 67_108_864;

/** Characters of a node's name, as memberlist has it. */
export const nodeNameCharactersMax = 128;

/** Longest deadline that a caller may set: a day. */
export const callTimeoutMsMax = 86_400_000;

/** Responses above this size would be compressed. */
const compressAboveBytes = 0xffff_ffff;

/**
 * For the Connect router. Requests may be compressed. Responses never are: stored batches are compressed by those who
 * produce them, and compressing the rest again cost consumers half to two thirds of their throughput.
 */
export const routerOptions: Pick<
  ConnectRouterOptions,
  "readMaxBytes" | "writeMaxBytes" | "compressMinBytes" | "maxTimeoutMs" | "jsonOptions"
> = {
  readMaxBytes: messageBytesMax,
  writeMaxBytes: responseBytesMax,
  compressMinBytes: compressAboveBytes,
  maxTimeoutMs: callTimeoutMsMax,
  // Offset 0 is an answer: a caller with curl wants to see it.
  jsonOptions: { alwaysEmitImplicit: true },
};
