// runtimes: node (it reads documents and sources)
/** docs/guarantees.md leads to code and tests that are there, and leaves out no guarantee, rule, checker or mutation. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { faultKinds, mutations } from "../../src/testing/mod.ts";

const projectDirectory = path.resolve(import.meta.dirname, "../..");
const text = readFileSync(path.join(projectDirectory, "docs/guarantees.md"), "utf8");
const readme = readFileSync(path.join(projectDirectory, "README.md"), "utf8");

/** What stands in backticks and begins like a file of the project. */
const paths = [...text.matchAll(/`((?:src|tests|docs|examples|scripts|bench|proto)\/[^`\s]+)`/g)].map(
  (match) => match[1] as string,
);

test("every file that the page names is there", () => {
  assert.ok(paths.length > 40);
  for (const file of paths) assert.ok(existsSync(path.join(projectDirectory, file)), file);
});

test("each guarantee has the sentence of the README, and a section of its own", () => {
  const promised = [...readme.matchAll(/^\| (G\d) \| (.+) \|$/gm)];
  assert.equal(
    promised.map(([, name]) => name),
    ["G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8"],
  );
  for (const [, name, sentence] of promised) {
    assert.ok(text.includes(`| ${name} | ${sentence} |`), `${name} is not told as in the README`);
    assert.ok(text.includes(`\n## ${name}\n`), `${name} has no section`);
  }
});

test("each rule has a row with the files that it is code in", () => {
  const rows = [...text.matchAll(/^\| (R\d) [^|]+ \| [^|]+ \| (`src\/.+|.+`src\/.+) \|$/gm)];
  assert.equal(
    rows.map(([, name]) => name),
    ["R1", "R2", "R3", "R4", "R5", "R6", "R7"],
  );
});

test("no checker and no mutation is left out", () => {
  for (const file of readdirSync(path.join(projectDirectory, "src/testing/checkers"))) {
    assert.ok(paths.includes(`src/testing/checkers/${file}`), file);
  }
  for (const { broken } of mutations) assert.ok(text.includes(`_${broken}_`), broken);
});

test("docs/simulation.md has a row for each checker and each mutation, and names each kind of fault", () => {
  const simulation = readFileSync(path.join(projectDirectory, "docs/simulation.md"), "utf8");
  const helpers = ["low_water_marks", "twins"];
  for (const file of readdirSync(path.join(projectDirectory, "src/testing/checkers"))) {
    const name = file.replace(/\.ts$/, "");
    if (!helpers.includes(name)) assert.ok(simulation.includes(`| \`${name}\` | `), file);
  }
  for (const { rule, name, broken } of mutations) {
    assert.ok(simulation.includes(`| ${rule} | \`${name}\` | ${broken} | `), broken);
  }
  for (const kind of faultKinds) assert.ok(simulation.includes(`\`${kind}\``), kind);
});

test.run();
