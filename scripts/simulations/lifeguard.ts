/** `simulate lifeguard`: what each part of Lifeguard is good for, in the set-ups of the paper about it (arXiv 1707.00788). */
import { Random } from "../../src/base/mod.ts";
import {
  type Detector,
  lifeguard,
  runFailures,
  runSlowMembers,
  type SlowMembersReport,
  type Slowness,
  swim,
} from "./slow_members.ts";
import { percent, quantile, seconds, sum, tableOf } from "./statistics.ts";

export interface LifeguardSimulation {
  readonly nodes: number;
  /** Set-ups drawn from the grid of slow members, evenly over each of its axes. */
  readonly setUps: number;
  /** How long each of them runs. */
  readonly durationMs: number;
  /** How often each number of failures is tried. */
  readonly rounds: number;
  /** Whether every pair of alpha and beta is tried too. */
  readonly tunes: boolean;
  readonly seed: string;
  /** Hears what has been done so far. */
  readonly progress: (text: string) => void;
}

/** The axes of the grid: members slow at once, how long they stand still, how long they run between. */
const slowAtOnce = [1, 4, 8, 12, 16, 20, 24, 28, 32];
const blockedMs = [128, 512, 2_048, 8_192, 16_384, 32_768];
const freeMs = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384];

/** Set-ups until the axes, taken side by side, come around. More than that is the whole grid, of 432. */
export const diagonalMax = 72;

interface SetUp {
  readonly slow: number;
  readonly blockedMs: number;
  readonly freeMs: number;
}

const alphas = [5, 4, 3, 2];
const betas = [2, 4, 6];

const parts: readonly Detector[] = [
  swim,
  { ...swim, name: "LHA-Probe alone", scalesProbes: true },
  { ...swim, name: "LHA-Suspicion alone", confirmationsWanted: 3, beta: 6 },
  { ...swim, name: "Buddy System alone", tellsSuspects: true },
  lifeguard,
];

/** What this project adds to it. */
const asHere: Detector = { ...lifeguard, name: "Lifeguard as here", forgivesStalls: true, answersAccusers: true };

/** Runs everything; returns what is to be printed. */
export function simulateLifeguard(simulation: LifeguardSimulation): string {
  const held = totalsOf([...parts, asHere], "held", simulation);
  const stalled = totalsOf([swim, lifeguard, asHere], "stalled", simulation);
  const delays = [swim, lifeguard, asHere].map((detector) => failuresOf(detector, simulation, simulation.rounds));
  const sections = [
    `${simulation.nodes} nodes, probes of 1 s, alpha 5, beta 6; ${setUpsOf(simulation).length} set-ups of slow members, ` +
      `${simulation.durationMs / 1_000} s each; seed ${simulation.seed}`,
    `Members declared dead that were not slow, while slow ones are held (their timers go on)\n\n${falsePositives(held)}`,
    `The same, while the event loops of slow ones stand still\n\n${falsePositives(stalled)}`,
    `Seconds from a failure until the first of the others declares it, and until all have heard\n\n${latencies(delays)}`,
  ];
  if (simulation.tunes) {
    const tuned = tune(simulation);
    sections.push(`Lifeguard tuned, in percent of SWIM with alpha 5\n\n${tuningTable(tuned)}`);
    sections.push(`What was published, and what came out here\n\n${findings({ held, delays, tuned })}`);
  }
  return sections.join("\n\n");
}

/** So many set-ups of the grid, each value of an axis as often as any other; or all of them. */
function setUpsOf({ setUps, nodes, seed }: LifeguardSimulation): SetUp[] {
  const random = new Random(`set-ups/${seed}`);
  const axes = [slowOf(nodes), blockedMs, freeMs].map((axis) => random.shuffle([...axis]));
  const [c, d, i] = axes as [number[], number[], number[]];
  const all = setUps > diagonalMax;
  const grid = c.flatMap((slow) => d.flatMap((blocked) => i.map((free) => [slow, blocked, free] as const)));
  const at = (axis: readonly number[], index: number) => axis[index % axis.length] as number;
  const diagonal = Array.from({ length: setUps }, (_, index) => [at(c, index), at(d, index), at(i, index)] as const);
  return (all ? grid : diagonal).map(([slow, blockedMs, freeMs]) => ({ slow, blockedMs, freeMs }));
}

/** At most a quarter of the members: with more of them one cannot tell who is at fault. */
function slowOf(nodes: number): number[] {
  return slowAtOnce.filter((slow) => slow <= nodes >> 2);
}

interface Total {
  readonly detector: Detector;
  readonly falsePositives: number;
  readonly falsePositivesAtHealthy: number;
  readonly datagrams: number;
  readonly bytes: number;
}

function totalsOf(detectors: readonly Detector[], how: Slowness, simulation: LifeguardSimulation): Total[] {
  const { nodes, durationMs, seed } = simulation;
  const setUps = setUpsOf(simulation);
  return detectors.map((detector) => {
    const reports: SlowMembersReport[] = setUps.map((setUp, index) => {
      simulation.progress(`${detector.name}, ${how}: set-up ${index + 1} of ${setUps.length}`);
      return runSlowMembers(detector, { ...setUp, how, nodes, durationMs, seed: `${seed}/${index}` });
    });
    const nodeSeconds = sum(reports.map((report) => report.nodeSeconds));
    return {
      detector,
      falsePositives: sum(reports.map((report) => report.falsePositives)),
      falsePositivesAtHealthy: sum(reports.map((report) => report.falsePositivesAtHealthy)),
      datagrams: sum(reports.map(({ traffic }) => traffic.datagrams)) / nodeSeconds,
      bytes: sum(reports.map(({ traffic }) => traffic.datagramBytes)) / nodeSeconds,
    };
  });
}

function falsePositives(totals: readonly Total[]): string {
  const base = totals[0] as Total;
  const head = ["detector", "anywhere", "of SWIM", "at healthy", "of SWIM", "datagrams/node/s", "bytes/node/s"];
  return tableOf(
    head,
    totals.map((total) => [
      total.detector.name,
      total.falsePositives,
      percent(total.falsePositives, base.falsePositives),
      total.falsePositivesAtHealthy,
      percent(total.falsePositivesAtHealthy, base.falsePositivesAtHealthy),
      total.datagrams.toFixed(2),
      total.bytes.toFixed(0),
    ]),
  );
}

interface Delays {
  readonly detector: Detector;
  readonly firstMs: number[];
  readonly fullMs: number[];
}

function failuresOf(detector: Detector, { nodes, seed, progress }: LifeguardSimulation, rounds: number): Delays {
  const firstMs: number[] = [];
  const fullMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    progress(
      `${detector.name}, alpha ${detector.alpha}, beta ${detector.beta}: failures, round ${round + 1} of ${rounds}`,
    );
    for (const failed of slowOf(nodes)) {
      const report = runFailures(detector, { nodes, failed, seed: `${seed}/${round}` });
      firstMs.push(...report.firstMs);
      fullMs.push(...report.fullMs);
    }
  }
  return { detector, firstMs, fullMs };
}

function latencies(delays: readonly Delays[]): string {
  const head = ["detector", "failures", "first, median", "99 %", "99.9 %", "all, median", "99 %", "99.9 %"];
  const rows = delays.map(({ detector, firstMs, fullMs }) => {
    const shares = [firstMs, fullMs].flatMap((times) =>
      [0.5, 0.99, 0.999].map((share) => seconds(quantile(times, share))),
    );
    return [detector.name, firstMs.length, ...shares];
  });
  return tableOf(head, rows);
}

interface Tuned {
  readonly swim: { readonly delays: Delays; readonly total: Total };
  readonly rows: readonly { readonly delays: Delays; readonly total: Total }[];
}

/** With half of the set-ups and a third of the rounds: it shows directions, not digits. */
function tune(simulation: LifeguardSimulation): Tuned {
  const setUps = Math.ceil(simulation.setUps / 2);
  const rounds = Math.ceil(simulation.rounds / 3);
  const run = (detector: Detector) => ({
    delays: failuresOf(detector, simulation, rounds),
    total: totalsOf([detector], "held", { ...simulation, setUps })[0] as Total,
  });
  const detectors = alphas.flatMap((alpha) => betas.map((beta) => ({ ...lifeguard, alpha, beta })));
  return { swim: run(swim), rows: detectors.map(run) };
}

function tuningTable({ swim: base, rows }: Tuned): string {
  const of = (times: readonly number[], baseTimes: readonly number[], share: number) =>
    percent(quantile(times, share), quantile(baseTimes, share));
  return tableOf(
    ["Lifeguard", "first, median", "first, 99 %", "all, median", "false, anywhere", "at healthy"],
    rows.map(({ delays, total }) => [
      `alpha ${delays.detector.alpha}, beta ${delays.detector.beta}`,
      of(delays.firstMs, base.delays.firstMs, 0.5),
      of(delays.firstMs, base.delays.firstMs, 0.99),
      of(delays.fullMs, base.delays.fullMs, 0.5),
      percent(total.falsePositives, base.total.falsePositives),
      percent(total.falsePositivesAtHealthy, base.total.falsePositivesAtHealthy),
    ]),
  );
}

interface Measured {
  readonly held: readonly Total[];
  readonly delays: readonly Delays[];
  readonly tuned: Tuned;
}

/** Published are the abstract of the paper (arXiv 1707.00788), its section V, and HashiCorp's announcement of it. */
function findings({ held, delays, tuned }: Measured): string {
  const [base, full] = [held[0], held[4]] as [Total, Total];
  const at = (alpha: number) =>
    tuned.rows.find(
      ({ delays }) => delays.detector.alpha === alpha && delays.detector.beta === 6,
    ) as Tuned["rows"][number];
  const median = (times: readonly number[] | undefined) => quantile(times ?? [], 0.5);
  const faster = (alpha: number) =>
    percent(median(tuned.swim.delays.firstMs) - median(at(alpha).delays.firstMs), median(tuned.swim.delays.firstMs));
  const [few, fewer] = [at(4), at(2)];
  return tableOf(
    ["finding", "published", "here"],
    [
      ["false positives, of SWIM's", "50 to 100 times fewer", times(base.falsePositives, full.falsePositives)],
      [
        "median first detection",
        "modestly later",
        percent(median(delays[1]?.firstMs) - median(delays[0]?.firstMs), median(delays[0]?.firstMs)),
      ],
      ["messages", "modestly more", percent(full.datagrams - base.datagrams, base.datagrams)],
      ["alpha 4: median first detection", "20 % sooner", `${faster(4)} sooner`],
      ["alpha 4: false positives", "20 times fewer", times(tuned.swim.total.falsePositives, few.total.falsePositives)],
      ["alpha 2: median first detection", "45 % sooner", `${faster(2)} sooner`],
      ["alpha 2: false positives", "7 times fewer", times(tuned.swim.total.falsePositives, fewer.total.falsePositives)],
      [
        "alpha 2: of these, at healthy members",
        "3 times fewer",
        times(tuned.swim.total.falsePositivesAtHealthy, fewer.total.falsePositivesAtHealthy),
      ],
    ],
  );
}

function times(base: number, less: number): string {
  if (less === 0) return base === 0 ? "-" : `none of ${base}`;
  const round = (factor: number) => factor.toFixed(factor < 10 ? 1 : 0);
  return base >= less ? `${round(base / less)} times fewer` : `${round(less / base)} times more`;
}
