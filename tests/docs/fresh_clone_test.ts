// runtimes: node (npm starts what README says)
// needs: git
// timeout: 300
// alone
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const projectDirectory = path.resolve(import.meta.dirname, "../..");

const test = suite<{ directory: string }>("fresh clone");

test.before.each((context) => {
  context.directory = mkdtempSync(path.join(tmpdir(), "grapevine-clone-"));
});
test.after.each((context) => {
  rmSync(context.directory, { recursive: true, force: true });
});

function run(directory: string, command: readonly string[]): void {
  const [program, ...options] = command as [string, ...string[]];
  const ran = spawnSync(program, options, { cwd: directory, encoding: "utf8" });
  assert.is(ran.status, 0, `${command.join(" ")}\n${ran.stdout}${ran.stderr}`);
}

/** The lines of a command's standard output up to `last`; the command is killed then, with all that it started. */
async function linesUntil(directory: string, command: readonly string[], last: string): Promise<string[]> {
  const [program, ...options] = command as [string, ...string[]];
  const child = spawn(program, options, { cwd: directory, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const lines: string[] = [];
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (line === last) return lines;
    }
    throw new Error(`${command.join(" ")} ended without "${last}":\n${lines.join("\n")}\n${complaints}`);
  } finally {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    await ended;
  }
}

test("README's first command starts a node in a fresh clone", async ({ directory }) => {
  const clone = path.join(directory, "grapevine");
  run(directory, ["git", "clone", "--quiet", "--depth", "1", `file://${projectDirectory}`, clone]);
  run(clone, ["npm", "install", "--no-audit", "--no-fund"]);
  const command = ["npm", "run", "agent", "--", "--rpc-addr", "127.0.0.1:0", "--bind", "127.0.0.1:0"];
  const lines = await linesUntil(clone, command, "ready");
  assert.ok(
    lines.some((line) => /\b127\.0\.0\.1:\d+\b/.test(line)),
    `the node prints where it is:\n${lines.join("\n")}`,
  );
});

test.run();
