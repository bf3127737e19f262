/** `simulate stall`: one node of a few whose event loop stalls again and again. Who is declared failed for it? */

import type { GossipCounters } from "../../src/gossip/mod.ts";
import { Membership, type MembershipEffect, type MembershipInput } from "../../src/membership/mod.ts";
import { GossipWorld } from "../../src/testing/gossip_world.ts";
import { addressOf, formedCluster, nameOf } from "./clusters.ts";
import { sum, tableOf } from "./statistics.ts";

export interface StallSimulation {
  readonly nodes: number;
  /** How much virtual time each row takes. */
  readonly durationMs: number;
  readonly seed: string;
  /** Hears what has been done so far. */
  readonly progress: (text: string) => void;
}

/** How long the event loop stalls, and how often. */
interface Pattern {
  readonly stallMs: number;
  readonly everyMs: number;
  readonly profile: "lan" | "local";
}

const patterns: readonly Pattern[] = [
  { stallMs: 300, everyMs: 1_000, profile: "lan" },
  { stallMs: 300, everyMs: 1_000, profile: "local" },
  { stallMs: 1_000, everyMs: 2_000, profile: "lan" },
  { stallMs: 1_000, everyMs: 2_000, profile: "local" },
  { stallMs: 3_000, everyMs: 5_000, profile: "lan" },
  { stallMs: 3_000, everyMs: 3_100, profile: "lan" },
  { stallMs: 10_000, everyMs: 20_000, profile: "lan" },
];

export interface StallReport {
  /** Members declared failed, at whatever node: none of them ever was. */
  readonly failures: number;
  /** Of these, by the node that stalls. */
  readonly failuresByStalled: number;
  readonly suspicions: number;
  /** Probes of the others that the node that stalls thought to have failed: each raises a suspicion. */
  readonly probesFailedByStalled: number;
  readonly stalls: number;
}

export function runStalls(
  pattern: Pattern,
  options: { readonly forgives: boolean } & Pick<StallSimulation, "nodes" | "durationMs" | "seed">,
): StallReport {
  let failures = 0;
  let failuresByStalled = 0;
  const stalledName = nameOf(0);
  const world = new GossipWorld<MembershipInput, MembershipEffect>(options.seed, {
    latencyMs: [1, 2],
    onEffect: (host, effect) => {
      if (effect.type !== "event" || effect.event.type !== "member-failed") return;
      failures++;
      if (host.name === stalledName) failuresByStalled++;
    },
  });
  const machines = formedCluster(options.nodes, new Uint8Array(0)).map(({ name }, index) => {
    const address = addressOf(index);
    const settings = { name, address, profile: pattern.profile, forgivesStalls: options.forgives };
    const machine = new Membership(settings, world.random.fork(name));
    world.add(name, address, machine);
    return machine;
  });
  const [stalled, ...others] = world.hosts as [(typeof world.hosts)[number], ...typeof world.hosts];
  for (const [id, host] of others.entries()) world.push(host, { type: "join", id, addresses: [stalled.address] });
  world.run(10_000);
  const endMs = world.nowMs + options.durationMs;
  let stalls = 0;
  while (world.nowMs < endMs) {
    // At another moment each time, so that no phase between the stalls and the timers is left out.
    const beforeMs = world.random.below(pattern.everyMs - pattern.stallMs);
    world.run(beforeMs);
    world.stall(stalled);
    world.run(pattern.stallMs);
    world.release(stalled);
    world.run(pattern.everyMs - pattern.stallMs - beforeMs);
    stalls++;
  }
  const [own, ...rest] = machines.map((machine) => machine.counters.gossip) as [GossipCounters, ...GossipCounters[]];
  return {
    failures,
    failuresByStalled,
    suspicions: sum([own, ...rest].map(({ suspicions }) => suspicions)),
    probesFailedByStalled: own.probesFailed,
    stalls,
  };
}

/** Runs everything; returns what is to be printed. */
export function simulateStalls(simulation: StallSimulation): string {
  const { nodes, durationMs, seed, progress } = simulation;
  const rows = patterns.flatMap((pattern) =>
    [true, false].map((forgives) => {
      progress(
        `${pattern.stallMs} ms of every ${pattern.everyMs} ms, ${pattern.profile}, ${forgives ? "forgiven" : "not forgiven"}`,
      );
      const report = runStalls(pattern, { nodes, durationMs, seed, forgives });
      return [
        `${pattern.stallMs} ms of every ${pattern.everyMs} ms`,
        pattern.profile,
        forgives ? "yes" : "no",
        report.stalls,
        report.probesFailedByStalled,
        report.suspicions,
        report.failures,
        report.failuresByStalled,
      ];
    }),
  );
  const head = [
    ...["stalled", "profile", "forgiven", "stalls", "its failed probes", "suspicions"],
    ...["false failures", "told by itself"],
  ];
  const hours = Number((durationMs / 3_600_000).toFixed(3));
  return `One node of ${nodes} stalls, ${hours} simulated hours a row; seed ${seed}\n\n${tableOf(head, rows)}`;
}
