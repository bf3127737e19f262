/**
 * The command line: one file a command. It turns flags into calls of the agent and the client, and what comes of them
 * into text and an exit code: 0 done, 1 failed, 2 usage.
 */
import { Command } from "commander";
import { addAgentCommand } from "./agent.ts";
import { addConsumeCommand } from "./consume.ts";
import { addDemoCommand } from "./demo.ts";
import { exitCodes, explain } from "./failure.ts";
import { addJoinCommand } from "./join.ts";
import { addLeaveCommand } from "./leave.ts";
import { addMembersCommand } from "./members.ts";
import { addProduceCommand } from "./produce.ts";
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
  addMembersCommand(program);
  addJoinCommand(program);
  addLeaveCommand(program);
  addDemoCommand(program);
  return program;
}
