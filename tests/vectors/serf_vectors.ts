/** The bytes captured from real agents, as tests use them. */
import { readFileSync } from "node:fs";
import { fromHex } from "../../src/base/mod.ts";

export interface SerfVector {
  readonly name: string;
  readonly transport: string;
  readonly hex?: string;
  readonly decoded?: unknown;
  readonly layers?: readonly string[];
  readonly label?: string;
  readonly key_hex?: string;
  readonly [field: string]: unknown;
}

const file = new URL("./serf-vectors.json", import.meta.url);
const all = (JSON.parse(readFileSync(file, "utf8")) as { vectors: SerfVector[] }).vectors;

/** All vectors whose transport begins with this word. */
export function vectorsOf(transport: string): SerfVector[] {
  return all.filter((vector) => vector.transport.startsWith(transport));
}

/** The vector of this name. */
export function vectorNamed(name: string): SerfVector & { readonly hex: string } {
  const vector = all.find((entry) => entry.name === name);
  if (vector?.hex === undefined) throw new Error(`Cannot find vector ${name} with bytes`);
  return vector as SerfVector & { readonly hex: string };
}

export function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex);
  if (bytes === undefined) throw new Error(`Cannot read hexadecimal digits: they are ${hex.slice(0, 20)}`);
  return bytes;
}
