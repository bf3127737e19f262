import type { HealthState } from "../base/mod.ts";

/** There is no instance of a service that a call could go to, and none came in time. */
export class NoInstanceError extends Error {
  override readonly name = "NoInstanceError";
  readonly code = "NO_INSTANCE";
  readonly service: string;
  /** How many are registered with the tags that were asked for, by their states. */
  readonly seen: Readonly<Record<HealthState, number>>;

  constructor(
    service: string,
    seen: NoInstanceError["seen"],
    { reason, cause }: { readonly reason: string; readonly cause?: unknown },
  ) {
    const untold = cause instanceof Error ? `; who was to tell of them failed (${cause.message})` : "";
    const found = wordsOf(seen, untold !== "");
    super(`Cannot call service ${JSON.stringify(service)}: ${found}, and ${reason}${untold}`, { cause });
    this.service = service;
    this.seen = seen;
  }
}

function wordsOf({ passing, warning, critical }: NoInstanceError["seen"], isUntold: boolean): string {
  const all = passing + warning + critical;
  if (all === 0) return isUntold ? "no instance is known" : "no instance is registered";
  if (critical === all) return `all ${all} instances are critical`;
  return `of ${all} instances none fits (passing ${passing}, warning ${warning}, critical ${critical})`;
}
