/** The declarations of the public API, in the form that Deno reads beside a module that came by URL. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/** What is published with its types. */
const entries: readonly string[] = ["mod", "src/client/page"];

/** `types/…` and text of every declaration file that the entries reach. */
export function makeDeclarations(projectDirectory: string, scratchDirectory: string): Map<string, string> {
  const made = path.join(scratchDirectory, "types");
  const configuration = {
    extends: path.join(projectDirectory, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      emitDeclarationOnly: true,
      outDir: made,
      rootDir: projectDirectory,
      typeRoots: [path.join(projectDirectory, "node_modules/@types")],
    },
    files: entries.map((entry) => path.join(projectDirectory, `${entry}.ts`)),
    include: [],
  };
  const configurationFile = path.join(scratchDirectory, "tsconfig.json");
  writeFileSync(configurationFile, JSON.stringify(configuration));
  const compiler = path.join(projectDirectory, "node_modules/.bin/tsc");
  const run = spawnSync(compiler, ["-p", configurationFile], { cwd: projectDirectory, encoding: "utf8" });
  if (run.status !== 0) throw new Error(`Cannot emit declarations:\n${run.stdout}${run.stderr}`);
  return collect(made, packageVersions(projectDirectory));
}

function packageVersions(projectDirectory: string): ReadonlyMap<string, string> {
  const manifest = JSON.parse(readFileSync(path.join(projectDirectory, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  return new Map(Object.entries(manifest.dependencies));
}

/** Follows the imports from the entries, so that nothing private is published that nobody refers to. */
function collect(directory: string, versions: ReadonlyMap<string, string>): Map<string, string> {
  const files = new Map<string, string>();
  const waiting = entries.map((entry) => `${entry}.d.ts`);
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(`types/${file}`)) continue;
    const below = path.posix.dirname(file);
    const text = rewriteSpecifiers(readFileSync(path.join(directory, file), "utf8"), versions, (relative) =>
      waiting.push(path.posix.join(below, relative)),
    );
    files.set(`types/${file}`, text);
  }
  return new Map([...files].sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** `./a.ts` becomes `./a.d.ts`, a package becomes `npm:package@version`. */
export function rewriteSpecifiers(
  text: string,
  versions: ReadonlyMap<string, string>,
  onRelative: (specifier: string) => void,
): string {
  return text.replace(
    /(\bfrom\s+|\bimport\s*\(\s*|^import\s+)(["'])([^"']+)\2/gm,
    (_, before: string, quote: string, specifier: string) => {
      if (specifier.startsWith("node:")) return `${before}${quote}${specifier}${quote}`;
      if (specifier.startsWith(".")) {
        const declared = specifier.replace(/\.ts$/, ".d.ts");
        onRelative(declared);
        return `${before}${quote}${declared}${quote}`;
      }
      const [, name, rest] = /^((?:@[^/]+\/)?[^/]+)(\/.*)?$/.exec(specifier) as unknown as [string, string, string?];
      const version = versions.get(name);
      if (version === undefined) throw new Error(`Cannot publish the type of ${specifier}: it is no dependency`);
      return `${before}${quote}npm:${name}@${version}${rest ?? ""}${quote}`;
    },
  );
}
