import type { HealthState, ServiceInstance, ServiceQuery } from "../base/mod.ts";
import { isServiceName, sameNameKey } from "./definition.ts";
import { InvalidServiceQueryError } from "./errors.ts";
import { serviceNameCharactersMax, tagsMax } from "./limits.ts";

/** From best to worst. */
export const healthStates: readonly HealthState[] = ["passing", "warning", "critical"];

/** What is asked for, with nothing left open. */
export interface ResolvedQuery {
  /** As names are compared; undefined: all. */
  readonly nameKey: string | undefined;
  readonly tags: readonly string[];
  readonly states: readonly HealthState[];
  readonly node: string | undefined;
  readonly near: string | undefined;
}

/** Throws `InvalidServiceQueryError`. Empty texts say nothing, as they do in requests. */
export function resolveQuery(query: ServiceQuery): ResolvedQuery {
  const { name = "", tags = [], states = [], node = "", near = "" } = query;
  if (typeof name !== "string" || (name !== "" && !isServiceName(name))) {
    throw new InvalidServiceQueryError("name", name, `1 to ${serviceNameCharactersMax} letters, digits and hyphens`);
  }
  if (!Array.isArray(tags) || tags.length > tagsMax || tags.some((tag) => typeof tag !== "string")) {
    throw new InvalidServiceQueryError("tags", tags, `a list of up to ${tagsMax} texts`);
  }
  const stranger = states.find((state) => !healthStates.includes(state));
  if (stranger !== undefined) throw new InvalidServiceQueryError("states", stranger, healthStates.join(", "));
  return {
    nameKey: name === "" ? undefined : sameNameKey(name),
    tags,
    states: states.length === 0 ? ["passing", "warning"] : states,
    node: node === "" ? undefined : node,
    near: near === "" ? undefined : near,
  };
}

/** Whether a service is one of those asked for. */
export function isAskedFor(instance: ServiceInstance, query: ResolvedQuery): boolean {
  if (query.nameKey !== undefined && sameNameKey(instance.name) !== query.nameKey) return false;
  if (query.node !== undefined && instance.node !== query.node) return false;
  return query.states.includes(instance.state) && query.tags.every((tag) => instance.tags.includes(tag));
}

/** Milliseconds to a node and back; undefined when that is not known. */
export type RoundTrips = (node: string) => number | undefined;

/** With what is known of the way to each, nearest first; those of which nothing is known come last. */
export function nearestFirst(instances: readonly ServiceInstance[], roundTrips: RoundTrips): ServiceInstance[] {
  const known = new Map<string, number | undefined>();
  const located = instances.map((instance) => {
    if (!known.has(instance.node)) known.set(instance.node, roundTrips(instance.node));
    return { ...instance, rttMs: known.get(instance.node) };
  });
  return located.sort(
    (left, right) =>
      (left.rttMs ?? Number.MAX_VALUE) - (right.rttMs ?? Number.MAX_VALUE) ||
      compare(left.node, right.node) ||
      compare(left.id, right.id),
  );
}

/** The order of code units: the same everywhere. */
function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
