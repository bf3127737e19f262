import type { GenEnum, GenFile, GenMessage, GenService } from "npm:@bufbuild/protobuf@2.17.0/codegenv2";
import type { Message, UnknownEnum } from "npm:@bufbuild/protobuf@2.17.0";
/**
 * Describes the file log/v1/log.proto.
 */
export declare const file_log_v1_log: GenFile;
/**
 * @generated from message log.v1.Record
 */
export type Record = Message<"log.v1.Record"> & {
    /**
     * @generated from field: bytes value = 1;
     */
    value: Uint8Array;
    /**
     * Position in the answering node's local log. Differs between nodes. Ignored in requests.
     *
     * @generated from field: uint64 offset = 2;
     */
    offset: bigint;
    /**
     * @generated from field: optional bytes key = 5;
     */
    key?: Uint8Array | undefined;
    /**
     * @generated from field: repeated log.v1.Header headers = 6;
     */
    headers: Header[];
    /**
     * Milliseconds since 1970-01-01 UTC. 0 in a request means "when the node receives it".
     *
     * @generated from field: uint64 timestamp_ms = 7;
     */
    timestampMs: bigint;
    /**
     * The writer of the feed that the record is in, 16 hexadecimal digits. Ignored in requests.
     *
     * @generated from field: string writer = 8;
     */
    writer: string;
    /**
     * Position in that feed, from 1. Ignored in requests.
     *
     * @generated from field: uint64 sequence = 9;
     */
    sequence: bigint;
};
/**
 * Describes the message log.v1.Record.
 * Use `create(RecordSchema)` to create a new message.
 */
export declare const RecordSchema: GenMessage<Record>;
/**
 * @generated from message log.v1.Header
 */
export type Header = Message<"log.v1.Header"> & {
    /**
     * @generated from field: string name = 1;
     */
    name: string;
    /**
     * @generated from field: bytes value = 2;
     */
    value: Uint8Array;
};
/**
 * Describes the message log.v1.Header.
 * Use `create(HeaderSchema)` to create a new message.
 */
export declare const HeaderSchema: GenMessage<Header>;
/**
 * How durable a produce must be before it is acknowledged.
 *
 * @generated from message log.v1.Acks
 */
export type Acks = Message<"log.v1.Acks"> & {
    /**
     * Number of nodes, the one that was asked included, that hold the records durably, up to 100. 0 and 1 mean this node
     * alone, by its fsync policy; from 2 on only what is fsynced counts.
     *
     * @generated from field: uint32 replicated = 1;
     */
    replicated: number;
    /**
     * When too few nodes hold the records in time, answer with `shortfall` instead of failing with DEADLINE_EXCEEDED.
     *
     * @generated from field: bool answer_shortfall = 2;
     */
    answerShortfall: boolean;
};
/**
 * Describes the message log.v1.Acks.
 * Use `create(AcksSchema)` to create a new message.
 */
export declare const AcksSchema: GenMessage<Acks>;
/**
 * Exactly one of `record`, `records` and `frame` carries what is produced.
 *
 * @generated from message log.v1.ProduceRequest
 */
export type ProduceRequest = Message<"log.v1.ProduceRequest"> & {
    /**
     * @generated from field: log.v1.Record record = 1;
     */
    record?: Record | undefined;
    /**
     * "" means the topic "default".
     *
     * @generated from field: string topic = 2;
     */
    topic: string;
    /**
     * Several records that become one batch.
     *
     * @generated from field: repeated log.v1.Record records = 3;
     */
    records: Record[];
    /**
     * One packed frame with blank stamps (docs/format.md): stored as it is.
     *
     * @generated from field: bytes frame = 4;
     */
    frame: Uint8Array;
    /**
     * @generated from field: log.v1.Acks acks = 5;
     */
    acks?: Acks | undefined;
    /**
     * How long to wait for `acks`, in milliseconds, up to 300,000; 0 means 10,000.
     *
     * @generated from field: uint32 timeout_ms = 6;
     */
    timeoutMs: number;
    /**
     * Identifies what is produced, so that a repeated request is stored once (docs/producers.md). Not 0: the producer, a
     * 64-bit random number of its own. A `frame` carries these three in its header; here they may be left out then, or
     * say the same.
     *
     * @generated from field: fixed64 producer_id = 7;
     */
    producerId: bigint;
    /**
     * A greater one takes over: what comes with a lower one is refused from then on.
     *
     * @generated from field: uint32 producer_epoch = 8;
     */
    producerEpoch: number;
    /**
     * The producer's number for the first record, counted over its epoch, from 1. The others follow it; gaps are legal.
     *
     * @generated from field: uint64 producer_sequence = 9;
     */
    producerSequence: bigint;
    /**
     * Append only if the latest record with this record's key is this one, as the asked node holds them. FAILED_PRECONDITION
     * otherwise, with a `LatestRecord` as detail.
     *
     * @generated from field: log.v1.ExpectedSequence expected_sequence = 10;
     */
    expectedSequence?: ExpectedSequence | undefined;
    /**
     * Another node passes this on for its caller: it is answered here, or refused, and passed on to nobody.
     *
     * @generated from field: bool forwarded = 15;
     */
    forwarded: boolean;
};
/**
 * Describes the message log.v1.ProduceRequest.
 * Use `create(ProduceRequestSchema)` to create a new message.
 */
export declare const ProduceRequestSchema: GenMessage<ProduceRequest>;
/**
 * A record by its identity; sequence 0: there is none.
 *
 * @generated from message log.v1.ExpectedSequence
 */
export type ExpectedSequence = Message<"log.v1.ExpectedSequence"> & {
    /**
     * @generated from field: string writer = 1;
     */
    writer: string;
    /**
     * @generated from field: uint64 sequence = 2;
     */
    sequence: bigint;
};
/**
 * Describes the message log.v1.ExpectedSequence.
 * Use `create(ExpectedSequenceSchema)` to create a new message.
 */
export declare const ExpectedSequenceSchema: GenMessage<ExpectedSequence>;
/**
 * The latest record with a key on the answering node, as a detail of FAILED_PRECONDITION; sequence 0: there is none.
 *
 * @generated from message log.v1.LatestRecord
 */
export type LatestRecord = Message<"log.v1.LatestRecord"> & {
    /**
     * @generated from field: string writer = 1;
     */
    writer: string;
    /**
     * @generated from field: uint64 sequence = 2;
     */
    sequence: bigint;
};
/**
 * Describes the message log.v1.LatestRecord.
 * Use `create(LatestRecordSchema)` to create a new message.
 */
export declare const LatestRecordSchema: GenMessage<LatestRecord>;
/**
 * @generated from message log.v1.ProduceResponse
 */
export type ProduceResponse = Message<"log.v1.ProduceResponse"> & {
    /**
     * Offset of the first record on the answering node.
     *
     * @generated from field: uint64 offset = 1;
     */
    offset: bigint;
    /**
     * The feed that the records went to, 16 hexadecimal digits, and the sequence of the first.
     *
     * @generated from field: string writer = 2;
     */
    writer: string;
    /**
     * @generated from field: uint64 first_sequence = 3;
     */
    firstSequence: bigint;
    /**
     * Consuming with `after_token` on any node waits until that node holds these records.
     *
     * @generated from field: bytes token = 4;
     */
    token: Uint8Array;
    /**
     * @generated from field: uint32 count = 5;
     */
    count: number;
    /**
     * Set when fewer nodes than `acks` asked for hold the records so far. They are stored, and others still fetch them. Only
     * where the request said `answer_shortfall`, and as a detail of DEADLINE_EXCEEDED.
     *
     * @generated from field: log.v1.Shortfall shortfall = 6;
     */
    shortfall?: Shortfall | undefined;
    /**
     * The same was produced before: this is where it went then.
     *
     * @generated from field: bool duplicate = 7;
     */
    duplicate: boolean;
};
/**
 * Describes the message log.v1.ProduceResponse.
 * Use `create(ProduceResponseSchema)` to create a new message.
 */
export declare const ProduceResponseSchema: GenMessage<ProduceResponse>;
/**
 * Who holds records durably, and who of the nodes known does not, when that was waited for in vain.
 *
 * @generated from message log.v1.Shortfall
 */
export type Shortfall = Message<"log.v1.Shortfall"> & {
    /**
     * @generated from field: uint32 asked = 1;
     */
    asked: number;
    /**
     * Names of nodes, at most 100 each.
     *
     * @generated from field: repeated string holders = 2;
     */
    holders: string[];
    /**
     * @generated from field: repeated string lacking = 3;
     */
    lacking: string[];
};
/**
 * Describes the message log.v1.Shortfall.
 * Use `create(ShortfallSchema)` to create a new message.
 */
export declare const ShortfallSchema: GenMessage<Shortfall>;
/**
 * @generated from message log.v1.ProduceManyRequest
 */
export type ProduceManyRequest = Message<"log.v1.ProduceManyRequest"> & {
    /**
     * The caller's number for this produce, below 2^53.
     *
     * @generated from field: uint64 id = 1;
     */
    id: bigint;
    /**
     * @generated from field: log.v1.ProduceRequest produce = 2;
     */
    produce?: ProduceRequest | undefined;
};
/**
 * Describes the message log.v1.ProduceManyRequest.
 * Use `create(ProduceManyRequestSchema)` to create a new message.
 */
export declare const ProduceManyRequestSchema: GenMessage<ProduceManyRequest>;
/**
 * @generated from message log.v1.ProduceManyResponse
 */
export type ProduceManyResponse = Message<"log.v1.ProduceManyResponse"> & {
    /**
     * That of the request which is answered.
     *
     * @generated from field: uint64 id = 1;
     */
    id: bigint;
    /**
     * @generated from oneof log.v1.ProduceManyResponse.outcome
     */
    outcome: {
        /**
         * @generated from field: log.v1.ProduceResponse produced = 2;
         */
        value: ProduceResponse;
        case: "produced";
    } | {
        /**
         * @generated from field: log.v1.ProduceFailure failed = 3;
         */
        value: ProduceFailure;
        case: "failed";
    } | {
        case: undefined;
        value?: undefined;
    };
};
/**
 * Describes the message log.v1.ProduceManyResponse.
 * Use `create(ProduceManyResponseSchema)` to create a new message.
 */
export declare const ProduceManyResponseSchema: GenMessage<ProduceManyResponse>;
/**
 * What a call of its own would have failed with.
 *
 * @generated from message log.v1.ProduceFailure
 */
export type ProduceFailure = Message<"log.v1.ProduceFailure"> & {
    /**
     * As gRPC numbers them.
     *
     * @generated from field: uint32 code = 1;
     */
    code: number;
    /**
     * @generated from field: string message = 2;
     */
    message: string;
};
/**
 * Describes the message log.v1.ProduceFailure.
 * Use `create(ProduceFailureSchema)` to create a new message.
 */
export declare const ProduceFailureSchema: GenMessage<ProduceFailure>;
/**
 * @generated from message log.v1.ConsumeRequest
 */
export type ConsumeRequest = Message<"log.v1.ConsumeRequest"> & {
    /**
     * Used when no `start` is set.
     *
     * @generated from field: uint64 offset = 1;
     */
    offset: bigint;
    /**
     * @generated from field: string topic = 2;
     */
    topic: string;
    /**
     * @generated from oneof log.v1.ConsumeRequest.start
     */
    start: {
        /**
         * @generated from field: bool earliest = 3;
         */
        value: boolean;
        case: "earliest";
    } | {
        /**
         * @generated from field: bool latest = 4;
         */
        value: boolean;
        case: "latest";
    } | {
        /**
         * The first record at or after this time, milliseconds since 1970-01-01 UTC, in the node's order.
         *
         * @generated from field: uint64 timestamp_ms = 5;
         */
        value: bigint;
        case: "timestampMs";
    } | {
        /**
         * What the consumer has read, as an earlier response gave it. Valid on every node.
         *
         * @generated from field: bytes cursor = 6;
         */
        value: Uint8Array;
        case: "cursor";
    } | {
        case: undefined;
        value?: undefined;
    };
    /**
     * Wait until the node holds what the produce with this token wrote.
     *
     * @generated from field: bytes after_token = 7;
     */
    afterToken: Uint8Array;
    /**
     * Answer with whole stored frames instead of single records.
     *
     * @generated from field: bool packed = 9;
     */
    packed: boolean;
    /**
     * What to do where the asked node no longer holds what follows the cursor or stands at the offset, and where it never got
     * it. Starts by time, at the earliest and at the latest record ask for nothing that is gone before they begin.
     *
     * @generated from field: log.v1.OutOfRange out_of_range = 10;
     */
    outOfRange: OutOfRange;
    /**
     * Another node passes this on for its caller: it is answered here, or refused, and passed on to nobody.
     *
     * @generated from field: bool forwarded = 15;
     */
    forwarded: boolean;
};
/**
 * Describes the message log.v1.ConsumeRequest.
 * Use `create(ConsumeRequestSchema)` to create a new message.
 */
export declare const ConsumeRequestSchema: GenMessage<ConsumeRequest>;
/**
 * A detail of OUT_OF_RANGE, where the request said OUT_OF_RANGE_ERROR.
 *
 * @generated from message log.v1.LowestAvailable
 */
export type LowestAvailable = Message<"log.v1.LowestAvailable"> & {
    /**
     * What the consumer has read, moved on to where the node can go on from without a gap.
     *
     * @generated from field: bytes cursor = 1;
     */
    cursor: Uint8Array;
};
/**
 * Describes the message log.v1.LowestAvailable.
 * Use `create(LowestAvailableSchema)` to create a new message.
 */
export declare const LowestAvailableSchema: GenMessage<LowestAvailable>;
/**
 * Records of a writer that the asked node does not hold and passes over.
 *
 * @generated from message log.v1.Gap
 */
export type Gap = Message<"log.v1.Gap"> & {
    /**
     * 16 hexadecimal digits.
     *
     * @generated from field: string writer = 1;
     */
    writer: string;
    /**
     * @generated from field: uint64 first_sequence = 2;
     */
    firstSequence: bigint;
    /**
     * @generated from field: uint64 last_sequence = 3;
     */
    lastSequence: bigint;
};
/**
 * Describes the message log.v1.Gap.
 * Use `create(GapSchema)` to create a new message.
 */
export declare const GapSchema: GenMessage<Gap>;
/**
 * @generated from message log.v1.ConsumeResponse
 */
export type ConsumeResponse = Message<"log.v1.ConsumeResponse"> & {
    /**
     * @generated from field: log.v1.Record record = 2;
     */
    record?: Record | undefined;
    /**
     * Whole frames (docs/format.md), one or more, when the request said `packed`.
     *
     * @generated from field: bytes frames = 3;
     */
    frames: Uint8Array;
    /**
     * What has been read after this response.
     *
     * @generated from field: bytes cursor = 4;
     */
    cursor: Uint8Array;
    /**
     * True when the response carries nothing and only shows that the stream lives.
     *
     * @generated from field: bool heartbeat = 5;
     */
    heartbeat: boolean;
    /**
     * The offset to continue at on this node.
     *
     * @generated from field: uint64 next_offset = 6;
     */
    nextOffset: bigint;
    /**
     * What is passed over before `record`; the response may carry nothing else. Not with `frames`, where gaps are frames, and
     * not for requests that set neither `topic` nor a `start`: the book's clients take every response for a record.
     *
     * @generated from field: repeated log.v1.Gap gaps = 7;
     */
    gaps: Gap[];
};
/**
 * Describes the message log.v1.ConsumeResponse.
 * Use `create(ConsumeResponseSchema)` to create a new message.
 */
export declare const ConsumeResponseSchema: GenMessage<ConsumeResponse>;
/**
 * @generated from message log.v1.GetServersRequest
 */
export type GetServersRequest = Message<"log.v1.GetServersRequest"> & {};
/**
 * Describes the message log.v1.GetServersRequest.
 * Use `create(GetServersRequestSchema)` to create a new message.
 */
export declare const GetServersRequestSchema: GenMessage<GetServersRequest>;
/**
 * @generated from message log.v1.GetServersResponse
 */
export type GetServersResponse = Message<"log.v1.GetServersResponse"> & {
    /**
     * @generated from field: repeated log.v1.Server servers = 1;
     */
    servers: Server[];
};
/**
 * Describes the message log.v1.GetServersResponse.
 * Use `create(GetServersResponseSchema)` to create a new message.
 */
export declare const GetServersResponseSchema: GenMessage<GetServersResponse>;
/**
 * @generated from message log.v1.Server
 */
export type Server = Message<"log.v1.Server"> & {
    /**
     * @generated from field: string id = 1;
     */
    id: string;
    /**
     * @generated from field: string rpc_addr = 2;
     */
    rpcAddr: string;
    /**
     * Every node takes writes, so this is true for all: the book's picker then stays on one node.
     *
     * @generated from field: bool is_leader = 3;
     */
    isLeader: boolean;
    /**
     * alive, leaving, left or failed.
     *
     * @generated from field: string status = 4;
     */
    status: string;
    /**
     * @generated from field: map<string, string> tags = 5;
     */
    tags: {
        [key: string]: string;
    };
};
/**
 * Describes the message log.v1.Server.
 * Use `create(ServerSchema)` to create a new message.
 */
export declare const ServerSchema: GenMessage<Server>;
/**
 * @generated from message log.v1.ListTopicsRequest
 */
export type ListTopicsRequest = Message<"log.v1.ListTopicsRequest"> & {
    /**
     * The cluster's own, whose names begin with "_", too.
     *
     * @generated from field: bool internal = 1;
     */
    internal: boolean;
    /**
     * Another node passes this on for its caller: it is answered here, or refused, and passed on to nobody.
     *
     * @generated from field: bool forwarded = 15;
     */
    forwarded: boolean;
};
/**
 * Describes the message log.v1.ListTopicsRequest.
 * Use `create(ListTopicsRequestSchema)` to create a new message.
 */
export declare const ListTopicsRequestSchema: GenMessage<ListTopicsRequest>;
/**
 * @generated from message log.v1.ListTopicsResponse
 */
export type ListTopicsResponse = Message<"log.v1.ListTopicsResponse"> & {
    /**
     * @generated from field: repeated log.v1.Topic topics = 1;
     */
    topics: Topic[];
};
/**
 * Describes the message log.v1.ListTopicsResponse.
 * Use `create(ListTopicsResponseSchema)` to create a new message.
 */
export declare const ListTopicsResponseSchema: GenMessage<ListTopicsResponse>;
/**
 * @generated from message log.v1.DescribeTopicRequest
 */
export type DescribeTopicRequest = Message<"log.v1.DescribeTopicRequest"> & {
    /**
     * @generated from field: string topic = 1;
     */
    topic: string;
    /**
     * Another node passes this on for its caller: it is answered here, or refused, and passed on to nobody.
     *
     * @generated from field: bool forwarded = 15;
     */
    forwarded: boolean;
};
/**
 * Describes the message log.v1.DescribeTopicRequest.
 * Use `create(DescribeTopicRequestSchema)` to create a new message.
 */
export declare const DescribeTopicRequestSchema: GenMessage<DescribeTopicRequest>;
/**
 * @generated from message log.v1.DescribeTopicResponse
 */
export type DescribeTopicResponse = Message<"log.v1.DescribeTopicResponse"> & {
    /**
     * @generated from field: log.v1.Topic topic = 1;
     */
    topic?: Topic | undefined;
};
/**
 * Describes the message log.v1.DescribeTopicResponse.
 * Use `create(DescribeTopicResponseSchema)` to create a new message.
 */
export declare const DescribeTopicResponseSchema: GenMessage<DescribeTopicResponse>;
/**
 * @generated from message log.v1.SetTopicRequest
 */
export type SetTopicRequest = Message<"log.v1.SetTopicRequest"> & {
    /**
     * @generated from field: string topic = 1;
     */
    topic: string;
    /**
     * A field that is absent stays as it is, 0 takes its limit away.
     *
     * @generated from field: log.v1.Retention retention = 2;
     */
    retention?: Retention | undefined;
    /**
     * The topic must not be there yet, or be deleted: then its next generation begins. Otherwise it must be there.
     *
     * @generated from field: bool create = 3;
     */
    create: boolean;
    /**
     * Of each key only the latest record is to stay. Absent: as it is.
     *
     * @generated from field: optional bool compact = 4;
     */
    compact?: boolean | undefined;
    /**
     * How long a record with a key and an empty value stays once all known nodes hold it. Absent: as it is; 0: a day.
     *
     * @generated from field: optional uint64 tombstone_grace_ms = 5;
     */
    tombstoneGraceMs?: bigint | undefined;
    /**
     * Absent: as it is.
     *
     * @generated from field: log.v1.Placement placement = 6;
     */
    placement?: Placement | undefined;
    /**
     * @generated from field: bool forwarded = 15;
     */
    forwarded: boolean;
};
/**
 * Describes the message log.v1.SetTopicRequest.
 * Use `create(SetTopicRequestSchema)` to create a new message.
 */
export declare const SetTopicRequestSchema: GenMessage<SetTopicRequest>;
/**
 * @generated from message log.v1.SetTopicResponse
 */
export type SetTopicResponse = Message<"log.v1.SetTopicResponse"> & {
    /**
     * @generated from field: log.v1.Topic topic = 1;
     */
    topic?: Topic | undefined;
};
/**
 * Describes the message log.v1.SetTopicResponse.
 * Use `create(SetTopicResponseSchema)` to create a new message.
 */
export declare const SetTopicResponseSchema: GenMessage<SetTopicResponse>;
/**
 * @generated from message log.v1.DeleteTopicRequest
 */
export type DeleteTopicRequest = Message<"log.v1.DeleteTopicRequest"> & {
    /**
     * @generated from field: string topic = 1;
     */
    topic: string;
    /**
     * @generated from field: bool forwarded = 15;
     */
    forwarded: boolean;
};
/**
 * Describes the message log.v1.DeleteTopicRequest.
 * Use `create(DeleteTopicRequestSchema)` to create a new message.
 */
export declare const DeleteTopicRequestSchema: GenMessage<DeleteTopicRequest>;
/**
 * @generated from message log.v1.DeleteTopicResponse
 */
export type DeleteTopicResponse = Message<"log.v1.DeleteTopicResponse"> & {
    /**
     * What was deleted: a topic that is created again has the next one.
     *
     * @generated from field: uint32 generation = 1;
     */
    generation: number;
};
/**
 * Describes the message log.v1.DeleteTopicResponse.
 * Use `create(DeleteTopicResponseSchema)` to create a new message.
 */
export declare const DeleteTopicResponseSchema: GenMessage<DeleteTopicResponse>;
/**
 * What may be forgotten of a topic: its oldest segments, while any of these says so. The last segment always stays.
 *
 * @generated from message log.v1.Retention
 */
export type Retention = Message<"log.v1.Retention"> & {
    /**
     * Bytes that stay at least: what is beyond may go. No smaller than a segment of the node that is asked.
     *
     * @generated from field: optional uint64 bytes_min = 1;
     */
    bytesMin?: bigint | undefined;
    /**
     * A segment goes when its newest record is older, at least 1,000.
     *
     * @generated from field: optional uint64 age_max_ms = 2;
     */
    ageMaxMs?: bigint | undefined;
    /**
     * Segments that stay at most.
     *
     * @generated from field: optional uint64 segments_max = 3;
     */
    segmentsMax?: bigint | undefined;
    /**
     * A segment stays until so many nodes, 1 to 100, confirmed that they hold it durably, whatever the other limits say.
     *
     * @generated from field: optional uint64 keep_until_replicas = 4;
     */
    keepUntilReplicas?: bigint | undefined;
    /**
     * Bytes that stay at most, whatever `keep_until_replicas` says. No smaller than a segment of the node that is asked.
     *
     * @generated from field: optional uint64 bytes_max = 5;
     */
    bytesMax?: bigint | undefined;
};
/**
 * Describes the message log.v1.Retention.
 * Use `create(RetentionSchema)` to create a new message.
 */
export declare const RetentionSchema: GenMessage<Retention>;
/**
 * @generated from message log.v1.Topic
 */
export type Topic = Message<"log.v1.Topic"> & {
    /**
     * @generated from field: string name = 1;
     */
    name: string;
    /**
     * The local log spans [first_offset, next_offset).
     *
     * @generated from field: uint64 first_offset = 2;
     */
    firstOffset: bigint;
    /**
     * @generated from field: uint64 next_offset = 3;
     */
    nextOffset: bigint;
    /**
     * @generated from field: uint64 bytes = 4;
     */
    bytes: bigint;
    /**
     * All offsets that it spans, also those that compaction, or a gap, took records of.
     *
     * @generated from field: uint64 records = 5;
     */
    records: bigint;
    /**
     * @generated from field: repeated log.v1.Feed feeds = 6;
     */
    feeds: Feed[];
    /**
     * Absent when nothing is settled: then each node goes by its own options.
     *
     * @generated from field: log.v1.Retention retention = 7;
     */
    retention?: Retention | undefined;
    /**
     * Counts how often the topic was deleted and created again, from 1.
     *
     * @generated from field: uint32 generation = 8;
     */
    generation: number;
    /**
     * Of each key only the latest record stays.
     *
     * @generated from field: bool compact = 9;
     */
    compact: boolean;
    /**
     * Where it is compacted: how long a record with a key and an empty value stays once all known nodes hold it.
     *
     * @generated from field: uint64 tombstone_grace_ms = 10;
     */
    tombstoneGraceMs: bigint;
    /**
     * Which nodes are to hold it; absent when all are.
     *
     * @generated from field: log.v1.Placement placement = 11;
     */
    placement?: Placement | undefined;
    /**
     * The names of the nodes that are to hold it, as the answering node sees the cluster; only where it is not all of them.
     *
     * @generated from field: repeated string placed = 12;
     */
    placed: string[];
    /**
     * The names of the nodes that hold something of it, as far as the answering node heard; only beside `placed`.
     *
     * @generated from field: repeated string holders = 13;
     */
    holders: string[];
};
/**
 * Describes the message log.v1.Topic.
 * Use `create(TopicSchema)` to create a new message.
 */
export declare const TopicSchema: GenMessage<Topic>;
/**
 * Which of the nodes that hold topics at all are to hold one; the others pass their callers on.
 *
 * @generated from message log.v1.Placement
 */
export type Placement = Message<"log.v1.Placement"> & {
    /**
     * So many of them, chosen by rendezvous hashing, up to 100; 0: all.
     *
     * @generated from field: optional uint32 copies = 1;
     */
    copies?: number | undefined;
    /**
     * Only those with these tags; absent in a change: as it is.
     *
     * @generated from field: log.v1.TagExpressions tags = 2;
     */
    tags?: TagExpressions | undefined;
};
/**
 * Describes the message log.v1.Placement.
 * Use `create(PlacementSchema)` to create a new message.
 */
export declare const PlacementSchema: GenMessage<Placement>;
/**
 * By the names of tags: an expression in RE2's syntax that the whole value matches. All of them must; none: any node will do.
 *
 * @generated from message log.v1.TagExpressions
 */
export type TagExpressions = Message<"log.v1.TagExpressions"> & {
    /**
     * @generated from field: map<string, string> expressions = 1;
     */
    expressions: {
        [key: string]: string;
    };
};
/**
 * Describes the message log.v1.TagExpressions.
 * Use `create(TagExpressionsSchema)` to create a new message.
 */
export declare const TagExpressionsSchema: GenMessage<TagExpressions>;
/**
 * @generated from message log.v1.Feed
 */
export type Feed = Message<"log.v1.Feed"> & {
    /**
     * 16 hexadecimal digits.
     *
     * @generated from field: string writer = 1;
     */
    writer: string;
    /**
     * The sequences low_water to have are held, those to durable are on disk for sure.
     *
     * @generated from field: uint64 low_water = 2;
     */
    lowWater: bigint;
    /**
     * @generated from field: uint64 have = 3;
     */
    have: bigint;
    /**
     * @generated from field: uint64 durable = 4;
     */
    durable: bigint;
    /**
     * Why the answering node follows this feed no more, since it holds another history of it; empty where it does.
     *
     * @generated from field: string stopped = 5;
     */
    stopped: string;
};
/**
 * Describes the message log.v1.Feed.
 * Use `create(FeedSchema)` to create a new message.
 */
export declare const FeedSchema: GenMessage<Feed>;
/**
 * @generated from message log.v1.SaveCursorRequest
 */
export type SaveCursorRequest = Message<"log.v1.SaveCursorRequest"> & {
    /**
     * @generated from field: string topic = 1;
     */
    topic: string;
    /**
     * 1 to 249 of A-Z a-z 0-9 . _ -
     *
     * @generated from field: string name = 2;
     */
    name: string;
    /**
     * What was read, as a consumer has it. It is added to what others read under the name: the greatest sequence of each
     * writer holds.
     *
     * @generated from field: bytes cursor = 3;
     */
    cursor: Uint8Array;
    /**
     * That of the answer which the consumer began with. FAILED_PRECONDITION when the cursor was set anew since.
     *
     * @generated from field: uint32 resets = 4;
     */
    resets: number;
    /**
     * Set by a node that passes the call on: then it is not passed on again.
     *
     * @generated from field: bool forwarded = 5;
     */
    forwarded: boolean;
};
/**
 * Describes the message log.v1.SaveCursorRequest.
 * Use `create(SaveCursorRequestSchema)` to create a new message.
 */
export declare const SaveCursorRequestSchema: GenMessage<SaveCursorRequest>;
/**
 * @generated from message log.v1.SaveCursorResponse
 */
export type SaveCursorResponse = Message<"log.v1.SaveCursorResponse"> & {
    /**
     * @generated from field: log.v1.SavedCursor saved = 1;
     */
    saved?: SavedCursor | undefined;
    /**
     * Asking any node for the cursor with it as `after_token` waits until that node knows no less.
     *
     * @generated from field: bytes token = 2;
     */
    token: Uint8Array;
};
/**
 * Describes the message log.v1.SaveCursorResponse.
 * Use `create(SaveCursorResponseSchema)` to create a new message.
 */
export declare const SaveCursorResponseSchema: GenMessage<SaveCursorResponse>;
/**
 * @generated from message log.v1.GetCursorRequest
 */
export type GetCursorRequest = Message<"log.v1.GetCursorRequest"> & {
    /**
     * @generated from field: string topic = 1;
     */
    topic: string;
    /**
     * @generated from field: string name = 2;
     */
    name: string;
    /**
     * Wait until this node knows what a save with this token wrote.
     *
     * @generated from field: bytes after_token = 3;
     */
    afterToken: Uint8Array;
    /**
     * Set by a node that passes the call on: then it is not passed on again.
     *
     * @generated from field: bool forwarded = 4;
     */
    forwarded: boolean;
};
/**
 * Describes the message log.v1.GetCursorRequest.
 * Use `create(GetCursorRequestSchema)` to create a new message.
 */
export declare const GetCursorRequestSchema: GenMessage<GetCursorRequest>;
/**
 * @generated from message log.v1.GetCursorResponse
 */
export type GetCursorResponse = Message<"log.v1.GetCursorResponse"> & {
    /**
     * Absent when nothing is saved.
     *
     * @generated from field: log.v1.SavedCursor saved = 1;
     */
    saved?: SavedCursor | undefined;
    /**
     * For saves of whoever begins with this answer.
     *
     * @generated from field: uint32 resets = 2;
     */
    resets: number;
    /**
     * Of the topic on this node.
     *
     * @generated from field: uint32 generation = 3;
     */
    generation: number;
};
/**
 * Describes the message log.v1.GetCursorResponse.
 * Use `create(GetCursorResponseSchema)` to create a new message.
 */
export declare const GetCursorResponseSchema: GenMessage<GetCursorResponse>;
/**
 * @generated from message log.v1.ListCursorsRequest
 */
export type ListCursorsRequest = Message<"log.v1.ListCursorsRequest"> & {
    /**
     * @generated from field: string topic = 1;
     */
    topic: string;
    /**
     * Those that groups keep for their slots, too.
     *
     * @generated from field: bool slots = 2;
     */
    slots: boolean;
    /**
     * Set by a node that passes the call on: then it is not passed on again.
     *
     * @generated from field: bool forwarded = 3;
     */
    forwarded: boolean;
};
/**
 * Describes the message log.v1.ListCursorsRequest.
 * Use `create(ListCursorsRequestSchema)` to create a new message.
 */
export declare const ListCursorsRequestSchema: GenMessage<ListCursorsRequest>;
/**
 * @generated from message log.v1.ListCursorsResponse
 */
export type ListCursorsResponse = Message<"log.v1.ListCursorsResponse"> & {
    /**
     * @generated from field: repeated log.v1.SavedCursor cursors = 1;
     */
    cursors: SavedCursor[];
};
/**
 * Describes the message log.v1.ListCursorsResponse.
 * Use `create(ListCursorsResponseSchema)` to create a new message.
 */
export declare const ListCursorsResponseSchema: GenMessage<ListCursorsResponse>;
/**
 * @generated from message log.v1.ResetCursorRequest
 */
export type ResetCursorRequest = Message<"log.v1.ResetCursorRequest"> & {
    /**
     * @generated from field: string topic = 1;
     */
    topic: string;
    /**
     * @generated from field: string name = 2;
     */
    name: string;
    /**
     * Exactly one of them, as this node holds the topic.
     *
     * @generated from oneof log.v1.ResetCursorRequest.to
     */
    to: {
        /**
         * @generated from field: bool earliest = 3;
         */
        value: boolean;
        case: "earliest";
    } | {
        /**
         * @generated from field: bool latest = 4;
         */
        value: boolean;
        case: "latest";
    } | {
        /**
         * @generated from field: uint64 offset = 5;
         */
        value: bigint;
        case: "offset";
    } | {
        /**
         * The first record at or after this time, milliseconds since 1970-01-01 UTC.
         *
         * @generated from field: uint64 timestamp_ms = 6;
         */
        value: bigint;
        case: "timestampMs";
    } | {
        /**
         * @generated from field: bytes cursor = 7;
         */
        value: Uint8Array;
        case: "cursor";
    } | {
        case: undefined;
        value?: undefined;
    };
    /**
     * Set by a node that passes the call on: then it is not passed on again.
     *
     * @generated from field: bool forwarded = 8;
     */
    forwarded: boolean;
};
/**
 * Describes the message log.v1.ResetCursorRequest.
 * Use `create(ResetCursorRequestSchema)` to create a new message.
 */
export declare const ResetCursorRequestSchema: GenMessage<ResetCursorRequest>;
/**
 * @generated from message log.v1.ResetCursorResponse
 */
export type ResetCursorResponse = Message<"log.v1.ResetCursorResponse"> & {
    /**
     * @generated from field: log.v1.SavedCursor saved = 1;
     */
    saved?: SavedCursor | undefined;
    /**
     * @generated from field: bytes token = 2;
     */
    token: Uint8Array;
};
/**
 * Describes the message log.v1.ResetCursorResponse.
 * Use `create(ResetCursorResponseSchema)` to create a new message.
 */
export declare const ResetCursorResponseSchema: GenMessage<ResetCursorResponse>;
/**
 * @generated from message log.v1.DeleteCursorRequest
 */
export type DeleteCursorRequest = Message<"log.v1.DeleteCursorRequest"> & {
    /**
     * @generated from field: string topic = 1;
     */
    topic: string;
    /**
     * @generated from field: string name = 2;
     */
    name: string;
    /**
     * Set by a node that passes the call on: then it is not passed on again.
     *
     * @generated from field: bool forwarded = 3;
     */
    forwarded: boolean;
};
/**
 * Describes the message log.v1.DeleteCursorRequest.
 * Use `create(DeleteCursorRequestSchema)` to create a new message.
 */
export declare const DeleteCursorRequestSchema: GenMessage<DeleteCursorRequest>;
/**
 * @generated from message log.v1.DeleteCursorResponse
 */
export type DeleteCursorResponse = Message<"log.v1.DeleteCursorResponse"> & {
    /**
     * @generated from field: bytes token = 1;
     */
    token: Uint8Array;
};
/**
 * Describes the message log.v1.DeleteCursorResponse.
 * Use `create(DeleteCursorResponseSchema)` to create a new message.
 */
export declare const DeleteCursorResponseSchema: GenMessage<DeleteCursorResponse>;
/**
 * How far the consumers of a name have read.
 *
 * @generated from message log.v1.SavedCursor
 */
export type SavedCursor = Message<"log.v1.SavedCursor"> & {
    /**
     * @generated from field: string name = 1;
     */
    name: string;
    /**
     * To consume from.
     *
     * @generated from field: bytes cursor = 2;
     */
    cursor: Uint8Array;
    /**
     * How often it was set anew or deleted.
     *
     * @generated from field: uint32 resets = 3;
     */
    resets: number;
    /**
     * When anybody saved it last, by the clock of the node that was asked to.
     *
     * @generated from field: uint64 saved_at_ms = 4;
     */
    savedAtMs: bigint;
    /**
     * Records of the topic that this node holds and the consumers have not read.
     *
     * @generated from field: uint64 lag = 5;
     */
    lag: bigint;
};
/**
 * Describes the message log.v1.SavedCursor.
 * Use `create(SavedCursorSchema)` to create a new message.
 */
export declare const SavedCursorSchema: GenMessage<SavedCursor>;
/**
 * @generated from message log.v1.WorkInGroupRequest
 */
export type WorkInGroupRequest = Message<"log.v1.WorkInGroupRequest"> & {
    /**
     * @generated from field: string topic = 1;
     */
    topic: string;
    /**
     * 1 to 240 of A-Z a-z 0-9 . _ -
     *
     * @generated from field: string group = 2;
     */
    group: string;
    /**
     * The member's name, of the same letters: the slots that it gets follow from the names of all members.
     *
     * @generated from field: string member = 3;
     */
    member: string;
    /**
     * A random number of this life of the member, not 0: of two with one name the later one is refused while the other lives.
     *
     * @generated from field: fixed64 session = 4;
     */
    session: bigint;
    /**
     * Slots that the member works on.
     *
     * @generated from field: repeated uint32 slots = 5;
     */
    slots: number[];
    /**
     * How far it got in some of them.
     *
     * @generated from field: repeated log.v1.SlotCursor saves = 6;
     */
    saves: SlotCursor[];
    /**
     * Slots that it gave up since the last call, and does not work on any more. Their saves are taken first.
     *
     * @generated from field: repeated uint32 releases = 7;
     */
    releases: number[];
    /**
     * The member goes: it works on nothing any more.
     *
     * @generated from field: bool leave = 8;
     */
    leave: boolean;
    /**
     * Where slots begin of which nothing is saved; absent: with the earliest record.
     *
     * @generated from field: log.v1.ResetCursorRequest start = 9;
     */
    start?: ResetCursorRequest | undefined;
    /**
     * Set by a node that hands the call on: then it is not handed on again.
     *
     * @generated from field: bool handed_on = 10;
     */
    handedOn: boolean;
    /**
     * Greater in each call of a session: one that was overtaken is refused.
     *
     * @generated from field: uint64 call = 11;
     */
    call: bigint;
};
/**
 * Describes the message log.v1.WorkInGroupRequest.
 * Use `create(WorkInGroupRequestSchema)` to create a new message.
 */
export declare const WorkInGroupRequestSchema: GenMessage<WorkInGroupRequest>;
/**
 * How far a group got in one of its slots.
 *
 * @generated from message log.v1.SlotCursor
 */
export type SlotCursor = Message<"log.v1.SlotCursor"> & {
    /**
     * @generated from field: uint32 slot = 1;
     */
    slot: number;
    /**
     * @generated from field: bytes cursor = 2;
     */
    cursor: Uint8Array;
    /**
     * @generated from field: uint32 resets = 3;
     */
    resets: number;
};
/**
 * Describes the message log.v1.SlotCursor.
 * Use `create(SlotCursorSchema)` to create a new message.
 */
export declare const SlotCursorSchema: GenMessage<SlotCursor>;
/**
 * @generated from message log.v1.WorkInGroupResponse
 */
export type WorkInGroupResponse = Message<"log.v1.WorkInGroupResponse"> & {
    /**
     * Slots that are the member's, until `lease_ms` after it made the call.
     *
     * @generated from field: repeated uint32 slots = 1;
     */
    slots: number[];
    /**
     * Those of them that it is to stop working on, and then to release.
     *
     * @generated from field: repeated uint32 give_up = 2;
     */
    giveUp: number[];
    /**
     * @generated from field: uint32 lease_ms = 3;
     */
    leaseMs: number;
    /**
     * How far the group got in those slots that the request did not name.
     *
     * @generated from field: repeated log.v1.SlotCursor cursors = 4;
     */
    cursors: SlotCursor[];
    /**
     * Slots that there are.
     *
     * @generated from field: uint32 slot_count = 5;
     */
    slotCount: number;
    /**
     * @generated from field: uint32 generation = 6;
     */
    generation: number;
    /**
     * Members that live.
     *
     * @generated from field: uint32 members = 7;
     */
    members: number;
    /**
     * The node that keeps the group.
     *
     * @generated from field: string home = 8;
     */
    home: string;
};
/**
 * Describes the message log.v1.WorkInGroupResponse.
 * Use `create(WorkInGroupResponseSchema)` to create a new message.
 */
export declare const WorkInGroupResponseSchema: GenMessage<WorkInGroupResponse>;
/**
 * @generated from enum log.v1.OutOfRange
 */
export declare const OutOfRange: {
    /**
     * Go on with what is held. What is gone is told as gaps.
     *
     * @generated from enum value: OUT_OF_RANGE_UNSPECIFIED = 0;
     */
    readonly UNSPECIFIED: 0;
    /**
     * @generated from enum value: OUT_OF_RANGE_EARLIEST = 1;
     */
    readonly EARLIEST: 1;
    /**
     * Fail with OUT_OF_RANGE and a `LowestAvailable` as detail: another node may still hold it.
     *
     * @generated from enum value: OUT_OF_RANGE_ERROR = 2;
     */
    readonly ERROR: 2;
};
/**
 * @generated from enum log.v1.OutOfRange
 */
export type OutOfRange = (typeof OutOfRange)[keyof typeof OutOfRange] | UnknownEnum;
/**
 * Describes the enum log.v1.OutOfRange.
 */
export declare const OutOfRangeSchema: GenEnum<OutOfRange>;
/**
 * @generated from service log.v1.Log
 */
export declare const Log: GenService<{
    /**
     * Appends records to a topic and answers once they are as durable as `acks` asks.
     *
     * @generated from rpc log.v1.Log.Produce
     */
    produce: {
        methodKind: "unary";
        input: typeof ProduceRequestSchema;
        output: typeof ProduceResponseSchema;
    };
    /**
     * The same for many requests in flight; responses come in the order of the requests.
     *
     * @generated from rpc log.v1.Log.ProduceStream
     */
    produceStream: {
        methodKind: "bidi_streaming";
        input: typeof ProduceRequestSchema;
        output: typeof ProduceResponseSchema;
    };
    /**
     * The same for produces that have nothing to do with each other, of any topics: each is answered as soon as it can be,
     * and one that fails fails alone. Those of one topic are stored in the order of the requests.
     *
     * @generated from rpc log.v1.Log.ProduceMany
     */
    produceMany: {
        methodKind: "bidi_streaming";
        input: typeof ProduceManyRequestSchema;
        output: typeof ProduceManyResponseSchema;
    };
    /**
     * The next record at or after the start; OUT_OF_RANGE when there is none yet.
     *
     * @generated from rpc log.v1.Log.Consume
     */
    consume: {
        methodKind: "unary";
        input: typeof ConsumeRequestSchema;
        output: typeof ConsumeResponseSchema;
    };
    /**
     * Every record from the start on, in this node's order; waits at the end for what comes.
     *
     * @generated from rpc log.v1.Log.ConsumeStream
     */
    consumeStream: {
        methodKind: "server_streaming";
        input: typeof ConsumeRequestSchema;
        output: typeof ConsumeResponseSchema;
    };
    /**
     * The servers that this node knows by gossip.
     *
     * @generated from rpc log.v1.Log.GetServers
     */
    getServers: {
        methodKind: "unary";
        input: typeof GetServersRequestSchema;
        output: typeof GetServersResponseSchema;
    };
    /**
     * The topics that this node holds.
     *
     * @generated from rpc log.v1.Log.ListTopics
     */
    listTopics: {
        methodKind: "unary";
        input: typeof ListTopicsRequestSchema;
        output: typeof ListTopicsResponseSchema;
    };
    /**
     * One topic with its feeds.
     *
     * @generated from rpc log.v1.Log.DescribeTopic
     */
    describeTopic: {
        methodKind: "unary";
        input: typeof DescribeTopicRequestSchema;
        output: typeof DescribeTopicResponseSchema;
    };
    /**
     * Changes what holds for a topic on all nodes, or creates one. Answered once the change is fsynced, whatever the policy.
     *
     * @generated from rpc log.v1.Log.SetTopic
     */
    setTopic: {
        methodKind: "unary";
        input: typeof SetTopicRequestSchema;
        output: typeof SetTopicResponseSchema;
    };
    /**
     * Deletes a topic on all nodes, with all its records. Answered once that is fsynced and the topic is gone on this node.
     *
     * @generated from rpc log.v1.Log.DeleteTopic
     */
    deleteTopic: {
        methodKind: "unary";
        input: typeof DeleteTopicRequestSchema;
        output: typeof DeleteTopicResponseSchema;
    };
    /**
     * Keeps on all nodes how far the consumers of a name have read. Answered once that is fsynced, whatever the policy.
     *
     * @generated from rpc log.v1.Log.SaveCursor
     */
    saveCursor: {
        methodKind: "unary";
        input: typeof SaveCursorRequestSchema;
        output: typeof SaveCursorResponseSchema;
    };
    /**
     * How far they have read, as this node knows it.
     *
     * @generated from rpc log.v1.Log.GetCursor
     */
    getCursor: {
        methodKind: "unary";
        input: typeof GetCursorRequestSchema;
        output: typeof GetCursorResponseSchema;
    };
    /**
     * @generated from rpc log.v1.Log.ListCursors
     */
    listCursors: {
        methodKind: "unary";
        input: typeof ListCursorsRequestSchema;
        output: typeof ListCursorsResponseSchema;
    };
    /**
     * Sets a cursor anew, also to an earlier place: what consumers from before it save is refused from then on.
     *
     * @generated from rpc log.v1.Log.ResetCursor
     */
    resetCursor: {
        methodKind: "unary";
        input: typeof ResetCursorRequestSchema;
        output: typeof ResetCursorResponseSchema;
    };
    /**
     * Forgets a cursor: consumers of the name begin anew.
     *
     * @generated from rpc log.v1.Log.DeleteCursor
     */
    deleteCursor: {
        methodKind: "unary";
        input: typeof DeleteCursorRequestSchema;
        output: typeof DeleteCursorResponseSchema;
    };
    /**
     * A member of a group says that it lives, how far it got and what it gave up, and is told its slots. To be called every
     * second or so. Answered by the group's home, whichever node is asked.
     *
     * @generated from rpc log.v1.Log.WorkInGroup
     */
    workInGroup: {
        methodKind: "unary";
        input: typeof WorkInGroupRequestSchema;
        output: typeof WorkInGroupResponseSchema;
    };
}>;
