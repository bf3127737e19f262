/** Crashes on simulated disks: at every step of every workload, and within every write. */
import { Random } from "../../src/base/mod.ts";
import type { FsyncPolicy } from "../../src/log/mod.ts";
import type { CrashMode, DiskStep } from "../../src/testing/mod.ts";
import { CrashWorld, type Moment } from "./crash_world.ts";
import { checkRecovery, type Recovery } from "./recovery_check.ts";
import { policies, type Workload, workloads } from "./workloads.ts";

export const crashKinds = ["killed", "killed within a write", "power cut"] as const;
export type CrashKind = (typeof crashKinds)[number];

/** A way to stop at a moment. */
interface Crash {
  readonly kind: CrashKind;
  readonly mode: CrashMode;
  /** So many bytes of the write that is about to happen are there. */
  readonly cut: number;
}

/** What became of the crashes of one workload under one policy. */
export interface CrashRow {
  readonly workload: string;
  readonly fsync: FsyncPolicy;
  readonly moments: number;
  readonly crashes: Record<CrashKind, number>;
  readonly recovery: { -readonly [Name in keyof Recovery]: number };
}

export interface CrashOptions {
  readonly seed: string;
  /** Share of the crashes that are tried, above 0 to 1: of the many within writes; of others four times as many. */
  readonly share: number;
  /** Names of the workloads that run. @default all */
  readonly workloads?: readonly string[];
  /** Which moments count. @default all */
  readonly only?: (step: DiskStep | undefined) => boolean;
  readonly onRow?: (row: CrashRow) => void;
}

/** Of longer writes the ends are cut at each byte, the rest at sectors. */
const wholeCutBytesMax = 1_024;
const headCutBytes = 300;
const tailCutBytes = 40;
const sectorBytes = 512;

/** Crashes all workloads under all policies. Throws, with what repeats it, at the first crash that is not survived. */
export async function simulateCrashes(options: CrashOptions): Promise<CrashRow[]> {
  const rows: CrashRow[] = [];
  for (const workload of workloads) {
    if (options.workloads?.includes(workload.name) === false) continue;
    for (const fsync of policies) {
      const row = await crashWorkload(workload, fsync, options);
      options.onRow?.(row);
      rows.push(row);
    }
  }
  return rows;
}

async function crashWorkload(workload: Workload, fsync: FsyncPolicy, options: CrashOptions): Promise<CrashRow> {
  const name = `${workload.name} ${fsync} ${options.seed}`;
  const random = new Random(`crashes of ${name}`);
  const chosen: (readonly Crash[])[] = [];
  let moments = 0;
  const choose = (step: DiskStep | undefined): boolean => {
    moments++;
    if (options.only?.(step) === false) return false;
    const some = [...crashesAt(step)].filter(({ cut }) => random.chance(cut > 0 ? options.share : 4 * options.share));
    if (some.length > 0) chosen.push(some);
    return some.length > 0;
  };
  const world = new CrashWorld(name, { ...workload.options, fsync }, choose);
  await workload.run(world);
  const row: CrashRow = {
    ...{ workload: workload.name, fsync, moments },
    crashes: { killed: 0, "killed within a write": 0, "power cut": 0 },
    recovery: { tornTails: 0, replays: 0, rebuiltIndexes: 0, newWriters: 0 },
  };
  for (const [index, moment] of world.moments.entries()) {
    for (const crash of chosen[index] as readonly Crash[]) {
      try {
        const recovery = await crashOnce(world, moment, { crash, random });
        row.crashes[crash.kind]++;
        for (const key of Object.keys(recovery) as (keyof Recovery)[]) row.recovery[key] += recovery[key];
      } catch (error) {
        const doing = `${moment.step?.operation ?? "answer"} ${moment.step?.path ?? ""}`;
        const place = `${name}, share ${options.share}, moment ${index} (${doing})`;
        const how = `${crash.kind} (${crash.mode}), cut ${crash.cut}`;
        throw new Error(`${place}, ${how}: ${error instanceof Error ? error.stack : error}`);
      }
    }
  }
  return row;
}

function* crashesAt(step: DiskStep | undefined): Generator<Crash> {
  yield { kind: "killed", mode: "keep", cut: 0 };
  for (const mode of ["lose-unsynced", "reorder-unsynced", "mix-unsynced"] as const) {
    yield { kind: "power cut", mode, cut: 0 };
  }
  for (const cut of cutsOf(step?.bytes.length ?? 0)) yield { kind: "killed within a write", mode: "keep", cut };
}

/** Where a write of so many bytes is cut: not at its ends, which are moments of their own. */
export function* cutsOf(bytes: number): Generator<number> {
  for (let cut = 1; cut < bytes; cut++) {
    const isEnd = cut <= headCutBytes || cut >= bytes - tailCutBytes;
    const isEdge = (cut + 1) % sectorBytes <= 2;
    if (bytes <= wholeCutBytesMax || isEnd || isEdge) yield cut;
  }
}

function crashOnce(
  world: CrashWorld,
  { disk: before, step, debt, rows }: Moment,
  { crash, random }: { readonly crash: Crash; readonly random: Random },
): Promise<Recovery> {
  const disk = before.fork();
  if (crash.cut > 0 && step !== undefined) disk.write(step.path, step.at, step.bytes.subarray(0, crash.cut));
  disk.crash(crash.mode, random);
  const { options, ledger, tables } = world;
  return checkRecovery({ disk, options, ledger, tables, debt, rows, killed: crash.mode === "keep", random });
}
