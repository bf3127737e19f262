// runtimes: bun (it runs the commands of a document, each in a process of its own)
// timeout: 60
/** The commands of docs/services.md do what it says, and its limits are those of the code. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { connect } from "../../src/client/mod.ts";
import { commandRunsMax, networkRunsMax, nodeServicesMax, servicesMax } from "../../src/registry/mod.ts";
import { AgentProcess, Running, run } from "../cli/processes.ts";
import { readBlocks, readCommands, readDocuments } from "./blocks.ts";

const document = readDocuments(path.resolve(import.meta.dirname, "../..")).find(
  ({ file }) => file === "docs/services.md",
);
if (document === undefined) throw new Error("docs/services.md is missing");
const blocks = readBlocks(document);

function blockOf(language: string): (typeof blocks)[number] {
  const found = blocks.find((block) => block.language === language);
  if (found === undefined) throw new Error(`docs/services.md has no block of ${language}`);
  return found;
}

/** What each command prints, in order. */
const printed: readonly RegExp[] = [
  /^registered service web as web with node \S+, at 127\.0\.0\.1:8080\n$/,
  /^reported web passing\n$/,
  /^NAME +ID +NODE +ADDRESS +STATE +RTT +TAGS\nweb +web +\S+ +127\.0\.0\.1:8080 +passing +0\.0 ms +v1\n/,
  /"name": "web",[\s\S]*"output": "12 of 64 workers busy"/,
  /^registered service web as web-1 with node/,
  /^deregistered service web\n$/,
];

/** The words of a command, with what is quoted as one. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? (plain as string)).slice(1);
}

test("each command of the page does what the page says, and a watch tells of it", async () => {
  const commands = readCommands(blockOf("sh"));
  assert.is(commands.length, printed.length);
  const given = ["--services", JSON.stringify([{ name: "zoo", port: 9 }]), "--allow-command-checks"];
  // The page finds the services at 127.0.0.1.
  await using node = await AgentProcess.start(["--bind", "127.0.0.1:0", ...given]);
  const file = path.join(node.directory, "service.json");
  writeFileSync(file, blockOf("json").text);
  const env = { GRAPEVINE_SERVER: node.rpcUrl };
  const watch = new Running(["services", "watch", "--name", "web"], { env });
  for (const [index, command] of commands.entries()) {
    const words = wordsOf(command).map((word) => (word === "service.json" ? file : word));
    const { code, stdout, stderr } = await run(words, { env });
    assert.is(code, 0, `${command}: ${stderr}`);
    assert.match(stdout, printed[index] as RegExp);
    if (index === 0) await watch.printed(/web on \S+ at 127\.0\.0\.1:8080, critical: /);
  }
  await watch.printed(/^changed {2}web on \S+ at \S+, passing: check "ttl" is passing: 12 of 64 workers busy$/m);
  await watch.printed(/^added {4}web \(web-1\) on /m);
  await watch.printed(/^removed {2}web on \S+ at \S+, passing: deregistered$/m);
  watch.child.kill("SIGKILL");
  await watch.finished;
  await using client = connect([node.rpcUrl]);
  await client.services.register({ name: "prog", port: 1, checks: [{ type: "command", command: ["true"] }] });
  const left = await client.services.lookUp({ states: ["passing", "critical"] });
  assert.equal(
    left.map(({ id, metadata }) => [id, metadata]),
    [
      ["prog", {}],
      ["web-1", { zone: "a" }],
      ["zoo", {}],
    ],
  );
});

test("the limits of the page are those of the code", () => {
  const { text } = document;
  const words = (count: number): string => count.toLocaleString("en-US");
  assert.match(text, `| services of one node | ${words(nodeServicesMax)} |`);
  assert.match(text, `in the memory of one | ${words(servicesMax)};`);
  assert.match(text, `at once on a node | ${networkRunsMax}, and ${commandRunsMax} programs |`);
});

test.run();
