import type { GenFile, GenMessage, GenService } from "npm:@bufbuild/protobuf@2.17.0/codegenv2";
import type { WatchMembersRequest, WatchMembersResponse } from "./cluster_pb.d.ts";
import type { WatchServicesRequest, WatchServicesResponse } from "./registry_pb.d.ts";
import type { ConsumeRequest, ConsumeResponse, LowestAvailable } from "../../log/v1/log_pb.d.ts";
import type { Message } from "npm:@bufbuild/protobuf@2.17.0";
/**
 * Describes the file grapevine/v1/page.proto.
 */
export declare const file_grapevine_v1_page: GenFile;
/**
 * @generated from message grapevine.v1.FollowRequest
 */
export type FollowRequest = Message<"grapevine.v1.FollowRequest"> & {
    /**
     * 1 to 256, with different ids from 1 on.
     *
     * @generated from field: repeated grapevine.v1.Subscription subscriptions = 1;
     */
    subscriptions: Subscription[];
};
/**
 * Describes the message grapevine.v1.FollowRequest.
 * Use `create(FollowRequestSchema)` to create a new message.
 */
export declare const FollowRequestSchema: GenMessage<FollowRequest>;
/**
 * @generated from message grapevine.v1.Subscription
 */
export type Subscription = Message<"grapevine.v1.Subscription"> & {
    /**
     * @generated from field: uint32 id = 1;
     */
    id: number;
    /**
     * @generated from oneof grapevine.v1.Subscription.asks
     */
    asks: {
        /**
         * As log.v1.Log/ConsumeStream, `packed`.
         *
         * @generated from field: log.v1.ConsumeRequest consume = 2;
         */
        value: ConsumeRequest;
        case: "consume";
    } | {
        /**
         * As Cluster/WatchMembers.
         *
         * @generated from field: grapevine.v1.WatchMembersRequest members = 3;
         */
        value: WatchMembersRequest;
        case: "members";
    } | {
        /**
         * As Registry/WatchServices.
         *
         * @generated from field: grapevine.v1.WatchServicesRequest services = 4;
         */
        value: WatchServicesRequest;
        case: "services";
    } | {
        case: undefined;
        value?: undefined;
    };
};
/**
 * Describes the message grapevine.v1.Subscription.
 * Use `create(SubscriptionSchema)` to create a new message.
 */
export declare const SubscriptionSchema: GenMessage<Subscription>;
/**
 * @generated from message grapevine.v1.FollowResponse
 */
export type FollowResponse = Message<"grapevine.v1.FollowResponse"> & {
    /**
     * 0: the stream itself says that it lives. It is the first thing that it says.
     *
     * @generated from field: uint32 id = 1;
     */
    id: number;
    /**
     * @generated from oneof grapevine.v1.FollowResponse.answer
     */
    answer: {
        /**
         * @generated from field: log.v1.ConsumeResponse consume = 2;
         */
        value: ConsumeResponse;
        case: "consume";
    } | {
        /**
         * @generated from field: grapevine.v1.WatchMembersResponse members = 3;
         */
        value: WatchMembersResponse;
        case: "members";
    } | {
        /**
         * @generated from field: grapevine.v1.WatchServicesResponse services = 4;
         */
        value: WatchServicesResponse;
        case: "services";
    } | {
        /**
         * The subscription has ended, the others go on.
         *
         * @generated from field: grapevine.v1.SubscriptionEnd end = 5;
         */
        value: SubscriptionEnd;
        case: "end";
    } | {
        case: undefined;
        value?: undefined;
    };
};
/**
 * Describes the message grapevine.v1.FollowResponse.
 * Use `create(FollowResponseSchema)` to create a new message.
 */
export declare const FollowResponseSchema: GenMessage<FollowResponse>;
/**
 * As the call of its own would have failed.
 *
 * @generated from message grapevine.v1.SubscriptionEnd
 */
export type SubscriptionEnd = Message<"grapevine.v1.SubscriptionEnd"> & {
    /**
     * A code of gRPC and Connect; 0 when it ended well.
     *
     * @generated from field: uint32 code = 1;
     */
    code: number;
    /**
     * @generated from field: string message = 2;
     */
    message: string;
    /**
     * @generated from field: log.v1.LowestAvailable lowest_available = 3;
     */
    lowestAvailable?: LowestAvailable | undefined;
};
/**
 * Describes the message grapevine.v1.SubscriptionEnd.
 * Use `create(SubscriptionEndSchema)` to create a new message.
 */
export declare const SubscriptionEndSchema: GenMessage<SubscriptionEnd>;
/**
 * @generated from service grapevine.v1.Page
 */
export declare const Page: GenService<{
    /**
     * What several server streams would have answered, each answer with the id of its subscription. To follow other things
     * the caller opens the stream anew, with the cursors that it has come to.
     *
     * @generated from rpc grapevine.v1.Page.Follow
     */
    follow: {
        methodKind: "server_streaming";
        input: typeof FollowRequestSchema;
        output: typeof FollowResponseSchema;
    };
}>;
