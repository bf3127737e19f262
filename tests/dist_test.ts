// runtimes: node (building is one program, whatever runs this file)
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rewriteSpecifiers } from "../scripts/declarations.ts";

const projectDirectory = path.resolve(import.meta.dirname, "..");
/** What browsers load before a page can do anything. */
const clientBytesMax = 40_000;

const committed = path.join(projectDirectory, "dist");

const test = suite<{ directory: string }>("dist");

test.before.each((context) => {
  context.directory = mkdtempSync(path.join(tmpdir(), "grapevine-dist-"));
});
test.after.each((context) => {
  rmSync(context.directory, { recursive: true });
});

/** Path below the directory and text of every file. */
function readTree(directory: string): Map<string, string> {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((file) => statSync(path.join(directory, file)).isFile())
    .sort();
  return new Map(files.map((file) => [file, readFileSync(path.join(directory, file), "utf8")]));
}

function run(command: readonly string[]): { status: number | null; output: string } {
  const [program, ...options] = command as [string, ...string[]];
  const { status, stdout, stderr } = spawnSync(program, options, { cwd: projectDirectory, encoding: "utf8" });
  return { status, output: `${stdout}${stderr}` };
}

test("dist/ is what `npm run build` makes of the sources", ({ directory }) => {
  const built = run([process.execPath, "--import", "tsx", "scripts/build.ts", "--out", directory]);
  assert.is(built.status, 0, built.output);
  const made = readTree(directory);
  const present = readTree(committed);
  assert.equal([...present.keys()], [...made.keys()]);
  for (const [file, text] of made) assert.ok(present.get(file) === text, `dist/${file} differs: npm run build`);
});

test("dist/mod.js imports nothing but what every runtime has, and names no path of this machine", () => {
  const text = readFileSync(path.join(committed, "mod.js"), "utf8");
  const [header] = text.split("\n");
  assert.is(header, '// @ts-self-types="./types/mod.d.ts"');
  for (const [, specifier] of text.matchAll(/^(?:import|export)\b[^;]*?\bfrom "([^"]+)";$/gm)) {
    assert.match(specifier as string, /^node:/);
  }
  assert.not.ok(text.includes(projectDirectory));
});

test("dist/client.js fits into 40,000 bytes gzipped, and names its types", () => {
  const bytes = readFileSync(path.join(committed, "client.js"));
  const gzippedBytes = gzipSync(bytes, { level: 9 }).length;
  assert.ok(gzippedBytes <= clientBytesMax, `${gzippedBytes} bytes`);
  assert.ok(bytes.toString().startsWith('// @ts-self-types="./client.d.ts"\n'));
  const [, types] =
    /^export \* from "\.\/(.*)";$/m.exec(readFileSync(path.join(committed, "client.d.ts"), "utf8")) ?? [];
  assert.match(readFileSync(path.join(committed, types ?? ""), "utf8"), "export declare function connect");
});

test("dist/client.js and the page import nothing", () => {
  for (const file of ["client.js", "console.html"]) {
    const text = readFileSync(path.join(committed, file), "utf8");
    assert.not.match(text, /\bfrom\s*"[^"]+";|\bimport\s*"[^"]+"|<script[^>]+src=|<link[^>]+href="(?!data:)/, file);
  }
});

test("rewriteSpecifiers() names declarations and package versions, and leaves node's modules", () => {
  const relatives: string[] = [];
  const text = `import type { A } from "./a.ts";
export { b } from "../b/mod.ts";
import type { Socket } from "node:net";
import type { Client } from "@connectrpc/connect";
type Field = import("@bufbuild/protobuf/codegenv2").GenField;
`;
  const versions = new Map([
    ["@connectrpc/connect", "2.2.0"],
    ["@bufbuild/protobuf", "2.17.0"],
  ]);
  assert.is(
    rewriteSpecifiers(text, versions, (relative) => relatives.push(relative)),
    `import type { A } from "./a.d.ts";
export { b } from "../b/mod.d.ts";
import type { Socket } from "node:net";
import type { Client } from "npm:@connectrpc/connect@2.2.0";
type Field = import("npm:@bufbuild/protobuf@2.17.0/codegenv2").GenField;
`,
  );
  assert.equal(relatives, ["./a.d.ts", "../b/mod.d.ts"]);
  assert.throws(() => rewriteSpecifiers('import "left-pad";', versions, () => {}), /it is no dependency/);
});

test.run();
