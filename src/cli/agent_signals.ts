/** What signals do to a running node. */
import process from "node:process";
import type { Agent } from "../agent/mod.ts";
import { printNote } from "./output.ts";

/** How long leaving in good order may take before the node stops all the same, and how long stopping may take. */
const leaveMsMax = 15_000;
const stopMsMax = 10_000;

export interface SignalOptions {
  readonly leaveOnTerminate?: boolean | undefined;
  readonly skipLeaveOnInterrupt?: boolean | undefined;
  /** Takes the options anew that can change while the node runs. */
  readonly reload: () => Promise<void>;
}

/**
 * An interrupt leaves the cluster in good order, SIGTERM stops promptly, unless the options say otherwise; a second one of
 * either ends the process at once. SIGHUP reloads. The result ends that.
 */
export function handleSignals(agent: Agent, options: SignalOptions): () => void {
  let isStopping = false;
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const after = (delayMs: number, run: () => void): void => void timers.add(setTimeout(run, delayMs));
  const fail = (error: unknown): void => {
    printNote(`error: ${(error as Error).message}`);
    process.exit(1);
  };
  const stop = (): void => {
    after(stopMsMax, () => fail(new Error(`Cannot stop within ${stopMsMax / 1_000} s`)));
    agent[Symbol.asyncDispose]().catch(fail);
  };
  const leave = (): void => {
    printNote("leaving the cluster; interrupt again to stop at once");
    after(leaveMsMax, () => {
      printNote(`the cluster has not heard of it within ${leaveMsMax / 1_000} s; stopping`);
      stop();
    });
    agent.leave().catch(fail);
  };
  const end = (isPolite: boolean) => (): void => {
    if (isStopping) process.exit(1);
    isStopping = true;
    if (isPolite) leave();
    else stop();
  };
  // One after the other: a reload reads files, and the last one counts.
  let reloading = Promise.resolve();
  const reload = (): void => {
    reloading = reloading.then(options.reload).catch((error: unknown) => {
      printNote(`cannot reload, and goes on as before: ${(error as Error).message}`);
    });
  };
  const handlers = {
    SIGINT: end(options.skipLeaveOnInterrupt !== true),
    SIGTERM: end(options.leaveOnTerminate === true),
    // Windows knows none, and a console that closes sends it there.
    ...(process.platform !== "win32" && { SIGHUP: reload }),
  };
  for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of Object.entries(handlers)) process.off(signal, handler);
    for (const timer of timers) clearTimeout(timer);
  };
}
