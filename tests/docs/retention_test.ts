// runtimes: node (it reads documents and sources)
/** The table of docs/retention.md names every setting of the log, as it is. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { logOptionsOf, logSettingNames } from "../../src/agent/log_settings.ts";
import { settings } from "../../src/cli/agent_settings.ts";
import { resolveOptions } from "../../src/log/mod.ts";

const text = readFileSync(path.resolve(import.meta.dirname, "../../docs/retention.md"), "utf8");

test("the table names each setting of the log with its flag, its key and its default", () => {
  const rows = [...text.matchAll(/^\| `(--[a-z-]+)` \| `(\w+)` \| .* \| (.+) \|$/gm)];
  const told = rows.map(([, flag, key]) => `${flag} ${key}`).sort();
  const ofLog = settings.filter(({ key }) => logSettingNames.includes(key));
  assert.equal(told, ofLog.map(({ flag, key }) => `${flag} ${key}`).sort());
  assert.is(ofLog.length, logSettingNames.length);
  const defaults = resolveOptions(logOptionsOf({}));
  const defaultOf = new Map(rows.map(([, , key, value]) => [key, value]));
  const mebibytes = (bytes: number): string => `${bytes / 1_048_576} MiB`;
  assert.is(defaultOf.get("segmentBytesMax"), mebibytes(defaults.segmentBytesMax));
  assert.is(defaultOf.get("scrubBytesPerSecond"), mebibytes(defaults.scrubBytesPerSecond));
  assert.is(defaultOf.get("compactionBytesPerSecond"), mebibytes(defaults.compactionBytesPerSecond));
  assert.is(defaultOf.get("journalBytesMax"), mebibytes(defaults.journalBytesMax));
  assert.is(defaultOf.get("journalTopicsMin"), String(defaults.journalTopicsMin));
  assert.equal(Object.values(defaults.retention), [undefined, undefined, undefined]);
});

test("the help names the same defaults", () => {
  const defaults = resolveOptions(logOptionsOf({}));
  const keys = ["scrubBytesPerSecond", "compactionBytesPerSecond", "journalTopicsMin", "journalBytesMax"] as const;
  for (const key of ["segmentBytesMax", ...keys] as const) {
    const help = settings.find((setting) => setting.key === key)?.help ?? "";
    assert.match(help, `(default: ${defaults[key]})`);
  }
});

test.run();
