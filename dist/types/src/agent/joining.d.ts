import { type Address } from "../base/mod.d.ts";
import type { MembershipEffect, MembershipInput } from "../membership/mod.d.ts";
/** Serf's port. */
export declare const gossipPortDefault = 7946;
/** No address of a join answered. The node goes on as it was. */
export declare class JoinFailedError extends Error {
    readonly name = "JoinFailedError";
    readonly code = "JOIN_FAILED";
    readonly failed: readonly {
        readonly address: string;
        readonly error: string;
    }[];
    constructor(failed: readonly {
        readonly address: string;
        readonly error: string;
    }[]);
}
/** What a join reached. */
export interface JoinResult {
    readonly contacted: readonly string[];
    readonly failed: readonly {
        readonly address: string;
        readonly error: string;
    }[];
}
type Joined = Extract<MembershipEffect, {
    type: "joined";
}>;
/** Resolves names, contacts what they stand for, and waits for how it goes. */
export declare class Joining {
    #private;
    constructor(bound: Address, push: (input: MembershipInput) => void);
    join(addresses: readonly string[], replay: boolean): Promise<JoinResult>;
    finished(joined: Joined): void;
    /** What is under way fails now. */
    stop(): void;
}
export {};
