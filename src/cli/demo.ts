import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { withFormats } from "./arguments.ts";
import { allIsWell, haveConverged, inspectNode, type NodeFindings } from "./demo/check.ts";
import { type DemoInput, findInput, readInput } from "./demo/input.ts";
import { type DemoNode, DemoNodes } from "./demo/nodes.ts";
import { LineSender, type NumberedLine } from "./demo/sender.ts";
import { CommandFailedError } from "./failure.ts";
import { counted, printLine, printNote, toColumns } from "./output.ts";
import { showProgress } from "./progress.ts";

interface DemoFlags {
  readonly format: "text" | "json";
  readonly input?: string;
  readonly keep?: boolean;
}

const topic = "demo";
const names = ["alder", "birch", "cedar"] as const;
/** The one that is killed when half of the lines are stored, and comes back when the others got further. */
const victim = 1;
const killedAt = 0.5;
const returnsAt = 0.65;
/** Lines that go to one node in turn. */
const linesInTurn = 500;
const convergeTimeoutMs = 60_000;

export function addDemoCommand(program: Command): void {
  const command = program
    .command("demo")
    .description("Run three nodes, feed them real text, kill one meanwhile, and count what every node holds in the end")
    .option("--input <file>", "text to produce, one record a line (default: what the installed packages ship)")
    .option("--keep", "keep the nodes running afterwards, until interrupted");
  withFormats(command, ["text", "json"]).action(runDemo);
}

async function runDemo(flags: DemoFlags): Promise<void> {
  const interrupt = (): void => process.exit(130);
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  const modules = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../node_modules");
  const input = flags.input === undefined ? findInput(modules) : readInput(flags.input);
  printNote(`input: ${counted(input.lines.length, "line")}, ${counted(input.bytes, "byte")}: ${input.source}`);
  await using processes = await DemoNodes.create();
  const nodes = await startNodes(processes);
  const story = await produceWhileOneDies(processes, nodes, input);
  printNote("waiting until every node holds everything");
  const startedAt = performance.now();
  const converged = await haveConverged(nodes, topic, { records: input.lines.length, timeoutMs: convergeTimeoutMs });
  const convergedMs = Math.round(performance.now() - startedAt);
  printNote(
    converged ? `converged ${convergedMs} ms after the last record` : `no convergence within ${convergeTimeoutMs} ms`,
  );
  const findings: NodeFindings[] = [];
  for (const node of nodes) findings.push(await inspectNode(node, topic, input.lines));
  const well = converged && allIsWell(findings);
  await printLine(
    flags.format === "json" ? toJson(input, story, findings, well) : toText(input, story, findings, well),
  );
  if (flags.keep) await untilInterrupted(nodes);
  if (!well) throw new CommandFailedError("Not every node holds every line once and in order");
}

async function startNodes(processes: DemoNodes): Promise<DemoNode[]> {
  const nodes: DemoNode[] = [];
  for (const name of names) nodes.push(await processes.start(name, { join: nodes[0] }));
  await processes.haveMet(nodes);
  for (const node of nodes) printNote(`node ${node.name}: ${node.rpcUrl}/`);
  return nodes;
}

/** What happened on the way, for the result. */
interface Story {
  readonly seconds: number;
  readonly killed: string;
  /** Lines whose answer the killed node took along, and how many of them it had stored. */
  readonly unanswered: number;
  readonly unansweredStored: number;
}

async function produceWhileOneDies(processes: DemoNodes, nodes: readonly DemoNode[], input: DemoInput): Promise<Story> {
  const startedAt = performance.now();
  const progress = showProgress({ total: input.lines.length, unit: "lines" });
  const milestones = new Milestones(input.lines.length);
  const onStored = (lines: number): void => {
    progress.add(lines);
    milestones.add(lines);
  };
  const senders = shares(input.lines, nodes.length).map((lines, index) => {
    return new LineSender(topic, nodes[index] as DemoNode, lines, onStored);
  });
  const died = milestones.reached(killedAt).then(() => processes.kill(names[victim]));
  const returned = Promise.all([died, milestones.reached(returnsAt)]).then(() =>
    processes.start(names[victim], { as: nodes[victim], join: nodes[0] }),
  );
  try {
    await Promise.all([returned, ...senders.map((sender) => sender.run(async () => void (await returned)))]);
  } finally {
    progress.stop();
  }
  const { lines, stored } = (senders[victim] as LineSender).unanswered;
  const seconds = Math.round(performance.now() - startedAt) / 1_000;
  return { seconds, killed: names[victim], unanswered: lines, unansweredStored: stored };
}

/** Lines in turn: some to the first node, some to the second, and so on. */
function shares(lines: readonly string[], nodes: number): NumberedLine[][] {
  const shared: NumberedLine[][] = Array.from({ length: nodes }, () => []);
  for (const [index, text] of lines.entries()) {
    shared[Math.floor(index / linesInTurn) % nodes]?.push({ number: index + 1, text });
  }
  return shared;
}

/** Promises that resolve when so great a part of the lines is stored. */
class Milestones {
  readonly #total: number;
  #stored = 0;
  readonly #waiting: { readonly at: number; readonly resolve: () => void }[] = [];

  constructor(total: number) {
    this.#total = total;
  }

  add(lines: number): void {
    this.#stored += lines;
    for (const { at, resolve } of this.#waiting) if (this.#stored >= at) resolve();
  }

  reached(part: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ at: Math.floor(part * this.#total), resolve }));
  }
}

function toText(input: DemoInput, story: Story, findings: readonly NodeFindings[], well: boolean): string {
  const table = toColumns([
    ["NODE", "RECORDS", "LOST", "REPEATED", "ALTERED", "OUT OF ORDER", "WRITERS"],
    ...findings.map(({ node, records, lost, repeated, altered, disordered, feeds }) =>
      [node, records, lost, repeated, altered, disordered, feeds.size].map(String),
    ),
  ]);
  const lines = counted(input.lines.length, "line");
  return [
    `${lines} (${counted(input.bytes, "byte")}) in ${story.seconds} s, ${story.killed} killed with kill -9 and restarted meanwhile`,
    `${counted(story.unanswered, "line")} had no answer when it died: ${story.unansweredStored} of them turned out to be stored, the others were sent again`,
    "",
    table,
    "",
    well
      ? `every node holds the same ${counted(input.lines.length, "record")}: 0 lost, 0 repeated, per-writer order intact`
      : "NOT every node holds every line once and in order",
  ].join("\n");
}

function toJson(input: DemoInput, story: Story, findings: readonly NodeFindings[], well: boolean): string {
  const nodes = findings.map(({ feeds, ...counts }) => ({ ...counts, feeds: Object.fromEntries(feeds) }));
  return JSON.stringify({ lines: input.lines.length, bytes: input.bytes, ...story, nodes, well }, undefined, 2);
}

async function untilInterrupted(nodes: readonly DemoNode[]): Promise<void> {
  printNote(`the nodes go on; look at ${nodes[0]?.rpcUrl}/ and interrupt to stop them`);
  process.removeAllListeners("SIGINT");
  process.removeAllListeners("SIGTERM");
  // Waiting for a signal alone would not keep every runtime alive.
  const alive = setInterval(() => {}, 60_000);
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  clearInterval(alive);
}
