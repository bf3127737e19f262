/** JavaScript and declarations of mod.ts and src/, file by file, as Node runs them without a loader. */
import { spawnSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const projectDirectory = fileURLToPath(new URL("../", import.meta.url));

/** Emitted trees that are kept for tests; the newest. */
const keptMax = 2;

/** Writes into a directory, which need not be there. Throws with what the compiler says when it finds fault. */
export function emitInto(directory: string, compilerOptions: readonly string[] = []): void {
  const compiler = path.join(projectDirectory, "node_modules/typescript/bin/tsc");
  const config = path.join(projectDirectory, "tsconfig.emit.json");
  const result = spawnSync("node", [compiler, "-p", config, "--outDir", directory, ...compilerOptions], {
    encoding: "utf8",
  });
  if (result.status !== 0) throw new Error(`Cannot emit ${directory}: ${result.stdout}${result.stderr}`);
  finishDeclarations(directory);
  cpSync(path.join(projectDirectory, "dist"), path.join(directory, "dist"), { recursive: true });
}

/** What package.json lets others import. */
const entryDeclarations: ReadonlySet<string> = new Set([
  "mod.d.ts",
  "src/client/mod.d.ts",
  "src/client/browser.d.ts",
  "src/agent/membership.d.ts",
  "src/testing/mod.d.ts",
]);

/** Who compiles against the package need not have chosen this library: `await using` is in what it declares. */
const disposables = '/// <reference lib="esnext.disposable" />\n';

/** The compiler leaves `./a.ts` in declarations as it is. Only itself finds `a.d.ts` by that name: all know `./a.js`. */
function finishDeclarations(directory: string): void {
  for (const file of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".d.ts")) continue;
    const place = path.join(directory, file);
    const text = readFileSync(place, "utf8");
    const named = text.replace(/(\bfrom\s+|\bimport\s*\(\s*|^import\s+)"(\.[^"]+)\.ts"/gm, '$1"$2.js"');
    writeFileSync(place, entryDeclarations.has(file) ? disposables + named : named);
  }
}

/**
 * The directory that holds what the present sources emit: made when it is not there yet. It lies below node_modules, so
 * that packages are found from it.
 */
export function emitted(): string {
  const cache = path.join(projectDirectory, "node_modules/.cache/grapevine");
  const directory = path.join(cache, stateOfSources());
  if (existsSync(directory)) return directory;
  mkdirSync(cache, { recursive: true });
  const fresh = path.join(cache, `fresh-${randomUUID()}`);
  // Types are checked elsewhere.
  emitInto(fresh, ["--noCheck"]);
  try {
    renameSync(fresh, directory);
  } catch {
    // Another process was faster.
    rmSync(fresh, { recursive: true, force: true });
  }
  forgetOld(cache);
  return directory;
}

function stateOfSources(): string {
  const hash = createHash("sha256");
  for (const root of ["mod.ts", "scripts/emit.ts", "tsconfig.json", "tsconfig.emit.json", "src", "dist"]) {
    const top = path.join(projectDirectory, root);
    const files = statSync(top).isDirectory() ? readdirSync(top, { recursive: true, encoding: "utf8" }).sort() : [""];
    for (const file of files) {
      const { size, mtimeMs } = statSync(path.join(top, file));
      hash.update(`${root}/${file} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest("hex").slice(0, 16);
}

function forgetOld(cache: string): void {
  const ageOf = (name: string): number => statSync(path.join(cache, name)).mtimeMs;
  const known = readdirSync(cache).filter((name) => !name.startsWith("fresh-"));
  known.sort((left, right) => ageOf(right) - ageOf(left));
  for (const name of known.slice(keptMax)) rmSync(path.join(cache, name), { recursive: true, force: true });
}
