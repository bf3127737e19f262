import { type Address } from "../base/mod.d.ts";
import { type SerfRpcSocketCounters, SerfRpcSockets } from "../io/serf_rpc_sockets.d.ts";
import type { MembershipNode } from "./membership.d.ts";
import { type TagsChange } from "./serf_rpc_commands.d.ts";
/** Serf's port. */
export declare const serfRpcPortDefault = 7373;
export interface SerfRpcOptions {
    /** IP address and port to listen on; port 0 picks a free one. @default "127.0.0.1:7373" */
    readonly address?: string | undefined;
    /** A token that clients must show. Whoever reaches the address commands the node. @default none is asked for */
    readonly auth?: string | undefined;
    /** Hears what an operator should hear. */
    readonly onWarn?: ((message: string) => void) | undefined;
    /** Changes what the node says about itself. @default all of its tags may change */
    readonly changeTags?: TagsChange | undefined;
    /** Stops the node that a client made leave, and this with it. @default both are disposed of */
    readonly stop?: (() => Promise<void>) | undefined;
}
export declare class SerfRpc implements AsyncDisposable {
    #private;
    constructor(sockets: SerfRpcSockets, stopLog: () => void);
    /** Where it listens, with the port that was picked. */
    get address(): Address;
    get counters(): Readonly<SerfRpcSocketCounters>;
    /** Stops listening and closes all connections. The node goes on. */
    [Symbol.asyncDispose](): Promise<void>;
}
/** Lets clients command a node. Rejects with `InvalidAddressError`, `PortTakenError` or `BadListenAddressError`. */
export declare function startSerfRpc(node: MembershipNode, options?: SerfRpcOptions): Promise<SerfRpc>;
