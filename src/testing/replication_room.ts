import type { Random } from "../base/mod.ts";
import type { CommitLog } from "../log/mod.ts";
import type { Life } from "./life.ts";
import type { Host, Network, Pipe, PipeEnd } from "./network.ts";
import type { RpcMessage } from "./rpc_message.ts";

export type RpcPipe = Pipe<RpcMessage>;

/** What a node lends to its replication. */
export interface ReplicationRoom {
  readonly host: Host;
  readonly life: Life;
  readonly log: CommitLog;
  readonly network: Network;
  readonly random: Random;
  /** Frame bytes of one response: small ones let faults strike within a pull. */
  readonly responseBytesMax: number;
  trace(text: string): void;
  /** What goes to a peer of these frames. */
  ship(topic: string, frames: Uint8Array): Uint8Array;
  /** The log was called: let it come to rest before the next event. */
  touchLog(): void;
  /** Opens an RPC stream to whoever serves at this address. */
  dial(rpcAddress: string, end: PipeEnd<RpcMessage>): RpcPipe;
}
