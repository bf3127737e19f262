// runtimes: node (it reads the sources and runs none of them)
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { importFormRule, importRule, readImports } from "./tidy/imports.ts";
import {
  exportRule,
  fileNameRule,
  foreignWordRule,
  lengthRule,
  looseEndRule,
  purityRule,
  testRunRule,
  versionFaults,
} from "./tidy/rules.ts";
import { codeOnly, type Fault, type Rule, readSources } from "./tidy/sources.ts";

const projectDirectory = path.resolve(import.meta.dirname, "..");
const sources = readSources(projectDirectory);

const rules: Readonly<Record<string, Rule>> = {
  "the import table is kept": importRule,
  "relative imports name their file": importFormRule,
  "pure rooms know no clock, chance or runtime": purityRule,
  "exports are listed by name": exportRule,
  "file names are snake_case": fileNameRule,
  "files stay short": lengthRule,
  "nothing is left for later": looseEndRule,
  "the project speaks of itself alone": foreignWordRule,
  "every test file runs its tests": testRunRule,
};

for (const [name, rule] of Object.entries(rules)) {
  test(name, () => {
    assert.is(describe(sources.flatMap(rule)), "");
  });
}

function describe(faults: readonly Fault[]): string {
  return faults.map((fault) => `${fault.path}:${fault.line} ${fault.message}`).join("\n");
}

test("deno.json says what package.json says", () => {
  const read = (file: string) => readFileSync(path.join(projectDirectory, file), "utf8");
  assert.is(describe(versionFaults(read("package.json"), read("deno.json"))), "");
});

test("package-lock.json names no registry, and every package for every platform", () => {
  const text = readFileSync(path.join(projectDirectory, "package-lock.json"), "utf8");
  assert.not.match(text, '"resolved"');
  assert.is(lockFaults(text).join("\n"), "");
});

/** Packages for other platforms that a registry lacked when the lock was made: `npm ci` refuses to install such a lock. */
function lockFaults(text: string): string[] {
  const { packages } = JSON.parse(text) as {
    packages: Record<string, { version?: string; optionalDependencies?: Record<string, string> }>;
  };
  return Object.entries(packages).flatMap(([owner, { optionalDependencies }]) =>
    Object.keys(optionalDependencies ?? {})
      .filter((name) => packages[`node_modules/${name}`]?.version === undefined)
      .map((name) => `${owner} wants ${name}, which the lock does not have`),
  );
}

test("lockFaults() bites on a package without a version", () => {
  const lock = (version: object) =>
    JSON.stringify({
      packages: { "node_modules/a": { optionalDependencies: { "a-linux": "1" } }, "node_modules/a-linux": version },
    });
  assert.equal(lockFaults(lock({ version: "1" })), []);
  assert.equal(lockFaults(lock({})), ["node_modules/a wants a-linux, which the lock does not have"]);
});

/** What each rule must find, and beside it what it must leave alone. */
const bites: readonly { rule: Rule; path: string; bad: string; good: string }[] = [
  {
    rule: importRule,
    path: "src/gossip/swim.ts",
    bad: 'import { Log } from "../log/mod.ts";',
    good: 'import { Random } from "../base/mod.ts";',
  },
  {
    rule: importRule,
    path: "src/io/files.ts",
    bad: 'import { TopicLog } from "../log/mod.ts";',
    good: 'import type { Directory } from "../log/mod.ts";\nimport { type A, type B } from "../log/mod.ts";',
  },
  {
    rule: importRule,
    path: "src/log/topic.ts",
    bad: 'import { crc32 } from "../base/crc32.ts";',
    good: 'import { crc32 } from "../base/mod.ts";\nimport { Segment } from "./segment.ts";',
  },
  {
    rule: importRule,
    path: "src/base/bytes.ts",
    bad: 'import { readFileSync } from "node:fs";',
    good: 'import {\n  crc32,\n} from "./crc32.ts";',
  },
  {
    rule: importRule,
    path: "src/server/log_service.ts",
    bad: 'import { Agent } from "../agent/mod.ts";',
    good: 'import { Code } from "@connectrpc/connect";\nimport { Log } from "../gen/log/v1/log_pb.ts";',
  },
  {
    rule: importFormRule,
    path: "src/log/topic.ts",
    bad: 'import { a } from "./a";',
    good: 'import { a } from "./a.ts";',
  },
  { rule: purityRule, path: "src/log/topic.ts", bad: "const now = Date.now();", good: "// Date.now() is banned." },
  { rule: purityRule, path: "src/gossip/swim.ts", bad: "Math.log10(8)", good: "Math.floor(8)" },
  { rule: purityRule, path: "src/gossip/swim.ts", bad: "async function go() {}", good: 'const text = "async";' },
  { rule: purityRule, path: "src/base/clock.ts", bad: "setTimeout(go, 1)", good: "clock.schedule(1, go)" },
  { rule: purityRule, path: "src/log/topic.ts", bad: "performance.now()", good: "await directory.sync()" },
  { rule: exportRule, path: "src/log/mod.ts", bad: 'export * from "./a.ts";', good: 'export { a } from "./a.ts";' },
  { rule: exportRule, path: "src/log/topic.ts", bad: "export default 1;", good: "export const a = 1;" },
  { rule: looseEndRule, path: "src/log/topic.ts", bad: "// TO" + "DO later", good: "// Done." },
  { rule: looseEndRule, path: "tests/log/topic_test.ts", bad: "test.sk" + 'ip("a")', good: 'test("a")' },
  { rule: looseEndRule, path: "tests/log/topic_test.ts", bad: "test.on" + 'ly("a")', good: 'test("only")' },
  { rule: looseEndRule, path: "src/log/topic.ts", bad: "a as an" + "y", good: "a as Any" },
  { rule: foreignWordRule, path: "README.md", bad: "cd /wor" + "k/main", good: "network/main" },
  { rule: testRunRule, path: "tests/log/topic_test.ts", bad: "// test.run();", good: "test.run();\n" },
];

for (const { rule, path: file, bad, good } of bites) {
  test(`a rule bites on ${JSON.stringify(bad)} in ${file}`, () => {
    assert.is(rule({ path: file, text: bad }).length, 1);
    assert.equal(
      rule({ path: file, text: good.replaceAll("kitchen", "log") }).length,
      file.includes("kitchen") ? 1 : 0,
    );
  });
}

test("fileNameRule bites on capitals and dashes", () => {
  for (const name of ["src/log/TopicLog.ts", "src/log/topic-log.ts"]) {
    assert.is(fileNameRule({ path: name, text: "" }).length, 1);
  }
  assert.equal(fileNameRule({ path: "src/log/topic_log.ts", text: "" }), []);
});

test("lengthRule bites on line 401", () => {
  assert.is(lengthRule({ path: "src/log/a.ts", text: "\n".repeat(401) }).length, 1);
  assert.equal(lengthRule({ path: "src/log/a.ts", text: "\n".repeat(400) }), []);
});

test("versionFaults() bites on another version, a missing package and other entry points", () => {
  const both = { name: "a", version: "1" };
  const exported = { ".": { types: "./build/mod.d.ts", default: "./build/mod.js" } };
  const packages = { dependencies: { b: "2.0.0", c: "3.0.0" }, devDependencies: {} };
  const packageJson = JSON.stringify({ ...both, exports: exported, ...packages });
  const deno = {
    ...both,
    exports: { ".": "./mod.ts" },
    imports: { b: "npm:b@2.0.0", "b/": "npm:/b@2.0.0/", c: "npm:c@3.0.0" },
  };
  assert.equal(versionFaults(packageJson, JSON.stringify(deno)), []);
  const other = { ...deno, version: "2", exports: {}, imports: { b: "npm:b@2.0.1" } };
  assert.equal(
    versionFaults(packageJson, JSON.stringify(other)).map((fault) => fault.message),
    ["version is 2, not 1", "exports differ", "b is 2.0.1, not 2.0.0", "c is missing from imports"],
  );
});

test("readImports() reads every form", () => {
  const text = `import a from "a";
import type { B } from "b";
import { type C, type D } from "c";
import { type E, f } from "d";
import {
  g,
} from "e";
export { h } from "f";
export type { I } from "g";
import "h";
const j = await import("i");
export const k = "from";
`;
  assert.equal(
    readImports(text).map(({ specifier, typeOnly, line }) => [specifier, typeOnly, line]),
    [
      ["a", false, 1],
      ["b", true, 2],
      ["c", true, 3],
      ["d", false, 4],
      ["e", false, 5],
      ["f", false, 8],
      ["g", true, 9],
      ["h", false, 10],
      ["i", false, 11],
    ],
  );
});

test("codeOnly() blanks comments and texts and keeps the rest in place", () => {
  assert.is(codeOnly('a("b\\"c"); // d\ne'), "a(      );     \ne");
});

test.run();
