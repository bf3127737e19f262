// runtimes: bun (it runs the commands of a document, each in a process of its own)
// timeout: 120
// needs: dig
/** The commands of docs/dns.md do what it says, and its tables and limits are those of the code. */
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { dnsSettingNames, dnsSettingsOf } from "../../src/agent/dns_options.ts";
import { settings } from "../../src/cli/agent_settings.ts";
import { domainCharactersMax, queryBytesMax } from "../../src/dns/mod.ts";
import { AgentProcess, run } from "../cli/processes.ts";
import { readBlocks, readCommands, readDocuments } from "./blocks.ts";

const execute = promisify(execFile);
const document = readDocuments(path.resolve(import.meta.dirname, "../..")).find(({ file }) => file === "docs/dns.md");
if (document === undefined) throw new Error("docs/dns.md is missing");
const blocks = readBlocks(document);

/** What each command prints after the one that starts the node, in order. */
const printed: readonly RegExp[] = [
  /web/,
  /^127\.0\.0\.1\n$/,
  /^1 1 8080 alder\.node\.grapevine\.\n$/,
  /^127\.0\.0\.1\n$/,
  /^1 1 8080 alder\.node\.grapevine\.\n$/,
  /^127\.0\.0\.1\n$/,
  /HINFO\s+"RFC8482" ""[\s\S]*\(TCP\)/,
];

test("each command of the page does what the page says, and so does its program", async () => {
  const [first, ...commands] = blocks.filter(({ language }) => language === "sh").flatMap(readCommands);
  assert.is(commands.length, printed.length);
  const words = (first as string).replace("127.0.0.1:8600", "127.0.0.1:0").split(" ").slice(2);
  // The page finds the services at 127.0.0.1.
  await using node = await AgentProcess.start(["--bind", "127.0.0.1:0", ...words]);
  const [, port = ""] = await node.running.printed(/^dns +127\.0\.0\.1:(\d+)$/m);
  for (const [index, command] of commands.entries()) {
    const [program = "", ...rest] = command.replace("8600", port).split(" ");
    const { stdout } =
      program === "dig" ? await execute(program, rest) : await run(rest, { env: { GRAPEVINE_SERVER: node.rpcUrl } });
    assert.match(stdout, printed[index] as RegExp, command);
  }
  const script = blocks.find(({ language }) => language === "ts")?.text.replace("8600", port) ?? "";
  const { stdout } = await execute(process.execPath, ["-e", script]);
  assert.is(stdout, "alder.node.grapevine 8080\n");
});

test("the table names each setting of the DNS with its flag, its key and its default", () => {
  const rows = [...document.text.matchAll(/^\| `(--[a-z-]+)` \| `(\w+)` \| .* \| (.+) \|$/gm)];
  const ofDns = settings.filter(({ key }) => (dnsSettingNames as readonly string[]).includes(key));
  assert.equal(
    rows.map(([, flag, key]) => `${flag} ${key}`).sort(),
    ofDns.map(({ flag, key }) => `${flag} ${key}`).sort(),
  );
  assert.is(ofDns.length, dnsSettingNames.length);
  for (const [, flag, , value = ""] of rows) {
    const help = ofDns.find((setting) => setting.flag === flag)?.help ?? "";
    assert.match(help, `(default: ${value.replaceAll("`", "")})`);
  }
  const defaults = dnsSettingsOf({ dnsAddr: "127.0.0.1" });
  assert.equal(defaults, { bind: { host: "127.0.0.1", port: 8_600 }, domain: "grapevine", ttlSeconds: 0 });
});

test("the limits of the page are those of the code", () => {
  const { text } = document;
  assert.match(text, `| query | ${queryBytesMax.toLocaleString("en-US")} bytes`);
  assert.match(text, `| \`--dns-domain\` | ${domainCharactersMax} characters |`);
});

test.run();
