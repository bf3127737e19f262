import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type ConnectRouter, type Transport } from "@connectrpc/connect";
import { LogClient, type ServerTransport } from "../client/mod.ts";
import type { SimNode } from "./sim_node.ts";
import { SimTopic } from "./sim_topic.ts";
import type { World } from "./world.ts";

export interface SimClientOptions {
  /** What partitions call its process. @default "client" */
  readonly name?: string | undefined;
  /** Whether it goes on at the next node when one fails, as `connect` has it. @default true */
  readonly failover?: boolean | undefined;
}

/** The library's own client in a simulated world: its calls go over the simulated network, its waits take virtual time. */
export class SimClient {
  readonly name: string;
  readonly #world: World;
  readonly #client: LogClient;

  constructor(world: World, nodes: readonly SimNode[], options: SimClientOptions = {}) {
    this.name = options.name ?? "client";
    this.#world = world;
    const random = world.random.fork(`client/${this.name}`);
    const byUrl = new Map(nodes.map((node) => [`http://${node.rpcAddress}`, node]));
    this.#client = new LogClient([...byUrl.keys()], {
      failover: options.failover ?? true,
      openTransport: (url) => transportTo(world, byUrl.get(url), this.name),
      clock: {
        nowMs: () => world.nowMs,
        schedule: (atMs, callback) => {
          let isCancelled = false;
          world.schedule(Math.max(world.nowMs, Math.ceil(atMs)), () => {
            if (!isCancelled) callback();
          });
          return () => {
            isCancelled = true;
          };
        },
        random: () => random.uint32() / 2 ** 32,
      },
    });
  }

  /** A topic, in the library's own words. */
  topic(name: string): SimTopic {
    return new SimTopic(this.#world, this.#client, name);
  }
}

function transportTo(world: World, node: SimNode | undefined, caller: string): ServerTransport {
  if (node === undefined) throw new ConnectError("Cannot call: there is no such node", Code.Unavailable);
  const hot = world.wires.callsTo(node.name, caller);
  return { transport: questionsTo(world, node, caller), hot, bidirectional: true, close: () => hot.close() };
}

type Implementation = Readonly<Record<string, (request: unknown, context: unknown) => unknown>>;

/** Calls with one answer that move no records: answered at once by a node that can be reached, or not at all. */
function questionsTo(world: World, node: SimNode, caller: string): Transport {
  const unavailable = (): ConnectError =>
    new ConnectError(`Cannot call ${node.name}: nobody answers`, Code.Unavailable);
  return {
    unary: async (method, signal, _timeoutMs, header, input) => {
      const { server, isPaused, isHung, name } = node;
      const isReached = world.network.reaches(caller, name) && world.network.reaches(name, caller);
      if (server === undefined || isPaused || isHung || !isReached) throw unavailable();
      const services = new Map<string, Implementation>();
      const router = {
        service: (service: { readonly typeName: string }, implementation: unknown) => {
          services.set(service.typeName, implementation as Implementation);
          return router;
        },
      };
      server.routes(router as unknown as ConnectRouter);
      world.touchLog();
      const answer = services.get(method.parent.typeName)?.[method.localName];
      if (answer === undefined) throw unavailable();
      const request = create(method.input, input as MessageInitShape<typeof method.input>);
      const context = { signal: signal ?? new AbortController().signal, requestHeader: new Headers(header) };
      const message = create(method.output, (await answer(request, context)) as MessageInitShape<typeof method.output>);
      return { stream: false, service: method.parent, method, header: new Headers(), trailer: new Headers(), message };
    },
    stream: () => Promise.reject(unavailable()),
  };
}
