/** The ways to one server. */
import { type Client } from "npm:@connectrpc/connect@2.2.0";
import { type Checksum, type Codecs } from "../base/mod.d.ts";
import { Cluster } from "../gen/grapevine/v1/cluster_pb.d.ts";
import { Registry } from "../gen/grapevine/v1/registry_pb.d.ts";
import { Log } from "../gen/log/v1/log_pb.d.ts";
import type { ClusterConnection } from "./cluster_calls.d.ts";
import { ManyProduces } from "./many_produces.d.ts";
import type { OpenTransport, ServerTransport } from "./transport.d.ts";
export interface ServerConnection extends ServerTransport, ClusterConnection {
    readonly checksum: Checksum;
    readonly codecs: Codecs;
    readonly log: Client<typeof Log>;
    readonly registry: Client<typeof Registry>;
    /** Its streams keep no process alive, where the runtime lets them. */
    readonly watching: Pick<Client<typeof Cluster>, "watchMembers">;
    readonly many: ManyProduces | undefined;
}
/** Nothing is contacted before the first call. Throws `ClientError` for what is no server's URL. */
export declare function openConnection(text: string, openTransport: OpenTransport): ServerConnection;
