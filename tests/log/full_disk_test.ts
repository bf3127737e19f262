// needs: namespaces
// A real file system that runs full, in a mount namespace of the test's own.
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runtimeCommand } from "../cluster/processes.ts";

const program = fileURLToPath(new URL("./full_disk_program.ts", import.meta.url));

for (const [fsync, journalTopicsMin] of [
  ["always", 100],
  ["always", 1],
  ["never", 100],
] as const) {
  test(`a full disk under ${fsync} refuses appends, serves reads, and takes appends again when there is room (journal from ${journalTopicsMin})`, async () => {
    const path = await mkdtemp(join(tmpdir(), "grapevine-full-"));
    try {
      const mount = `mount -t tmpfs -o size=2m tmpfs ${path}`;
      const command = [...runtimeCommand(), program, path, fsync, String(journalTopicsMin)].join(" ");
      const run = spawnSync("unshare", ["--mount", "sh", "-c", `${mount} && exec ${command}`], { encoding: "utf8" });
      assert.is(run.status, 0, run.stderr);
      const told = JSON.parse(run.stdout) as Record<string, unknown>;
      assert.ok(Number(told["acknowledged"]) > 50, run.stdout);
      assert.ok(Number(told["refused"]) >= 20, run.stdout);
      assert.is(told["code"], "LOG_WRITE_FAILED");
      assert.match(String(told["message"]), /ENOSPC|No space left/);
      assert.is(told["readWhileFull"], told["acknowledged"]);
      assert.is(told["afterRoom"], true);
      assert.is(told["reopened"], Number(told["acknowledged"]) + 1);
    } finally {
      await rm(path, { recursive: true });
    }
  });
}

test.run();
