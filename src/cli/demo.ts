import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { withFormats } from "./arguments.ts";
import { allIsWell, countHeld, haveConverged, inspectNode, type NodeFindings } from "./demo/check.ts";
import { Greeters } from "./demo/greeters.ts";
import { type DemoInput, findInput, findPackages, readInput } from "./demo/input.ts";
import { Narrator } from "./demo/narrator.ts";
import { type DemoNode, DemoNodes, pause } from "./demo/nodes.ts";
import { killNode, reviveNode, type Stage, showBoard } from "./demo/scenes.ts";
import { keepSending, Shares, sendLines } from "./demo/sender.ts";
import { duration } from "./durations.ts";
import { CommandFailedError } from "./failure.ts";
import { counted, printLine, toColumns } from "./output.ts";

interface DemoFlags {
  readonly format: "text" | "json";
  readonly input?: string;
  readonly duration: number;
  readonly keep?: boolean;
}

const topic = "demo";
const names = ["alder", "birch", "cedar"] as const;
/** The one that is killed when so great a part of the time is over, and comes back when the others got further. */
const victimIndex = 1;
const killedAt = 0.3;
const returnsAt = 0.6;
const durationMsDefault = 12_000;
/** Lines that go to one node in turn. */
const shares: Shares = new Shares(names.length, 500);
const convergeTimeoutMs = 60_000;

export function addDemoCommand(program: Command): void {
  const command = program
    .command("demo")
    .description("Run three nodes, feed them real text, kill one meanwhile, and count what every node holds in the end")
    .option("--input <file>", "text to produce, one record a line (default: what the installed packages ship)")
    .option("--duration <time>", "how long the lines are sent, as 30s", duration, durationMsDefault)
    .option("--keep", "go on with nodes and records afterwards, until interrupted");
  withFormats(command, ["text", "json"]).action(runDemo);
}

async function runDemo(flags: DemoFlags): Promise<void> {
  const interrupt = (): void => process.exit(130);
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  const narrator = new Narrator();
  await using processes = await DemoNodes.create();
  const nodes = await startNodes(processes, narrator);
  await using greeters = await Greeters.open(nodes);
  narrator.tell("a small web service stands beside each node, registered and checked there; somebody calls them");
  const modules = findPackages(path.dirname(fileURLToPath(import.meta.url)));
  const input = flags.input === undefined ? findInput(modules) : readInput(flags.input);
  const stage: Stage = { narrator, processes, nodes, greeters, topic };
  const story = await play(stage, input, flags.duration);
  const findings: NodeFindings[] = [];
  const senderOf = (number: number): number => shares.senderOf(number);
  for (const node of nodes) findings.push(await inspectNode(node, topic, { lines: input.lines, senderOf }));
  const well = story.convergedMs !== undefined && allIsWell(findings);
  const result: Result = { input, story, findings, well };
  await printLine(flags.format === "json" ? toJson(result) : toText(result));
  if (flags.keep) await goOn(stage, input);
  if (!well) throw new CommandFailedError("Not every node holds every line once and in order");
}

async function startNodes(processes: DemoNodes, narrator: Narrator): Promise<DemoNode[]> {
  const nodes: DemoNode[] = [];
  for (const name of names) {
    const node = await processes.start(name, { join: nodes[0] });
    nodes.push(node);
    if (nodes.length === 1) narrator.tell(`open ${node.rpcUrl}/ in a browser: the console shows all that follows`);
  }
  await processes.haveMet(nodes);
  narrator.tell(`${names.join(", ")} run, each a process of its own, and know each other by gossip`);
  for (const { name, rpcUrl } of nodes) narrator.add(`${name}  ${rpcUrl}/`);
  return nodes;
}

/** What happened on the way, for the result. */
interface Story {
  readonly seconds: number;
  readonly killed: string;
  /** Until all others knew that it was dead, and its service was found no more. */
  readonly noticedMs: number;
  /** Until it held again what the others held when it was ready. */
  readonly caughtUpMs: number;
  /** From the last record's answer until all nodes held the same; undefined when they never did. */
  readonly convergedMs: number | undefined;
  readonly calls: { readonly answered: number; readonly failed: number };
}

/** Feeds all nodes; meanwhile one is killed and comes back. */
async function play(stage: Stage, input: DemoInput, durationMs: number): Promise<Story> {
  const { narrator, nodes, greeters } = stage;
  const victim = nodes[victimIndex] as DemoNode;
  const { lines, bytes, source } = input;
  narrator.tell(`${counted(lines.length, "line")}, ${counted(bytes, "byte")}: ${source}`);
  narrator.add("are sent now, a third to each node, one record each. What each node holds, second by second:");
  const beganAtMs = performance.now();
  const isOver = new AbortController();
  const board = showBoard(stage, isOver.signal);
  const sending = shares.split(lines).map((share, index) => {
    const urls = nodes.map((_, turn) => (nodes[(index + turn) % nodes.length] as DemoNode).rpcUrl);
    return sendLines({ topic, urls, lines: share, durationMs });
  });
  const acting = async (): Promise<{ noticedMs: number; caughtUpMs: number }> => {
    await pause(killedAt * durationMs);
    const noticedMs = await killNode(stage, victim);
    await pause(Math.max(0, beganAtMs + returnsAt * durationMs - performance.now()));
    return { noticedMs, caughtUpMs: await reviveNode(stage, victim) };
  };
  try {
    const [acts] = await Promise.all([acting(), ...sending]);
    const seconds = Math.round(performance.now() - beganAtMs) / 1_000;
    narrator.tell("all lines are sent and answered; now every node is read from beginning to end");
    const convergedMs = await timeToConverge(nodes, lines.length);
    const calls = { answered: greeters.answered, failed: greeters.failed };
    return { seconds, killed: victim.name, ...acts, convergedMs, calls };
  } finally {
    isOver.abort();
    await board;
  }
}

async function timeToConverge(nodes: readonly DemoNode[], records: number): Promise<number | undefined> {
  const beganAtMs = performance.now();
  const converged = await haveConverged(nodes, topic, { records, timeoutMs: convergeTimeoutMs });
  return converged ? Math.round(performance.now() - beganAtMs) : undefined;
}

interface Result {
  readonly input: DemoInput;
  readonly story: Story;
  readonly findings: readonly NodeFindings[];
  readonly well: boolean;
}

function toText({ input, story, findings, well }: Result): string {
  const table = toColumns([
    ["NODE", "RECORDS", "LOST", "REPEATED", "ALTERED", "OUT OF ORDER", "WRITERS"],
    ...findings.map(({ node, records, lost, repeated, altered, disordered, feeds }) =>
      [node, records, lost, repeated, altered, disordered, feeds.size].map(String),
    ),
  ]);
  const { seconds, killed, calls } = story;
  const twins = countHeld(findings[0]?.feeds ?? new Map()) - (findings[0]?.records ?? 0);
  const lines = counted(input.lines.length, "line");
  return [
    "",
    `${lines} (${counted(input.bytes, "byte")}) in ${seconds} s, ${killed} killed with kill -9 and restarted meanwhile`,
    ...(twins > 0
      ? [`${counted(twins, "record")} that ${killed} left unanswered stand in two feeds: readers get one`]
      : []),
    `${counted(calls.answered, "call")} of the web services answered, ${calls.failed} failed`,
    "",
    table,
    "",
    well
      ? `every node holds the same ${counted(input.lines.length, "record")}: 0 lost, 0 repeated, each sender's order intact`
      : "NOT every node holds every line once and in order",
  ].join("\n");
}

function toJson({ input, story, findings, well }: Result): string {
  const nodes = findings.map(({ feeds, ...counts }) => ({ ...counts, feeds: Object.fromEntries(feeds) }));
  return JSON.stringify({ lines: input.lines.length, bytes: input.bytes, ...story, nodes, well }, undefined, 2);
}

/** Lines go on, slower than before, until somebody interrupts. */
async function goOn({ narrator, nodes }: Stage, { lines }: DemoInput): Promise<void> {
  narrator.tell(`lines go on; look at ${nodes[0]?.rpcUrl}/, and interrupt (Ctrl-C) to stop all`);
  process.removeAllListeners("SIGINT");
  process.removeAllListeners("SIGTERM");
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopping.abort());
  await keepSending({ topic, urls: nodes.map(({ rpcUrl }) => rpcUrl), lines, signal: stopping.signal });
  narrator.tell("stopping");
}
