import { type HealthCheckStatus, type HealthState, type ServiceInstance, toBytes, toText } from "../base/mod.ts";
import { checkOutputBytesMax } from "./limits.ts";
import { healthStates } from "./query.ts";

/** What a check said, without control characters but line ends, as much of it as is kept. */
export function cutOutput(text: string): string {
  const plain = text
    .slice(0, 4 * checkOutputBytesMax)
    .replaceAll(/[^\P{Cc}\t\n]/gu, "")
    .trim();
  const bytes = toBytes(plain);
  if (bytes.length <= checkOutputBytesMax) return plain;
  // A character that was cut in two comes out as the sign for such.
  return toText(bytes.subarray(0, checkOutputBytesMax)).replace(/\ufffd$/, "");
}

/** `check "http" is critical: connection refused`. */
export function reasonOfCheck({ name, state, output }: HealthCheckStatus): string {
  const [line = ""] = output.split("\n");
  return `check ${JSON.stringify(name)} is ${state}${line === "" ? "" : `: ${line}`}`;
}

/** Why a service is as it is, where nothing happened to it just now. */
export function reasonOfState({ state, checks }: Pick<ServiceInstance, "state" | "checks">): string {
  const worst = state === "passing" ? undefined : checks.find((check) => check.state === state);
  return worst === undefined ? "registered" : reasonOfCheck(worst);
}

export function worstOf(states: Iterable<HealthState>): HealthState {
  let worst = 0;
  for (const state of states) worst = Math.max(worst, healthStates.indexOf(state));
  return healthStates[worst] as HealthState;
}
