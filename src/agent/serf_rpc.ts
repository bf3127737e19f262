/** Serf's agent RPC for a node: what `serf` on the command line, and other programs that speak it, drive a node by. */
import { isIP } from "node:net";
import { type Address, formatAddress, parseAddress } from "../base/mod.ts";
import { systemClock } from "../io/clock.ts";
import { programFacts } from "../io/host.ts";
import { type SerfRpcSocketCounters, SerfRpcSockets } from "../io/serf_rpc_sockets.ts";
import { InvalidAddressError, isLoopback } from "./addresses.ts";
import type { EventHandlers } from "./event_handlers.ts";
import { LogLines, logNode } from "./log_lines.ts";
import type { MembershipNode } from "./membership_node.ts";
import { type NodeInfo, nodeInfo } from "./node_info.ts";
import { operatorTags, SerfRpcCommands, type TagsChange } from "./serf_rpc_commands.ts";
import { SerfRpcSession } from "./serf_rpc_session.ts";

/** Serf's port. */
export const serfRpcPortDefault = 7373;

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

export class SerfRpc implements AsyncDisposable {
  readonly #sockets: SerfRpcSockets;
  readonly #stopLog: () => void;

  constructor(sockets: SerfRpcSockets, stopLog: () => void) {
    this.#sockets = sockets;
    this.#stopLog = stopLog;
  }

  /** Where it listens, with the port that was picked. */
  get address(): Address {
    return this.#sockets.address;
  }

  get counters(): Readonly<SerfRpcSocketCounters> {
    return this.#sockets.counters;
  }

  /** Stops listening and closes all connections. The node goes on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopLog();
    await this.#sockets[Symbol.asyncDispose]();
  }
}

/** What a node that does more than membership gives its RPC. */
export interface SerfRpcSurroundings {
  /** The lines that `serf monitor` shows. @default what happens to the node's membership */
  readonly lines?: LogLines | undefined;
  /** The programs that run for events. @default none */
  readonly handlers?: EventHandlers | undefined;
}

/** Lets clients command a node. Rejects with `InvalidAddressError`, `PortTakenError` or `BadListenAddressError`. */
export async function startSerfRpc(
  node: MembershipNode,
  options: SerfRpcOptions = {},
  { lines, handlers }: SerfRpcSurroundings = {},
): Promise<SerfRpc> {
  const text = options.address ?? `127.0.0.1:${serfRpcPortDefault}`;
  const address = parseAddress(text, serfRpcPortDefault);
  if (address === undefined || isIP(address.host) === 0) {
    throw new InvalidAddressError("bind Serf's RPC to", text, "allowed are IP:PORT and [IPV6]:PORT");
  }
  const log = lines ?? new LogLines(systemClock.wallMs);
  const info = (): NodeInfo => nodeInfo(node, programFacts(), handlers?.specs ?? []);
  const commands = new SerfRpcCommands(node, options.changeTags ?? operatorTags(node), info);
  const stop = async (): Promise<void> => {
    if (options.stop !== undefined) return options.stop();
    await rpc[Symbol.asyncDispose]();
    await node[Symbol.asyncDispose]();
  };
  const shared = { node, commands, log, auth: options.auth, stop };
  const sockets = await SerfRpcSockets.open({
    address,
    onConnection: (connection) => new SerfRpcSession(shared, connection),
  });
  log.add("INFO", `agent.ipc: Listening on ${formatAddress(sockets.address)}`);
  const rpc = new SerfRpc(sockets, lines === undefined ? logNode(node, log) : () => {});
  if (options.auth === undefined && !isLoopback(address.host)) {
    const warning = `Serf's RPC listens on ${formatAddress(sockets.address)} without a token: whoever reaches it commands this node`;
    log.add("WARN", `agent.ipc: ${warning}`);
    options.onWarn?.(warning);
  }
  return rpc;
}
