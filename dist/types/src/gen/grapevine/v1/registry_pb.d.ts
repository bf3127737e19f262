import type { GenEnum, GenFile, GenMessage, GenService } from "npm:@bufbuild/protobuf@2.17.0/codegenv2";
import type { Message, UnknownEnum } from "npm:@bufbuild/protobuf@2.17.0";
/**
 * Describes the file grapevine/v1/registry.proto.
 */
export declare const file_grapevine_v1_registry: GenFile;
/**
 * @generated from message grapevine.v1.Service
 */
export type Service = Message<"grapevine.v1.Service"> & {
    /**
     * 1 to 63 letters, digits and hyphens: a label of DNS.
     *
     * @generated from field: string name = 1;
     */
    name: string;
    /**
     * Unique on its node. Empty: the name.
     *
     * @generated from field: string id = 2;
     */
    id: string;
    /**
     * IP address or host name that callers go to. Empty: where its node is reached.
     *
     * @generated from field: string address = 3;
     */
    address: string;
    /**
     * @generated from field: uint32 port = 4;
     */
    port: number;
    /**
     * @generated from field: repeated string tags = 5;
     */
    tags: string[];
    /**
     * @generated from field: map<string, string> metadata = 6;
     */
    metadata: {
        [key: string]: string;
    };
    /**
     * A service without checks passes.
     *
     * @generated from field: repeated grapevine.v1.HealthCheck checks = 7;
     */
    checks: HealthCheck[];
    /**
     * Once critical for so long it is taken out. Absent: it stays.
     *
     * @generated from field: optional uint64 deregister_after_ms = 8;
     */
    deregisterAfterMs?: bigint | undefined;
};
/**
 * Describes the message grapevine.v1.Service.
 * Use `create(ServiceSchema)` to create a new message.
 */
export declare const ServiceSchema: GenMessage<Service>;
/**
 * @generated from message grapevine.v1.HealthCheck
 */
export type HealthCheck = Message<"grapevine.v1.HealthCheck"> & {
    /**
     * Unique in its service. Empty: its kind, and a number where that is taken.
     *
     * @generated from field: string name = 1;
     */
    name: string;
    /**
     * @generated from oneof grapevine.v1.HealthCheck.kind
     */
    kind: {
        /**
         * @generated from field: grapevine.v1.HttpCheck http = 2;
         */
        value: HttpCheck;
        case: "http";
    } | {
        /**
         * @generated from field: grapevine.v1.TcpCheck tcp = 3;
         */
        value: TcpCheck;
        case: "tcp";
    } | {
        /**
         * @generated from field: grapevine.v1.GrpcCheck grpc = 4;
         */
        value: GrpcCheck;
        case: "grpc";
    } | {
        /**
         * @generated from field: grapevine.v1.CommandCheck command = 5;
         */
        value: CommandCheck;
        case: "command";
    } | {
        /**
         * @generated from field: grapevine.v1.TtlCheck ttl = 6;
         */
        value: TtlCheck;
        case: "ttl";
    } | {
        case: undefined;
        value?: undefined;
    };
    /**
     * Between the starts of two runs. 0: 10 s.
     *
     * @generated from field: uint64 interval_ms = 7;
     */
    intervalMs: bigint;
    /**
     * 0: 5 s, or the interval if that is shorter.
     *
     * @generated from field: uint64 timeout_ms = 8;
     */
    timeoutMs: bigint;
    /**
     * Good runs in a row until a check that was critical passes again. 0: 1.
     *
     * @generated from field: uint32 passing_after = 9;
     */
    passingAfter: number;
    /**
     * Failed runs in a row until the check is critical; it warns before. 0: 1.
     *
     * @generated from field: uint32 critical_after = 10;
     */
    criticalAfter: number;
};
/**
 * Describes the message grapevine.v1.HealthCheck.
 * Use `create(HealthCheckSchema)` to create a new message.
 */
export declare const HealthCheckSchema: GenMessage<HealthCheck>;
/**
 * 2xx passes, 429 warns, anything else fails.
 *
 * @generated from message grapevine.v1.HttpCheck
 */
export type HttpCheck = Message<"grapevine.v1.HttpCheck"> & {
    /**
     * @generated from field: string url = 1;
     */
    url: string;
    /**
     * Empty: GET.
     *
     * @generated from field: string method = 2;
     */
    method: string;
    /**
     * @generated from field: map<string, string> headers = 3;
     */
    headers: {
        [key: string]: string;
    };
};
/**
 * Describes the message grapevine.v1.HttpCheck.
 * Use `create(HttpCheckSchema)` to create a new message.
 */
export declare const HttpCheckSchema: GenMessage<HttpCheck>;
/**
 * @generated from message grapevine.v1.TcpCheck
 */
export type TcpCheck = Message<"grapevine.v1.TcpCheck"> & {
    /**
     * host:port
     *
     * @generated from field: string address = 1;
     */
    address: string;
};
/**
 * Describes the message grapevine.v1.TcpCheck.
 * Use `create(TcpCheckSchema)` to create a new message.
 */
export declare const TcpCheckSchema: GenMessage<TcpCheck>;
/**
 * grpc.health.v1.Health/Check
 *
 * @generated from message grapevine.v1.GrpcCheck
 */
export type GrpcCheck = Message<"grapevine.v1.GrpcCheck"> & {
    /**
     * host:port
     *
     * @generated from field: string address = 1;
     */
    address: string;
    /**
     * @generated from field: string service = 2;
     */
    service: string;
};
/**
 * Describes the message grapevine.v1.GrpcCheck.
 * Use `create(GrpcCheckSchema)` to create a new message.
 */
export declare const GrpcCheckSchema: GenMessage<GrpcCheck>;
/**
 * Run without a shell. Exit code 0 passes, 1 warns, anything else fails.
 *
 * @generated from message grapevine.v1.CommandCheck
 */
export type CommandCheck = Message<"grapevine.v1.CommandCheck"> & {
    /**
     * @generated from field: repeated string command = 1;
     */
    command: string[];
};
/**
 * Describes the message grapevine.v1.CommandCheck.
 * Use `create(CommandCheckSchema)` to create a new message.
 */
export declare const CommandCheckSchema: GenMessage<CommandCheck>;
/**
 * Fails when nobody reports for so long.
 *
 * @generated from message grapevine.v1.TtlCheck
 */
export type TtlCheck = Message<"grapevine.v1.TtlCheck"> & {
    /**
     * @generated from field: uint64 ttl_ms = 1;
     */
    ttlMs: bigint;
};
/**
 * Describes the message grapevine.v1.TtlCheck.
 * Use `create(TtlCheckSchema)` to create a new message.
 */
export declare const TtlCheckSchema: GenMessage<TtlCheck>;
/**
 * @generated from message grapevine.v1.HealthCheckStatus
 */
export type HealthCheckStatus = Message<"grapevine.v1.HealthCheckStatus"> & {
    /**
     * @generated from field: string name = 1;
     */
    name: string;
    /**
     * @generated from field: grapevine.v1.HealthState state = 2;
     */
    state: HealthState;
    /**
     * What the last run said, cut to 1 KiB.
     *
     * @generated from field: string output = 3;
     */
    output: string;
    /**
     * Unix time since when the state is this.
     *
     * @generated from field: uint64 since_ms = 4;
     */
    sinceMs: bigint;
};
/**
 * Describes the message grapevine.v1.HealthCheckStatus.
 * Use `create(HealthCheckStatusSchema)` to create a new message.
 */
export declare const HealthCheckStatusSchema: GenMessage<HealthCheckStatus>;
/**
 * @generated from message grapevine.v1.ServiceInstance
 */
export type ServiceInstance = Message<"grapevine.v1.ServiceInstance"> & {
    /**
     * @generated from field: grapevine.v1.Service service = 1;
     */
    service?: Service | undefined;
    /**
     * @generated from field: string node = 2;
     */
    node: string;
    /**
     * The worst of its checks.
     *
     * @generated from field: grapevine.v1.HealthState state = 3;
     */
    state: HealthState;
    /**
     * @generated from field: repeated grapevine.v1.HealthCheckStatus checks = 4;
     */
    checks: HealthCheckStatus[];
    /**
     * Unix time since when the state is this.
     *
     * @generated from field: uint64 since_ms = 5;
     */
    sinceMs: bigint;
    /**
     * Estimated round trip between its node and the one that was asked, or `near`; absent when not known.
     *
     * @generated from field: optional double rtt_ms = 6;
     */
    rttMs?: number | undefined;
};
/**
 * Describes the message grapevine.v1.ServiceInstance.
 * Use `create(ServiceInstanceSchema)` to create a new message.
 */
export declare const ServiceInstanceSchema: GenMessage<ServiceInstance>;
/**
 * @generated from message grapevine.v1.RegisterServiceRequest
 */
export type RegisterServiceRequest = Message<"grapevine.v1.RegisterServiceRequest"> & {
    /**
     * @generated from field: grapevine.v1.Service service = 1;
     */
    service?: Service | undefined;
};
/**
 * Describes the message grapevine.v1.RegisterServiceRequest.
 * Use `create(RegisterServiceRequestSchema)` to create a new message.
 */
export declare const RegisterServiceRequestSchema: GenMessage<RegisterServiceRequest>;
/**
 * @generated from message grapevine.v1.RegisterServiceResponse
 */
export type RegisterServiceResponse = Message<"grapevine.v1.RegisterServiceResponse"> & {
    /**
     * @generated from field: grapevine.v1.ServiceInstance instance = 1;
     */
    instance?: ServiceInstance | undefined;
};
/**
 * Describes the message grapevine.v1.RegisterServiceResponse.
 * Use `create(RegisterServiceResponseSchema)` to create a new message.
 */
export declare const RegisterServiceResponseSchema: GenMessage<RegisterServiceResponse>;
/**
 * @generated from message grapevine.v1.DeregisterServiceRequest
 */
export type DeregisterServiceRequest = Message<"grapevine.v1.DeregisterServiceRequest"> & {
    /**
     * @generated from field: string id = 1;
     */
    id: string;
};
/**
 * Describes the message grapevine.v1.DeregisterServiceRequest.
 * Use `create(DeregisterServiceRequestSchema)` to create a new message.
 */
export declare const DeregisterServiceRequestSchema: GenMessage<DeregisterServiceRequest>;
/**
 * @generated from message grapevine.v1.DeregisterServiceResponse
 */
export type DeregisterServiceResponse = Message<"grapevine.v1.DeregisterServiceResponse"> & {};
/**
 * Describes the message grapevine.v1.DeregisterServiceResponse.
 * Use `create(DeregisterServiceResponseSchema)` to create a new message.
 */
export declare const DeregisterServiceResponseSchema: GenMessage<DeregisterServiceResponse>;
/**
 * @generated from message grapevine.v1.ReportHealthRequest
 */
export type ReportHealthRequest = Message<"grapevine.v1.ReportHealthRequest"> & {
    /**
     * @generated from field: string id = 1;
     */
    id: string;
    /**
     * Name of the check. Empty: the only one that waits for reports.
     *
     * @generated from field: string check = 2;
     */
    check: string;
    /**
     * @generated from field: grapevine.v1.HealthState state = 3;
     */
    state: HealthState;
    /**
     * @generated from field: string output = 4;
     */
    output: string;
};
/**
 * Describes the message grapevine.v1.ReportHealthRequest.
 * Use `create(ReportHealthRequestSchema)` to create a new message.
 */
export declare const ReportHealthRequestSchema: GenMessage<ReportHealthRequest>;
/**
 * @generated from message grapevine.v1.ReportHealthResponse
 */
export type ReportHealthResponse = Message<"grapevine.v1.ReportHealthResponse"> & {};
/**
 * Describes the message grapevine.v1.ReportHealthResponse.
 * Use `create(ReportHealthResponseSchema)` to create a new message.
 */
export declare const ReportHealthResponseSchema: GenMessage<ReportHealthResponse>;
/**
 * @generated from message grapevine.v1.LookUpServicesRequest
 */
export type LookUpServicesRequest = Message<"grapevine.v1.LookUpServicesRequest"> & {
    /**
     * Empty: all.
     *
     * @generated from field: string name = 1;
     */
    name: string;
    /**
     * Only services that have all of these.
     *
     * @generated from field: repeated string tags = 2;
     */
    tags: string[];
    /**
     * Only these. Empty: passing and warning.
     *
     * @generated from field: repeated grapevine.v1.HealthState states = 3;
     */
    states: HealthState[];
    /**
     * Only services of this node.
     *
     * @generated from field: string node = 4;
     */
    node: string;
    /**
     * Nearest to this node first. Empty: to the asked one.
     *
     * @generated from field: string near = 5;
     */
    near: string;
};
/**
 * Describes the message grapevine.v1.LookUpServicesRequest.
 * Use `create(LookUpServicesRequestSchema)` to create a new message.
 */
export declare const LookUpServicesRequestSchema: GenMessage<LookUpServicesRequest>;
/**
 * @generated from message grapevine.v1.LookUpServicesResponse
 */
export type LookUpServicesResponse = Message<"grapevine.v1.LookUpServicesResponse"> & {
    /**
     * @generated from field: repeated grapevine.v1.ServiceInstance instances = 1;
     */
    instances: ServiceInstance[];
};
/**
 * Describes the message grapevine.v1.LookUpServicesResponse.
 * Use `create(LookUpServicesResponseSchema)` to create a new message.
 */
export declare const LookUpServicesResponseSchema: GenMessage<LookUpServicesResponse>;
/**
 * @generated from message grapevine.v1.WatchServicesRequest
 */
export type WatchServicesRequest = Message<"grapevine.v1.WatchServicesRequest"> & {
    /**
     * `near` orders the first answer alone.
     *
     * @generated from field: grapevine.v1.LookUpServicesRequest look_up = 1;
     */
    lookUp?: LookUpServicesRequest | undefined;
};
/**
 * Describes the message grapevine.v1.WatchServicesRequest.
 * Use `create(WatchServicesRequestSchema)` to create a new message.
 */
export declare const WatchServicesRequestSchema: GenMessage<WatchServicesRequest>;
/**
 * @generated from message grapevine.v1.WatchServicesResponse
 */
export type WatchServicesResponse = Message<"grapevine.v1.WatchServicesResponse"> & {
    /**
     * @generated from field: grapevine.v1.ServiceChange change = 1;
     */
    change: ServiceChange;
    /**
     * @generated from field: grapevine.v1.ServiceInstance instance = 2;
     */
    instance?: ServiceInstance | undefined;
    /**
     * Why, in words: `check "http" is critical: connection refused`, `node "bob" failed`, `registered` …
     *
     * @generated from field: string reason = 3;
     */
    reason: string;
    /**
     * True when the response carries nothing and only shows that the stream lives. The first one follows what was there.
     *
     * @generated from field: bool heartbeat = 4;
     */
    heartbeat: boolean;
};
/**
 * Describes the message grapevine.v1.WatchServicesResponse.
 * Use `create(WatchServicesResponseSchema)` to create a new message.
 */
export declare const WatchServicesResponseSchema: GenMessage<WatchServicesResponse>;
/**
 * @generated from enum grapevine.v1.HealthState
 */
export declare const HealthState: {
    /**
     * @generated from enum value: HEALTH_STATE_UNSPECIFIED = 0;
     */
    readonly UNSPECIFIED: 0;
    /**
     * @generated from enum value: HEALTH_STATE_PASSING = 1;
     */
    readonly PASSING: 1;
    /**
     * @generated from enum value: HEALTH_STATE_WARNING = 2;
     */
    readonly WARNING: 2;
    /**
     * @generated from enum value: HEALTH_STATE_CRITICAL = 3;
     */
    readonly CRITICAL: 3;
};
/**
 * @generated from enum grapevine.v1.HealthState
 */
export type HealthState = (typeof HealthState)[keyof typeof HealthState] | UnknownEnum;
/**
 * Describes the enum grapevine.v1.HealthState.
 */
export declare const HealthStateSchema: GenEnum<HealthState>;
/**
 * @generated from enum grapevine.v1.ServiceChange
 */
export declare const ServiceChange: {
    /**
     * @generated from enum value: SERVICE_CHANGE_UNSPECIFIED = 0;
     */
    readonly UNSPECIFIED: 0;
    /**
     * It was there when the watch began.
     *
     * @generated from enum value: SERVICE_CHANGE_PRESENT = 1;
     */
    readonly PRESENT: 1;
    /**
     * It came, or came to be one of those asked for.
     *
     * @generated from enum value: SERVICE_CHANGE_ADDED = 2;
     */
    readonly ADDED: 2;
    /**
     * @generated from enum value: SERVICE_CHANGE_CHANGED = 3;
     */
    readonly CHANGED: 3;
    /**
     * It went, or is no longer one of those asked for.
     *
     * @generated from enum value: SERVICE_CHANGE_REMOVED = 4;
     */
    readonly REMOVED: 4;
};
/**
 * @generated from enum grapevine.v1.ServiceChange
 */
export type ServiceChange = (typeof ServiceChange)[keyof typeof ServiceChange] | UnknownEnum;
/**
 * Describes the enum grapevine.v1.ServiceChange.
 */
export declare const ServiceChangeSchema: GenEnum<ServiceChange>;
/**
 * @generated from service grapevine.v1.Registry
 */
export declare const Registry: GenService<{
    /**
     * Registers a service with the asked node, which checks it from then on. Whoever registers the same name and id
     * there again replaces what he registered before; another name under the id is refused.
     *
     * @generated from rpc grapevine.v1.Registry.RegisterService
     */
    registerService: {
        methodKind: "unary";
        input: typeof RegisterServiceRequestSchema;
        output: typeof RegisterServiceResponseSchema;
    };
    /**
     * Takes a service of the asked node out of the registry.
     *
     * @generated from rpc grapevine.v1.Registry.DeregisterService
     */
    deregisterService: {
        methodKind: "unary";
        input: typeof DeregisterServiceRequestSchema;
        output: typeof DeregisterServiceResponseSchema;
    };
    /**
     * What a service says of itself: the beat of a check that waits for it.
     *
     * @generated from rpc grapevine.v1.Registry.ReportHealth
     */
    reportHealth: {
        methodKind: "unary";
        input: typeof ReportHealthRequestSchema;
        output: typeof ReportHealthResponseSchema;
    };
    /**
     * Services of all nodes, nearest first.
     *
     * @generated from rpc grapevine.v1.Registry.LookUpServices
     */
    lookUpServices: {
        methodKind: "unary";
        input: typeof LookUpServicesRequestSchema;
        output: typeof LookUpServicesResponseSchema;
    };
    /**
     * The same services, once all of them and then every change with its reason.
     *
     * @generated from rpc grapevine.v1.Registry.WatchServices
     */
    watchServices: {
        methodKind: "server_streaming";
        input: typeof WatchServicesRequestSchema;
        output: typeof WatchServicesResponseSchema;
    };
}>;
