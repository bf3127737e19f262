import type { Command } from "commander";
import type { Agent } from "../agent/mod.ts";
import { type AgentSettings, addAgentOptions, flagOf, resolveSettings } from "./agent_options.ts";
import { UsageError } from "./failure.ts";
import { printLine, printNote } from "./output.ts";

export function addAgentCommand(program: Command): void {
  const command = program
    .command("agent")
    .description("Run a node until it is told to stop")
    .addHelpText(
      "after",
      "\nEach option is also an environment variable, as GRAPEVINE_NODE_NAME, and a key of the --config file, as nodeName.\nFlags win over the environment, the environment over the file. Lists in variables are separated by commas.\nInterrupting it (Ctrl-C) leaves the cluster in good order, a second time stops at once; SIGTERM stops without leaving.",
    );
  addAgentOptions(command);
  command.action(async () => runAgent(await resolveSettings(command)));
}

async function runAgent(settings: AgentSettings): Promise<void> {
  const { logLevel = "info", logFormat = "text", ...options } = settings;
  // Loaded here, so that commands which only talk to a node start without all of one.
  const { Agent, configureLogging } = await import("../agent/mod.ts");
  await configureLogging({ level: logLevel, format: logFormat, write: (line) => process.stderr.write(line) });
  const agent = await Agent.start(options).catch(explainOption);
  await using _ = agent;
  const stop = stopOnSignals(agent);
  try {
    await printLine(`node    ${agent.nodeName}`);
    await printLine(`writer  ${agent.writer}`);
    await printLine(`gossip  ${agent.gossipAddress}`);
    await printLine(`rpc     http://${agent.rpcAddress}`);
    if (agent.serfRpcAddress !== undefined) await printLine(`serf    ${agent.serfRpcAddress}`);
    await printLine("ready");
    await agent.closed;
  } finally {
    stop();
  }
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

/** The first interrupt leaves the cluster in good order, the next ends the process; SIGTERM stops promptly. */
function stopOnSignals(agent: Agent): () => void {
  let leaving = false;
  const fail = (error: unknown): void => {
    printNote(`error: ${(error as Error).message}`);
    process.exit(1);
  };
  const interrupt = (): void => {
    if (leaving) process.exit(1);
    leaving = true;
    printNote("leaving the cluster; interrupt again to stop at once");
    agent.leave().catch(fail);
  };
  const terminate = (): void => {
    agent[Symbol.asyncDispose]().catch(fail);
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", terminate);
  return () => {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", terminate);
  };
}
