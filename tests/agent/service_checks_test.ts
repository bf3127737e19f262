import process from "node:process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ServiceChecks } from "../../src/agent/service_checks.ts";
import { systemClock } from "../../src/io/clock.ts";
import type { CheckOutcome, ResolvedCheck, ResolvedService } from "../../src/registry/mod.ts";

const services = 40;

const check: ResolvedCheck = {
  ...{ type: "tcp", name: "tcp", address: "127.0.0.1:1" },
  ...{ intervalMs: 100, timeoutMs: 100, passingAfter: 1, criticalAfter: 1 },
};

function service(id: string, checks: readonly ResolvedCheck[]): ResolvedService {
  return { name: "web", id, address: undefined, port: 1, tags: [], metadata: {}, checks, deregisterAfterMs: undefined };
}

function silent(): void {}

test("ServiceChecks ends all that runs when it is disposed of, however much that is", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  let started = 0;
  let ended = 0;
  let onAllStarted = silent;
  const allStarted = new Promise<void>((resolve) => {
    onAllStarted = resolve;
  });
  const checks = new ServiceChecks({
    clock: systemClock,
    onChanged: silent,
    onExpired: silent,
    run: (_, signal) =>
      new Promise<CheckOutcome>((resolve) => {
        signal.addEventListener("abort", () => {
          ended++;
          resolve({ state: "critical", output: "" });
        });
        if (++started === services) onAllStarted();
      }),
  });
  for (let at = 0; at < services; at++) checks.put(service(`web-${at}`, [{ ...check, timeoutMs: 60_000 }]), undefined);
  await allStarted;
  assert.is(checks.counts.running, services);
  await checks[Symbol.asyncDispose]();
  assert.is(ended, services);
  process.off("warning", onWarning);
  assert.equal(warnings, []);
});

test("ServiceChecks lets a run that never answers cost that run alone", async () => {
  const states: string[] = [];
  let onRecovered = silent;
  const recovered = new Promise<void>((resolve) => {
    onRecovered = resolve;
  });
  let runs = 0;
  await using checks = new ServiceChecks({
    clock: systemClock,
    onExpired: silent,
    onChanged: (_, health, reason) => {
      states.push(reason);
      if (health.state === "passing" && states.length > 1) onRecovered();
    },
    run: () => {
      const isMute = ++runs === 2;
      return isMute ? new Promise(silent) : Promise.resolve({ state: "passing", output: "well" });
    },
  });
  checks.put(service("web", [check]), undefined);
  await recovered;
  const failed = 'check "tcp" is critical: not done within 100 ms';
  assert.equal(states, ['check "tcp" is passing: well', failed, 'check "tcp" is passing: well']);
});

test("ServiceChecks takes a run that rejects for one that failed", async () => {
  let onTold = (_reason: string): void => {};
  const told = new Promise<string>((resolve) => {
    onTold = resolve;
  });
  await using checks = new ServiceChecks({
    clock: systemClock,
    onExpired: silent,
    onChanged: (_id, _health, reason) => onTold(reason),
    run: () => Promise.reject(new TypeError("Invalid URL")),
  });
  const status = { name: "tcp", state: "passing", output: "", sinceMs: 1 } as const;
  checks.put(service("web", [check]), {
    definitions: [check],
    health: { state: "passing", sinceMs: 1, checks: [status] },
  });
  assert.is(await told, 'check "tcp" is critical: the check cannot be run: Invalid URL');
});

test.run();
