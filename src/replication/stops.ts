import type { AppliedResult, StoppedAtGap } from "./types.ts";

/** Why the log did not look at the rest of some frames, as the replicator is told it. */
export function toldStop(
  stop: StoppedAtGap | { readonly reason: "ahead" | "malformed" },
): NonNullable<AppliedResult["stopped"]> {
  return stop.reason === "gap" ? stop : { reason: stop.reason, message: JSON.stringify(stop) };
}
