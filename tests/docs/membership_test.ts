// runtimes: node (it reads documents and sources)
/** The tables of docs/membership.md name flags and tests that there are. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { dnsSettingNames } from "../../src/agent/dns_options.ts";
import { logSettingNames } from "../../src/agent/log_settings.ts";
import { settings } from "../../src/cli/agent_settings.ts";

const projectDirectory = path.resolve(import.meta.dirname, "../..");
const text = readFileSync(path.join(projectDirectory, "docs/membership.md"), "utf8");

/** The part of the document under a heading. */
function section(heading: string): string {
  const from = text.indexOf(`\n## ${heading}\n`);
  assert.ok(from >= 0, `there is no section "${heading}"`);
  const to = text.indexOf("\n## ", from + 1);
  return text.slice(from, to < 0 ? undefined : to);
}

test("every flag that the table from serf to grapevine names is one of ours, and none of gossip is missing", () => {
  const flags = new Set([...settings.map(({ flag }) => flag), "--config", "--data-dir"]);
  const named = [...section("From serf to grapevine").matchAll(/`(--[a-z-]+)/g)].map(([, flag]) => flag as string);
  assert.equal(
    named.filter((flag) => !flags.has(flag)),
    [],
  );
  // Those of the log are in docs/retention.md, that of placement in docs/placement.md, those of DNS in docs/dns.md.
  const ofOthers = [...logSettingNames, ...dnsSettingNames] as readonly string[];
  const documentedElsewhere = settings.filter(({ key }) => ofOthers.includes(key)).map(({ flag }) => flag);
  const ourOwn = new Set([
    "--data-dir",
    "--fsync",
    "--new-writer",
    "--log-format",
    "--placement-settle",
    "--tls",
    "--cors-origin",
    "--services",
    "--allow-command-checks",
    ...documentedElsewhere,
  ]);
  const missing = settings.map(({ flag }) => flag).filter((flag) => !named.includes(flag) && !ourOwn.has(flag));
  assert.equal(missing, []);
});

test("every test that the table of wishes names is there, once", () => {
  const directory = path.join(projectDirectory, "tests");
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((file) => /_test\.ts$/.test(file));
  const sources = files.map((file) => readFileSync(path.join(directory, file), "utf8"));
  const rows = section("What Serf's users ask for in vain").match(/^\|.*\|$/gm) ?? [];
  const names = rows.slice(2).map((row) => /`([^`]+)` \|$/.exec(row)?.[1] ?? row);
  assert.ok(names.length >= 10);
  for (const name of names) {
    const holders = sources.filter((source) => source.includes(`test(${JSON.stringify(name)}`));
    assert.is(holders.length, 1, name);
  }
});

test.run();
