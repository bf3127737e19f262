/** What a client leaves open that nobody closed keeps no process alive: programs that use one end when they have nothing to do. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Agent } from "../../src/agent/mod.ts";
import { runtimeCommand } from "../cluster/processes.ts";

/** A watch that nobody uses ends after 5 s: whoever waits for that has waited for too long. */
const lingeringMsMax = 3_000;

test("a process whose client watches the servers ends, though nobody closed the client", async () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), "grapevine-unclosed-"));
  const local = "127.0.0.1:0";
  const agent = await Agent.start({ dataDir: directory, bind: local, rpcAddr: local, profile: "local" });
  const script = fileURLToPath(new URL("./unclosed_client.ts", import.meta.url));
  const [command, ...flags] = runtimeCommand() as [string, ...string[]];
  const child = spawn(command, [...flags, script, `http://${agent.rpcAddress}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    let said = "";
    let doneAtMs = 0;
    child.stdout.on("data", (bytes: Uint8Array) => {
      said += String(bytes);
      doneAtMs = performance.now();
    });
    // Also where it ends without a word.
    assert.equal(await once(child, "close"), [0, null]);
    const lingeredMs = performance.now() - doneAtMs;
    assert.is(said, "done\n");
    assert.ok(lingeredMs < lingeringMsMax, `the process ended ${lingeredMs} ms after it had nothing to do`);
  } finally {
    child.kill("SIGKILL");
    await agent[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  }
});

test.run();
