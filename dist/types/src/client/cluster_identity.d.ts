/** Which cluster a server belongs to, by the servers that it names. */
import type { ServerConnection } from "./connections.d.ts";
import type { OneCall } from "./questions.d.ts";
/** What a server says of another one, or of itself. */
export interface NamedServer {
    readonly name: string;
    /** `host:port` */
    readonly rpcAddress: string;
    readonly isAlive: boolean;
    /** Undefined where it does not say so. */
    readonly writer: string | undefined;
    readonly protocol: number | undefined;
}
/** The version of the protocol between nodes and clients that this client speaks. */
export declare const protocolSpoken = 1;
/**
 * The cluster that a client belongs to: that of the first server which says what cluster it is in. Two servers are in one
 * cluster when they name a server in common, alive or not. One that has not joined yet names others, and is asked again.
 */
export declare class ClusterIdentity {
    #private;
    /** Whether anybody said something yet. */
    get isKnown(): boolean;
    /** Some of the servers that it knows, for people. */
    get words(): string;
    /** True where they are of this cluster, or nothing can be said: then what they name is learnt. */
    admits(servers: readonly NamedServer[]): boolean;
}
/** A few of them, for people. */
export declare function namesOf(servers: readonly NamedServer[]): string;
/** The version that all of them speak that are alive, if it is not this client's. */
export declare function foreignProtocol(servers: readonly NamedServer[]): number | undefined;
/** What a server's tags say of it. */
export declare function factsOf(tags: Readonly<Record<string, string>>): Pick<NamedServer, "writer" | "protocol">;
/** Those that a server names when it is asked. */
export declare function namedBy({ log }: ServerConnection, call: OneCall): Promise<readonly NamedServer[]>;
