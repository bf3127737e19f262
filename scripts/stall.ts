/**
 * Real nodes in processes of their own, one of which stalls again and again, and what the cluster makes of it. All live all
 * the time: each failure that anybody sees is a false one, and the exit code is 1.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Profile } from "../src/agent/membership.ts";
import { isRuntimeName, type RuntimeName } from "../tests/runner/directives.ts";
import { runtimeCommand } from "../tests/runner/runtimes.ts";
import { CommandOptions } from "./options.ts";
import type { StallNodeArguments, StallNodeReport } from "./stall_node.ts";

const usage = `Usage: stall [options]

  --minutes N      how long the stalls go on, 0.1 to 1440 (default 10)
  --nodes N        nodes, the first of which stalls, 3 to 20 (default 5)
  --stall MS       how long each stall lasts (default 300)
  --every MS       one stall begins in each span of this length (default 1000)
  --moment WHEN    any: when it comes; sending: right after a datagram was sent (default any)
  --forgive on|off whether the nodes forgive their own stalls (default on)
  --profile NAME   lan, wan or local (default lan)
  --runtime NAME   bun, node or deno (default bun)
  --seed N         says at which moment of its span each stall begins (default 1)
  --help           prints this`;

interface Settings {
  readonly minutes: number;
  readonly nodes: number;
  readonly stallMs: number;
  readonly everyMs: number;
  readonly afterSending: boolean;
  readonly forgivesStalls: boolean;
  readonly profile: Profile;
  readonly runtime: RuntimeName;
  readonly seed: string;
}

/** How long a node may take to start, and to report. */
const answerMsMax = 30_000;

function readSettings(): Settings {
  const options = new CommandOptions(usage, {
    minutes: { type: "string", default: "10" },
    nodes: { type: "string", default: "5" },
    stall: { type: "string", default: "300" },
    every: { type: "string", default: "1000" },
    moment: { type: "string", default: "any" },
    forgive: { type: "string", default: "on" },
    profile: { type: "string", default: "lan" },
    runtime: { type: "string", default: "bun" },
    seed: { type: "string", default: "1" },
    help: { type: "boolean", default: false },
  });
  const { moment, forgive, profile, runtime, seed } = options.values;
  if (moment !== "any" && moment !== "sending") options.refuse(`--moment is any or sending, not ${moment}`);
  if (forgive !== "on" && forgive !== "off") options.refuse(`--forgive is on or off, not ${forgive}`);
  if (!["lan", "wan", "local"].includes(profile)) options.refuse(`--profile is lan, wan or local, not ${profile}`);
  if (!isRuntimeName(runtime)) return options.refuse(`--runtime is bun, node or deno, not ${runtime}`);
  const everyMs = options.numberOf("every", 10, 3_600_000);
  return {
    minutes: options.numberOf("minutes", 0.1, 1_440),
    nodes: Math.floor(options.numberOf("nodes", 3, 20)),
    stallMs: options.numberOf("stall", 1, everyMs),
    everyMs,
    afterSending: moment === "sending",
    forgivesStalls: forgive === "on",
    profile: profile as Profile,
    runtime,
    seed,
  };
}

/** Ends every process that was started, also when something throws. */
class StallNodes implements AsyncDisposable {
  readonly #settings: Settings;
  readonly #children: { readonly child: ChildProcess; readonly lines: AsyncIterator<string> }[] = [];

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Starts a node; resolves with its address. */
  async start(name: string, join: readonly string[], stalls: StallNodeArguments["stalls"]): Promise<string> {
    const { profile, runtime, forgivesStalls } = this.#settings;
    const root = fileURLToPath(new URL("../", import.meta.url));
    const [command, ...words] = runtimeCommand(runtime, root) as [string, ...string[]];
    const script = fileURLToPath(new URL("./stall_node.ts", import.meta.url));
    const told: StallNodeArguments = { name, join, profile, settings: {}, forgivesStalls, stalls };
    const child = spawn(command, [...words, script, JSON.stringify(told)], { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
    this.#children.push({ child, lines });
    return lineOf(name, lines);
  }

  /** Asks every node what it saw, and ends it. */
  reports(): Promise<StallNodeReport[]> {
    return Promise.all(
      this.#children.map(async ({ child, lines }, index) => {
        child.stdin?.end();
        return JSON.parse(await lineOf(`node ${index}`, lines)) as StallNodeReport;
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child } of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) continue;
      const closed = once(child, "close");
      child.kill("SIGKILL");
      await closed;
    }
  }
}

async function lineOf(name: string, lines: AsyncIterator<string>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Cannot hear of ${name}: ${answerMsMax} ms are over`)), answerMsMax);
  });
  try {
    const { value, done } = await Promise.race([lines.next(), late]);
    if (done) throw new Error(`Cannot hear of ${name}: its process has ended`);
    return value;
  } finally {
    clearTimeout(timer);
  }
}

const columns: readonly { readonly title: string; readonly of: (report: StallNodeReport) => string | number }[] = [
  { title: "node", of: ({ name }) => name },
  { title: "stalls", of: ({ stalls }) => stalls },
  { title: "stalled ms", of: ({ stalledMs }) => Math.round(stalledMs) },
  { title: "health worst", of: ({ healthWorst }) => healthWorst },
  { title: "health mean", of: ({ healthMean }) => healthMean.toFixed(2) },
  { title: "suspicions raised", of: ({ suspicionsRaised }) => suspicionsRaised },
  { title: "suspicions held", of: ({ suspicionsHeld }) => suspicionsHeld },
  { title: "refutations", of: ({ refutations }) => refutations },
  { title: "false failures", of: ({ failures }) => failures.length },
];

function printTable(reports: readonly StallNodeReport[]): void {
  const rows = [
    columns.map(({ title }) => title),
    ...reports.map((report) => columns.map(({ of }) => String(of(report)))),
  ];
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => (row[at] as string).length)));
  for (const row of rows) {
    const cells = row.map((cell, at) =>
      at === 0 ? cell.padEnd(widths[at] as number) : cell.padStart(widths[at] as number),
    );
    console.log(cells.join("  "));
  }
}

const sleep = (durationMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, durationMs));

async function main(): Promise<number> {
  const settings = readSettings();
  const { minutes, nodes, stallMs, everyMs, afterSending, forgivesStalls, profile, runtime, seed } = settings;
  await using cluster = new StallNodes(settings);
  const first = await cluster.start("stalled", [], { stallMs, everyMs, afterSending, seed });
  for (let index = 1; index < nodes; index++) await cluster.start(`well-${index}`, [first], undefined);
  console.error(`${nodes} nodes run, for ${minutes} minutes`);
  await sleep(minutes * 60_000);
  const reports = await cluster.reports();
  const failures = reports.reduce((sum, report) => sum + report.failures.length, 0);
  const moment = afterSending ? ", right after it sent something" : "";
  console.log(
    `${nodes} nodes on ${runtime}, profile ${profile}, ${minutes} minutes: one stalls ${stallMs} ms every ${everyMs} ms${moment}; stalls are ${forgivesStalls ? "forgiven" : "not forgiven"}`,
  );
  printTable(reports);
  console.log(`${failures} false failures`);
  for (const { name, failures: seen } of reports)
    if (seen.length > 0) console.log(`  ${name} saw ${seen.join(", ")} failed`);
  const unseen = reports.filter(({ membersAlive }) => membersAlive !== nodes);
  for (const { name, membersAlive } of unseen) console.log(`${name} sees ${membersAlive} of ${nodes} alive at the end`);
  return failures === 0 && unseen.length === 0 ? 0 : 1;
}

process.exitCode = await main();
