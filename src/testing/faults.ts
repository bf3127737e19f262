import type { Random } from "../base/mod.ts";
import type { Retention } from "../log/mod.ts";
import type { CrashMode } from "./simulated_file.ts";

/** From and to, both included. */
export type Range = readonly [low: number, high: number];

/** Every fault that the simulated world knows. The first part is weather that is always there, the rest strikes now and then. */
export interface Faults {
  /** Milliseconds that a packet or message is on its way. */
  readonly latencyMs: Range;
  /** Probability that a datagram is lost. */
  readonly datagramLoss: number;
  /** Probability that a datagram arrives twice. */
  readonly datagramDuplication: number;
  /** Probability that a datagram takes up to half a second longer, so that others overtake it. */
  readonly datagramReorder: number;
  /** Probability, for each message of a stream, that the stream breaks there. */
  readonly streamLoss: number;
  /** Milliseconds that a disk takes to sync. */
  readonly syncMs: Range;
  /** Mean milliseconds between two strikes of what follows; 0 for never. */
  readonly strikeEveryMs: number;
  /** How long a strike lasts before it is undone. */
  readonly strikeMs: Range;
  /** Weights of the strikes; 0 for never. */
  readonly strikes: StrikeWeights;
  /** What happens to unsynced bytes in a crash; one of these each time. */
  readonly crashModes: readonly CrashMode[];
  /** What nodes may forget: each takes one of these when it is added. None: nothing is forgotten. */
  readonly retention: readonly Retention[];
  /** By how many milliseconds a clock may jump, back or forth. */
  readonly clockJumpMsMax: number;
  /** The wrong advice of membership: mean milliseconds between two peers falsely declared gone; 0 for never. */
  readonly falseAlarmEveryMs: number;
}

export interface StrikeWeights {
  /** Two groups do not hear each other. */
  readonly partition: number;
  /** One group does not hear the other. */
  readonly oneWayPartition: number;
  /** A process stands still, then goes on. */
  readonly pause: number;
  /** A process accepts connections and never answers. */
  readonly hang: number;
  /** A machine stops and starts again. */
  readonly crash: number;
  /** A machine stops, loses its directory, and starts again as a new writer. */
  readonly wipe: number;
  /** Some operations of a disk fail. */
  readonly diskFailure: number;
  /** Bytes of a closed segment change on the disk of one node, whose records another has. */
  readonly rot: number;
  /** A backup is taken and put back a while later, and the node is told so. */
  readonly restore: number;
  /** A backup is taken and put back behind the node's back, which nobody can reach for a while: its feed may fork. */
  readonly fork: number;
  /** The clock on the wall of a node jumps. */
  readonly clockJump: number;
  /** A new, empty node joins; twice at most. */
  readonly join: number;
}

export type Strike = keyof StrikeWeights;

/** What can go wrong in a random world, by the names that the command line has for it. */
export type FaultKind =
  | "loss"
  | "duplication"
  | "reorder"
  | "break"
  | "false-alarm"
  | "retention"
  | "compaction"
  | "deletion"
  | "partition"
  | "one-way"
  | "pause"
  | "hang"
  | "crash"
  | "wipe"
  | "disk-failure"
  | "rot"
  | "backup"
  | "fork"
  | "clock"
  | "join";

export const faultKinds: readonly FaultKind[] = [
  ...(["loss", "duplication", "reorder", "break", "false-alarm", "retention", "compaction", "deletion"] as const),
  ...(["partition", "one-way", "pause", "hang", "crash", "wipe", "disk-failure", "rot"] as const),
  ...(["backup", "fork", "clock", "join"] as const),
];

/** What a strike is called on the command line. */
export const kindOfStrike: Readonly<Record<Strike, FaultKind>> = {
  ...{ partition: "partition", oneWayPartition: "one-way", pause: "pause", hang: "hang", crash: "crash" },
  ...{ wipe: "wipe", diskFailure: "disk-failure", rot: "rot", restore: "backup", fork: "fork" },
  ...{ clockJump: "clock", join: "join" },
};

/**
 * The same weather without what is not of these kinds. Strikes are drawn all the same, and left out when they are due, so
 * that those which stay are the same ones; what is compacted and deleted is no part of the weather.
 */
export function onlyFaults(faults: Faults, kinds: readonly FaultKind[]): Faults {
  const kept = (kind: FaultKind, value: number): number => (kinds.includes(kind) ? value : 0);
  return {
    ...faults,
    datagramLoss: kept("loss", faults.datagramLoss),
    datagramDuplication: kept("duplication", faults.datagramDuplication),
    datagramReorder: kept("reorder", faults.datagramReorder),
    streamLoss: kept("break", faults.streamLoss),
    falseAlarmEveryMs: kept("false-alarm", faults.falseAlarmEveryMs),
    retention: kinds.includes("retention") ? faults.retention : [],
  };
}

export const noStrikes: StrikeWeights = {
  ...{ partition: 0, oneWayPartition: 0, pause: 0, hang: 0 },
  ...{ crash: 0, wipe: 0, diskFailure: 0 },
  ...{ rot: 0, restore: 0, fork: 0, clockJump: 0, join: 0 },
};

/** Nothing goes wrong: packets take 1 to 5 ms, disks 1 ms. */
export const noFaults: Faults = {
  latencyMs: [1, 5],
  datagramLoss: 0,
  datagramDuplication: 0,
  datagramReorder: 0,
  streamLoss: 0,
  syncMs: [1, 1],
  strikeEveryMs: 0,
  strikeMs: [1_000, 5_000],
  strikes: noStrikes,
  crashModes: ["keep"],
  retention: [],
  clockJumpMsMax: 3_600_000,
  falseAlarmEveryMs: 0,
};

/** The faults of one seed of the swarm: each kind is absent in some seeds, so that rare kinds also meet calm weather. */
export function randomFaults(random: Random): Faults {
  const some = (most: number): number => (random.chance(0.5) ? 0 : (most * random.between(1, 10)) / 10);
  const weight = (): number => (random.chance(0.4) ? 0 : random.between(1, 4));
  const crashModes: CrashMode[] = ["keep", "lose-unsynced", "reorder-unsynced", "tear-last-write"];
  return {
    latencyMs: random.pick<Range>([
      [1, 5],
      [1, 40],
      [20, 150],
    ]) as Range,
    datagramLoss: some(0.3),
    datagramDuplication: some(0.1),
    datagramReorder: some(0.2),
    streamLoss: some(0.04),
    syncMs: random.pick<Range>([
      [0, 1],
      [1, 10],
      [5, 80],
    ]) as Range,
    strikeEveryMs: random.between(300, 3_000),
    strikeMs: [50, random.pick([500, 3_000, 8_000]) as number],
    strikes: {
      ...{ partition: weight(), oneWayPartition: weight(), pause: weight(), hang: weight() },
      ...{ crash: weight(), wipe: random.chance(0.7) ? 0 : 1, diskFailure: weight() },
      ...storageStrikes(random.fork("storage")),
    },
    retention: randomRetention(random.fork("retention")),
    clockJumpMsMax: random.fork("clock").pick([2_000, 3_600_000]) as number,
    crashModes: random.shuffle(crashModes).slice(0, random.between(1, crashModes.length)),
    falseAlarmEveryMs: random.chance(0.5) ? 0 : random.between(500, 5_000),
  };
}

/** What happens to disks and clocks, in about half of the seeds each. */
function storageStrikes(random: Random): Pick<StrikeWeights, "rot" | "restore" | "fork" | "clockJump" | "join"> {
  const sometimes = (most: number): number => (random.chance(0.5) ? 0 : random.between(1, most));
  const backups = random.chance(0.6) ? "none" : random.pick(["restore", "fork"]);
  return {
    ...{ rot: sometimes(6), clockJump: sometimes(3), join: sometimes(2) },
    ...{ restore: backups === "restore" ? 3 : 0, fork: backups === "fork" ? 3 : 0 },
  };
}

function randomRetention(random: Random): Retention[] {
  if (random.chance(0.5)) return [];
  const rules: Retention[] = [
    ...[{}, { segmentsMax: 1 }, { segmentsMax: 2 }, { segmentsMax: 3 }],
    ...[{ bytesMin: 65_536 }, { ageMaxMs: 2_000 }],
  ];
  return random.shuffle(rules).slice(0, random.between(1, 4));
}
