import { type ResolvedCheck } from "./resolved_checks.d.ts";
/** A service that was checked, with nothing left open but the address, which the node may give. */
export interface ResolvedService {
    readonly name: string;
    readonly id: string;
    /** Undefined: where its node is reached. */
    readonly address: string | undefined;
    readonly port: number;
    readonly tags: readonly string[];
    readonly metadata: Readonly<Record<string, string>>;
    readonly checks: readonly ResolvedCheck[];
    /** Undefined: it stays. */
    readonly deregisterAfterMs: number | undefined;
}
/** What is wrong with the id of a service; undefined when it is a good one. */
export declare function serviceIdFault(id: string): string | undefined;
/** Whether a text can be the name of a service. */
export declare function isServiceName(name: string): boolean;
/** Names are labels of DNS: they are the same whatever the case of their letters. */
export declare function sameNameKey(name: string): string;
/** Checks what somebody wants to register, a `ServiceDefinition`, and fills in the defaults. Throws `InvalidServiceError`. */
export declare function resolveService(given: unknown): ResolvedService;
