import type { Command } from "commander";
import type { AgentOptions } from "../agent/mod.ts";
import { addAgentOptions, flagOf, resolveSettings } from "./agent_options.ts";
import type { AgentSettings } from "./agent_settings.ts";
import { handleSignals } from "./agent_signals.ts";
import { UsageError } from "./failure.ts";
import { printLine, printNote } from "./output.ts";

const moreHelp = `
Each option is also an environment variable, as GRAPEVINE_NODE_NAME, and a key of the --config file, as nodeName.
Flags win over the environment, the environment over the file. Lists in variables are separated by commas. Switches that
begin with --no- are variables and keys without it, which are true or false.
Interrupting it (Ctrl-C) leaves the cluster in good order, SIGTERM stops without leaving; a second time either stops at
once. SIGHUP reads the --config file again and takes log level, tags and event handlers from it.`;

export function addAgentCommand(program: Command): void {
  const command = program
    .command("agent")
    .description("Run a node until it is told to stop")
    .addHelpText("after", moreHelp);
  addAgentOptions(command);
  command.action(async () => runAgent(await readSettings(command), () => readSettings(command)));
}

/** The options of the library, and what only the command line knows. */
interface Told {
  readonly options: AgentOptions;
  readonly own: Pick<AgentSettings, "logLevel" | "logFormat" | "leaveOnTerminate" | "skipLeaveOnInterrupt">;
}

async function readSettings(command: Command): Promise<Told> {
  const { logLevel, logFormat, leaveOnTerminate, skipLeaveOnInterrupt, role, ...options } =
    await resolveSettings(command);
  const own = { logLevel, logFormat, leaveOnTerminate, skipLeaveOnInterrupt } as Told["own"];
  if (role === undefined) return { options, own };
  if (options.tags?.["role"] !== undefined) throw new UsageError("options '--role' and '--tag role=…' say the same");
  return { options: { ...options, tags: { ...options.tags, role } }, own };
}

async function runAgent({ options, own }: Told, readAgain: () => Promise<Told>): Promise<void> {
  // Loaded here, so that commands which only talk to a node start without all of one.
  const { Agent, configureLogging, LogLines } = await import("../agent/mod.ts");
  const lines = new LogLines(Date.now);
  const write = (line: string): void => void process.stderr.write(line);
  const log = ({ logLevel = "info", logFormat = "text" }: Told["own"]): Promise<void> =>
    configureLogging({ level: logLevel, format: logFormat, write, lines });
  await log(own);
  const agent = await Agent.start(options, { lines }).catch(explainOption);
  await using _ = agent;
  const reload = async (): Promise<void> => {
    const again = await readAgain();
    const { tags = {}, eventHandlers = [] } = again.options;
    agent.reload({ ...(options.tagsFile === undefined && { tags }), eventHandlers });
    await log(again.own);
    printNote(`reloaded log level, tags and event handlers${restartNote(options, again.options)}`);
  };
  const stop = handleSignals(agent, { ...own, reload });
  try {
    await printLine(`node    ${agent.nodeName}`);
    await printLine(`writer  ${agent.writer}`);
    await printLine(`gossip  ${agent.gossipAddress}`);
    await printLine(`rpc     http://${agent.rpcAddress}`);
    if (agent.serfRpcAddress !== undefined) await printLine(`serf    ${agent.serfRpcAddress}`);
    if (agent.dnsAddress !== undefined) await printLine(`dns     ${agent.dnsAddress}`);
    await printLine("ready");
    await agent.closed;
  } finally {
    stop();
  }
  if (agent.failure !== undefined) throw agent.failure;
}

/** What has changed and would need a restart. */
function restartNote(before: AgentOptions, now: AgentOptions): string {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]) as ReadonlySet<keyof AgentOptions>;
  const changed = [...names].filter(
    (name) => name !== "tags" && name !== "eventHandlers" && JSON.stringify(before[name]) !== JSON.stringify(now[name]),
  );
  return changed.length === 0 ? "" : `; a change of ${changed.join(", ")} needs a restart`;
}

/** Names the flag of an option that the library refuses. */
function explainOption(error: unknown): never {
  const { code, option, allowed, value } = error as {
    readonly [name in "code" | "option" | "allowed" | "value"]?: unknown;
  };
  const flag = typeof option === "string" ? flagOf(option) : undefined;
  if (code !== "INVALID_OPTION" || flag === undefined) throw error;
  throw new UsageError(`option '${flag}' value ${JSON.stringify(value)} is invalid. Allowed is ${allowed}`);
}
