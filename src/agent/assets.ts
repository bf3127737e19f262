/**
 * The files that every node serves beside RPC: the console page, the client for browsers, the library and its types.
 * `scripts/build.ts` makes them. Where the sources run, they are read from dist/ beside the sources. The library bundle
 * carries them inside, because it may have been imported by URL from a node that is gone by now; only its own text it
 * reads again from where it came.
 */
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { toBytes } from "../base/mod.ts";
import type { Asset } from "../server/mod.ts";
import { embeddedAssets } from "./embedded_assets.ts";

const distUrl = new URL("../../dist/", import.meta.url);

const contentTypes: readonly (readonly [suffix: string, type: string])[] = [
  [".html", "text/html; charset=utf-8"],
  [".d.ts", "application/typescript; charset=utf-8"],
  [".js", "text/javascript; charset=utf-8"],
];

/**
 * Everything that there is to serve, by the path of the request. Never rejects: what cannot be read is not served, and
 * the node runs without it.
 */
export async function loadAssets(): Promise<ReadonlyMap<string, Asset>> {
  const files = embeddedAssets === undefined ? await readDist() : await readEmbedded(embeddedAssets);
  const assets = new Map<string, Asset>();
  for (const [file, bytes] of files) {
    const type = contentTypes.find(([suffix]) => file.endsWith(suffix))?.[1];
    if (type !== undefined) assets.set(file === "console.html" ? "/" : `/${file}`, { type, bytes });
  }
  return assets;
}

type Files = Map<string, Uint8Array>;

async function readDist(): Promise<Files> {
  const files: Files = new Map();
  for (const name of await readdir(fileURLToPath(distUrl), { recursive: true }).catch(() => [])) {
    const file = name.replaceAll("\\", "/");
    // Directories are listed among the files, and are not served.
    if (!/\.[a-z]+$/.test(file)) continue;
    const bytes = await readFile(new URL(file, distUrl)).catch(() => undefined);
    if (bytes !== undefined) files.set(file, new Uint8Array(bytes));
  }
  return files;
}

async function readEmbedded(embedded: Readonly<Record<string, string>>): Promise<Files> {
  const files: Files = new Map(Object.entries(embedded).map(([file, text]) => [file, toBytes(text)]));
  const own = await readOwnText().catch(() => undefined);
  if (own !== undefined) files.set("mod.js", own);
  return files;
}

/** Longest wait for an origin that a bundle was imported from: the node's start waits for it. */
const fetchTimeoutMs = 2_000;

async function readOwnText(): Promise<Uint8Array | undefined> {
  const url = new URL(import.meta.url);
  if (url.protocol === "file:") return new Uint8Array(await readFile(url));
  const response = await fetch(url, { signal: AbortSignal.timeout(fetchTimeoutMs) });
  return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
}
