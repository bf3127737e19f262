/** Changes of members for those who would be told too often otherwise: held back for a while, and told together. */
import { systemClock } from "../io/clock.ts";
import { Driver } from "../io/driver.ts";
import {
  type CoalescePeriods,
  type Member,
  type MemberBatch,
  MemberCoalescer,
  type MemberEvent,
} from "../membership/mod.ts";

/** As Serf's agents hold events back. */
export const coalescePeriodsDefault: CoalescePeriods = { windowMs: 3_000, quietMs: 1_000 };

/** What tells of its members. */
export interface MemberSource {
  members(): readonly Member[];
  onEvent(listener: (event: MemberEvent) => void): () => void;
}

/** Calls `listener` with batches. The result ends that: what is held back then is not told. */
export function onMemberBatch(
  source: MemberSource,
  listener: (batch: MemberBatch) => void,
  periods: CoalescePeriods = coalescePeriodsDefault,
): () => void {
  const driver = new Driver(new MemberCoalescer(periods, source.members()), systemClock, ({ batch }) => {
    listener(batch);
    return undefined;
  });
  const remove = source.onEvent((event) => driver.push({ type: "event", event }));
  return () => {
    remove();
    // Nothing is in flight: listeners are called, not awaited.
    void driver[Symbol.asyncDispose]();
  };
}
