// runtimes: node (npm packs and installs, and the other runtimes are started from here)
// slow
// timeout: 240
/** What `npm pack` makes works in an empty project: on Node and Bun, for the compiler, and for a bundler. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const projectDirectory = path.resolve(import.meta.dirname, "..");
const bun = path.join(projectDirectory, "node_modules/.bin/bun");
const compiler = path.join(projectDirectory, "node_modules/typescript/bin/tsc");

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

const test = suite<{ directory: string; packed: Packed; tarball: string }>("the package");

function run(command: readonly string[], directory: string): { status: number | null; stdout: string; stderr: string } {
  const [program, ...options] = command as [string, ...string[]];
  return spawnSync(program, options, { cwd: directory, encoding: "utf8" });
}

function mustRun(command: readonly string[], directory: string): string {
  const { status, stdout, stderr } = run(command, directory);
  assert.is(status, 0, `${command.join(" ")}\n${stdout}${stderr}`);
  return stdout;
}

// Packed and installed once: what follows only reads it.
test.before((context) => {
  context.directory = mkdtempSync(path.join(tmpdir(), "grapevine-package-"));
  const listed = mustRun(["npm", "pack", "--json", "--pack-destination", context.directory], projectDirectory);
  // The script that npm runs first may print before it.
  [context.packed] = JSON.parse(listed.slice(listed.indexOf("[\n"))) as [Packed];
  context.tarball = path.join(context.directory, context.packed.filename);
  write(context.directory, "package.json", '{ "name": "empty", "private": true, "type": "module" }');
  mustRun(["npm", "install", "--prefer-offline", "--no-audit", "--no-fund", context.tarball], context.directory);
});
test.after((context) => {
  rmSync(context.directory, { recursive: true, force: true });
});

function write(directory: string, file: string, text: string): string {
  const place = path.join(directory, file);
  writeFileSync(place, text);
  return place;
}

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

function readManifest(directory: string): Manifest {
  const file = path.join(directory, "node_modules/@grapevine/log/package.json");
  return JSON.parse(readFileSync(file, "utf8")) as Manifest;
}

/** Every text in a value, however deep. */
function textsIn(value: unknown): string[] {
  return typeof value === "string" ? [value] : Object.values(value as object).flatMap(textsIn);
}

test("it holds what it emits, what nodes serve, and the messages: no sources, no tests, nothing of this machine", ({
  directory,
  packed,
}) => {
  const files = packed.files.map((file) => file.path);
  const allowed =
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|proto\/[\w/]+\.proto|build\/(mod|src\/[\w/]+|dist\/(types\/)?[\w/]+)\.(js|d\.ts|html))$/;
  assert.equal(
    files.filter((file) => !allowed.test(file)),
    [],
  );
  assert.equal(
    files.filter((file) => /_test\.|(^|\/)tests?\//.test(file)),
    [],
  );
  for (const file of files) {
    const text = readFileSync(path.join(directory, "node_modules/@grapevine/log", file), "utf8");
    assert.not.ok(text.includes(projectDirectory), `${file} names ${projectDirectory}`);
    assert.not.match(
      text,
      /-----BEGIN [A-Z ]*PRIVATE KEY-----|\bnpm_[A-Za-z0-9]{36}\b|\bgh[ps]_[A-Za-z0-9]{36}\b/,
      file,
    );
  }
});

test("every entry point and command that it names is in it", ({ directory, packed }) => {
  const { exports, bin } = readManifest(directory);
  const files = new Set(packed.files.map((file) => file.path));
  const named = [...textsIn(exports), ...Object.values(bin)].map((file) => file.replace(/^\.\//, ""));
  assert.ok(named.length >= 11);
  for (const file of named) assert.ok(files.has(file), file);
});

test("it imports the packages that it depends on, all of them and no others", ({ directory }) => {
  const root = path.join(directory, "node_modules/@grapevine/log/build");
  const used = new Set<string>();
  const modules = ["mod.js", ...readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" })];
  for (const file of modules.filter((name) => name.endsWith(".js"))) {
    const text = readFileSync(path.join(root, file === "mod.js" ? file : `src/${file}`), "utf8");
    for (const [, specifier] of text.matchAll(/^(?:import|export|\}) ?(?:[^"';]*?from )?"([^."][^"]*)";$/gm)) {
      const [name] = /^(@[^/]+\/)?[^/]+/.exec(specifier as string) ?? [];
      if (name !== undefined && !name.startsWith("node:") && !builtinModules.includes(name)) used.add(name);
    }
  }
  assert.equal([...used].sort(), Object.keys(readManifest(directory).dependencies).sort());
});

/** Starts a node, joins another when one is named, and writes a record. The first waits until its input ends. */
const nodeProgram = `
import { Agent } from "@grapevine/log";
import { connect } from "@grapevine/log/client";
import { MembershipNode } from "@grapevine/log/membership";
import { World } from "@grapevine/log/testing";

for (const name of [Agent.start, connect, MembershipNode.start, World]) if (typeof name !== "function") throw new Error();
const [dataDir, ...join] = process.argv.slice(2);
const agent = await Agent.start({ dataDir, join, bind: "127.0.0.1:0", rpcAddr: "127.0.0.1:0", profile: "local" });
await agent.topic("orders").produce({ value: "from " + dataDir });
console.log(agent.gossipAddress);
for (const path of ["/", "/mod.js", "/types/mod.d.ts"]) {
  if (!(await fetch("http://" + agent.rpcAddress + path)).ok) throw new Error("does not serve " + path);
}
let count = 0;
for await (const record of agent.topic("orders").consume({ from: "earliest" })) {
  console.log(record.text());
  if (++count === 2) break;
}
const client = connect("http://" + agent.rpcAddress);
console.log((await client.topics()).length);
client.close();
// The first waits until the second has read.
if (join.length === 0) for await (const _ of process.stdin);
await agent.close();
`;

test("a node on Node and a node on Bun join, and each reads what both wrote", async ({ directory }) => {
  const file = write(directory, "node.mjs", nodeProgram);
  const first = spawn(process.execPath, [file, "Node"], { cwd: directory, stdio: ["pipe", "pipe", "inherit"] });
  try {
    const lines = createInterface({ input: first.stdout })[Symbol.asyncIterator]();
    const { value: address } = (await lines.next()) as { value: string };
    const [, ...second] = mustRun([bun, file, "Bun", address], directory).trim().split("\n");
    const expected = ["1", "from Bun", "from Node"];
    assert.equal(second.sort(), expected, "on Bun");
    const read: string[] = [];
    while (read.length < expected.length) read.push((await lines.next()).value as string);
    assert.equal(read.sort(), expected, "on Node");
    first.stdin.end();
    const code = await new Promise((resolve) => first.once("close", resolve));
    assert.is(code, 0);
  } finally {
    first.kill("SIGKILL");
  }
});

test("the command runs on Node, from npx, and on Bun", ({ directory }) => {
  for (const command of [
    ["npx", "--no-install"],
    [bun, "x", "--bun"],
  ]) {
    assert.match(mustRun([...command, "grapevine", "--help"], directory), /^Usage: grapevine/);
  }
});

/** Uses every entry point rightly and, where the compiler must find fault, wrongly. */
const typedProgram = `
import { Agent, type AgentOptions, type LogRecord } from "@grapevine/log";
import { connect } from "@grapevine/log/client";
import { MembershipNode } from "@grapevine/log/membership";
import { World } from "@grapevine/log/testing";

const options: AgentOptions = { bind: "127.0.0.1:0" };
// @ts-expect-error
const wrong: AgentOptions = { bind: 7 };
export const agent: Agent = await Agent.start(options ?? wrong);
export async function read(): Promise<LogRecord | undefined> {
  // @ts-expect-error
  await agent.topic(7);
  for await (const record of connect(["http://127.0.0.1:8400"]).consume("orders")) return record;
  return undefined;
}
// @ts-expect-error
connect(7);
// @ts-expect-error
await MembershipNode.start({ bind: 7 });
// @ts-expect-error
new World("one");
`;

test("the compiler knows its types, and checks them as strictly as it can", ({ directory }) => {
  const file = write(directory, "typed.mts", typedProgram);
  for (const [resolution, module] of [
    ["nodenext", "nodenext"],
    ["bundler", "esnext"],
  ] as const) {
    // What declares types of Node is not installed: the library says nothing in them.
    const options = ["--noEmit", "--strict", "--skipLibCheck", "false", "--target", "es2022", "--lib", "es2023,dom"];
    const resolved = ["--module", module, "--moduleResolution", resolution];
    mustRun([process.execPath, compiler, ...options, ...resolved, file], directory);
  }
});

test("a bundler for browsers takes the client that is made for them", async ({ directory }) => {
  const file = write(
    directory,
    "page.js",
    'import { connect } from "@grapevine/log/client"; globalThis.log = connect("/");',
  );
  const { metafile } = await build({
    ...{ entryPoints: [file], absWorkingDir: directory, bundle: true, write: false, metafile: true, format: "esm" },
    ...{ platform: "browser", logLevel: "silent" },
  });
  const inputs = Object.keys(metafile.inputs).map((input) =>
    input.replace("node_modules/@grapevine/log/build/src/", ""),
  );
  assert.ok(inputs.includes("client/browser.js"));
  assert.not.ok(inputs.includes("client/transport_node.js"));
});

test("npm would publish it, and has nothing to put right", ({ directory, tarball }) => {
  const { status, stderr } = run(["npm", "publish", "--dry-run", "--access", "public", tarball], directory);
  assert.is(status, 0, stderr);
  const warnings = stderr.split("\n").filter((line) => line.startsWith("npm warn publish"));
  // Nobody is logged in where tests run.
  assert.equal(
    warnings.filter((line) => !/requires you to be logged in/.test(line)),
    [],
  );
});

test.run();
