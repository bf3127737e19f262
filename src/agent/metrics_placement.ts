/** Calls that a node passed on, and copies that it dropped. */
import type { Registry } from "prom-client";
import { readCounter, readGauge } from "./metric_kinds.ts";

/** What placing shows of itself. */
export interface MeasuredPlacing {
  readonly doors: { readonly counters: { readonly passed: number; readonly passedInVain: number } } | undefined;
  readonly departures: { readonly dropped: number; readonly held: number } | undefined;
}

export function registerPlacement(registry: Registry, placing: MeasuredPlacing): void {
  const counter = (name: string, help: string, read: () => number): void =>
    readCounter(registry, { name: `grapevine_placement_${name}`, help }, read);
  counter("passed_total", "Calls passed on to other nodes", () => placing.doors?.counters.passed ?? 0);
  counter(
    "passed_in_vain_total",
    "Calls that no node took to which they were passed on",
    () => placing.doors?.counters.passedInVain ?? 0,
  );
  counter(
    "dropped_copies_total",
    "Copies of topics dropped because others keep them",
    () => placing.departures?.dropped ?? 0,
  );
  const help = "Topics that are held and belong to other nodes";
  readGauge(registry, { name: "grapevine_placement_departing_topics", help }, () => placing.departures?.held ?? 0);
}
