/**
 * The files that every node serves beside RPC: the console page, the client for browsers, the library and its types.
 * `scripts/build.ts` makes them. Where the sources run, they are read from dist/ beside the sources, be it on disk or, on
 * Deno, at the URL that the sources were imported from. The library bundle carries them inside, because it may have been imported by URL from a node that is gone by now; only its own text it
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
  const files = await readFiles();
  const assets = new Map<string, Asset>();
  for (const [file, bytes] of files) {
    const type = contentTypes.find(([suffix]) => file.endsWith(suffix))?.[1];
    if (type !== undefined) assets.set(file === "console.html" ? "/" : `/${file}`, { type, bytes });
  }
  return assets;
}

type Files = Map<string, Uint8Array>;

function readFiles(): Promise<Files> {
  if (embeddedAssets !== undefined) return readEmbedded(embeddedAssets);
  return distUrl.protocol === "file:" ? readDist() : fetchDist(distUrl);
}

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

/** What an origin is asked for first: it lists no directory, but the declarations name one another. */
const startingFiles: readonly string[] = ["console.html", "client.js", "client.d.ts", "mod.js", "types/mod.d.ts"];

/** Files that are fetched from an origin, at most: declarations that name more are not ours. */
const fetchedFilesMax = 1_000;

/** Longest wait for the origin that the code was imported from: the node's start waits for it. */
const fetchTimeoutMs = 2_000;
/** The same for a whole dist/, which is larger, and is asked for in as many turns as declarations are deep. */
const distTimeoutMs = 5_000;

/** Exported for its test: what lies in the dist/ at this URL, as far as it answers in time. */
export async function fetchDist(origin: URL, timeoutMs: number = distTimeoutMs): Promise<Files> {
  const files: Files = new Map();
  const signal = AbortSignal.timeout(timeoutMs);
  const asked = new Set(startingFiles);
  for (let wave = startingFiles; wave.length > 0; ) {
    const texts = await Promise.all(wave.map((file) => fetchText(new URL(file, origin), signal)));
    const next: string[] = [];
    for (const [index, file] of wave.entries()) {
      const text = texts[index];
      if (text === undefined) continue;
      files.set(file, toBytes(text));
      for (const named of declarationsIn(file, text)) {
        if (asked.has(named) || asked.size >= fetchedFilesMax) continue;
        asked.add(named);
        next.push(named);
      }
    }
    wave = next;
  }
  return files;
}

async function fetchText(url: URL, signal: AbortSignal): Promise<string | undefined> {
  const response = await fetch(url, { signal }).catch(() => undefined);
  if (response === undefined) return undefined;
  if (response.ok) return response.text().catch(() => undefined);
  await response.body?.cancel().catch(() => undefined);
  return undefined;
}

/** The declarations that one of them names, by their paths below dist/. */
function declarationsIn(file: string, text: string): string[] {
  if (!file.endsWith(".d.ts")) return [];
  const root = "http://dist/";
  return [...text.matchAll(/["'](\.{1,2}\/[\w./-]+\.d\.ts)["']/g)].map(([, name]) =>
    new URL(name as string, root + file).href.slice(root.length),
  );
}

async function readOwnText(): Promise<Uint8Array | undefined> {
  const url = new URL(import.meta.url);
  if (url.protocol === "file:") return new Uint8Array(await readFile(url));
  const response = await fetch(url, { signal: AbortSignal.timeout(fetchTimeoutMs) });
  return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
}
