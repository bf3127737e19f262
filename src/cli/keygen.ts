import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import { printLine } from "./output.ts";

/** The longest that AES takes. */
const keyBytes = 32;

export function addKeygenCommand(program: Command): void {
  program
    .command("keygen")
    .description("Print a new encryption key for gossip")
    .action(() => printLine(randomBytes(keyBytes).toString("base64")));
}
