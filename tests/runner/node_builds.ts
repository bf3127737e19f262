/** Test files as Node runs them fastest: through a loader each start would cost a second of a processor. */
import { randomUUID } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";

export interface NodeBuilds extends Disposable {
  /** The built file of a test file, by its path below the tests' directory; undefined when there is none. */
  of(file: string): string | undefined;
}

/** A file that was built knows where its source is: tests find their vectors and programs from there. */
const sourcePlaces: Plugin = {
  name: "source-places",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path: file }) => {
      const source = readFileSync(file, "utf8");
      const contents = source
        .replaceAll("import.meta.dirname", JSON.stringify(path.dirname(file)))
        .replaceAll("import.meta.filename", JSON.stringify(file))
        .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(file).href));
      return { contents, loader: "ts" };
    });
  },
};

/** Builds what is given, below node_modules, so that packages are found. What cannot be built is left to the loader. */
export async function buildForNode(
  files: readonly string[],
  { projectDirectory, testsDirectory }: { readonly projectDirectory: string; readonly testsDirectory: string },
): Promise<NodeBuilds> {
  const directory = path.join(projectDirectory, "node_modules/.cache/grapevine-tests", randomUUID());
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  if (files.length === 0) return { of: () => undefined, [Symbol.dispose]: remove };
  const isBuilt = await build({
    entryPoints: files.map((file) => path.join(testsDirectory, file)),
    outbase: testsDirectory,
    outdir: directory,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    keepNames: true,
    logLevel: "silent",
    plugins: [sourcePlaces],
  }).then(
    () => true,
    () => false,
  );
  return {
    of: (file) => (isBuilt ? path.join(directory, file.replace(/\.ts$/, ".mjs")) : undefined),
    [Symbol.dispose]: remove,
  };
}
