/** What was measured, kept in one file a runtime: a run replaces what it measured and leaves the rest. */
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { FigureName } from "./comparisons.ts";
import type { GrowthPoint } from "./growth.ts";
import type { Figure } from "./measure.ts";
import type { Profile, ProfileName } from "./profile/fold.ts";

const run = promisify(execFile);

export const resultsDirectory: string = fileURLToPath(new URL("./results/", import.meta.url));

/** The runtimes whose results are shown, in this order. */
export const measuredRuntimes = ["bun", "node"] as const;
export type MeasuredRuntime = (typeof measuredRuntimes)[number];

/** Where and when something was measured. */
export interface Setting {
  readonly runtime: string;
  /** Day and minute, UTC. */
  readonly measuredAt: string;
  readonly machine: string;
  /** Programs and packages beside ours, with their versions. */
  readonly versions: readonly string[];
}

export interface Measured<Result> {
  readonly setting: Setting;
  readonly results: readonly Result[];
}

/** What the rounds of one side came to. */
export interface SideResult {
  readonly name: string;
  readonly durability: string;
  /** Records a second, or milliseconds. */
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** Processor time of the server for each record, in microseconds. */
  readonly serverMicroseconds: number;
  /** The same of the client; undefined where another program than the benchmark was the client. */
  readonly clientMicroseconds?: number | undefined;
  /** The most memory that the server held during the rounds, in bytes. */
  readonly residentBytesMax: number;
}

export interface ComparisonResult {
  readonly what: string;
  readonly valueBytes: number;
  readonly figure: FigureName;
  readonly must?: number | undefined;
  readonly aim?: number | undefined;
  readonly ours: SideResult;
  readonly peer: SideResult;
  /** Ours divided by the peer's. */
  readonly ratio: number;
  readonly rounds: number;
  /** A run of some comparisons leaves those of another day beside its own. */
  readonly measuredAt: string;
}

export interface Results {
  readonly peers?: Measured<ComparisonResult>;
  readonly alone?: Measured<Figure>;
  readonly growth?: Measured<GrowthPoint>;
  readonly profiles?: Readonly<Partial<Record<ProfileName, Measured<Profile>>>>;
}

export async function readResults(directory: string, runtime: MeasuredRuntime): Promise<Results> {
  const text = await readFile(path.join(directory, `${runtime}.json`), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "{}";
    throw error;
  });
  return JSON.parse(text) as Results;
}

/** Puts parts in the place of those of the same name. */
export async function writeResults(directory: string, runtime: string, parts: Results): Promise<void> {
  const before = await readResults(directory, runtime as MeasuredRuntime);
  const profiles = { ...before.profiles, ...parts.profiles };
  const after = { ...before, ...parts, ...(Object.keys(profiles).length === 0 ? {} : { profiles }) };
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, `${runtime}.json`), `${JSON.stringify(after, shortened, 2)}\n`);
}

/** Comparisons that were not made again keep their places; the others are replaced. */
export function mergeComparisons(
  before: readonly ComparisonResult[],
  made: readonly ComparisonResult[],
): ComparisonResult[] {
  const keyOf = ({ what, valueBytes, figure, ours }: ComparisonResult): string =>
    [what, valueBytes, figure, ours.durability].join();
  const byKey = new Map(before.map((result) => [keyOf(result), result]));
  for (const result of made) byKey.set(keyOf(result), result);
  return [...byKey.values()];
}

/** Digits beyond these are noise. */
function shortened(_: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(5)) : value;
}

export async function settingOf(runtime: string): Promise<Setting> {
  const [cpu] = os.cpus();
  const gibibytes = Math.round(os.totalmem() / 2 ** 30);
  const versions = [
    await versionOf("redis-server", ["--version"], /v=([\d.]+)/),
    await versionOf("nats-server", ["--version"], /v([\d.]+)/),
    await versionOf("go", ["version"], /go([\d.]+)/),
    ...(await Promise.all(["ioredis", "@nats-io/jetstream", "@nats-io/transport-node"].map(packageVersion))),
  ];
  return {
    runtime,
    measuredAt: `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`,
    machine: `${os.cpus().length} cores (${cpu?.model.trim() ?? "unknown"}), ${gibibytes} GiB, ${os.type()} ${os.arch()}`,
    versions: versions.filter((version) => version !== undefined),
  };
}

async function versionOf(program: string, flags: readonly string[], pattern: RegExp): Promise<string | undefined> {
  const said = await run(program, flags).catch(() => undefined);
  const version = said && pattern.exec(said.stdout + said.stderr)?.[1];
  return version && `${program} ${version}`;
}

async function packageVersion(name: string): Promise<string | undefined> {
  const manifest = await readFile(new URL(`../node_modules/${name}/package.json`, import.meta.url), "utf8");
  return `${name} ${(JSON.parse(manifest) as { version: string }).version}`;
}
