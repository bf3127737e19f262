// runtimes: node (it starts the other runtimes itself)
// slow
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Agent } from "../mod.ts";
import { readBlocks, readCommands, readDocuments } from "./docs/blocks.ts";
import { runtimeCommand } from "./runner/runtimes.ts";

const projectDirectory = path.resolve(import.meta.dirname, "..");
const committed = path.join(projectDirectory, "dist");

const test = suite<{ directory: string }>("running dist");

test.before.each((context) => {
  context.directory = mkdtempSync(path.join(tmpdir(), "grapevine-dist-"));
});
test.after.each((context) => {
  rmSync(context.directory, { recursive: true });
});

function run(command: readonly string[]): { status: number | null; output: string } {
  const [program, ...options] = command as [string, ...string[]];
  const { status, stdout, stderr } = spawnSync(program, options, { cwd: projectDirectory, encoding: "utf8" });
  return { status, output: `${stdout}${stderr}` };
}

/** Starts a node from the bundle at this URL and prints how it answers for what every node serves. */
function nodeProgram(bundleUrl: string, dataDir: string): string {
  return `import { Agent } from "${bundleUrl}";
const agent = await Agent.start({ bind: "127.0.0.1:0", rpcAddr: "127.0.0.1:0", dataDir: ${JSON.stringify(dataDir)} });
for (const path of ["/", "/client.js", "/mod.js", "/types/mod.d.ts", "/absent.js"]) {
  const answer = await fetch("http://" + agent.rpcAddress + path);
  console.log(path, answer.status, (await answer.text()).length);
}
await agent.close();
`;
}

/** What such a node must print: it serves what is committed, from wherever it came. */
function expectedAnswers(): string {
  const characters = (file: string) => readFileSync(path.join(committed, file), "utf8").length;
  return [
    `/ 200 ${characters("console.html")}`,
    `/client.js 200 ${characters("client.js")}`,
    `/mod.js 200 ${characters("mod.js")}`,
    `/types/mod.d.ts 200 ${characters("types/mod.d.ts")}`,
  ].join("\n");
}

test("dist/mod.js runs a node on every runtime, which serves all of dist/", ({ directory }) => {
  const file = path.join(directory, "node.mjs");
  for (const runtime of ["bun", "node", "deno"] as const) {
    const bundleUrl = pathToFileURL(path.join(committed, "mod.js")).href;
    writeFileSync(file, nodeProgram(bundleUrl, path.join(directory, runtime)));
    // Node runs the bundle as it is, without tsx.
    const command = runtime === "node" ? [process.execPath] : runtimeCommand(runtime, projectDirectory);
    const ran = run([...command, file]);
    assert.is(ran.status, 0, `${runtime}: ${ran.output}`);
    assert.ok(ran.output.startsWith(`${expectedAnswers()}\n/absent.js 404`), `${runtime}: ${ran.output}`);
  }
});

/** What hosts of repositories do: every file as plain text, below a path of their own. */
async function startRawHost(): Promise<{ readonly url: string; close(): void }> {
  const root = "/owner/grapevine/main/";
  const host = createServer((request, response) => {
    const file = path.join(projectDirectory, (request.url ?? "").slice(root.length));
    const found = statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
    response.writeHead(found ? 200 : 404, { "content-type": "text/plain; charset=utf-8" });
    response.end(found ? readFileSync(file) : "not found");
  });
  await new Promise<void>((resolve) => host.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(host.address() as AddressInfo).port}${root}`,
    close: () => {
      host.closeAllConnections();
      host.close();
    },
  };
}

/** Deno as on a machine that never saw this project. This process goes on meanwhile: it serves what is imported. */
async function runDeno(directory: string, command: readonly string[]): Promise<{ status: number; output: string }> {
  const [deno] = runtimeCommand("deno", projectDirectory) as [string];
  const env = { ...process.env, DENO_DIR: path.join(directory, "cache"), NO_COLOR: "1" };
  const child = spawn(deno, command, { cwd: directory, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const status = await new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? -1)));
  return { status, output };
}

/** The program of docs/packages.md, with these addresses in the place of its own, and how to run and check it. */
function documentedImport(url: string, gossipAddress: string): { program: string; commands: string[][] } {
  const page = readDocuments(projectDirectory).find(({ file }) => file === "docs/packages.md");
  if (page === undefined) throw new Error("docs/packages.md is missing");
  const blocks = readBlocks(page);
  const [program] = blocks.filter(({ language }) => language === "ts");
  const commands = blocks.filter(({ language }) => language === "sh").flatMap(readCommands);
  const text = program?.text.replace("http://127.0.0.1:8400/mod.js", url).replace("127.0.0.1:7946", gossipAddress);
  return {
    program: text ?? "",
    commands: commands.filter((command) => command.startsWith("deno ")).map((command) => command.split(" ")),
  };
}

test("Deno imports from a running node in an empty directory without configuration: it joins, and writes", async ({
  directory,
}) => {
  const settings = { nodeName: "first", dataDir: path.join(directory, "first"), bind: "127.0.0.1:0" };
  await using first = await Agent.start({ ...settings, rpcAddr: "127.0.0.1:0", profile: "local" });
  const url = `http://${first.rpcAddress}/mod.js`;
  const empty = path.join(directory, "empty");
  mkdirSync(empty);
  const documented = documentedImport(url, first.gossipAddress);
  writeFileSync(path.join(empty, "second.ts"), documented.program);
  for (const [deno, ...options] of documented.commands) {
    assert.is(deno, "deno");
    const ran = await runDeno(empty, options);
    assert.is(ran.status, 0, ran.output);
    if (options[0] === "run") assert.match(ran.output, "2 members");
  }
  for await (const record of first.topic("orders").consume({ from: "earliest" })) {
    assert.is(record.text(), "written on Deno");
    break;
  }
  // Types that are not known would be any, and nothing wrong.
  writeFileSync(path.join(empty, "wrong.ts"), `import { Agent } from "${url}"; await Agent.start({ bind: 7 });`);
  const wrong = await runDeno(empty, ["check", "--allow-import", "--quiet", "--no-config", "wrong.ts"]);
  assert.is.not(wrong.status, 0);
  assert.match(wrong.output, "Type 'number' is not assignable to type 'string'");
});

test("Deno imports from a host of repositories, and that node serves all of dist/", async ({ directory }) => {
  const host = await startRawHost();
  try {
    const file = path.join(directory, "node.mjs");
    // The sources name packages, which only a map of imports tells the places of.
    for (const [entry, map] of [
      ["dist/mod.js", []],
      ["mod.ts", ["--import-map", `${host.url}deno.json`]],
    ] as const) {
      writeFileSync(file, nodeProgram(`${host.url}${entry}`, path.join(directory, "data")));
      const ran = await runDeno(directory, ["run", "--allow-all", "--quiet", "--no-config", ...map, file]);
      assert.ok(ran.output.startsWith(expectedAnswers()), `${entry}: ${ran.output}`);
    }
  } finally {
    host.close();
  }
});

test("dist/client.js runs outside browsers too", ({ directory }) => {
  const file = path.join(directory, "client.mjs");
  const clientUrl = pathToFileURL(path.join(committed, "client.js")).href;
  writeFileSync(file, `import { connect } from "${clientUrl}"; console.log(typeof connect);`);
  for (const runtime of ["bun", "node", "deno"] as const) {
    assert.is(run([...runtimeCommand(runtime, projectDirectory), file]).output.trim(), "function", runtime);
  }
});

test("JSR would take the package: types of all entry points stand alone", () => {
  const [deno] = runtimeCommand("deno", projectDirectory) as [string];
  // The rules of JSR alone: whether types are right is checked elsewhere, in a tenth of the time.
  const published = run([deno, "publish", "--dry-run", "--allow-dirty", "--no-check"]);
  assert.is(published.status, 0, published.output);
});

test.run();
