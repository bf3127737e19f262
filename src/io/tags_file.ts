/** The file in which a node keeps its tags: a JSON object of texts, as Serf's agents have it. */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** Bytes of a file of tags that is read: many times what tags may take. */
const fileBytesMax = 65_536;

/** A file of tags that cannot be read or is none. Nothing was started. */
export class TagsFileError extends Error {
  override readonly name = "TagsFileError";
  readonly code = "TAGS_FILE";
  readonly path: string;

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`Cannot use tags file ${path}: ${problem}`, options);
    this.path = path;
  }
}

/** The tags of a file; none when it is not there yet. Rejects with `TagsFileError`. */
export async function readTagsFile(path: string): Promise<ReadonlyMap<string, string>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return new Map();
    throw new TagsFileError(path, (error as Error).message, { cause: error });
  }
  if (text.length > fileBytesMax) throw new TagsFileError(path, `it has more than ${fileBytesMax} characters`);
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    throw new TagsFileError(path, `it is not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (typeof found !== "object" || found === null || Array.isArray(found)) {
    throw new TagsFileError(path, "it must hold one JSON object");
  }
  for (const [tag, value] of Object.entries(found)) {
    if (typeof value !== "string") throw new TagsFileError(path, `tag ${JSON.stringify(tag)} is no text`);
  }
  return new Map(Object.entries(found as Record<string, string>));
}

/**
 * Writes the tags in place of those in the file, whole or not at all, readable by its owner alone. Returns what went
 * wrong. Synchronous: tags change as soon as somebody says so.
 */
export function writeTagsFile(path: string, tags: ReadonlyMap<string, string>): string | undefined {
  const written = `${path}.new`;
  try {
    writeFileSync(written, `${JSON.stringify(Object.fromEntries(tags), undefined, 2)}\n`, { mode: 0o600, flush: true });
    renameSync(written, path);
    return undefined;
  } catch (error) {
    rmSync(written, { force: true });
    return `Cannot write tags file ${path}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
