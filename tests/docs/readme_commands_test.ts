// runtimes: bun (it runs the commands of a document, each in a process of its own)
// timeout: 120
/** The commands of README, in its order, on free ports in the place of its own: three nodes, and those who use them. */
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { AgentProcess, run } from "../cli/processes.ts";
import { readBlocks, readCommands, readDocuments } from "./blocks.ts";

const readme = readDocuments(path.resolve(import.meta.dirname, "../..")).find(({ file }) => file === "README.md");
if (readme === undefined) throw new Error("README.md is missing");
const commands = readBlocks(readme)
  .filter(({ language }) => language === "sh")
  .flatMap(readCommands);

/** Where README says that something is, and where it is in this test. */
type Places = Map<string, string>;

const gossipDefault = "127.0.0.1:7946";
const rpcDefault = "127.0.0.1:8400";

function inPlace(command: string, places: Places): string {
  return command.replace(/127\.0\.0\.1:\d+/g, (address) => places.get(address) ?? address);
}

/** Words of a command line that are neither the option nor its value. */
function without(words: readonly string[], options: readonly string[]): string[] {
  return words.filter((word, index) => !options.includes(word) && !options.includes(words[index - 1] ?? ""));
}

async function startAgent(command: string, places: Places): Promise<AgentProcess> {
  const words = command.split(" ").slice("npm run agent --".split(" ").length);
  const given = (option: string): string | undefined => words[words.indexOf(option) + 1 || words.length];
  const args = without(words, ["--bind", "--rpc-addr", "--data-dir"]);
  const node = await AgentProcess.start(inPlace(args.join(" "), places).split(" "));
  places.set(given("--bind") ?? gossipDefault, node.gossipAddress);
  places.set(given("--rpc-addr") ?? rpcDefault, new URL(node.rpcUrl).host);
  return node;
}

/** Runs a command of `npm run grapevine --`, with what was piped into it. */
async function grapevine(command: string, places: Places, input = ""): Promise<string> {
  const words = inPlace(command, places).split(" ").slice("npm run grapevine --".split(" ").length);
  const env = { GRAPEVINE_SERVER: `http://${places.get(rpcDefault)}` };
  const { code, stdout, stderr } = await run(words, { env, input });
  assert.is(code, 0, `${command}: ${stderr}`);
  return stdout;
}

/** What a command prints once it prints something: a record takes a moment from node to node. */
async function grapevineUntilItPrints(command: string, places: Places): Promise<string> {
  for (;;) {
    const printed = await grapevine(command, places);
    if (printed !== "") return printed;
  }
}

/** `curl --json BODY URL`, as `curl` would do it. */
async function curl(command: string, places: Places): Promise<Response> {
  const [, body, url] = /^curl --json '([^']+)' (\S+)$/.exec(inPlace(command, places)) ?? [];
  assert.ok(url, `README says ${command}`);
  return fetch(url as string, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: body as string,
  });
}

test("the commands of README do what it says", async () => {
  const places: Places = new Map();
  const agents = commands.filter((command) => command.startsWith("npm run agent -- "));
  assert.is(agents.length, 3);
  await using ann = await startAgent(agents[0] as string, places);
  await using bob = await startAgent(agents[1] as string, places);
  await using cyd = await startAgent(agents[2] as string, places);
  assert.is(new Set([ann, bob, cyd].map((node) => node.rpcUrl)).size, 3);
  let input = "";
  for (const command of commands) {
    if (command.startsWith("echo ")) input = `${/^echo "(.+)"$/.exec(command)?.[1]}\n`;
    else if (command.includes(" -- produce "))
      assert.match(await grapevine(command, places, input), "produced 1 record");
    else if (command.includes(" -- consume ")) assert.is(await grapevineUntilItPrints(command, places), input);
    else if (command.endsWith(" -- members")) assertMembers(await grapevine(command, places));
    else if (command.startsWith("npm run grapevine -- ")) await grapevine(command, places);
    else if (command.startsWith("curl ")) await assertProduced(await curl(command, places));
    // The rest of npm is for a fresh clone, and run there.
    else assert.match(command, /^npm (install|test|run agent)\b/, "README says something that is run nowhere");
  }
});

function assertMembers(listed: string): void {
  for (const name of ["ann", "bob", "cyd"]) assert.match(listed, new RegExp(`^${name} .*\\balive\\b`, "m"));
}

async function assertProduced(answer: Response): Promise<void> {
  assert.is(answer.status, 200);
  assert.ok("offset" in ((await answer.json()) as object));
}

test.run();
