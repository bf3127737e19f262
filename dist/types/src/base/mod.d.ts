/** Words that every room shares. Nothing here knows a runtime, a socket or a file. */
export { type Address, formatAddress, parseAddress } from "./address.d.ts";
export { AssertionError, assert } from "./assert.d.ts";
export { concat, fromHex, readUint53, sameBytes, toBytes, toHex, toText, viewOf, writeUint53 } from "./bytes.d.ts";
export type { Clock } from "./clock.d.ts";
export { type Checksum, crc32 } from "./crc32.d.ts";
export { decodeCursor, decodeToken, encodeCursor, encodeToken, type Place } from "./cursor.d.ts";
export { DisposalStack } from "./disposal.d.ts";
export { type BatchStamp, batchHeaderBytes, batchVersion, type ChainHash, type Compression, chainStart, FrameBuilder, type FrameHeader, type FrameKind, type FramePlace, type FrameScan, frameHeaderBytes, frameMagic, gapFrame, headersBytes, nextChain, placeFrame, readPlace, readRecords, scanFrame, stampBatch, } from "./frame.d.ts";
export { frameBytesMax, frameRecordsMax, messageBytesMax, recordBytesMax, recordHeadersMax, responseBytesMax, timestampFault, timestampMsMax, topicNameCharactersMax, topicNameFault, topicsMax, } from "./limits.d.ts";
export { Listeners } from "./listeners.d.ts";
export type { Machine, Wake } from "./machine.d.ts";
export { chainFromNumber, chainToNumber, type Position, sameChain, vectorFromPositions, vectorToPositions, writerFromNumber, writerToNumber, } from "./position.d.ts";
export { Random } from "./random.d.ts";
export { LogRecord, type PackedRecord, packedBytesMax, packedRecordsFault, packRecord, type RecordHeader, type RecordInput, readPackedRecords, } from "./record.d.ts";
export { unzigzag, VarintReader, varintBytesMax, writeVarint, zigzag } from "./varint.d.ts";
export { countMissing, covers, decodeVector, encodeVector, isWriterId, mergeVectors, sameVector, type Vector, vectorWritersMax, type WriterId, } from "./vector.d.ts";
