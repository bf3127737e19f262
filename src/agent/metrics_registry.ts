/** Services, as a node registers, checks and finds them. */
import type { Registry } from "prom-client";
import { readCounter, readGauge } from "./metric_kinds.ts";
import type { ServiceCounts } from "./service_registry.ts";

export interface MeasuredServices {
  readonly counts: ServiceCounts;
}

export function registerServices(registry: Registry, services: MeasuredServices): void {
  const foundHelp = "Services of all nodes that look-ups find, by state";
  const found = { name: "grapevine_services", help: foundHelp, labelNames: ["state"] };
  readGauge(registry, found, () =>
    Object.entries(services.counts.states).map(([state, count]) => [{ state }, count] as const),
  );
  const own = "Services that this node has registered";
  readGauge(registry, { name: "grapevine_services_own", help: own }, () => services.counts.own);
  const watches = "Watches of services that this node serves";
  readGauge(registry, { name: "grapevine_service_watches", help: watches }, () => services.counts.watches);
  const runs = "Health checks that this node started";
  readCounter(registry, { name: "grapevine_health_checks_total", help: runs }, () => services.counts.checks.started);
  const failures = "Health checks of those that ended critical or took too long";
  readCounter(
    registry,
    { name: "grapevine_health_check_failures_total", help: failures },
    () => services.counts.checks.failed,
  );
  const running = "Health checks that run now";
  readGauge(registry, { name: "grapevine_health_checks_running", help: running }, () => services.counts.checks.running);
  const written = "Records of services that this node wrote: one for each change of a state, others now and then";
  readCounter(registry, { name: "grapevine_service_records_total", help: written }, () => services.counts.written);
  const skipped = "Records of services that were passed over: damaged, of a later version, or too many";
  readCounter(
    registry,
    { name: "grapevine_service_records_skipped_total", help: skipped },
    () => services.counts.skipped,
  );
}
