import type { GenEnum, GenFile, GenMessage, GenService } from "npm:@bufbuild/protobuf@2.17.0/codegenv2";
import type { Message, UnknownEnum } from "npm:@bufbuild/protobuf@2.17.0";
/**
 * Describes the file grapevine/v1/cluster.proto.
 */
export declare const file_grapevine_v1_cluster: GenFile;
/**
 * @generated from message grapevine.v1.Member
 */
export type Member = Message<"grapevine.v1.Member"> & {
    /**
     * @generated from field: string name = 1;
     */
    name: string;
    /**
     * host:port of its gossip.
     *
     * @generated from field: string address = 2;
     */
    address: string;
    /**
     * @generated from field: grapevine.v1.MemberStatus status = 3;
     */
    status: MemberStatus;
    /**
     * @generated from field: map<string, string> tags = 4;
     */
    tags: {
        [key: string]: string;
    };
};
/**
 * Describes the message grapevine.v1.Member.
 * Use `create(MemberSchema)` to create a new message.
 */
export declare const MemberSchema: GenMessage<Member>;
/**
 * @generated from message grapevine.v1.MembersRequest
 */
export type MembersRequest = Message<"grapevine.v1.MembersRequest"> & {};
/**
 * Describes the message grapevine.v1.MembersRequest.
 * Use `create(MembersRequestSchema)` to create a new message.
 */
export declare const MembersRequestSchema: GenMessage<MembersRequest>;
/**
 * @generated from message grapevine.v1.MembersResponse
 */
export type MembersResponse = Message<"grapevine.v1.MembersResponse"> & {
    /**
     * @generated from field: repeated grapevine.v1.Member members = 1;
     */
    members: Member[];
};
/**
 * Describes the message grapevine.v1.MembersResponse.
 * Use `create(MembersResponseSchema)` to create a new message.
 */
export declare const MembersResponseSchema: GenMessage<MembersResponse>;
/**
 * @generated from message grapevine.v1.WatchMembersRequest
 */
export type WatchMembersRequest = Message<"grapevine.v1.WatchMembersRequest"> & {};
/**
 * Describes the message grapevine.v1.WatchMembersRequest.
 * Use `create(WatchMembersRequestSchema)` to create a new message.
 */
export declare const WatchMembersRequestSchema: GenMessage<WatchMembersRequest>;
/**
 * @generated from message grapevine.v1.WatchMembersResponse
 */
export type WatchMembersResponse = Message<"grapevine.v1.WatchMembersResponse"> & {
    /**
     * @generated from field: grapevine.v1.MemberChange change = 1;
     */
    change: MemberChange;
    /**
     * @generated from field: grapevine.v1.Member member = 2;
     */
    member?: Member | undefined;
    /**
     * True when the response carries nothing and only shows that the stream lives. The first one follows what was there.
     *
     * @generated from field: bool heartbeat = 3;
     */
    heartbeat: boolean;
};
/**
 * Describes the message grapevine.v1.WatchMembersResponse.
 * Use `create(WatchMembersResponseSchema)` to create a new message.
 */
export declare const WatchMembersResponseSchema: GenMessage<WatchMembersResponse>;
/**
 * @generated from message grapevine.v1.JoinRequest
 */
export type JoinRequest = Message<"grapevine.v1.JoinRequest"> & {
    /**
     * host:port each.
     *
     * @generated from field: repeated string addresses = 1;
     */
    addresses: string[];
};
/**
 * Describes the message grapevine.v1.JoinRequest.
 * Use `create(JoinRequestSchema)` to create a new message.
 */
export declare const JoinRequestSchema: GenMessage<JoinRequest>;
/**
 * @generated from message grapevine.v1.JoinResponse
 */
export type JoinResponse = Message<"grapevine.v1.JoinResponse"> & {
    /**
     * How many of the addresses were reached.
     *
     * @generated from field: uint32 joined = 1;
     */
    joined: number;
};
/**
 * Describes the message grapevine.v1.JoinResponse.
 * Use `create(JoinResponseSchema)` to create a new message.
 */
export declare const JoinResponseSchema: GenMessage<JoinResponse>;
/**
 * @generated from message grapevine.v1.LeaveRequest
 */
export type LeaveRequest = Message<"grapevine.v1.LeaveRequest"> & {};
/**
 * Describes the message grapevine.v1.LeaveRequest.
 * Use `create(LeaveRequestSchema)` to create a new message.
 */
export declare const LeaveRequestSchema: GenMessage<LeaveRequest>;
/**
 * @generated from message grapevine.v1.LeaveResponse
 */
export type LeaveResponse = Message<"grapevine.v1.LeaveResponse"> & {};
/**
 * Describes the message grapevine.v1.LeaveResponse.
 * Use `create(LeaveResponseSchema)` to create a new message.
 */
export declare const LeaveResponseSchema: GenMessage<LeaveResponse>;
/**
 * @generated from message grapevine.v1.ForceLeaveRequest
 */
export type ForceLeaveRequest = Message<"grapevine.v1.ForceLeaveRequest"> & {
    /**
     * @generated from field: string name = 1;
     */
    name: string;
    /**
     * Forget the member altogether.
     *
     * @generated from field: bool prune = 2;
     */
    prune: boolean;
};
/**
 * Describes the message grapevine.v1.ForceLeaveRequest.
 * Use `create(ForceLeaveRequestSchema)` to create a new message.
 */
export declare const ForceLeaveRequestSchema: GenMessage<ForceLeaveRequest>;
/**
 * @generated from message grapevine.v1.ForceLeaveResponse
 */
export type ForceLeaveResponse = Message<"grapevine.v1.ForceLeaveResponse"> & {};
/**
 * Describes the message grapevine.v1.ForceLeaveResponse.
 * Use `create(ForceLeaveResponseSchema)` to create a new message.
 */
export declare const ForceLeaveResponseSchema: GenMessage<ForceLeaveResponse>;
/**
 * @generated from message grapevine.v1.ChangeTagsRequest
 */
export type ChangeTagsRequest = Message<"grapevine.v1.ChangeTagsRequest"> & {
    /**
     * @generated from field: map<string, string> set = 1;
     */
    set: {
        [key: string]: string;
    };
    /**
     * Names of tags to take away.
     *
     * @generated from field: repeated string delete = 2;
     */
    delete: string[];
};
/**
 * Describes the message grapevine.v1.ChangeTagsRequest.
 * Use `create(ChangeTagsRequestSchema)` to create a new message.
 */
export declare const ChangeTagsRequestSchema: GenMessage<ChangeTagsRequest>;
/**
 * @generated from message grapevine.v1.ChangeTagsResponse
 */
export type ChangeTagsResponse = Message<"grapevine.v1.ChangeTagsResponse"> & {};
/**
 * Describes the message grapevine.v1.ChangeTagsResponse.
 * Use `create(ChangeTagsResponseSchema)` to create a new message.
 */
export declare const ChangeTagsResponseSchema: GenMessage<ChangeTagsResponse>;
/**
 * @generated from message grapevine.v1.SendEventRequest
 */
export type SendEventRequest = Message<"grapevine.v1.SendEventRequest"> & {
    /**
     * @generated from field: string name = 1;
     */
    name: string;
    /**
     * @generated from field: bytes payload = 2;
     */
    payload: Uint8Array;
    /**
     * Of several events of this name in a short while, listeners may be told only the latest.
     *
     * @generated from field: bool coalesce = 3;
     */
    coalesce: boolean;
};
/**
 * Describes the message grapevine.v1.SendEventRequest.
 * Use `create(SendEventRequestSchema)` to create a new message.
 */
export declare const SendEventRequestSchema: GenMessage<SendEventRequest>;
/**
 * @generated from message grapevine.v1.SendEventResponse
 */
export type SendEventResponse = Message<"grapevine.v1.SendEventResponse"> & {};
/**
 * Describes the message grapevine.v1.SendEventResponse.
 * Use `create(SendEventResponseSchema)` to create a new message.
 */
export declare const SendEventResponseSchema: GenMessage<SendEventResponse>;
/**
 * @generated from message grapevine.v1.QueryRequest
 */
export type QueryRequest = Message<"grapevine.v1.QueryRequest"> & {
    /**
     * @generated from field: string name = 1;
     */
    name: string;
    /**
     * @generated from field: bytes payload = 2;
     */
    payload: Uint8Array;
    /**
     * Only members of these names; all when there are none.
     *
     * @generated from field: repeated string nodes = 3;
     */
    nodes: string[];
    /**
     * Only members in whose tags these expressions are found.
     *
     * @generated from field: map<string, string> tags = 4;
     */
    tags: {
        [key: string]: string;
    };
    /**
     * How long answers are waited for; 0 leaves it to the node.
     *
     * @generated from field: uint32 timeout_ms = 5;
     */
    timeoutMs: number;
    /**
     * Ask members not to say at once that the query arrived.
     *
     * @generated from field: bool no_ack = 6;
     */
    noAck: boolean;
    /**
     * Copies of each answer that go by way of other nodes.
     *
     * @generated from field: uint32 relay_factor = 7;
     */
    relayFactor: number;
};
/**
 * Describes the message grapevine.v1.QueryRequest.
 * Use `create(QueryRequestSchema)` to create a new message.
 */
export declare const QueryRequestSchema: GenMessage<QueryRequest>;
/**
 * @generated from message grapevine.v1.QueryResponse
 */
export type QueryResponse = Message<"grapevine.v1.QueryResponse"> & {
    /**
     * @generated from oneof grapevine.v1.QueryResponse.event
     */
    event: {
        /**
         * @generated from field: grapevine.v1.QueryAck ack = 1;
         */
        value: QueryAck;
        case: "ack";
    } | {
        /**
         * @generated from field: grapevine.v1.QueryAnswer answer = 2;
         */
        value: QueryAnswer;
        case: "answer";
    } | {
        /**
         * Comes last.
         *
         * @generated from field: grapevine.v1.QueryEnd end = 3;
         */
        value: QueryEnd;
        case: "end";
    } | {
        case: undefined;
        value?: undefined;
    };
};
/**
 * Describes the message grapevine.v1.QueryResponse.
 * Use `create(QueryResponseSchema)` to create a new message.
 */
export declare const QueryResponseSchema: GenMessage<QueryResponse>;
/**
 * The query arrived at a member.
 *
 * @generated from message grapevine.v1.QueryAck
 */
export type QueryAck = Message<"grapevine.v1.QueryAck"> & {
    /**
     * @generated from field: string from = 1;
     */
    from: string;
};
/**
 * Describes the message grapevine.v1.QueryAck.
 * Use `create(QueryAckSchema)` to create a new message.
 */
export declare const QueryAckSchema: GenMessage<QueryAck>;
/**
 * @generated from message grapevine.v1.QueryAnswer
 */
export type QueryAnswer = Message<"grapevine.v1.QueryAnswer"> & {
    /**
     * @generated from field: string from = 1;
     */
    from: string;
    /**
     * @generated from field: bytes payload = 2;
     */
    payload: Uint8Array;
};
/**
 * Describes the message grapevine.v1.QueryAnswer.
 * Use `create(QueryAnswerSchema)` to create a new message.
 */
export declare const QueryAnswerSchema: GenMessage<QueryAnswer>;
/**
 * @generated from message grapevine.v1.QueryEnd
 */
export type QueryEnd = Message<"grapevine.v1.QueryEnd"> & {
    /**
     * False when the time was over before all alive members that it was for had answered.
     *
     * @generated from field: bool complete = 1;
     */
    complete: boolean;
    /**
     * Those that had not.
     *
     * @generated from field: repeated string silent = 2;
     */
    silent: string[];
};
/**
 * Describes the message grapevine.v1.QueryEnd.
 * Use `create(QueryEndSchema)` to create a new message.
 */
export declare const QueryEndSchema: GenMessage<QueryEnd>;
/**
 * @generated from message grapevine.v1.WatchEventsRequest
 */
export type WatchEventsRequest = Message<"grapevine.v1.WatchEventsRequest"> & {};
/**
 * Describes the message grapevine.v1.WatchEventsRequest.
 * Use `create(WatchEventsRequestSchema)` to create a new message.
 */
export declare const WatchEventsRequestSchema: GenMessage<WatchEventsRequest>;
/**
 * @generated from message grapevine.v1.WatchEventsResponse
 */
export type WatchEventsResponse = Message<"grapevine.v1.WatchEventsResponse"> & {
    /**
     * @generated from oneof grapevine.v1.WatchEventsResponse.event
     */
    event: {
        /**
         * @generated from field: grapevine.v1.MemberNotice member = 1;
         */
        value: MemberNotice;
        case: "member";
    } | {
        /**
         * @generated from field: grapevine.v1.UserEventNotice user_event = 2;
         */
        value: UserEventNotice;
        case: "userEvent";
    } | {
        /**
         * @generated from field: grapevine.v1.QueryNotice query = 3;
         */
        value: QueryNotice;
        case: "query";
    } | {
        /**
         * Nothing happened: it only shows that the stream lives.
         *
         * @generated from field: bool heartbeat = 4;
         */
        value: boolean;
        case: "heartbeat";
    } | {
        /**
         * @generated from field: grapevine.v1.NameConflictNotice name_conflict = 5;
         */
        value: NameConflictNotice;
        case: "nameConflict";
    } | {
        case: undefined;
        value?: undefined;
    };
};
/**
 * Describes the message grapevine.v1.WatchEventsResponse.
 * Use `create(WatchEventsResponseSchema)` to create a new message.
 */
export declare const WatchEventsResponseSchema: GenMessage<WatchEventsResponse>;
/**
 * @generated from message grapevine.v1.WatchLogRequest
 */
export type WatchLogRequest = Message<"grapevine.v1.WatchLogRequest"> & {
    /**
     * The least severity: trace, debug, info, warn or error; info when it is empty.
     *
     * @generated from field: string level = 1;
     */
    level: string;
};
/**
 * Describes the message grapevine.v1.WatchLogRequest.
 * Use `create(WatchLogRequestSchema)` to create a new message.
 */
export declare const WatchLogRequestSchema: GenMessage<WatchLogRequest>;
/**
 * @generated from message grapevine.v1.WatchLogResponse
 */
export type WatchLogResponse = Message<"grapevine.v1.WatchLogResponse"> & {
    /**
     * @generated from oneof grapevine.v1.WatchLogResponse.event
     */
    event: {
        /**
         * @generated from field: string line = 1;
         */
        value: string;
        case: "line";
    } | {
        /**
         * Nothing was logged: it only shows that the stream lives.
         *
         * @generated from field: bool heartbeat = 2;
         */
        value: boolean;
        case: "heartbeat";
    } | {
        case: undefined;
        value?: undefined;
    };
};
/**
 * Describes the message grapevine.v1.WatchLogResponse.
 * Use `create(WatchLogResponseSchema)` to create a new message.
 */
export declare const WatchLogResponseSchema: GenMessage<WatchLogResponse>;
/**
 * @generated from message grapevine.v1.MemberNotice
 */
export type MemberNotice = Message<"grapevine.v1.MemberNotice"> & {
    /**
     * @generated from field: grapevine.v1.MemberChange change = 1;
     */
    change: MemberChange;
    /**
     * @generated from field: grapevine.v1.Member member = 2;
     */
    member?: Member | undefined;
};
/**
 * Describes the message grapevine.v1.MemberNotice.
 * Use `create(MemberNoticeSchema)` to create a new message.
 */
export declare const MemberNoticeSchema: GenMessage<MemberNotice>;
/**
 * @generated from message grapevine.v1.UserEventNotice
 */
export type UserEventNotice = Message<"grapevine.v1.UserEventNotice"> & {
    /**
     * @generated from field: uint64 lamport = 1;
     */
    lamport: bigint;
    /**
     * @generated from field: string name = 2;
     */
    name: string;
    /**
     * @generated from field: bytes payload = 3;
     */
    payload: Uint8Array;
    /**
     * @generated from field: bool coalesce = 4;
     */
    coalesce: boolean;
};
/**
 * Describes the message grapevine.v1.UserEventNotice.
 * Use `create(UserEventNoticeSchema)` to create a new message.
 */
export declare const UserEventNoticeSchema: GenMessage<UserEventNotice>;
/**
 * @generated from message grapevine.v1.QueryNotice
 */
export type QueryNotice = Message<"grapevine.v1.QueryNotice"> & {
    /**
     * @generated from field: uint64 lamport = 1;
     */
    lamport: bigint;
    /**
     * @generated from field: string name = 2;
     */
    name: string;
    /**
     * @generated from field: bytes payload = 3;
     */
    payload: Uint8Array;
    /**
     * @generated from field: string source = 4;
     */
    source: string;
};
/**
 * Describes the message grapevine.v1.QueryNotice.
 * Use `create(QueryNoticeSchema)` to create a new message.
 */
export declare const QueryNoticeSchema: GenMessage<QueryNotice>;
/**
 * Two nodes claim one name.
 *
 * @generated from message grapevine.v1.NameConflictNotice
 */
export type NameConflictNotice = Message<"grapevine.v1.NameConflictNotice"> & {
    /**
     * @generated from field: string name = 1;
     */
    name: string;
    /**
     * host:port each.
     *
     * @generated from field: string held = 2;
     */
    held: string;
    /**
     * @generated from field: string claimed = 3;
     */
    claimed: string;
    /**
     * won, lost, rival-gone or reported.
     *
     * @generated from field: string outcome = 4;
     */
    outcome: string;
};
/**
 * Describes the message grapevine.v1.NameConflictNotice.
 * Use `create(NameConflictNoticeSchema)` to create a new message.
 */
export declare const NameConflictNoticeSchema: GenMessage<NameConflictNotice>;
/**
 * @generated from message grapevine.v1.ChangeKeysRequest
 */
export type ChangeKeysRequest = Message<"grapevine.v1.ChangeKeysRequest"> & {
    /**
     * @generated from field: grapevine.v1.KeyChange change = 1;
     */
    change: KeyChange;
    /**
     * In base64: 16, 24 or 32 bytes.
     *
     * @generated from field: string key = 2;
     */
    key: string;
};
/**
 * Describes the message grapevine.v1.ChangeKeysRequest.
 * Use `create(ChangeKeysRequestSchema)` to create a new message.
 */
export declare const ChangeKeysRequestSchema: GenMessage<ChangeKeysRequest>;
/**
 * How an order about keys went: it is done when nobody objected and nobody is silent.
 *
 * @generated from message grapevine.v1.KeysOutcome
 */
export type KeysOutcome = Message<"grapevine.v1.KeysOutcome"> & {
    /**
     * Alive members, all of which should answer.
     *
     * @generated from field: uint32 nodes = 1;
     */
    nodes: number;
    /**
     * @generated from field: uint32 answered = 2;
     */
    answered: number;
    /**
     * What members object, by their names.
     *
     * @generated from field: map<string, string> errors = 3;
     */
    errors: {
        [key: string]: string;
    };
    /**
     * @generated from field: repeated string silent = 4;
     */
    silent: string[];
};
/**
 * Describes the message grapevine.v1.KeysOutcome.
 * Use `create(KeysOutcomeSchema)` to create a new message.
 */
export declare const KeysOutcomeSchema: GenMessage<KeysOutcome>;
/**
 * @generated from message grapevine.v1.ChangeKeysResponse
 */
export type ChangeKeysResponse = Message<"grapevine.v1.ChangeKeysResponse"> & {
    /**
     * @generated from field: grapevine.v1.KeysOutcome outcome = 1;
     */
    outcome?: KeysOutcome | undefined;
};
/**
 * Describes the message grapevine.v1.ChangeKeysResponse.
 * Use `create(ChangeKeysResponseSchema)` to create a new message.
 */
export declare const ChangeKeysResponseSchema: GenMessage<ChangeKeysResponse>;
/**
 * @generated from message grapevine.v1.ListKeysRequest
 */
export type ListKeysRequest = Message<"grapevine.v1.ListKeysRequest"> & {};
/**
 * Describes the message grapevine.v1.ListKeysRequest.
 * Use `create(ListKeysRequestSchema)` to create a new message.
 */
export declare const ListKeysRequestSchema: GenMessage<ListKeysRequest>;
/**
 * @generated from message grapevine.v1.ListKeysResponse
 */
export type ListKeysResponse = Message<"grapevine.v1.ListKeysResponse"> & {
    /**
     * @generated from field: grapevine.v1.KeysOutcome outcome = 1;
     */
    outcome?: KeysOutcome | undefined;
    /**
     * @generated from field: repeated grapevine.v1.KeyHolders keys = 2;
     */
    keys: KeyHolders[];
};
/**
 * Describes the message grapevine.v1.ListKeysResponse.
 * Use `create(ListKeysResponseSchema)` to create a new message.
 */
export declare const ListKeysResponseSchema: GenMessage<ListKeysResponse>;
/**
 * @generated from message grapevine.v1.KeyHolders
 */
export type KeyHolders = Message<"grapevine.v1.KeyHolders"> & {
    /**
     * @generated from field: string key = 1;
     */
    key: string;
    /**
     * Members that have it.
     *
     * @generated from field: uint32 holders = 2;
     */
    holders: number;
    /**
     * Members that encrypt with it.
     *
     * @generated from field: uint32 users = 3;
     */
    users: number;
    /**
     * Members that lack it.
     *
     * @generated from field: repeated string lacking = 4;
     */
    lacking: string[];
};
/**
 * Describes the message grapevine.v1.KeyHolders.
 * Use `create(KeyHoldersSchema)` to create a new message.
 */
export declare const KeyHoldersSchema: GenMessage<KeyHolders>;
/**
 * @generated from message grapevine.v1.EstimateRoundTripRequest
 */
export type EstimateRoundTripRequest = Message<"grapevine.v1.EstimateRoundTripRequest"> & {
    /**
     * @generated from field: string left = 1;
     */
    left: string;
    /**
     * The asked node when it is empty.
     *
     * @generated from field: string right = 2;
     */
    right: string;
};
/**
 * Describes the message grapevine.v1.EstimateRoundTripRequest.
 * Use `create(EstimateRoundTripRequestSchema)` to create a new message.
 */
export declare const EstimateRoundTripRequestSchema: GenMessage<EstimateRoundTripRequest>;
/**
 * @generated from message grapevine.v1.EstimateRoundTripResponse
 */
export type EstimateRoundTripResponse = Message<"grapevine.v1.EstimateRoundTripResponse"> & {
    /**
     * Absent when it is not known where one of them stands.
     *
     * @generated from field: optional double milliseconds = 1;
     */
    milliseconds?: number | undefined;
    /**
     * @generated from field: string left = 2;
     */
    left: string;
    /**
     * @generated from field: string right = 3;
     */
    right: string;
};
/**
 * Describes the message grapevine.v1.EstimateRoundTripResponse.
 * Use `create(EstimateRoundTripResponseSchema)` to create a new message.
 */
export declare const EstimateRoundTripResponseSchema: GenMessage<EstimateRoundTripResponse>;
/**
 * @generated from message grapevine.v1.DiagnosePeersRequest
 */
export type DiagnosePeersRequest = Message<"grapevine.v1.DiagnosePeersRequest"> & {
    /**
     * Only members of these names; all when there are none.
     *
     * @generated from field: repeated string names = 1;
     */
    names: string[];
};
/**
 * Describes the message grapevine.v1.DiagnosePeersRequest.
 * Use `create(DiagnosePeersRequestSchema)` to create a new message.
 */
export declare const DiagnosePeersRequestSchema: GenMessage<DiagnosePeersRequest>;
/**
 * @generated from message grapevine.v1.DiagnosePeersResponse
 */
export type DiagnosePeersResponse = Message<"grapevine.v1.DiagnosePeersResponse"> & {
    /**
     * How unwell the asked node seems to itself: 0 is well.
     *
     * @generated from field: uint32 health_score = 1;
     */
    healthScore: number;
    /**
     * @generated from field: repeated grapevine.v1.PeerHealth peers = 2;
     */
    peers: PeerHealth[];
};
/**
 * Describes the message grapevine.v1.DiagnosePeersResponse.
 * Use `create(DiagnosePeersResponseSchema)` to create a new message.
 */
export declare const DiagnosePeersResponseSchema: GenMessage<DiagnosePeersResponse>;
/**
 * The way between the asked node and another member. Counts are since the member became known.
 *
 * @generated from message grapevine.v1.PeerHealth
 */
export type PeerHealth = Message<"grapevine.v1.PeerHealth"> & {
    /**
     * @generated from field: string name = 1;
     */
    name: string;
    /**
     * @generated from field: grapevine.v1.MemberStatus status = 2;
     */
    status: MemberStatus;
    /**
     * ok, slow, udp-out, udp-in, tcp-only, unreachable or unknown.
     *
     * @generated from field: string verdict = 3;
     */
    verdict: string;
    /**
     * The verdict in words.
     *
     * @generated from field: string cause = 4;
     */
    cause: string;
    /**
     * Datagrams from the asked node to the member, datagrams from there, and TCP: works, lost or unknown.
     *
     * @generated from field: string udp_out = 5;
     */
    udpOut: string;
    /**
     * @generated from field: string udp_in = 6;
     */
    udpIn: string;
    /**
     * @generated from field: string tcp = 7;
     */
    tcp: string;
    /**
     * Direct pings sent, answered in time, and answered after others were asked to help.
     *
     * @generated from field: uint64 pings = 8;
     */
    pings: bigint;
    /**
     * @generated from field: uint64 pings_answered = 9;
     */
    pingsAnswered: bigint;
    /**
     * @generated from field: uint64 pings_late = 10;
     */
    pingsLate: bigint;
    /**
     * Direct pings without any answer since the last that was answered.
     *
     * @generated from field: uint64 missed_in_row = 11;
     */
    missedInRow: bigint;
    /**
     * Probes that others helped with, and times that a helper had no answer either.
     *
     * @generated from field: uint64 helped = 12;
     */
    helped: bigint;
    /**
     * @generated from field: uint64 nacks = 13;
     */
    nacks: bigint;
    /**
     * @generated from field: uint64 tcp_answered = 14;
     */
    tcpAnswered: bigint;
    /**
     * @generated from field: uint64 tcp_missed = 15;
     */
    tcpMissed: bigint;
    /**
     * @generated from field: uint64 datagrams_received = 16;
     */
    datagramsReceived: bigint;
    /**
     * Its own pings over TCP.
     *
     * @generated from field: uint64 tcp_pings_received = 17;
     */
    tcpPingsReceived: bigint;
    /**
     * How often the asked node suspected it first, it contradicted, and it accused the asked node.
     *
     * @generated from field: uint64 suspicions = 18;
     */
    suspicions: bigint;
    /**
     * @generated from field: uint64 refutations = 19;
     */
    refutations: bigint;
    /**
     * @generated from field: uint64 accusations = 20;
     */
    accusations: bigint;
    /**
     * Round trip of the last ping that was answered in time.
     *
     * @generated from field: optional double rtt_ms = 21;
     */
    rttMs?: number | undefined;
    /**
     * How long ago a datagram came from it, it answered a direct ping, one of helpers, and one over TCP; absent for never.
     *
     * @generated from field: optional double heard_ago_ms = 22;
     */
    heardAgoMs?: number | undefined;
    /**
     * @generated from field: optional double answered_ago_ms = 23;
     */
    answeredAgoMs?: number | undefined;
    /**
     * @generated from field: optional double helped_ago_ms = 24;
     */
    helpedAgoMs?: number | undefined;
    /**
     * @generated from field: optional double tcp_answered_ago_ms = 25;
     */
    tcpAnsweredAgoMs?: number | undefined;
};
/**
 * Describes the message grapevine.v1.PeerHealth.
 * Use `create(PeerHealthSchema)` to create a new message.
 */
export declare const PeerHealthSchema: GenMessage<PeerHealth>;
/**
 * @generated from message grapevine.v1.InfoRequest
 */
export type InfoRequest = Message<"grapevine.v1.InfoRequest"> & {};
/**
 * Describes the message grapevine.v1.InfoRequest.
 * Use `create(InfoRequestSchema)` to create a new message.
 */
export declare const InfoRequestSchema: GenMessage<InfoRequest>;
/**
 * @generated from message grapevine.v1.InfoResponse
 */
export type InfoResponse = Message<"grapevine.v1.InfoResponse"> & {
    /**
     * @generated from field: map<string, grapevine.v1.InfoSection> sections = 1;
     */
    sections: {
        [key: string]: InfoSection;
    };
};
/**
 * Describes the message grapevine.v1.InfoResponse.
 * Use `create(InfoResponseSchema)` to create a new message.
 */
export declare const InfoResponseSchema: GenMessage<InfoResponse>;
/**
 * @generated from message grapevine.v1.InfoSection
 */
export type InfoSection = Message<"grapevine.v1.InfoSection"> & {
    /**
     * @generated from field: map<string, string> values = 1;
     */
    values: {
        [key: string]: string;
    };
};
/**
 * Describes the message grapevine.v1.InfoSection.
 * Use `create(InfoSectionSchema)` to create a new message.
 */
export declare const InfoSectionSchema: GenMessage<InfoSection>;
/**
 * @generated from enum grapevine.v1.MemberStatus
 */
export declare const MemberStatus: {
    /**
     * @generated from enum value: MEMBER_STATUS_UNSPECIFIED = 0;
     */
    readonly UNSPECIFIED: 0;
    /**
     * @generated from enum value: MEMBER_STATUS_ALIVE = 1;
     */
    readonly ALIVE: 1;
    /**
     * @generated from enum value: MEMBER_STATUS_LEAVING = 2;
     */
    readonly LEAVING: 2;
    /**
     * @generated from enum value: MEMBER_STATUS_LEFT = 3;
     */
    readonly LEFT: 3;
    /**
     * @generated from enum value: MEMBER_STATUS_FAILED = 4;
     */
    readonly FAILED: 4;
};
/**
 * @generated from enum grapevine.v1.MemberStatus
 */
export type MemberStatus = (typeof MemberStatus)[keyof typeof MemberStatus] | UnknownEnum;
/**
 * Describes the enum grapevine.v1.MemberStatus.
 */
export declare const MemberStatusSchema: GenEnum<MemberStatus>;
/**
 * @generated from enum grapevine.v1.MemberChange
 */
export declare const MemberChange: {
    /**
     * @generated from enum value: MEMBER_CHANGE_UNSPECIFIED = 0;
     */
    readonly UNSPECIFIED: 0;
    /**
     * @generated from enum value: MEMBER_CHANGE_JOIN = 1;
     */
    readonly JOIN: 1;
    /**
     * @generated from enum value: MEMBER_CHANGE_LEAVE = 2;
     */
    readonly LEAVE: 2;
    /**
     * @generated from enum value: MEMBER_CHANGE_FAILED = 3;
     */
    readonly FAILED: 3;
    /**
     * @generated from enum value: MEMBER_CHANGE_UPDATE = 4;
     */
    readonly UPDATE: 4;
    /**
     * @generated from enum value: MEMBER_CHANGE_REAP = 5;
     */
    readonly REAP: 5;
};
/**
 * @generated from enum grapevine.v1.MemberChange
 */
export type MemberChange = (typeof MemberChange)[keyof typeof MemberChange] | UnknownEnum;
/**
 * Describes the enum grapevine.v1.MemberChange.
 */
export declare const MemberChangeSchema: GenEnum<MemberChange>;
/**
 * @generated from enum grapevine.v1.KeyChange
 */
export declare const KeyChange: {
    /**
     * @generated from enum value: KEY_CHANGE_UNSPECIFIED = 0;
     */
    readonly UNSPECIFIED: 0;
    /**
     * Understand the key, besides those there are.
     *
     * @generated from enum value: KEY_CHANGE_INSTALL = 1;
     */
    readonly INSTALL: 1;
    /**
     * Encrypt with the key.
     *
     * @generated from enum value: KEY_CHANGE_USE = 2;
     */
    readonly USE: 2;
    /**
     * @generated from enum value: KEY_CHANGE_REMOVE = 3;
     */
    readonly REMOVE: 3;
};
/**
 * @generated from enum grapevine.v1.KeyChange
 */
export type KeyChange = (typeof KeyChange)[keyof typeof KeyChange] | UnknownEnum;
/**
 * Describes the enum grapevine.v1.KeyChange.
 */
export declare const KeyChangeSchema: GenEnum<KeyChange>;
/**
 * @generated from service grapevine.v1.Cluster
 */
export declare const Cluster: GenService<{
    /**
     * @generated from rpc grapevine.v1.Cluster.Members
     */
    members: {
        methodKind: "unary";
        input: typeof MembersRequestSchema;
        output: typeof MembersResponseSchema;
    };
    /**
     * All members first (as joins), then every change.
     *
     * @generated from rpc grapevine.v1.Cluster.WatchMembers
     */
    watchMembers: {
        methodKind: "server_streaming";
        input: typeof WatchMembersRequestSchema;
        output: typeof WatchMembersResponseSchema;
    };
    /**
     * Contacts other nodes by their gossip addresses.
     *
     * @generated from rpc grapevine.v1.Cluster.Join
     */
    join: {
        methodKind: "unary";
        input: typeof JoinRequestSchema;
        output: typeof JoinResponseSchema;
    };
    /**
     * Leaves the cluster in good order and stops the node.
     *
     * @generated from rpc grapevine.v1.Cluster.Leave
     */
    leave: {
        methodKind: "unary";
        input: typeof LeaveRequestSchema;
        output: typeof LeaveResponseSchema;
    };
    /**
     * Declares that a member leaves which cannot do so itself.
     *
     * @generated from rpc grapevine.v1.Cluster.ForceLeave
     */
    forceLeave: {
        methodKind: "unary";
        input: typeof ForceLeaveRequestSchema;
        output: typeof ForceLeaveResponseSchema;
    };
    /**
     * Changes what the asked node says about itself.
     *
     * @generated from rpc grapevine.v1.Cluster.ChangeTags
     */
    changeTags: {
        methodKind: "unary";
        input: typeof ChangeTagsRequestSchema;
        output: typeof ChangeTagsResponseSchema;
    };
    /**
     * Tells all members of something.
     *
     * @generated from rpc grapevine.v1.Cluster.SendEvent
     */
    sendEvent: {
        methodKind: "unary";
        input: typeof SendEventRequestSchema;
        output: typeof SendEventResponseSchema;
    };
    /**
     * Asks all members, or some: what they say, as it comes, and then how it ended.
     *
     * @generated from rpc grapevine.v1.Cluster.Query
     */
    query: {
        methodKind: "server_streaming";
        input: typeof QueryRequestSchema;
        output: typeof QueryResponseSchema;
    };
    /**
     * Everything that happens from now on: changes of members, user events, queries.
     *
     * @generated from rpc grapevine.v1.Cluster.WatchEvents
     */
    watchEvents: {
        methodKind: "server_streaming";
        input: typeof WatchEventsRequestSchema;
        output: typeof WatchEventsResponseSchema;
    };
    /**
     * What the asked node has logged lately, a line each, and then what it logs.
     *
     * @generated from rpc grapevine.v1.Cluster.WatchLog
     */
    watchLog: {
        methodKind: "server_streaming";
        input: typeof WatchLogRequestSchema;
        output: typeof WatchLogResponseSchema;
    };
    /**
     * Orders all members to change their encryption keys.
     *
     * @generated from rpc grapevine.v1.Cluster.ChangeKeys
     */
    changeKeys: {
        methodKind: "unary";
        input: typeof ChangeKeysRequestSchema;
        output: typeof ChangeKeysResponseSchema;
    };
    /**
     * The encryption keys that members have.
     *
     * @generated from rpc grapevine.v1.Cluster.ListKeys
     */
    listKeys: {
        methodKind: "unary";
        input: typeof ListKeysRequestSchema;
        output: typeof ListKeysResponseSchema;
    };
    /**
     * The round trip between two members, as estimated from where they stand.
     *
     * @generated from rpc grapevine.v1.Cluster.EstimateRoundTrip
     */
    estimateRoundTrip: {
        methodKind: "unary";
        input: typeof EstimateRoundTripRequestSchema;
        output: typeof EstimateRoundTripResponseSchema;
    };
    /**
     * What the asked node sees of the way to each other member, and what is wrong with it.
     *
     * @generated from rpc grapevine.v1.Cluster.DiagnosePeers
     */
    diagnosePeers: {
        methodKind: "unary";
        input: typeof DiagnosePeersRequestSchema;
        output: typeof DiagnosePeersResponseSchema;
    };
    /**
     * What the asked node counts and how it is set up, for an operator.
     *
     * @generated from rpc grapevine.v1.Cluster.Info
     */
    info: {
        methodKind: "unary";
        input: typeof InfoRequestSchema;
        output: typeof InfoResponseSchema;
    };
}>;
