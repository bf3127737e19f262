import type { Address } from "../base/mod.ts";
import type { GossipPipe } from "./gossip_shell.ts";
import type { PipeEnd } from "./network.ts";
import type { RpcMessage, RpcPipe } from "./replication_shell.ts";
import type { SimNode } from "./sim_node.ts";
import { answerCall, type CallMessage, type CallPipe, processOf, SimulatedCalls } from "./simulated_calls.ts";
import type { World } from "./world.ts";

/** Who is reached over a world's network by which address. */
export class Wires {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Opens a stream of the replication's RPCs. */
  dialRpc(rpcAddress: string, end: PipeEnd<RpcMessage>): RpcPipe {
    const target = (): SimNode | undefined => this.#world.nodes.find((node) => node.rpcAddress === rpcAddress);
    return this.#world.network.connect(end, target, {
      isRpc: true,
      accept: (pipe) => target()?.replication?.accept(pipe),
    });
  }

  /** Calls of the RPC server of a node, from a process of this name that always runs. */
  callsTo(name: string, caller: string): SimulatedCalls {
    const world = this.#world;
    const server = world.node(name);
    const touchLog = (): void => world.touchLog();
    const dial = (end: PipeEnd<CallMessage>): CallPipe =>
      world.network.connect(end, () => server, {
        isRpc: true,
        accept: (pipe) => server.server && answerCall(server, pipe, { methods: server.server.methods, touchLog }),
      });
    return new SimulatedCalls(processOf(caller), dial);
  }

  /** Opens a gossip stream. */
  dialGossip(from: SimNode, to: Address, end: PipeEnd<Uint8Array>): GossipPipe {
    const target = (): SimNode | undefined => this.#world.nodes.find((node) => node.address.host === to.host);
    return this.#world.network.connect(end, target, {
      isRpc: false,
      accept: (pipe) => target()?.gossip?.accept(pipe, from.address),
    });
  }

  /** Sends a gossip packet. */
  sendDatagram(from: SimNode, to: Address, bytes: Uint8Array): void {
    const target = this.#world.nodes.find((node) => node.address.host === to.host);
    if (target === undefined) return;
    this.#world.network.datagram(from.name, target.name, () => target.gossip?.receive(from.address, bytes));
  }
}
