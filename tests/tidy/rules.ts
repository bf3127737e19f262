import { codeOnly, type Fault, findAll, type Rule, type Source } from "./sources.ts";

/** Rooms without I/O. `log` awaits its port; the others do not await at all. */
const pureRoom = /^src\/(base|log|gossip|membership|replication|registry|dns)\//;
const synchronousRoom = /^src\/(base|gossip|membership|replication|registry|dns)\//;
/** The release of what was acquired is asynchronous by nature; it decides nothing. */
const asynchronousException = "src/base/disposal.ts";

const typescript = /\.ts$/;
const ownCode = /^(mod\.ts|(src|web|tests|bench|examples|scripts)\/.*\.ts)$/;

/** One seed gives one trace on every runtime: no clocks, no chance, no functions that differ in the last bit. */
export const purityRule: Rule = (source) => {
  if (!pureRoom.test(source.path) || !typescript.test(source.path)) return [];
  const code: Source = { path: source.path, text: codeOnly(source.text) };
  const unportable =
    /\b(Math\.(?:random|log\w*|exp\w*|pow|sin\w*|cos\w*|tan\w*|cbrt|hypot)|Date\.now|new Date\(\)|performance\b|setTimeout|setInterval|setImmediate|queueMicrotask|fetch\(|process\.|crypto\.)/g;
  const faults = findAll(code, unportable, (match) => `a pure room may not use ${match[1]}`);
  if (synchronousRoom.test(source.path) && source.path !== asynchronousException) {
    faults.push(...findAll(code, /\b(async|await)\b/g, (match) => `this room may not use ${match[1]}`));
  }
  return faults;
};

/** Names are listed one by one. */
export const exportRule: Rule = (source) => {
  if (!ownCode.test(source.path)) return [];
  const code: Source = { path: source.path, text: codeOnly(source.text) };
  return [
    ...findAll(code, /^export default\b/gm, () => "no default exports"),
    ...findAll(code, /^export (type )?\*/gm, () => "no export *: list the names"),
  ];
};

export const fileNameRule: Rule = (source) => {
  const name = source.path.split("/").at(-1) as string;
  if (!ownCode.test(source.path) || /^[a-z][a-z0-9_]*(\.d)?\.ts$/.test(name)) return [];
  return [{ path: source.path, line: 1, message: "file names are snake_case.ts" }];
};

const linesMax = 400;

/** Files that are longer, and why a reader is better off so. */
const longFiles: Readonly<Record<string, string>> = {};

/** A reader should hold a file whole. */
export const lengthRule: Rule = (source) => {
  const lines = source.text.split("\n").length - 1;
  if (!/^(mod\.ts|src\/.*\.ts)$/.test(source.path) || lines <= linesMax || longFiles[source.path]) return [];
  return [{ path: source.path, line: linesMax, message: `${lines} lines, allowed are ${linesMax}` }];
};

// Put together from halves, so that this file does not break its own rules.
const postponed = new RegExp(
  ["\\bTO" + "DO\\b", "\\bFIX" + "ME\\b", "\\bXX" + "X\\b", "@ts-ig" + "nore"].join("|"),
  "g",
);
const silenced = new RegExp(["\\bas an" + "y\\b", "\\.sk" + "ip\\(", "\\.on" + "ly\\("].join("|"), "g");

/** Nothing is left for later, switched off or silenced. */
export const looseEndRule: Rule = (source) => {
  if (!ownCode.test(source.path)) return [];
  const code: Source = { path: source.path, text: codeOnly(source.text) };
  const message = (match: RegExpMatchArray) => `loose end: ${match[0]}`;
  return [...findAll(source, postponed, message), ...findAll(code, silenced, message)];
};

const foreignWords = new RegExp(
  [
    "/wor" + "k/",
    "/hom" + "e/\\w",
    "\\.libr" + "ary",
    "sub" + "agent",
    "registry\\.npm" + "js",
    "deb\\.deb" + "ian\\.org",
  ].join("|"),
  "g",
);

/** The project speaks of itself alone: no paths or hosts of a machine that someone worked on. */
export const foreignWordRule: Rule = (source) => findAll(source, foreignWords, (match) => `foreign word: ${match[0]}`);

/** A file that forgets it passes in silence when run by itself. */
export const testRunRule: Rule = (source) => {
  if (!/^tests\/.*_test\.ts$/.test(source.path)) return [];
  if (/^\w+\.run\(\);?$/m.test(codeOnly(source.text))) return [];
  return [{ path: source.path, line: 1, message: "a test file ends with test.run()" }];
};

/** The source of a file in the package. */
function sourceOf(file: string): string {
  return file.replace("./build/", "./").replace(/\.js$/, ".ts");
}

/** Both manifests say the same of name, version, entry points and packages. */
export function versionFaults(packageJson: string, denoJson: string): Fault[] {
  const fromPackage = JSON.parse(packageJson) as {
    name: string;
    version: string;
    exports: Record<string, { readonly default: string }>;
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  const fromDeno = JSON.parse(denoJson) as {
    name: string;
    version: string;
    exports: Record<string, string>;
    imports: Record<string, string>;
  };
  const messages: string[] = [];
  for (const field of ["name", "version"] as const) {
    if (fromPackage[field] !== fromDeno[field])
      messages.push(`${field} is ${fromDeno[field]}, not ${fromPackage[field]}`);
  }
  // Deno knows no conditions: it takes what is for everybody, and the source of what the package holds.
  const entries = Object.entries(fromPackage.exports).map(([name, target]) => [name, sourceOf(target.default)]);
  if (JSON.stringify(Object.fromEntries(entries)) !== JSON.stringify(fromDeno.exports)) messages.push("exports differ");
  const versions = { ...fromPackage.devDependencies, ...fromPackage.dependencies };
  for (const [name, target] of Object.entries(fromDeno.imports)) {
    const parts = /^npm:\/?((?:@[^/]+\/)?[^@/]+)@([^/]+)\/?/.exec(target);
    if (parts === null) continue;
    const expected = versions[parts[1] as string];
    if (expected !== parts[2]) messages.push(`${name} is ${parts[2]}, not ${expected}`);
  }
  for (const name of Object.keys(fromPackage.dependencies)) {
    if (fromDeno.imports[name] === undefined) messages.push(`${name} is missing from imports`);
  }
  return messages.map((message) => ({ path: "deno.json", line: 1, message }));
}
