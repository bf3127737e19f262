import { type HealthCheckStatus, type HealthState, type ServiceInstance } from "../base/mod.d.ts";
/** What a check said, without control characters but line ends, as much of it as is kept. */
export declare function cutOutput(text: string): string;
/** `check "http" is critical: connection refused`. */
export declare function reasonOfCheck({ name, state, output }: HealthCheckStatus): string;
/** Why a service is as it is, where nothing happened to it just now. */
export declare function reasonOfState({ state, checks }: Pick<ServiceInstance, "state" | "checks">): string;
export declare function worstOf(states: Iterable<HealthState>): HealthState;
