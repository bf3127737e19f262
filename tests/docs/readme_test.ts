// runtimes: node (it starts the other runtimes itself)
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runtimeCommand } from "../runner/runtimes.ts";
import { readBlocks, readCommands, readDocuments, readLinks } from "./blocks.ts";

const projectDirectory = path.resolve(import.meta.dirname, "../..");
const documents = readDocuments(projectDirectory);
const blocks = documents.flatMap(readBlocks);
const commands = blocks.filter((block) => block.language === "sh").flatMap(readCommands);
const manifest = JSON.parse(readFileSync(path.join(projectDirectory, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};

function run(command: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const [program, ...options] = command as [string, ...string[]];
  return spawnSync(program, options, { cwd: projectDirectory, encoding: "utf8" });
}

test("README begins with the two commands that a newcomer types", () => {
  const [agent, tests] = blocks.filter((block) => block.file === "README.md" && block.language === "sh");
  assert.is(agent?.text, "npm install && npm run agent\n");
  assert.is(tests?.text, "npm install && npm test\n");
});

test("links lead to files that exist", () => {
  for (const document of documents) {
    for (const link of readLinks(document)) {
      const target = path.join(projectDirectory, path.dirname(document.file), link);
      assert.ok(existsSync(target), `${document.file} links to ${link}`);
    }
  }
});

test("docs/README.md lists every document beside it", () => {
  const index = documents.find((document) => document.file === "docs/README.md");
  if (index === undefined) throw new Error("docs/README.md is missing");
  const links = readLinks(index);
  for (const { file } of documents) {
    const name = path.basename(file);
    if (file.startsWith("docs/") && name !== "README.md") assert.ok(links.includes(name), `${name} is not listed`);
  }
});

test("npm scripts that the documents name exist", () => {
  assert.ok(commands.length > 0);
  for (const command of commands) {
    const script = /\bnpm (?:run )?(test|run ([\w-]+)|[\w-]+)/.exec(command);
    if (script === null) continue;
    const name = script[1] as string;
    assert.ok(["install", "ci", "pack"].includes(name) || name in manifest.scripts, command);
  }
});

/** Words after `grapevine`, however it is started; undefined for other commands. */
function grapevineWords(command: string): string[] | undefined {
  const words = command.split(/\s+/);
  if (command.startsWith("npm run agent")) return ["agent", ...words.slice(words.indexOf("--") + 1 || words.length)];
  if (command.startsWith("npm run grapevine -- ")) return words.slice(4);
  if (words[0] === "npx") words.shift();
  return words[0] === "grapevine" ? words.slice(1) : undefined;
}

test("commands and flags that the documents name are known to the command line", () => {
  const entry = path.join(projectDirectory, "src/cli/main.ts");
  const helps = new Map<string, string>();
  for (const command of commands) {
    const [first, ...rest] = grapevineWords(command) ?? [];
    if (first === undefined) continue;
    // Services are commanded by a second word, whose help names its flags.
    const name = first === "services" && !rest[0]?.startsWith("--") ? `${first} ${rest[0]}` : first;
    const help = helps.get(name) ?? helpOf(entry, name.split(" "));
    helps.set(name, help);
    for (const flag of rest.filter((word) => word.startsWith("--"))) {
      assert.ok(help.includes(flag), `"${command}": ${name} --help does not name ${flag}`);
    }
  }
  assert.ok(helps.size > 0);
});

function helpOf(entry: string, names: readonly string[]): string {
  const help = run([...runtimeCommand("bun", projectDirectory), entry, ...names, "--help"]);
  assert.is(help.status, 0, `${names.join(" ")} --help: ${help.stderr}`);
  return help.stdout;
}

test("the example in README is examples/three_nodes.ts, and short", () => {
  const example = readFileSync(path.join(projectDirectory, "examples/three_nodes.ts"), "utf8");
  const shown = blocks.find((block) => block.file === "README.md" && block.language === "ts");
  assert.is(shown?.text, example);
  assert.ok(example.split("\n").length <= 25);
});

test("the example runs on every runtime, and every node reads what any wrote", () => {
  const names = ["ann", "bob", "cyd"];
  const expected = names.flatMap((reader) => names.map((writer) => `${reader} reads: written on ${writer}`)).sort();
  for (const runtime of ["bun", "node", "deno"] as const) {
    const ran = run([...runtimeCommand(runtime, projectDirectory), "examples/three_nodes.ts"]);
    assert.is(ran.status, 0, `${runtime}: ${ran.stderr}`);
    assert.equal(ran.stdout.trim().split("\n").sort(), expected, runtime);
  }
});

test("TypeScript in the documents compiles", () => {
  // Inside the project, so that its own name and packages are found.
  const directory = mkdtempSync(path.join(projectDirectory, "node_modules/.documents-"));
  try {
    const files = blocks
      .filter((block) => block.language === "ts")
      .map((block, index) => {
        const file = path.join(directory, `block_${index}.ts`);
        // What a node serves has the types of the entry point that it is made of.
        const text = block.text.replace(/"http:[^"]+\/mod\.js"/, '"@grapevine/log"');
        writeFileSync(file, `${text}\nexport {};\n`);
        return { file, block };
      });
    const configurationFile = path.join(directory, "tsconfig.json");
    const configuration = {
      extends: path.join(projectDirectory, "tsconfig.tests.json"),
      compilerOptions: {
        typeRoots: [path.join(projectDirectory, "node_modules/@types")],
      },
      files: files.map(({ file }) => file),
      include: [],
    };
    writeFileSync(configurationFile, JSON.stringify(configuration));
    const compiled = run([path.join(projectDirectory, "node_modules/.bin/tsc"), "-p", configurationFile]);
    const places = files.map(({ file, block }) => `${path.basename(file)} is ${block.file}:${block.line}`).join("\n");
    assert.is(compiled.status, 0, `${compiled.stdout}\n${places}`);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test.run();
