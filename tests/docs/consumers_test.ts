// runtimes: bun (it runs the commands of a document, each in a process of its own)
// timeout: 120
/** The commands of docs/consumers.md do what it says. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { groupLeaseMs, groupMembersMax, groupSlots, groupsMax } from "../../src/server/groups.ts";
import { AgentProcess, run } from "../cli/processes.ts";
import { readBlocks, readCommands, readDocuments } from "./blocks.ts";

const document = readDocuments(path.resolve(import.meta.dirname, "../..")).find(
  ({ file }) => file === "docs/consumers.md",
);
if (document === undefined) throw new Error("docs/consumers.md is missing");

/** What each command prints, in order. */
const printed: readonly RegExp[] = [
  /^produced 3 records to orders/,
  /^one\ntwo\n$/,
  /^three\n$/,
  /^NAME +LAG +SAVED +RESETS\nbilling +0 +\S+ +0\n$/,
  /"name": "billing",\n {2}"cursor": "c1\./,
  /lag +3\n/,
  /^one\ntwo\nthree\n$/,
  /^deleted cursor billing of topic orders\n$/,
  /^one\ntwo\nthree\n$/,
];

test("each command of the page does what the page says", async () => {
  const commands = readBlocks(document)
    .filter(({ language }) => language === "sh")
    .flatMap(readCommands);
  assert.is(commands.length, printed.length);
  await using node = await AgentProcess.start();
  const file = path.join(node.directory, "orders.txt");
  writeFileSync(file, "one\ntwo\nthree\n");
  for (const [index, command] of commands.entries()) {
    const words = command.replace("orders.txt", file).split(" ").slice(1);
    const { code, stdout, stderr } = await run(words, { env: { GRAPEVINE_SERVER: node.rpcUrl } });
    assert.is(code, 0, `${command}: ${stderr}`);
    assert.match(stdout, printed[index] as RegExp);
  }
  const refused = await run(["consume", "orders", "--name", "a", "--group", "b"]);
  assert.is(refused.code, 2);
  assert.match(refused.stderr, "consume takes --name or --group, not both");
});

test("the limits of the page are those of the code", () => {
  const { text } = document;
  assert.match(text, `fall into ${groupSlots} **slots**`);
  assert.match(text, `lease of ${groupLeaseMs / 1_000} s`);
  assert.match(text, `| members of a group | ${groupMembersMax};`);
  assert.match(text, `| groups of one home | ${groupsMax.toLocaleString("en-US")} |`);
});

test.run();
