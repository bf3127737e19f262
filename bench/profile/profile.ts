/** Runs a node and a client under the runtime's own profiler, and says what their time went to. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import readline from "node:readline";
import { fileURLToPath } from "node:url";
import { runtimeCommand } from "../runtime.ts";
import { endWithUs, usageOf } from "../server_process.ts";
import { type CpuProfile, foldProfile, type Profile, type ProfileName, type ProfileWindow } from "./fold.ts";
import type { LoadReport } from "./load.ts";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const load = fileURLToPath(new URL("./load.ts", import.meta.url));

/** Both processes, while so many records of 100 B go through. */
export async function profile(name: ProfileName, directory: string, records: number): Promise<Profile[]> {
  await using started = new ProfiledProcesses(directory);
  const flags = ["--bind", "127.0.0.1:0", "--rpc-addr", "127.0.0.1:0", "--log-level", "error", "--fsync", "interval"];
  const node = await started.start("node", [main, "agent", "--data-dir", path.join(directory, "data"), ...flags]);
  let url = "";
  for (let line = await node.nextLine(); line !== "ready"; line = await node.nextLine()) {
    if (line.startsWith("rpc")) url = line.split(/\s+/)[1] as string;
  }
  const client = await started.start("client", [load, url, name, String(records)]);
  await client.nextLine();
  const before = await usageOf(node.pid);
  client.child.stdin?.write("go\n");
  const report = JSON.parse(await client.nextLine()) as LoadReport;
  const after = await usageOf(node.pid);
  await client.ended;
  node.child.kill("SIGTERM");
  await node.ended;
  const perRecord = (ms: number): number => (ms * 1_000) / report.records;
  const [cpuMs, kernelMs] = [after.cpuMs - before.cpuMs, after.kernelMs - before.kernelMs];
  const clientMs = (report.userMicroseconds + report.systemMicroseconds) / 1_000;
  return [
    {
      process: `${name}: node`,
      cpuMicroseconds: perRecord(cpuMs),
      kernelShare: kernelMs / cpuMs,
      ...(await folded(node.directory, report)),
    },
    {
      process: `${name}: client`,
      cpuMicroseconds: perRecord(clientMs),
      kernelShare: report.systemMicroseconds / 1_000 / clientMs,
      ...(await folded(client.directory, report)),
    },
  ];
}

async function folded(
  directory: string,
  report: LoadReport,
): Promise<Pick<Profile, "samples" | "idleShare" | "categories">> {
  // The numbers in the name are those of process, thread and file: helper threads write profiles of their own.
  const name = (await readdir(directory)).find((file) => /\.\d+\.0\.\d+\.cpuprofile$/.test(file));
  if (name === undefined) throw new Error(`Cannot find a profile in ${directory}: the process wrote none`);
  const profile = JSON.parse(await readFile(path.join(directory, name), "utf8")) as CpuProfile;
  return foldProfile(profile, windowOf(profile, report));
}

/** Later than this is since the epoch; the monotonic clock would have to run for thirty years. */
const epochMicrosecondsMin = 1e15;

function windowOf({ startTime }: CpuProfile, { fromMs, toMs }: LoadReport): ProfileWindow {
  const isSinceEpoch = startTime > epochMicrosecondsMin;
  const offset = isSinceEpoch ? 0 : Number(process.hrtime.bigint() / 1_000n) - Date.now() * 1_000;
  return { from: fromMs * 1_000 + offset, to: toMs * 1_000 + offset };
}

interface ProfiledProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly directory: string;
  nextLine(): Promise<string>;
  /** Resolves once its profile is written. */
  readonly ended: Promise<unknown>;
}

class ProfiledProcesses implements AsyncDisposable {
  readonly #directory: string;
  readonly #children: ChildProcess[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }

  async start(name: string, words: readonly string[]): Promise<ProfiledProcess> {
    const directory = path.join(this.#directory, `profile-${name}`);
    await mkdir(directory, { recursive: true });
    const [command, ...flags] = runtimeCommand() as [string, ...string[]];
    const profiling = ["--cpu-prof", `--cpu-prof-dir=${directory}`];
    const child = spawn(command, [...flags, ...profiling, ...words], { stdio: ["pipe", "pipe", "inherit"] });
    endWithUs(child);
    this.#children.push(child);
    const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return {
      child,
      pid: child.pid as number,
      directory,
      nextLine: async () => {
        const { value, done } = await lines.next();
        if (done) throw new Error(`Cannot profile ${name}: its process has ended`);
        return value;
      },
      ended: once(child, "close"),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const closed = once(child, "close");
      child.kill("SIGKILL");
      await closed;
    }
  }
}
