#!/usr/bin/env node
import { endWhenReaderLeaves, flushOutput } from "./output.ts";
import { runProgram } from "./program.ts";

endWhenReaderLeaves();
const exitCode = await runProgram(process.argv.slice(2), (text) => process.stderr.write(text));
await flushOutput();
// Connections that a library keeps for later must not keep a finished command alive.
process.exit(exitCode);
