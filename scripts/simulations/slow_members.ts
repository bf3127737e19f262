/** The two experiments of the Lifeguard paper: members that stand still again and again, and members that fail. */
import { Gossip, type GossipEffect, type GossipInput } from "../../src/gossip/mod.ts";
import { type GossipHost, type GossipTraffic, GossipWorld } from "../../src/testing/gossip_world.ts";
import { addressOf, formedCluster, nameOf } from "./clusters.ts";

/** Which parts of Lifeguard a cluster runs with. */
export interface Detector {
  readonly name: string;
  /** LHA-Probe: probes of an unwell node take longer. */
  readonly scalesProbes: boolean;
  /** LHA-Suspicion: accusers that bring the time of a suspect down from the most to the least; 0 for fixed times. */
  readonly confirmationsWanted: number;
  /** The buddy system. */
  readonly tellsSuspects: boolean;
  /** Ours: time stands still while the event loop does. */
  readonly forgivesStalls: boolean;
  /** Ours: an accused node contradicts its accuser straight away. */
  readonly answersAccusers: boolean;
  /** The least time of a suspect: so many probe intervals, times the decimal logarithm of the cluster's size. */
  readonly alpha: number;
  /** The most time of a suspect is so many times the least. */
  readonly beta: number;
}

export const swim: Detector = {
  name: "SWIM",
  scalesProbes: false,
  confirmationsWanted: 0,
  tellsSuspects: false,
  forgivesStalls: false,
  answersAccusers: false,
  alpha: 5,
  beta: 1,
};

/** How a member is slow: see `GossipWorld.hold` and `GossipWorld.stall`. */
export type Slowness = "held" | "stalled";

/** `beta` counts only with confirmations wanted. The paper has 3. */
export const lifeguard: Detector = {
  name: "Lifeguard",
  scalesProbes: true,
  confirmationsWanted: 3,
  tellsSuspects: true,
  forgivesStalls: false,
  answersAccusers: false,
  alpha: 5,
  beta: 6,
};

type Host = GossipHost<GossipInput, GossipEffect>;

/** Before anything goes wrong, the cluster runs for so long. */
const quietMs = 15_000;

/** Failures are looked for this long. The slowest suspicion of `alpha` 5 lasts 63 s when nobody confirms it. */
const detectionMsMax = 120_000;

interface Verdict {
  readonly atMs: number;
  readonly observer: string;
  readonly about: string;
}

class Cluster {
  readonly world: GossipWorld<GossipInput, GossipEffect>;
  readonly verdicts: Verdict[] = [];

  constructor(detector: Detector, nodes: number, seed: string) {
    this.world = new GossipWorld<GossipInput, GossipEffect>(seed, {
      latencyMs: [1, 2],
      onEffect: (host, effect) => this.#heard(host, effect),
    });
    const knows = formedCluster(nodes, new Uint8Array(0));
    for (let index = 0; index < nodes; index++) {
      const machine = new Gossip(
        {
          name: nameOf(index),
          address: addressOf(index),
          settings: {
            suspicionMult: detector.alpha,
            suspicionMaxTimeoutMult: detector.confirmationsWanted > 0 ? detector.beta : 1,
            awarenessMaxMult: detector.scalesProbes ? 8 : 1,
          },
          lifeguard: {
            tellsSuspects: detector.tellsSuspects,
            confirmationsWanted: detector.confirmationsWanted,
            answersAccusers: detector.answersAccusers,
          },
          forgivesStalls: detector.forgivesStalls,
          knows,
        },
        this.world.random.fork(nameOf(index)),
      );
      this.world.add(nameOf(index), addressOf(index), machine);
    }
    this.world.run(quietMs);
  }

  /** So many members at random. */
  pick(count: number): Host[] {
    return this.world.random.shuffle([...this.world.hosts]).slice(0, count);
  }

  stop(host: Host, how: Slowness): void {
    if (how === "held") this.world.hold(host);
    else this.world.stall(host);
  }

  #heard(host: Host, effect: GossipEffect): void {
    if (effect.type !== "node" || effect.change !== "gone" || effect.node.state !== "dead") return;
    this.verdicts.push({ atMs: this.world.nowMs, observer: host.name, about: effect.node.name });
  }
}

export interface SlowMembersOptions {
  readonly nodes: number;
  /** Members that are slow, all at the same moments. */
  readonly slow: number;
  readonly how: Slowness;
  /** They stand still for so long, */
  readonly blockedMs: number;
  /** then run for so long, and so on. */
  readonly freeMs: number;
  /** Until so much time has passed at least. */
  readonly durationMs: number;
  readonly seed: string;
}

export interface SlowMembersReport {
  /** How often any member declared one dead that was not slow. */
  readonly falsePositives: number;
  /** Of these, at members that were not slow themselves. */
  readonly falsePositivesAtHealthy: number;
  readonly traffic: GossipTraffic;
  readonly nodeSeconds: number;
}

/** The paper's interval experiment: counts healthy members that are declared dead because others are slow. */
export function runSlowMembers(detector: Detector, options: SlowMembersOptions): SlowMembersReport {
  const cluster = new Cluster(detector, options.nodes, options.seed);
  const { world } = cluster;
  const slow = cluster.pick(options.slow);
  const before = { ...world.traffic };
  const startMs = world.nowMs;
  while (world.nowMs - startMs < options.durationMs) {
    for (const host of slow) cluster.stop(host, options.how);
    world.run(options.blockedMs);
    for (const host of slow) world.release(host);
    world.run(options.freeMs);
  }
  // Who was slow judges late: what it says after the last release still counts.
  world.run(quietMs);
  const slowNames = new Set(slow.map((host) => host.name));
  const wrong = cluster.verdicts.filter(({ about }) => !slowNames.has(about));
  return {
    falsePositives: wrong.length,
    falsePositivesAtHealthy: wrong.filter(({ observer }) => !slowNames.has(observer)).length,
    traffic: differenceOf(world.traffic, before),
    nodeSeconds: (options.nodes * (world.nowMs - startMs)) / 1_000,
  };
}

export interface FailuresReport {
  /** For each failed member: how long until the first of the others declared it dead. */
  readonly firstMs: readonly number[];
  /** And until the last of them had heard of it. */
  readonly fullMs: readonly number[];
}

/** The paper's threshold experiment with members that stay away: how long it takes until that is known. */
export function runFailures(
  detector: Detector,
  options: { readonly nodes: number; readonly failed: number; readonly seed: string },
): FailuresReport {
  const cluster = new Cluster(detector, options.nodes, options.seed);
  const { world } = cluster;
  const failed = cluster.pick(options.failed);
  const startMs = world.nowMs;
  for (const host of failed) world.stall(host);
  const survivors = options.nodes - options.failed;
  const isKnown = (): boolean => cluster.verdicts.length >= survivors * options.failed;
  for (let elapsedMs = 0; elapsedMs < detectionMsMax && !isKnown(); elapsedMs += 1_000) world.run(1_000);
  const firstMs: number[] = [];
  const fullMs: number[] = [];
  for (const { name } of failed) {
    const times = cluster.verdicts.filter(({ about }) => about === name).map(({ atMs }) => atMs - startMs);
    if (times.length > 0) firstMs.push(Math.min(...times));
    if (times.length >= survivors) fullMs.push(Math.max(...times));
  }
  return { firstMs, fullMs };
}

function differenceOf(after: GossipTraffic, before: GossipTraffic): GossipTraffic {
  return {
    datagrams: after.datagrams - before.datagrams,
    datagramBytes: after.datagramBytes - before.datagramBytes,
    streams: after.streams - before.streams,
    streamBytes: after.streamBytes - before.streamBytes,
    overflowed: after.overflowed - before.overflowed,
  };
}
