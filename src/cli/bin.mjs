#!/usr/bin/env node
// Starts the command line, which is TypeScript: Bun and Deno run it as it is, Node through tsx, or else the bundled Bun.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { constants } from "node:os";

const main = new URL("./main.ts", import.meta.url);

async function registerTsx() {
  try {
    (await import("tsx/esm/api")).register();
    return true;
  } catch {
    return false;
  }
}

function runOnBun() {
  const bun = createRequire(import.meta.url).resolve("bun/bin/bun.exe");
  const child = spawn(bun, [main.pathname, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
  child.on("error", (error) => {
    console.error(`error: Cannot start ${bun}: ${error.message}`);
    process.exit(1);
  });
}

if ("Bun" in globalThis || "Deno" in globalThis || (await registerTsx())) await import(main.href);
else runOnBun();
