import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** A fenced block of a document. */
export interface Block {
  readonly file: string;
  /** Where it begins. */
  readonly line: number;
  /** `sh`, `ts`, or nothing. */
  readonly language: string;
  readonly text: string;
}

export interface Document {
  readonly file: string;
  readonly text: string;
}

/** README, CONTRIBUTING, CHANGELOG and what lies in docs/. */
export function readDocuments(projectDirectory: string): Document[] {
  const docs = readdirSync(path.join(projectDirectory, "docs")).filter((file) => file.endsWith(".md"));
  const files = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...docs.map((file) => `docs/${file}`)];
  return files.map((file) => ({ file, text: readFileSync(path.join(projectDirectory, file), "utf8") }));
}

export function readBlocks({ file, text }: Document): Block[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    file,
    line: text.slice(0, match.index).split("\n").length,
    language: match[1] as string,
    text: match[2] as string,
  }));
}

/** The simple commands of a shell block: lines joined at backslashes, split at `&&` and pipes. */
export function readCommands(block: Block): string[] {
  return block.text
    .replaceAll("\\\n", " ")
    .split("\n")
    .flatMap((line) => line.split(/&&|\|/))
    .map((command) => command.trim())
    .filter((command) => command !== "" && !command.startsWith("#"));
}

/** Targets of the links that lead to files of the project. */
export function readLinks({ text }: Document): string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => (match[1] as string).replace(/#.*$/, ""))
    .filter((target) => target !== "" && !/^[a-z]+:/.test(target));
}
