/** A service that makes no sense. `allowed` says what would. Nothing was registered. */
export declare class InvalidServiceError extends TypeError {
    readonly name = "InvalidServiceError";
    readonly code = "INVALID_SERVICE";
    /** As `checks[0].intervalMs`. */
    readonly field: string;
    readonly value: unknown;
    readonly allowed: string;
    constructor(field: string, value: unknown, allowed: string);
}
/** What is asked of the registry makes no sense. Nothing was changed. */
export declare class InvalidServiceQueryError extends TypeError {
    readonly name = "InvalidServiceQueryError";
    readonly code = "INVALID_SERVICE_QUERY";
    readonly field: string;
    readonly value: unknown;
    readonly allowed: string;
    constructor(field: string, value: unknown, allowed: string);
}
/**
 * Another service of the node has the id. Whoever registers the same service again replaces what he registered before; one
 * of another name is taken for a mistake. Nothing was changed.
 */
export declare class ServiceIdTakenError extends TypeError {
    readonly name = "ServiceIdTakenError";
    readonly code = "SERVICE_ID_TAKEN";
    readonly id: string;
    /** The name of the service that has it. */
    readonly holder: string;
    constructor({ name, id }: {
        readonly name: string;
        readonly id: string;
    }, holder: string, node: string);
}
/** The asked node has no such service of its own. Nothing was changed. */
export declare class UnknownServiceError extends RangeError {
    readonly name = "UnknownServiceError";
    readonly code = "SERVICE_NOT_FOUND";
    readonly id: string;
    constructor(doing: "deregister" | "report on", id: string, node: string);
}
/** Nothing was reported: the service has no such check, or it is not one that waits for reports. */
export declare class NotReportableError extends TypeError {
    readonly name = "NotReportableError";
    readonly code = "NOT_REPORTABLE";
    constructor(id: string, problem: string);
}
/** Whoever reaches the port could have the node run programs. Nothing was registered. */
export declare class CommandChecksRefusedError extends Error {
    readonly name = "CommandChecksRefusedError";
    readonly code = "COMMAND_CHECKS_REFUSED";
    constructor(field: string);
}
/** A limit is reached. Nothing was registered. */
export declare class TooManyServicesError extends RangeError {
    readonly name = "TooManyServicesError";
    readonly code = "TOO_MANY_SERVICES";
    /** Services there are. */
    readonly count: number;
    readonly allowed: number;
    constructor(where: "this node" | "the cluster", count: number, allowed: number);
}
/** A limit is reached. */
export declare class TooManyWatchesError extends RangeError {
    readonly name = "TooManyWatchesError";
    readonly code = "TOO_MANY_WATCHES";
    /** Watches that are open. */
    readonly count: number;
    readonly allowed: number;
    constructor(count: number);
}
