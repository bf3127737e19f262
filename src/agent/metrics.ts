/** Everything that a node counts, for Prometheus. Nothing here is kept beside the counts: a scrape reads them. */
import { Registry } from "prom-client";
import type { LogMeter } from "../log/mod.ts";
import type { EventHandlerCounters } from "./event_handlers.ts";
import type { MembershipNode } from "./membership_node.ts";
import { readCounter, readGauge } from "./metric_kinds.ts";
import { type MeasuredCursors, registerCursors } from "./metrics_cursors.ts";
import { type MeasuredDns, registerDns } from "./metrics_dns.ts";
import { registerGossip } from "./metrics_gossip.ts";
import { type MeasuredLog, meterOf, registerLog } from "./metrics_log.ts";
import { type MeasuredPlacing, registerPlacement } from "./metrics_placement.ts";
import { registerProcess } from "./metrics_process.ts";
import { type MeasuredServices, registerServices } from "./metrics_registry.ts";
import { type MeasuredReplication, registerReplication } from "./metrics_replication.ts";
import { CallMetrics } from "./metrics_rpc.ts";

export interface MeasuredParts extends MeasuredLog, MeasuredCursors {
  readonly membership: MembershipNode;
  readonly replication: MeasuredReplication;
  readonly server: { readonly connectionCount: number };
  readonly handlers: { readonly counters: EventHandlerCounters };
  readonly placing: MeasuredPlacing;
  readonly services: MeasuredServices;
  readonly dns: MeasuredDns | undefined;
}

/** A registry of its own: several nodes of one process do not get in one another's way. */
export class NodeMetrics {
  readonly calls: CallMetrics;
  /** For the log, from when it is opened. */
  readonly meter: LogMeter;
  readonly #registry = new Registry();
  readonly #stops: (() => void)[] = [];

  constructor() {
    this.calls = new CallMetrics(this.#registry);
    this.meter = meterOf(this.#registry);
    this.#stops.push(registerProcess(this.#registry));
  }

  /** The parts are open: what they count is shown from now on. */
  open({ membership, replication, server, handlers, placing, services, dns, ...measured }: MeasuredParts): void {
    registerGossip(this.#registry, membership);
    registerHandlers(this.#registry, handlers);
    this.#stops.push(registerLog(this.#registry, measured));
    registerReplication(this.#registry, replication);
    registerCursors(this.#registry, measured);
    registerPlacement(this.#registry, placing);
    registerServices(this.#registry, services);
    registerDns(this.#registry, dns);
    const help = "Connections of the RPC server that are open";
    readGauge(this.#registry, { name: "grapevine_rpc_connections_open", help }, () => server.connectionCount);
  }

  /** In Prometheus' text format, of version 0.0.4. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Stops measuring. What was counted can still be read. */
  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }
}

function registerHandlers(registry: Registry, handlers: MeasuredParts["handlers"]): void {
  for (const [name, help] of [
    ["runs", "Programs run for events"],
    ["failures", "Programs run for events that failed"],
    ["dropped", "Events dropped because too many waited for their program"],
  ] as const) {
    readCounter(registry, { name: `grapevine_event_handler_${name}_total`, help }, () => handlers.counters[name]);
  }
}
