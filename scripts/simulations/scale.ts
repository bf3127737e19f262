/** `simulate scale`: how fast news gets around, and what it costs a node, by the size of the cluster. */
import { encodeTags, Membership, type MembershipEffect, type MembershipInput } from "../../src/membership/mod.ts";
import { type GossipHost, GossipWorld } from "../../src/testing/gossip_world.ts";
import type { ChartPanel } from "../chart.ts";
import { addressOf, formedCluster, nameOf } from "./clusters.ts";
import { quantile, seconds, tableOf } from "./statistics.ts";

export interface ScaleSimulation {
  /** Sizes of clusters. */
  readonly sizes: readonly number[];
  /** How often each kind of news is spread. */
  readonly rounds: number;
  readonly seed: string;
  /** Hears what has been done so far. */
  readonly progress: (text: string) => void;
}

export interface ScaleReport {
  readonly text: string;
  readonly panels: readonly ChartPanel[];
}

const kinds = ["user event", "tag change", "join", "failure"] as const;
type Kind = (typeof kinds)[number];

type Host = GossipHost<MembershipInput, MembershipEffect>;

/** What is measured while nothing happens. */
const quietMs = 30_000;

/** Nobody waits longer than that for news: full exchanges bring what gossip did not. */
const waitMsMax = 600_000;

interface SizeReport {
  readonly nodes: number;
  /** Of each kind: how long each node took to hear of it, all rounds together. */
  readonly heardMs: ReadonlyMap<Kind, readonly number[]>;
  /** The last node of each round. */
  readonly lastMs: ReadonlyMap<Kind, readonly number[]>;
  /** Per node and second, while nothing happens. */
  readonly datagrams: number;
  readonly datagramBytes: number;
  readonly streamBytes: number;
  /** Per node and second, while a tag changes every second: nothing but what that adds. */
  readonly newsBytes: number;
}

/** Clusters that have formed: each node knows all, and what they said at their start has gone around. */
class ScaleCluster {
  readonly world: GossipWorld<MembershipInput, MembershipEffect>;
  readonly #heardBy = new Set<string>();
  readonly #heardMs: number[] = [];
  #isNews: (effect: MembershipEffect) => boolean = () => false;
  #startMs = 0;
  #next: number;

  constructor(nodes: number, seed: string) {
    this.world = new GossipWorld<MembershipInput, MembershipEffect>(seed, {
      latencyMs: [1, 2],
      onEffect: (host, effect) => this.#hear(host, effect),
    });
    this.#next = nodes;
    const knows = formedCluster(nodes, encodeTags(new Map()));
    for (let index = 0; index < nodes; index++) this.#add(index, knows);
    this.world.run(10_000);
  }

  #add(index: number, knows: ReturnType<typeof formedCluster>): Host {
    const [name, address] = [nameOf(index), addressOf(index)];
    const machine = new Membership({ name, address, knows }, this.world.random.fork(name));
    return this.world.add(name, address, machine);
  }

  #hear(host: Host, effect: MembershipEffect): void {
    if (!this.#isNews(effect) || this.#heardBy.has(host.name)) return;
    this.#heardBy.add(host.name);
    this.#heardMs.push(this.world.nowMs - this.#startMs);
  }

  /** Lets something happen to one node; returns how long each of the others took to hear of it. */
  spread(kind: Kind, round: number): number[] {
    const running = this.world.hosts.filter((host) => host.state === "running");
    const subject = this.world.random.pick(running) as Host;
    this.#startMs = this.world.nowMs;
    this.#heardBy.clear();
    this.#heardMs.length = 0;
    const listeners = this.#begin(kind, round, subject, running.length);
    const endMs = this.#startMs + waitMsMax;
    while (this.#heardBy.size < listeners && this.world.nowMs < endMs) this.world.run(100);
    this.#isNews = () => false;
    return [...this.#heardMs];
  }

  /** How many have something to hear. */
  #begin(kind: Kind, round: number, subject: Host, running: number): number {
    const isAbout = (type: string, name: string) => (effect: MembershipEffect) =>
      effect.type === "event" && effect.event.type === type && effect.event.member.name === name;
    switch (kind) {
      case "user event": {
        const name = `deploy-${round}`;
        this.#isNews = (effect) => effect.type === "user-event" && effect.event.name === name;
        const payload = new Uint8Array(64);
        this.world.push(subject, { type: "send-user-event", event: { name, payload, coalesce: false } });
        return running;
      }
      case "tag change":
        this.#isNews = isAbout("member-update", subject.name);
        this.world.push(subject, { type: "set-tags", tags: new Map([["round", String(round)]]) });
        return running;
      case "join": {
        const host = this.#add(this.#next++, []);
        this.#isNews = isAbout("member-join", host.name);
        this.world.push(host, { type: "join", id: 1, addresses: [subject.address] });
        return running;
      }
      case "failure":
        this.#isNews = isAbout("member-failed", subject.name);
        this.world.crash(subject);
        return running - 1;
      default:
        return kind satisfies never;
    }
  }

  /** Changes tags of random nodes for a while, one a second. */
  changeTags(durationMs: number): void {
    for (let elapsedMs = 0; elapsedMs < durationMs; elapsedMs += 1_000) {
      const host = this.world.random.pick(this.world.hosts) as Host;
      this.world.push(host, { type: "set-tags", tags: new Map([["at", String(this.world.nowMs)]]) });
      this.world.run(1_000);
    }
  }
}

function measure(nodes: number, { rounds, seed, progress }: ScaleSimulation): SizeReport {
  progress(`${nodes} nodes: forming`);
  const cluster = new ScaleCluster(nodes, `${seed}/${nodes}`);
  const { world } = cluster;
  const perNodeSecond = (run: () => void): { datagrams: number; datagramBytes: number; streamBytes: number } => {
    const before = { ...world.traffic };
    const startMs = world.nowMs;
    run();
    const nodeSeconds = (nodes * (world.nowMs - startMs)) / 1_000;
    return {
      datagrams: (world.traffic.datagrams - before.datagrams) / nodeSeconds,
      datagramBytes: (world.traffic.datagramBytes - before.datagramBytes) / nodeSeconds,
      streamBytes: (world.traffic.streamBytes - before.streamBytes) / nodeSeconds,
    };
  };
  progress(`${nodes} nodes: quiet`);
  const quiet = perNodeSecond(() => world.run(quietMs));
  const changing = perNodeSecond(() => cluster.changeTags(10_000));
  const heardMs = new Map<Kind, number[]>();
  const lastMs = new Map<Kind, number[]>();
  for (const kind of kinds) {
    const all: number[] = [];
    const last: number[] = [];
    for (let round = 0; round < rounds; round++) {
      progress(`${nodes} nodes: ${kind}, round ${round + 1} of ${rounds}`);
      const times = cluster.spread(kind, round);
      for (const time of times) all.push(time);
      last.push(quantile(times, 1));
    }
    heardMs.set(kind, all);
    lastMs.set(kind, last);
  }
  return { nodes, heardMs, lastMs, ...quiet, newsBytes: changing.datagramBytes - quiet.datagramBytes };
}

/** Runs every size. */
export function simulateScale(simulation: ScaleSimulation): ScaleReport {
  const reports = simulation.sizes.map((nodes) => measure(nodes, simulation));
  const share = (report: SizeReport, kind: Kind, of: number) => quantile(report.heardMs.get(kind) ?? [], of);
  const convergence = tableOf(
    ["nodes", ...kinds.flatMap((kind) => [`${kind}: 50 %`, "99 %", "last"])],
    reports.map((report) => [
      report.nodes,
      ...kinds.flatMap((kind) => [0.5, 0.99, 1].map((of) => seconds(share(report, kind, of)))),
    ]),
  );
  const cost = tableOf(
    ["nodes", "datagrams", "their bytes", "full exchanges", "a change a second adds"],
    reports.map((report) => [
      report.nodes,
      report.datagrams.toFixed(2),
      report.datagramBytes.toFixed(0),
      report.streamBytes.toFixed(0),
      report.newsBytes.toFixed(0),
    ]),
  );
  const line = (kind: Kind, of: number) =>
    reports.map((report) => [report.nodes, share(report, kind, of) / 1_000] as const);
  const panels: ChartPanel[] = [
    {
      title: "Until 99 % of the nodes have heard",
      x: "nodes",
      y: "seconds",
      logX: true,
      logY: true,
      lines: kinds.map((kind) => ({ name: kind, points: line(kind, 0.99) })),
    },
    {
      title: "What a quiet node sends",
      x: "nodes",
      y: "bytes a second",
      logX: true,
      logY: true,
      lines: [
        { name: "datagrams", points: reports.map(({ nodes, datagramBytes }) => [nodes, datagramBytes] as const) },
        {
          name: "full exchanges",
          points: reports.map(({ nodes, streamBytes }) => [nodes, Math.max(1, streamBytes)] as const),
          dashed: true,
        },
      ],
    },
  ];
  const text = [
    `${simulation.rounds} rounds of each; seed ${simulation.seed}`,
    `Seconds until nodes have heard\n\n${convergence}`,
    `Bytes a node sends a second\n\n${cost}`,
  ].join("\n\n");
  return { text, panels };
}
