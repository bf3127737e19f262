/** What a node of `./membership` is started with, what it tells, and what it throws. */
import type { GossipSettings, InvalidGossipOptionError, InvalidKeyError, Profile } from "../gossip/mod.d.ts";
import type { KeyringFileError } from "../io/gossip_keyring_file.d.ts";
import type { GossipBindError } from "../io/gossip_sockets.d.ts";
import type { MulticastError } from "../io/multicast_socket.d.ts";
import type { SnapshotFileError } from "../io/snapshot_file.d.ts";
import type { InvalidMembershipOptionError, InvalidQueryError, Member, MemberEvent, MemberEventType, NameConflict, NotRemovableError, QueryClosedError, QueryTooLargeError, TagsInput, TagsTooLargeError, UserEventNotice, UserEventTooLargeError } from "../membership/mod.d.ts";
import type { InvalidAddressError } from "./addresses.d.ts";
import type { SerfSettings } from "./cluster_options.d.ts";
import type { SecrecyOptions } from "./encryption.d.ts";
import type { JoinFailedError } from "./joining.d.ts";
import type { InvalidDiscoverNameError, MdnsOptions } from "./mdns.d.ts";
import type { IncomingQuery } from "./messaging.d.ts";
import type { MemoryOptions } from "./node_memory.d.ts";
export interface MembershipNodeOptions extends SecrecyOptions, MemoryOptions, MdnsOptions, SerfSettings {
    /** Unique in the cluster, 1 to 255 bytes of UTF-8. @default the host's name */
    readonly name?: string | undefined;
    /** IP address and port of both UDP and TCP; port 0 picks a free one. @default "127.0.0.1:7946" */
    readonly bind?: string | undefined;
    /** Where others reach this node, `ip` or `ip:port`. @default the bound address; when that is any, that of an interface */
    readonly advertise?: string | undefined;
    /**
     * Nodes to contact: `host`, `host:port` or `[v6]:port`. That none answers does not fail the start: `on("warn")` tells.
     * @default none
     */
    readonly join?: readonly string[] | undefined;
    /** What this node says about itself: at most 512 bytes encoded. @default none */
    readonly tags?: TagsInput | undefined;
    /** Numbers for a data centre (`lan`), the world (`wan`) or one machine (`local`). @default "lan" */
    readonly profile?: Profile | undefined;
    /** Numbers that differ from the profile's. */
    readonly settings?: Partial<GossipSettings> | undefined;
    /** Compress what becomes shorter by it, as Serf's agents do. @default true */
    readonly compress?: boolean | undefined;
    /**
     * Whether time stands still while the event loop is stalled, so that nobody is judged by deadlines that could not be
     * met, and whether stalls make this node feel unwell, so that it gives others more time. Off is for experiments that
     * show what that is good for; stalls are counted all the same. @default true
     */
    readonly forgivesStalls?: boolean | undefined;
    /**
     * Serf's protocol, 2 to 5, for clusters whose oldest nodes know no more. With 3 this node asks no queries, with 2 it
     * tells the tag `role` and no other. It hears nodes of all four in any case. @default 4
     */
    readonly protocol?: number | undefined;
    /** First incarnation, from 1; a snapshot that knows of later ones overrides it. @default 1 */
    readonly incarnation?: number | undefined;
    /** Hears of every change from the very first, which a listener added after the start could miss. */
    readonly onEvent?: ((event: MemberEvent) => void) | undefined;
    /** Hears what an operator should hear. */
    readonly onWarn?: ((message: string) => void) | undefined;
}
/** Everything that this entry point throws, by `code`. */
export type MembershipNodeError = GossipBindError | InvalidAddressError | InvalidDiscoverNameError | InvalidGossipOptionError | InvalidKeyError | InvalidMembershipOptionError | InvalidQueryError | JoinFailedError | KeyringFileError | MulticastError | NotRemovableError | QueryClosedError | QueryTooLargeError | SnapshotFileError | TagsTooLargeError | UserEventTooLargeError;
/** What a node tells its listeners, by name. */
export interface MembershipNodeEvents extends Record<MemberEventType, Member> {
    readonly warn: string;
    readonly "user-event": UserEventNotice;
    readonly query: IncomingQuery;
    /** Somebody claims another address for the name of a node. When it is this one's and `lost`, this node stops. */
    readonly "name-conflict": NameConflict;
}
