import { type Address, type ServiceDefinition } from "../base/mod.d.ts";
import type { LogOptions } from "../log/mod.d.ts";
import type { ResolvedService } from "../registry/mod.d.ts";
import { type ClusterOptions } from "./cluster_options.d.ts";
import { type CorsSettings } from "./cors_options.d.ts";
import { type DnsSettings, type ResolvedDnsSettings } from "./dns_options.d.ts";
import { type EventHandlerSpec } from "./event_handlers.d.ts";
import { type LogSettings } from "./log_settings.d.ts";
/** What a node is started with. Everything has a default: `Agent.start({})` runs a node of its own. */
export interface AgentOptions extends ClusterOptions, LogSettings, DnsSettings, CorsSettings {
    /** Name in the cluster, unique there, 1 to 128 of `A-Z a-z 0-9 . _ -`. @default the host's name and the gossip port */
    readonly nodeName?: string | undefined;
    /** Directory of the log, created when missing, owned exclusively while the node runs. @default "./grapevine-data" */
    readonly dataDir?: string | undefined;
    /** `host:port` of gossip, UDP and TCP. Port 0 picks a free one. @default "127.0.0.1:7946" */
    readonly bind?: string | undefined;
    /** IP address that other nodes reach this one at, when it differs from that of `bind`. @default the host of `bind` */
    readonly advertise?: string | undefined;
    /** `host:port` of the RPC server. Port 0 picks a free one. @default the host of `bind`, port 8400 */
    readonly rpcAddr?: string | undefined;
    /** Gossip addresses (`host:port`) of nodes to join. Retried in the background until one answers. @default [] */
    readonly join?: readonly string[] | undefined;
    /** Told to all members, 512 bytes encoded. `rpc_addr`, `gv` and `w` are the node's own. @default {} */
    readonly tags?: Readonly<Record<string, string>> | undefined;
    /**
     * The tag `role`. A node whose role is `observer` holds no topics but the cluster's own, and passes callers on to nodes
     * that do. Any other has no meaning here. @default the one among `tags`
     */
    readonly role?: string | undefined;
    /** Timing of gossip: `lan`, `wan` (slow links) or `local` (one machine). @default "lan" */
    readonly profile?: GossipProfile | undefined;
    /**
     * Encrypts gossip with this key, 16, 24 or 32 bytes in base64, as `grapevine keygen` prints them. All nodes of a
     * cluster need it. @default plain text
     */
    readonly encrypt?: string | undefined;
    /** A file of keys, a JSON array in base64 with the primary first, instead of `encrypt`. Written anew when keys change. @default none */
    readonly keyringFile?: string | undefined;
    /**
     * Find the cluster again, by what the data directory remembers of it, even after this node has left it in good order.
     * After any other stop it does so anyway. @default false
     */
    readonly rejoinAfterLeave?: boolean | undefined;
    /**
     * Programs to run for events, each `[FILTER[,FILTER...]=]COMMAND` as Serf's agents take them, but run without a shell:
     * the command is split into words once. @default []
     */
    readonly eventHandlers?: readonly string[] | undefined;
    /** When a produce is acknowledged: after fsync, or after the write. @default "always" */
    readonly fsync?: "always" | "interval" | "never" | undefined;
    /** Mint a new writer although the directory has one: say so once when it was restored from a backup. @default false */
    readonly newWriter?: boolean | undefined;
    /** IP address and port of an RPC for the `serf` command line, usually port 7373. Port 0 picks a free one. @default none */
    readonly serfRpcAddr?: string | undefined;
    /** A token that its clients must show. @default none is asked for */
    readonly serfRpcAuth?: string | undefined;
    /** Services that the node registers and checks while it runs. Those that are left out later are deregistered. @default [] */
    readonly services?: readonly ServiceDefinition[] | undefined;
    /** Take services from callers whose checks run programs. Whoever reaches the RPC port may run any, then. @default false */
    readonly allowCommandChecks?: boolean | undefined;
}
export type GossipProfile = "lan" | "wan" | "local";
/** An option that makes no sense. `allowed` says what would. */
export declare class InvalidAgentOptionError extends TypeError {
    readonly name = "InvalidAgentOptionError";
    readonly code = "INVALID_OPTION";
    readonly option: string;
    readonly value: unknown;
    readonly allowed: string;
    constructor(option: string, value: unknown, allowed: string);
}
/** Tags that say where and who a node is: other code must not set them. */
export declare const reservedTags: readonly ["rpc_addr", "gv", "w"];
export interface ResolvedAgentOptions {
    /** Checked, and without the defaults of the layers that they are for. */
    readonly cluster: ClusterOptions;
    readonly nodeName: string | undefined;
    readonly dataDir: string;
    readonly bind: Address;
    readonly advertise: string | undefined;
    readonly rpc: Address;
    readonly join: readonly string[];
    readonly tags: ReadonlyMap<string, string>;
    readonly profile: GossipProfile;
    readonly encrypt: string | undefined;
    readonly keyringFile: string | undefined;
    readonly rejoinAfterLeave: boolean;
    readonly eventHandlers: readonly EventHandlerSpec[];
    readonly fsync: "always" | "interval" | "never";
    readonly newWriter: boolean;
    readonly corsOrigins: readonly string[] | undefined;
    readonly serfRpc: {
        readonly address: string;
        readonly auth: string | undefined;
    } | undefined;
    readonly dns: ResolvedDnsSettings | undefined;
    readonly services: readonly ResolvedService[];
    readonly allowCommandChecks: boolean;
    /** Checked. */
    readonly log: LogOptions;
}
/** Checks every option and fills in the defaults. Throws `InvalidAgentOptionError`. */
export declare function resolveAgentOptions(options: AgentOptions): ResolvedAgentOptions;
/** Throws `InvalidAgentOptionError`. */
export declare function checkedHandlers(texts: readonly string[]): EventHandlerSpec[];
/** Tags that an operator may set. Throws `InvalidAgentOptionError`. */
export declare function checkedTags(option: string, tags: Readonly<Record<string, string>>): Map<string, string>;
