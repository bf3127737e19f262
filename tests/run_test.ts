// runtimes: node (the runner itself is a Node program; what it starts is not)
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readDirectives } from "./runner/directives.ts";
import { makePlan } from "./runner/plan.ts";
import { closingLine, type RunOptions, type RunResult, runTests } from "./runner/runner.ts";
import { judgeSuite } from "./runner/suite.ts";

const projectDirectory = path.resolve(import.meta.dirname, "..");

const passing = 'import { test } from "uvu"; test("fine", () => {}); test("too", () => {}); test.run();';
const failing = `import { test } from "uvu"; test("fine", () => {}); test("bad", () => { throw new Error("no"); }); test.run();`;
const forgetful = `import { test } from "uvu"; test("never run", () => {});`;
const crashing = `import { test } from "uvu"; test("fine", () => {}); test.run(); setTimeout(() => process.exit(7), 300);`;
const hanging = `import { test } from "uvu"; test("fine", () => {}); test.run(); setInterval(() => {}, 1000);`;

const test = suite<{ directory: string }>("runner");

test.before.each((context) => {
  // A project of its own, so that every runtime finds uvu from there.
  context.directory = mkdtempSync(path.join(tmpdir(), "grapevine-runner-"));
  symlinkSync(path.join(projectDirectory, "node_modules"), path.join(context.directory, "node_modules"));
  copyFileSync(path.join(projectDirectory, "package.json"), path.join(context.directory, "package.json"));
});
test.after.each((context) => {
  rmSync(context.directory, { recursive: true });
});

/** Writes the files, runs them, and returns the counts with what was printed. */
async function run(
  directory: string,
  files: Readonly<Record<string, string>>,
  options: Partial<RunOptions> = {},
): Promise<{ result: RunResult; lines: string[] }> {
  for (const [file, source] of Object.entries(files)) {
    const place = path.join(directory, file);
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, source);
  }
  const lines: string[] = [];
  const result = await runTests({
    projectDirectory,
    testsDirectory: directory,
    runtimes: ["bun"],
    filters: [],
    timeoutSeconds: 20,
    jobs: 2,
    fast: false,
    long: false,
    statics: false,
    simulatorSeconds: undefined,
    print: (line) => lines.push(line),
    ...options,
  });
  return { result, lines };
}

/** A killed orphan may stay listed as a zombie where no init process reaps it. */
function isRunning(processId: number): boolean {
  const state = spawnSync("ps", ["-o", "stat=", "-p", String(processId)], { encoding: "utf8" }).stdout.trim();
  return state !== "" && !state.startsWith("Z");
}

test("runTests() counts tests of every runtime and ends with the closing line alone", async ({ directory }) => {
  const { result, lines } = await run(directory, { "a_test.ts": passing }, { runtimes: ["bun", "node", "deno"] });
  assert.equal(result, { passed: 6, failed: 0, skipped: 0 });
  assert.is(lines.at(-1), "6 passed, 0 failed");
});

test("runTests() prints what a passing file reports, and nothing else of it", async ({ directory }) => {
  const source = `console.log("report: 5 seeds"); console.log("chatter"); ${passing}`;
  const { lines } = await run(directory, { "a_test.ts": source });
  assert.ok(lines.includes("     5 seeds"));
  assert.not.match(lines.join("\n"), "chatter");
});

test("runTests() counts a failing test and shows its output", async ({ directory }) => {
  const { result, lines } = await run(directory, { "a_test.ts": failing });
  assert.equal(result, { passed: 1, failed: 1, skipped: 0 });
  assert.match(lines.join("\n"), /FAIL {2}"bad"/);
  assert.is(lines.at(-1), "1 passed, 1 failed");
});

test("runTests() fails a file that registers no test, on every runtime", async ({ directory }) => {
  const { result, lines } = await run(directory, { "a_test.ts": forgetful }, { runtimes: ["bun", "node", "deno"] });
  assert.equal(result, { passed: 0, failed: 3, skipped: 0 });
  assert.match(lines.join("\n"), "registered no test");
});

test("runTests() fails a file that passes its tests and then ends badly", async ({ directory }) => {
  const { result, lines } = await run(directory, { "a_test.ts": crashing });
  assert.equal(result, { passed: 1, failed: 1, skipped: 0 });
  assert.match(lines.join("\n"), "exit status 7");
});

test("runTests() kills a file that outlives its time, with what it started", async ({ directory }) => {
  const child = `import { spawn } from "node:child_process";
    const child = spawn("sleep", ["600"], { stdio: "ignore" }); console.log("child " + child.pid);`;
  const { result, lines } = await run(directory, { "a_test.ts": `// timeout: 1\n${child}${hanging}` });
  assert.equal(result, { passed: 1, failed: 1, skipped: 0 });
  const output = lines.join("\n");
  assert.match(output, "killed after 1 s");
  const childId = Number(/child (\d+)/.exec(output)?.[1]);
  assert.is(isRunning(childId), false);
});

test("runTests() fails a file whose directive cannot be read", async ({ directory }) => {
  const { result, lines } = await run(directory, { "a_test.ts": `// runtimes: bun\n${passing}` });
  assert.equal(result, { passed: 0, failed: 1, skipped: 0 });
  assert.match(lines.join("\n"), "reason in parentheses");
});

test("runTests() prints why a file stays away from a runtime", async ({ directory }) => {
  const source = `// runtimes: bun (only there)\n${passing}`;
  const { result, lines } = await run(directory, { "a_test.ts": source }, { runtimes: ["bun", "node"] });
  assert.equal(result, { passed: 2, failed: 0, skipped: 0 });
  assert.match(lines[0] as string, "a_test.ts runs on bun only: only there");
});

test("runTests() skips what it cannot provide, and prints the line to type", async ({ directory }) => {
  const programs = process.env["PATH"];
  // Neither the program nor apt-get is found there.
  process.env["PATH"] = directory;
  try {
    const files = { "a_test.ts": `// needs: chromium\n${passing}`, "b_test.ts": passing };
    const { result, lines } = await run(directory, files);
    assert.equal(result, { passed: 2, failed: 0, skipped: 1 });
    assert.match(lines.join("\n"), "skip bun  a_test.ts  needs chromium");
    assert.match(lines.join("\n"), "sudo apt-get update && sudo apt-get install --yes chromium");
    assert.is(lines.at(-1), "2 passed, 0 failed, 1 skipped");
  } finally {
    process.env["PATH"] = programs;
  }
});

test("runTests() leaves out what takes minutes and says so, or runs it alone", async ({ directory }) => {
  const files = { "a_test.ts": `// long\n${passing}`, "b_test.ts": failing };
  const usual = await run(directory, files);
  assert.equal(usual.result, { passed: 1, failed: 1, skipped: 0 });
  assert.is(usual.lines[0], "note a_test.ts takes minutes and is left out: npm run test:long runs it");
  const long = await run(directory, files, { long: true });
  assert.equal(long.result, { passed: 2, failed: 0, skipped: 0 });
});

test("runTests() says why a network namespace cannot be had, which no package would help", async ({ directory }) => {
  const programs = process.env["PATH"];
  writeFileSync(path.join(directory, "unshare"), "#!/bin/sh\necho 'unshare: Operation not permitted' >&2\nexit 1\n", {
    mode: 0o755,
  });
  process.env["PATH"] = directory;
  try {
    const { result, lines } = await run(directory, { "a_test.ts": `// needs: namespaces\n${passing}` });
    assert.equal(result, { passed: 0, failed: 0, skipped: 1 });
    assert.match(
      lines.join("\n"),
      /skip bun {2}a_test.ts {2}needs namespaces \(.*root: unshare: Operation not permitted\)/,
    );
    assert.not.match(lines.join("\n"), "apt-get");
  } finally {
    process.env["PATH"] = programs;
  }
});

test("makePlan() refuses a need that nobody can provide", async ({ directory }) => {
  const { result, lines } = await run(directory, { "a_test.ts": `// needs: unicorn\n${passing}` });
  assert.equal(result, { passed: 0, failed: 1, skipped: 0 });
  assert.match(lines.join("\n"), 'Cannot provide "unicorn": allowed are serf, chromium');
});

test("runTests() gives the long simulation to the first runtime alone", async ({ directory }) => {
  const source = `console.log("seconds " + process.env.SIM_SECONDS); ${failing}`;
  const { lines } = await run(directory, { "a_test.ts": source }, { runtimes: ["bun", "node"], simulatorSeconds: 180 });
  assert.match(lines.join("\n"), "seconds 180");
  assert.match(lines.join("\n"), "seconds 3\n");
});

test("makePlan() puts clusters after quick files, and those that must be alone last", async ({ directory }) => {
  const files = {
    "alone_test.ts": `// alone\n${passing}`,
    "cluster/b_test.ts": passing,
    "log/c_test.ts": passing,
    "gossip/d_test.ts": passing,
    "server/e_test.ts": `// topics: discovery\n${passing}`,
    "cli/f_test.ts": passing,
    "helper.ts": "export {};",
  };
  await run(directory, files, { filters: ["nothing"] });
  const plan = (filters: string[], fast: boolean) =>
    makePlan({
      testsDirectory: directory,
      runtimes: ["bun"],
      filters,
      timeoutSeconds: 9,
      fast,
      long: false,
      simulatorSeconds: 0,
    }).suites.map((each) => each.file);
  const quick = ["gossip/d_test.ts", "log/c_test.ts", "server/e_test.ts"];
  assert.equal(plan([], false), ["cli/f_test.ts", ...quick, "cluster/b_test.ts", "alone_test.ts"]);
  assert.equal(plan([], true), quick);
  assert.equal(plan(["discovery"], false), ["gossip/d_test.ts", "server/e_test.ts"]);
  assert.equal(plan(["^log/"], false), ["log/c_test.ts"]);
});

test("readDirectives() reads the comment lines at the top", () => {
  const source = "// timeout: 300\n// A sentence.\n// needs: serf openssl\n// alone\nimport x;\n";
  const directives = readDirectives(source);
  if (typeof directives === "string") throw new Error(directives);
  assert.is(directives.timeoutSeconds, 300);
  assert.equal(directives.needs, ["serf", "openssl"]);
  assert.is(directives.alone, true);
  assert.is(directives.slow, false);
});

test("readDirectives() says what it cannot read", () => {
  assert.match(readDirectives("// timeout: soon\n") as string, "timeout: soon");
  assert.match(readDirectives("/** What. */\n// alone\n") as string, `Cannot read "alone": it stands below`);
  assert.match(readDirectives("// runtimes: rhino (old)\n") as string, "allowed are bun, node, deno");
});

test("judgeSuite() names the signal that ended a suite", () => {
  const result = { status: undefined, signal: "SIGSEGV", timedOut: false, output: "", durationMs: 1 };
  assert.is(judgeSuite("a", result, 9).fault, "ended by SIGSEGV");
});

test("closingLine() mentions skipped ones only when there are any", () => {
  assert.is(closingLine({ passed: 3, failed: 0, skipped: 0 }), "3 passed, 0 failed");
  assert.is(closingLine({ passed: 3, failed: 1, skipped: 2 }), "3 passed, 1 failed, 2 skipped");
});

test.run();
