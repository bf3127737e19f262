import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

/** One text file of the project. */
export interface Source {
  /** Path below the project's directory, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** What breaks a rule. */
export interface Fault {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** A rule judges one file. It knows the file's path and text only, so that a test can hand it any. */
export type Rule = (source: Source) => Fault[];

const textFile = /\.(ts|mjs|json|md|proto|html|css|yaml|yml)$|(^|\/)run$|^\.gitignore$/;

/** Every text file that is committed or about to be, generated and built ones aside. */
export function readSources(projectDirectory: string): Source[] {
  const listed = spawnSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: projectDirectory,
    encoding: "utf8",
  });
  if (listed.status !== 0) throw new Error(`Cannot list the project's files: ${listed.stderr}`);
  return listed.stdout
    .split("\n")
    .filter((file) => textFile.test(file) && !/^(src\/gen|dist|tests\/vectors)\/|^package-lock\.json$/.test(file))
    .filter((file) => existsSync(path.join(projectDirectory, file)))
    .map((file) => ({ path: file, text: readFileSync(path.join(projectDirectory, file), "utf8") }));
}

/** A fault for every match of the pattern. */
export function findAll(source: Source, pattern: RegExp, message: (match: RegExpMatchArray) => string): Fault[] {
  return [...source.text.matchAll(pattern)].map((match) => ({
    path: source.path,
    line: lineAt(source.text, match.index),
    message: message(match),
  }));
}

export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/**
 * The code with comments and the insides of texts blanked out, at the same positions: words in prose are not code. Good
 * enough for formatted sources; a template's expressions are kept.
 */
export function codeOnly(text: string): string {
  const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\$]|\\.|\$(?!\{))*`/g;
  return text.replace(token, (match) => match.replace(/[^\n]/g, " "));
}
