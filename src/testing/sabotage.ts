import type { Random } from "../base/mod.ts";
import type { CommitLog, Directory } from "../log/mod.ts";
import type { ServerPorts } from "../server/mod.ts";
import type { SimulatedDisk } from "./disk.ts";
import type { SimNode } from "./sim_node.ts";

/** Ports that lie. Each is put between a node and the real thing, so that a rule is broken without a switch in any room. */
export interface Sabotage {
  readonly directory?: ((directory: Directory) => Directory) | undefined;
  readonly log?: ((log: CommitLog, node: SimNode) => CommitLog) | undefined;
  /** What a node's server gives its callers. */
  readonly served?: ((ports: ServerPorts) => ServerPorts) | undefined;
  /** What a node makes of frames that it sends to a peer. */
  readonly shipped?: ((frames: Uint8Array, random: Random) => Uint8Array) | undefined;
  /** Called when a directory was lost, with the disk that was and the empty one. */
  readonly wiped?: ((before: SimulatedDisk, after: SimulatedDisk) => Promise<void>) | undefined;
}
