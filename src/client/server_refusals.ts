/** Why a server that answers is not used. */
import { protocolSpoken } from "./cluster_identity.ts";
import { ClientError } from "./errors.ts";

export function differentClusters(url: string, theirs: string, ours: string): ClientError {
  const message = `Cannot use ${url}: it belongs to a cluster of ${theirs}, the other servers to one of ${ours}; name servers of one cluster`;
  return new ClientError("DIFFERENT_CLUSTERS", message, { server: url, fate: "unsent" });
}

export function incompatible(url: string, protocol: number): ClientError {
  const message = `Cannot use ${url}: its protocol version is ${protocol}, this client speaks ${protocolSpoken}; use a client and nodes of one version`;
  return new ClientError("INCOMPATIBLE_SERVER", message, { server: url, fate: "unsent" });
}
