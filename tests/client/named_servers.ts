/** Servers that say who else there is, take records, die and come back, on virtual time. */
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport, type HandlerContext, type Transport } from "@connectrpc/connect";
import { encodeCursor, encodeToken } from "../../src/base/mod.ts";
import { type ConnectOptions, LogClient, type ServerTransport } from "../../src/client/mod.ts";
import { ServerWatch } from "../../src/client/server_watch.ts";
import { Cluster, MemberChange, MemberStatus } from "../../src/gen/grapevine/v1/cluster_pb.ts";
import { Registry, ServiceChange } from "../../src/gen/grapevine/v1/registry_pb.ts";
import { ConsumeResponseSchema, Log, ProduceResponseSchema } from "../../src/gen/log/v1/log_pb.ts";
import { IdleClock } from "./idle_clock.ts";

/** One of them. Those with the same `cluster` know each other. */
export interface NamedOne {
  readonly name: string;
  cluster: string;
  /** `hangs`: it takes calls and never answers. */
  manner: "well" | "dead" | "hangs";
  protocol: string;
  /** What others say of it. */
  status: "alive" | "left" | "failed";
  /** Calls that came, in words. */
  readonly asked: string[];
}

export class NamedServers {
  readonly clock = new IdleClock();
  readonly all: NamedOne[] = [];
  /** Watches that are open. */
  readonly watchers = new Set<(one: NamedOne) => void>();

  constructor(clusters: Readonly<Record<string, string>>) {
    for (const [name, cluster] of Object.entries(clusters)) this.add(name, cluster);
  }

  add(name: string, cluster: string): NamedOne {
    const one: NamedOne = { name, cluster, manner: "well", protocol: "1", status: "alive", asked: [] };
    this.all.push(one);
    return one;
  }

  one(name: string): NamedOne {
    return this.all.find((each) => each.name === name) as NamedOne;
  }

  /** Says to all watchers how it is. */
  tell(name: string, status: NamedOne["status"]): void {
    this.one(name).status = status;
    for (const watcher of this.watchers) watcher(this.one(name));
  }

  forget(): void {
    for (const one of this.all) one.asked.length = 0;
  }

  /** How often each was asked that way. */
  counts(call: string): Record<string, number> {
    return Object.fromEntries(this.all.map(({ name, asked }) => [name, asked.filter((one) => one === call).length]));
  }

  client(names: readonly string[], { watches = false, ...options }: ConnectOptions & { watches?: boolean } = {}) {
    const openTransport = (url: string): ServerTransport => {
      const name = new URL(url).hostname.replace(".invalid", "");
      const transport = this.#transport(name);
      const { clock } = this;
      const watch = { watch: (given: ConstructorParameters<typeof ServerWatch>[0]) => new ServerWatch(given) };
      return { transport, bidirectional: false, close() {}, ...(watches && watch), ...(clock && {}) };
    };
    return new LogClient(
      names.map((name) => `http://${name}.invalid:1`),
      { openTransport, clock: this.clock, ...options },
    );
  }

  #transport(name: string): Transport {
    const behave = async (call: string, signal: AbortSignal): Promise<void> => {
      this.one(name).asked.push(call);
      await this.clock.sleep(1 + Math.floor(this.clock.random() * 3));
      if (this.one(name)?.manner !== "hangs") return;
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      throw new ConnectError("it ended", Code.Canceled);
    };
    let offset = 0n;
    const routed = createRouterTransport(({ service }) => {
      service(Log, {
        getServers: async (_, { signal }) => {
          await behave("getServers", signal);
          return { servers: this.#named(name).map((one) => ({ ...one, status: one.status })) };
        },
        produce: async (_, { signal }) => {
          await behave("produce", signal);
          const token = encodeToken({ topic: "t", generation: 1, vector: new Map() }) as Uint8Array<ArrayBuffer>;
          const place = { offset: offset++, firstSequence: offset, writer: "00000000000000a1", count: 1, token };
          return create(ProduceResponseSchema, place);
        },
        describeTopic: async (_, { signal }) => {
          await behave("describeTopic", signal);
          return { topic: { name: "t" } };
        },
        consumeStream: (_, context) => this.#consume(behave, context),
        workInGroup: async (_, { signal }) => {
          await behave("workInGroup", signal);
          return { leaseMs: 5_000, slotCount: 1 };
        },
      });
      service(Registry, {
        watchServices: async function* (_, { signal }) {
          await behave("watchServices", signal);
          yield { change: ServiceChange.PRESENT, instance: { node: name, service: { name: "web", id: "web" } } };
          await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
        },
      });
      service(Cluster, {
        members: async (_, { signal }) => {
          await behave("members", signal);
          return { members: [] };
        },
        watchMembers: (_, context) => this.#watch(name, context),
      });
    });
    const refused = (): Promise<never> => {
      this.one(name).asked.push("refused");
      return Promise.reject(ConnectError.from(new Error(`connect ECONNREFUSED ${name}`), Code.Unavailable));
    };
    return {
      unary: (...call) => (this.one(name)?.manner === "dead" ? refused() : routed.unary(...call)),
      stream: (...call) => (this.one(name)?.manner === "dead" ? refused() : routed.stream(...call)),
    } as Transport;
  }

  #named(by: string) {
    const { cluster } = this.one(by);
    return this.all
      .filter((one) => one.cluster === cluster)
      .map(({ name, status, protocol }) => {
        const tags = { rpc_addr: `${name}.invalid:1`, gv: protocol, w: `writer of ${name}` };
        return { id: name, rpcAddr: `${name}.invalid:1`, status, tags };
      });
  }

  async *#consume(behave: (call: string, signal: AbortSignal) => Promise<void>, { signal }: HandlerContext) {
    await behave("consume", signal);
    const place = { topic: "t", generation: 1, vector: new Map() };
    const cursor = encodeCursor(place) as Uint8Array<ArrayBuffer>;
    yield create(ConsumeResponseSchema, { heartbeat: true, cursor });
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  }

  async *#watch(name: string, { signal }: HandlerContext) {
    this.one(name).asked.push("watch");
    const told: NamedOne[] = this.all.filter(({ cluster }) => cluster === this.one(name).cluster);
    let wake = (): void => {};
    const watcher = (one: NamedOne): void => {
      told.push(one);
      wake();
    };
    this.watchers.add(watcher);
    signal.addEventListener("abort", () => wake(), { once: true });
    while (!signal.aborted) {
      for (const one of told.splice(0)) {
        const change = { alive: MemberChange.JOIN, left: MemberChange.LEAVE, failed: MemberChange.FAILED }[one.status];
        const status = { alive: MemberStatus.ALIVE, left: MemberStatus.LEFT, failed: MemberStatus.FAILED }[one.status];
        const tags = { rpc_addr: `${one.name}.invalid:1`, gv: one.protocol, w: `writer of ${one.name}` };
        yield { change, member: { name: one.name, status, tags } };
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    this.watchers.delete(watcher);
  }
}
