import { toText } from "../base/mod.ts";
import type { ActiveCheck, CheckOutcome } from "../registry/mod.ts";
import { type ProgramResult, runProgram } from "./run_program.ts";

type CommandCheck = Extract<ActiveCheck, { readonly type: "command" }>;

/** Of what a program says so many last bytes are kept: its last lines tell most. */
const outputBytesMax = 1_000;

/** Runs a program without a shell. When the signal aborts it is killed, with what it started. */
export async function checkCommand(
  { command }: Pick<CommandCheck, "command">,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  const [file = "", ...flags] = command;
  const input = new Uint8Array(0);
  const result = await runProgram({ words: [file, ...flags], environment: {}, input, outputBytesMax, signal });
  return outcomeOf(file, result, signal.aborted);
}

function outcomeOf(file: string, result: ProgramResult, isOurs: boolean): CheckOutcome {
  const name = JSON.stringify(file);
  switch (result.type) {
    case "not-started":
      return { state: "critical", output: `${name} cannot be run: ${reasonOf(result.reason)}` };
    case "killed":
      return { state: "critical", output: `${name} was killed${isOurs ? "" : ` by ${result.by}`}` };
    case "exited": {
      const said = toText(result.output).trim();
      const state = result.code === 0 ? "passing" : result.code === 1 ? "warning" : "critical";
      const words = result.code === 0 && said !== "" ? "" : `exit code ${result.code}${said === "" ? "" : ": "}`;
      return { state, output: words + said };
    }
    default:
      throw result satisfies never;
  }
}

function reasonOf(reason: string): string {
  if (/ENOENT|not found|No such file/i.test(reason)) return "no such program";
  if (/EACCES|permission/i.test(reason)) return "it is not allowed to run";
  return reason;
}
