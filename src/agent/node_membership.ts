/** What a node of the log starts its membership with. */
import { join } from "node:path";
import { formatAddress } from "../base/mod.ts";
import { gossipSettingsOf, serfSettingsOf } from "./cluster_options.ts";
import type { MembershipNodeOptions } from "./membership_types.ts";
import type { ResolvedAgentOptions } from "./options.ts";

/** Where a node keeps what it remembers of its cluster, in its data directory. */
const snapshotFileName = "serf.snapshot";

export function membershipOptionsOf(options: ResolvedAgentOptions): MembershipNodeOptions {
  const { cluster, encrypt, keyringFile, profile, advertise, rejoinAfterLeave } = options;
  const { label, compress, verifyIncoming, verifyOutgoing, discover, mdnsIface } = cluster;
  return {
    ...serfSettingsOf(cluster),
    ...{ advertise, profile, encrypt, keyringFile, rejoinAfterLeave },
    ...{ label, compress, verifyIncoming, verifyOutgoing, discover, mdnsIface },
    bind: formatAddress(options.bind),
    settings: gossipSettingsOf(cluster),
    snapshot: cluster.snapshot ?? join(options.dataDir, snapshotFileName),
  };
}
