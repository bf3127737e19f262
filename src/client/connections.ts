/** The ways to one server. */
import { type Client, createClient } from "@connectrpc/connect";
import { type Checksum, type Codecs, crc32 } from "../base/mod.ts";
import { Cluster } from "../gen/grapevine/v1/cluster_pb.ts";
import { Registry } from "../gen/grapevine/v1/registry_pb.ts";
import { Log } from "../gen/log/v1/log_pb.ts";
import type { ClusterConnection } from "./cluster_calls.ts";
import { ClientError } from "./errors.ts";
import { ManyProduces } from "./many_produces.ts";
import { followingByPage } from "./page_clients.ts";
import type { OpenTransport, ServerTransport } from "./transport.ts";
import { webCodecs } from "./web_codecs.ts";

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
export function openConnection(text: string, openTransport: OpenTransport): ServerConnection {
  const url = serverUrl(text);
  const opened = openTransport(url);
  const clients = {
    log: createClient(Log, opened.transport),
    cluster: createClient(Cluster, opened.transport),
    registry: createClient(Registry, opened.transport),
  };
  return {
    checksum: crc32,
    codecs: webCodecs,
    ...opened,
    url,
    watching: opened.background === undefined ? clients.cluster : createClient(Cluster, opened.background),
    many: opened.hot && new ManyProduces(opened.hot),
    ...(opened.page === undefined ? clients : followingByPage(clients, opened.page)),
  };
}

function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    const message = `Cannot connect to ${JSON.stringify(text)}: a server is named as http://host:port or https://host:port`;
    throw new ClientError("INVALID_ARGUMENT", message);
  }
  return url.origin + url.pathname.replace(/\/+$/, "");
}
