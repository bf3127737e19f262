// runtimes: node (it starts the other runtimes itself)
// slow
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
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

test("dist/mod.js serves all of dist/ also where it was imported by URL", async ({ directory }) => {
  const origin = createServer((request, response) => {
    const found = request.url === "/mod.js";
    response.writeHead(found ? 200 : 404, { "content-type": "text/javascript" });
    response.end(found ? readFileSync(path.join(committed, "mod.js")) : "");
  });
  await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = origin.address() as AddressInfo;
    const file = path.join(directory, "node.mjs");
    writeFileSync(file, nodeProgram(`http://127.0.0.1:${port}/mod.js`, path.join(directory, "data")));
    const [deno, ...options] = runtimeCommand("deno", projectDirectory) as [string, ...string[]];
    const environment = { ...process.env, DENO_DIR: path.join(directory, "cache"), NO_COLOR: "1" };
    const ran = await promisify(execFile)(deno, [...options, "--no-config", file], { env: environment });
    assert.ok(ran.stdout.startsWith(expectedAnswers()), ran.stdout);
  } finally {
    origin.closeAllConnections();
    origin.close();
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

test("Deno knows the types of dist/mod.js", ({ directory }) => {
  const file = path.join(directory, "types.ts");
  const use = (options: string) => `import { Agent } from "${pathToFileURL(path.join(committed, "mod.js")).href}";
await using agent = await Agent.start(${options});
`;
  const check = () => {
    const [deno] = runtimeCommand("deno", projectDirectory) as [string];
    return run([deno, "check", "--config", path.join(projectDirectory, "deno.json"), file]);
  };
  writeFileSync(file, use('{ bind: "127.0.0.1:0" }'));
  const good = check();
  assert.is(good.status, 0, good.output);
  writeFileSync(file, use("{ bind: 7 }"));
  const bad = check();
  assert.is.not(bad.status, 0);
  assert.match(bad.output, "not assignable");
});

test("JSR would take the package: types of all entry points stand alone", () => {
  const [deno] = runtimeCommand("deno", projectDirectory) as [string];
  const published = run([deno, "publish", "--dry-run", "--allow-dirty"]);
  assert.is(published.status, 0, published.output);
});

test.run();
