/** Words that every room shares. Nothing here knows a runtime, a socket or a file. */
export { type Address, formatAddress, parseAddress } from "./address.ts";
export { AssertionError, assert } from "./assert.ts";
export { concat, fromHex, readUint53, sameBytes, toBytes, toHex, toText, viewOf, writeUint53 } from "./bytes.ts";
export type { Clock } from "./clock.ts";
export { type Codec, type Codecs, compressFrame, unpackPayload } from "./compression.ts";
export { type Checksum, crc32, crc32Between } from "./crc32.ts";
export {
  decodeCursor,
  decodeToken,
  encodeCursor,
  encodeToken,
  type Place,
  placeFault,
  TokenWriter,
} from "./cursor.ts";
export { DisposalStack } from "./disposal.ts";
export {
  type BatchStamp,
  batchHeaderBytes,
  batchVersion,
  type ChainHash,
  type Compression,
  chainStart,
  FrameBuilder,
  type FrameHeader,
  type FrameKind,
  type FramePlace,
  type FrameScan,
  frameHeaderBytes,
  frameMagic,
  gapFrame,
  headersBytes,
  nextChain,
  placeFrame,
  readPlace,
  scanFrame,
  stampAndPlace,
  stampBatch,
} from "./frame.ts";
export { scanHeaders } from "./frame_headers.ts";
export { compactedFrame, readRecords, withoutRecords } from "./frame_records.ts";
export { HotLoopback } from "./hot_loopback.ts";
export { HotResponses } from "./hot_responses.ts";
export { ipToBytes, ipToText } from "./ip.ts";
export {
  compactedTopics,
  cursorNameFault,
  cursorsTopic,
  frameBytesMax,
  frameRecordsMax,
  isInternalTopic,
  messageBytesMax,
  recordBytesMax,
  recordHeadersMax,
  responseBytesMax,
  servicesTopic,
  settingsTopic,
  timestampFault,
  timestampMsMax,
  tombstoneGraceMsDefault,
  topicNameCharactersMax,
  topicNameFault,
  topicsMax,
} from "./limits.ts";
export { Listeners } from "./listeners.ts";
export type { Machine, Wake } from "./machine.ts";
export type {
  Cancellation,
  HotCall,
  HotReceiver,
  HotTransport,
  MessageAnswerer,
  MessageCall,
  MessageMethod,
} from "./message_call.ts";
export { pooledBytes, pooledBytesMax } from "./pooled_bytes.ts";
export {
  chainFromNumber,
  chainToNumber,
  type Position,
  sameChain,
  vectorFromPositions,
  vectorToPositions,
  writerFromNumber,
  writerToNumber,
} from "./position.ts";
export {
  isProducerId,
  isStamped,
  type ProducerId,
  type ProducerStamp,
  producerEpochMax,
  producerStampFault,
  readProducerStamp,
  usableProducerStamp,
  writeProducerStamp,
} from "./producer_stamp.ts";
export { ProtobufReader } from "./protobuf_reader.ts";
export { Random } from "./random.ts";
export {
  keylessRecord,
  LogRecord,
  type PackedRecord,
  packedBytesMax,
  packedRecordsFault,
  packRecord,
  type RecordHeader,
  type RecordInput,
  readHole,
  readPackedRecords,
} from "./record.ts";
export { rendezvousPick, rendezvousRank, slotOf } from "./rendezvous.ts";
export { isReproduced, markReproduced } from "./reproduced_mark.ts";
export { Schedule, type Timer } from "./schedule.ts";
export type {
  HealthCheck,
  HealthCheckKind,
  HealthCheckStatus,
  HealthState,
  ServiceChange,
  ServiceDefinition,
  ServiceInstance,
  ServiceQuery,
} from "./service.ts";
export {
  firstGeneration,
  generationMax,
  type TopicGeneration,
  topicKey,
  topicOfKey,
} from "./topic_key.ts";
export { unzigzag, VarintReader, varintBytesMax, varintBytesOf, writeVarint, zigzag } from "./varint.ts";
export {
  countMissing,
  covers,
  decodeVector,
  encodeVector,
  isWriterId,
  mergeVectors,
  sameVector,
  type Vector,
  vectorWritersMax,
  type WriterId,
} from "./vector.ts";
