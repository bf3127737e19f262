/**
 * `npm run build` makes dist/, which is committed because imports by URL need it:
 *   mod.js        the library, one module with only `node:` imports: for Deno by URL, for Bun and Node by path
 *   types/        its declarations, which `mod.js` names in its first line, so that Deno knows its types
 *   client.js     the client for browsers, and client.d.ts, which names its types
 *   console.html  the page that every node serves, with everything it needs inside
 * `npm run build -- --out DIRECTORY` writes elsewhere; a test compares that with what is committed.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import path from "node:path";
import { parseArgs } from "node:util";
import type { Plugin } from "esbuild";
import { bundle, bundlePage } from "./console_page.ts";
import { makeDeclarations } from "./declarations.ts";
import { bundlePageClient, pageClientTypes } from "./page_client.ts";

const projectDirectory = path.resolve(import.meta.dirname, "..");

/** Path below dist/ and text. */
type Files = Map<string, string>;

/** Puts the other files into the library: it serves them wherever it was loaded from. */
function embed(files: Files): Plugin {
  const quoted = JSON.stringify(JSON.stringify(Object.fromEntries(files)));
  return {
    name: "embed",
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]src[\\/]agent[\\/]embedded_assets\.ts$/ }, () => ({
        // Parsed as one text: as literals, the lines of these files would look like lines of the bundle.
        contents: `export const embeddedAssets = JSON.parse(${quoted});`,
        loader: "js",
      }));
    },
  };
}

/**
 * CommonJS packages ask for the runtime's own modules by `require`, which an ES module does not have: they get what the
 * module imports under that name.
 */
const runtimeModules: Plugin = {
  name: "runtime-modules",
  setup({ onResolve, onLoad }) {
    const names = new Set(builtinModules);
    onResolve({ filter: /^(node:)?[a-z0-9_/]+$/ }, ({ path: name, kind }) => {
      const bare = name.replace(/^node:/, "");
      if (kind !== "require-call" || !names.has(bare)) return undefined;
      return { path: bare, namespace: "runtime" };
    });
    onLoad({ filter: /.*/, namespace: "runtime" }, ({ path: name }) => ({
      contents: `export * from "node:${name}"; export { default } from "node:${name}";`,
    }));
  },
};

async function makeFiles(scratchDirectory: string): Promise<Files> {
  const files: Files = makeDeclarations(projectDirectory, scratchDirectory);
  files.set("client.js", await bundlePageClient());
  files.set("client.d.ts", pageClientTypes);
  files.set("console.html", await bundlePage());
  const library = await bundle("mod.ts", {
    platform: "node",
    target: "es2022",
    banner: { js: '// @ts-self-types="./types/mod.d.ts"' },
    plugins: [embed(files), runtimeModules],
  });
  return files.set("mod.js", library);
}

const { values } = parseArgs({ options: { out: { type: "string", default: path.join(projectDirectory, "dist") } } });
const outDirectory = path.resolve(values.out);
const scratchDirectory = mkdtempSync(path.join(projectDirectory, "node_modules/.build-"));
try {
  const files = await makeFiles(scratchDirectory);
  rmSync(outDirectory, { recursive: true, force: true });
  for (const [file, text] of files) {
    const place = path.join(outDirectory, file);
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, text);
  }
  const kilobytes = (file: string) => Math.round((files.get(file) ?? "").length / 1000);
  for (const file of ["mod.js", "client.js", "console.html"]) console.log(`${file} ${kilobytes(file)} kB`);
  console.log(`types/ ${[...files.keys()].filter((file) => file.startsWith("types/")).length} files`);
} finally {
  rmSync(scratchDirectory, { recursive: true });
}
