/**
 * The files that every node serves beside RPC: the console page, the client for browsers, the library and its types.
 * `scripts/build.ts` makes them. Where the sources run, they are read from dist/ beside the sources. The library bundle
 * carries them inside, because it may have been imported by URL from a node that is gone by now; only its own text it
 * reads again from where it came.
 */
import { readFile } from "node:fs/promises";
import { embeddedAssets } from "./embedded_assets.ts";

export interface Asset {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

const html = "text/html; charset=utf-8";
const javascript = "text/javascript; charset=utf-8";
const typescript = "application/typescript; charset=utf-8";

/** Path of a request and where it lies below dist/. */
const fixedPaths: ReadonlyMap<string, { readonly file: string; readonly contentType: string }> = new Map([
  ["/", { file: "console.html", contentType: html }],
  ["/index.html", { file: "console.html", contentType: html }],
  ["/client.js", { file: "client.js", contentType: javascript }],
  ["/mod.js", { file: "mod.js", contentType: javascript }],
]);

/** Types lie in directories of plain names: no path leads out of them. */
const typesPath = /^\/types\/(?:[a-z0-9_]+\/)*[a-z0-9_]+\.d\.ts$/;

const distUrl = new URL("../../dist/", import.meta.url);

/** Answers with the same bytes for the life of the process: a rebuild needs a restart. */
const loaded = new Map<string, Promise<Uint8Array | undefined>>();

/** The file that a node serves at this path of a URL; undefined when there is none. */
export async function readAsset(urlPath: string): Promise<Asset | undefined> {
  const fixed = fixedPaths.get(urlPath);
  const file = fixed?.file ?? (typesPath.test(urlPath) ? urlPath.slice(1) : undefined);
  if (file === undefined) return undefined;
  const loading = loaded.get(file) ?? load(file);
  loaded.set(file, loading);
  const bytes = await loading;
  // What is not there is not remembered: names come from outside.
  if (bytes === undefined) loaded.delete(file);
  return bytes && { contentType: fixed?.contentType ?? typescript, bytes };
}

async function load(file: string): Promise<Uint8Array | undefined> {
  if (embeddedAssets !== undefined && file !== "mod.js") {
    const text = Object.hasOwn(embeddedAssets, file) ? embeddedAssets[file] : undefined;
    return text === undefined ? undefined : new TextEncoder().encode(text);
  }
  // A bundle of another name than mod.js is still the library.
  const url = embeddedAssets === undefined ? new URL(file, distUrl) : new URL(import.meta.url);
  try {
    if (url.protocol === "file:") return new Uint8Array(await readFile(url));
    const response = await fetch(url);
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
  } catch {
    // Not built, or its origin is gone: the path answers "not found", the node runs on.
    return undefined;
  }
}
