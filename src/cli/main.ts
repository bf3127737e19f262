/**
 * The command line: one file a command. It turns flags into calls of the agent and the client, and what comes of them
 * into text and an exit code: 0 done, 1 failed, 2 usage.
 */
import { Command } from "commander";
import { addAgentCommand } from "./agent.ts";
import { addConsumeCommand } from "./consume.ts";
import { addDemoCommand } from "./demo.ts";
import { explain } from "./failure.ts";
import { addJoinCommand } from "./join.ts";
import { addLeaveCommand } from "./leave.ts";
import { addMembersCommand } from "./members.ts";
import { endWhenReaderLeaves, flushOutput, printNote } from "./output.ts";
import { addProduceCommand } from "./produce.ts";
import { addTopicsCommand } from "./topics.ts";

function makeProgram(): Command {
  const program = new Command("grapevine")
    .description("The event log that you import: run a node of it, and talk to one.")
    .exitOverride()
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

async function main(): Promise<number> {
  endWhenReaderLeaves();
  try {
    await makeProgram().parseAsync();
    return 0;
  } catch (error) {
    const { message, exitCode } = explain(error);
    if (message !== undefined) printNote(`error: ${message}`);
    return exitCode;
  }
}

const exitCode = await main();
await flushOutput();
// Connections that a library keeps for later must not keep a finished command alive.
process.exit(exitCode);
