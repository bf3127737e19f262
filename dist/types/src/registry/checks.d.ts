/**
 * Health checks of the services that a node registered: when which check runs, and what follows from what runs find.
 *
 * Contract.
 * - All times are Unix time as milliseconds, on a clock that never goes back: `nowMs` of `step`, and `sinceMs`.
 * - Input `register` starts the checks of a service, `deregister` ends them, `result` brings what a run found, `report` what
 *   a service says of itself. Neither `register` nor `deregister` is followed by `changed`: whoever registers asks
 *   `health(id)` right afterwards, and is told of what differs from that.
 * - Effect `run` asks for a run and `cancel` for its end. A run that is not done within its check's `timeoutMs` failed,
 *   whatever it answers then: it is cancelled, has a second to say how far it came, and costs its place until then. A check
 *   never runs twice at the same time, and no more run at once than `networkRunsMax` and `commandRunsMax`: others wait.
 * - The first run begins at random within a second, the second at random within the interval after it, so that checks that
 *   were registered together do not go on together. From then on starts are `intervalMs` apart, or more for those who wait.
 * - Time in which the node itself stood still, as late wakes tell, counts neither against runs and reports nor for `deregister`:
 *   otherwise a node that is short of its processor would find everything slow, and be busy with telling so.
 * - A check begins critical, as nobody has looked yet. What was known before this process began goes on until the first
 *   result, and so does the state of a check when its service is registered again, unless what it asks for changed.
 * - Effect `deregister` tells that a service was critical for `deregisterAfterMs`. Only time counts in which somebody looked:
 *   from the first result, or the first report that did not come. Registering it again starts that time anew.
 */
import { type Machine, type Random } from "../base/mod.d.ts";
import { type RunLimits } from "./check_runs.d.ts";
import type { CheckEffect, CheckInput, ServiceHealth } from "./check_types.d.ts";
/** How long a run that was cancelled may take to say how far it came. */
export declare const endGraceMs = 1000;
/** What checks say that do not pass is told at most this often while their state stays the same, but for a fault that is found first. */
export declare const outputEveryMs = 60000;
export declare class HealthChecks implements Machine<CheckInput, CheckEffect> {
    #private;
    constructor(random: Random, limits?: RunLimits);
    get wakeAtMs(): number;
    /** Runs that go on, cancelled ones that have not answered included. */
    get running(): number;
    /** Checks that are due, and wait until others are done. */
    get waiting(): number;
    step(input: CheckInput, nowMs: number): CheckEffect[];
    /** Undefined for a service that is not checked here. */
    health(id: string): ServiceHealth | undefined;
    /** What is wrong with a report on a service that is checked here, in words; undefined when it can be taken. */
    reportFault(id: string, check: string | undefined): string | undefined;
}
