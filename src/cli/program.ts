/**
 * The command line: one file a command. It turns flags into calls of the agent and the client, and what comes of them
 * into text and an exit code: 0 done, 1 failed, 2 usage.
 */
import { Command } from "commander";
import { addAgentCommand } from "./agent.ts";
import { addConsumeCommand } from "./consume.ts";
import { addCursorsCommand } from "./cursors.ts";
import { addDemoCommand } from "./demo.ts";
import { addDumpCommand } from "./dump.ts";
import { addEventCommand } from "./event.ts";
import { exitCodes, explain } from "./failure.ts";
import { addForceLeaveCommand } from "./force_leave.ts";
import { addHealthCommand } from "./health.ts";
import { addInfoCommand } from "./info.ts";
import { addJoinCommand } from "./join.ts";
import { addKeygenCommand } from "./keygen.ts";
import { addKeysCommand } from "./keys.ts";
import { addLeaveCommand } from "./leave.ts";
import { addMembersCommand } from "./members.ts";
import { addMonitorCommand } from "./monitor.ts";
import { addProduceCommand } from "./produce.ts";
import { addQueryCommand } from "./query.ts";
import { addReachabilityCommand } from "./reachability.ts";
import { addRttCommand } from "./rtt.ts";
import { addServicesCommand } from "./services.ts";
import { addSimulateCommand } from "./simulate.ts";
import { addTagsCommand } from "./tags.ts";
import { addTopicsCommand } from "./topics.ts";

/** Runs one command. Resolves with its exit code; what went wrong has been told to `tell`. */
export async function runProgram(args: readonly string[], tell: (text: string) => void): Promise<number> {
  try {
    await makeProgram(tell).parseAsync(args, { from: "user" });
    return exitCodes.done;
  } catch (error) {
    const { message, exitCode } = explain(error);
    if (message !== undefined) tell(`error: ${message}\n`);
    return exitCode;
  }
}

function makeProgram(tell: (text: string) => void): Command {
  const program = new Command("grapevine")
    .description("The event log that you import: run a node of it, and talk to one.")
    .exitOverride()
    .configureOutput({ writeErr: tell })
    .showHelpAfterError('Run it with "--help" to see what is allowed.')
    .configureHelp({ sortOptions: false });
  addAgentCommand(program);
  addProduceCommand(program);
  addConsumeCommand(program);
  addTopicsCommand(program);
  addCursorsCommand(program);
  addServicesCommand(program);
  addMembersCommand(program);
  addJoinCommand(program);
  addLeaveCommand(program);
  addForceLeaveCommand(program);
  addEventCommand(program);
  addQueryCommand(program);
  addMonitorCommand(program);
  addTagsCommand(program);
  addKeysCommand(program);
  addKeygenCommand(program);
  addRttCommand(program);
  addInfoCommand(program);
  addReachabilityCommand(program);
  addHealthCommand(program);
  addDumpCommand(program);
  addDemoCommand(program);
  addSimulateCommand(program);
  return program;
}
