/** The console page as one text, with everything it needs inside. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { type BuildOptions, build } from "esbuild";
import { leanClient } from "./lean_client.ts";

const projectDirectory = path.resolve(import.meta.dirname, "..");

export const forBrowsers: BuildOptions = {
  ...{ platform: "browser", target: "es2022", minify: true },
  plugins: [leanClient(projectDirectory, { forPages: false })],
};

export async function bundle(entry: string, options: BuildOptions): Promise<string> {
  const result = await build({
    entryPoints: [path.join(projectDirectory, entry)],
    absWorkingDir: projectDirectory,
    bundle: true,
    format: "esm",
    charset: "utf8",
    write: false,
    logLevel: "warning",
    ...options,
  });
  return (result.outputFiles?.[0]?.text ?? "").replaceAll(projectDirectory, "");
}

/**
 * The page with its script and its style sheet put in place of the links to them. It lets itself run nothing else: no
 * script of a record, nothing from elsewhere. It asks any server, because it asks every node.
 */
export async function bundlePage(): Promise<string> {
  let page = readFileSync(path.join(projectDirectory, "web/index.html"), "utf8");
  const hashes = { script: "'none'", style: "'none'" };
  for (const [tag, name] of page.matchAll(/<script type="module" src="\.?\/?([\w./-]+)"><\/script>/g)) {
    const script = await bundle(`web/${name}`, forBrowsers);
    hashes.script = hashOf(script);
    page = page.replace(tag, () => `<script type="module">${script}</script>`);
  }
  for (const [tag, name] of page.matchAll(/<link rel="stylesheet" href="\.?\/?([\w./-]+)"\s*\/?>/g)) {
    const style = await bundle(`web/${name}`, forBrowsers);
    hashes.style = hashOf(style);
    page = page.replace(tag, () => `<style>${style}</style>`);
  }
  const policy = [
    "default-src 'none'",
    `script-src ${hashes.script}`,
    `style-src ${hashes.style}`,
    "img-src data:",
    "connect-src http: https:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return page.replace(
    '<meta charset="utf-8" />',
    (charset) => `${charset}\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`,
  );
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
