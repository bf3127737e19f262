import path from "node:path";
import { type Fault, lineAt, type Rule, type Source } from "./sources.ts";

/** One `import` or `export … from` of a file. */
export interface Import {
  /** As written. */
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

/** Reads static imports, re-exports and dynamic imports of a literal. */
export function readImports(text: string): Import[] {
  const found: Import[] = [];
  const statement = /^(?:import|export)\s+(type\s+)?([^;"']*?\s*from\s+)?["']([^"']+)["']/gm;
  for (const match of text.matchAll(statement)) {
    const [, type, names = "", specifier] = match;
    if (match[0].startsWith("export") && names === "") continue;
    const typeOnly = type !== undefined || /^\{\s*(type\s[^,}]+,?\s*)+\}\s*from/.test(names.trim());
    found.push({ specifier: specifier as string, typeOnly, line: lineAt(text, match.index) });
  }
  for (const match of text.matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g)) {
    found.push({ specifier: match[1] as string, typeOnly: false, line: lineAt(text, match.index) });
  }
  return found;
}

interface Row {
  /** Rooms that may be imported. */
  readonly rooms: readonly string[];
  /** Rooms of which only types may be imported. */
  readonly types?: readonly string[];
  /** Packages and `node:` modules. */
  readonly packages: RegExp;
}

const noPackages = /^$/;
const connectEverywhere = /^@(bufbuild\/protobuf|connectrpc\/connect)(\/.*)?$/;
const anyPackage = /./;

/** The import table of the design. A room that is not listed here does not exist. */
const table: Readonly<Record<string, Row>> = {
  base: { rooms: [], packages: noPackages },
  gen: { rooms: [], packages: /^@bufbuild\/protobuf(\/.*)?$/ },
  log: { rooms: ["base"], packages: noPackages },
  gossip: { rooms: ["base"], packages: noPackages },
  replication: { rooms: ["base"], packages: noPackages },
  membership: { rooms: ["base", "gossip"], packages: noPackages },
  registry: { rooms: ["base"], packages: noPackages },
  dns: { rooms: ["base"], packages: /^dns-packet$/ },
  server: { rooms: ["base", "gen"], packages: connectEverywhere },
  client: { rooms: ["base", "gen"], packages: /^@(bufbuild\/protobuf|connectrpc\/connect(-web)?)(\/.*)?$/ },
  io: {
    rooms: ["base", "gen"],
    types: ["log", "gossip", "replication", "client", "registry", "dns"],
    packages: anyPackage,
  },
  agent: {
    rooms: [
      "base",
      "gen",
      "log",
      "gossip",
      "membership",
      "replication",
      "registry",
      "dns",
      "server",
      "client",
      "io",
      "testing",
    ],
    packages: anyPackage,
  },
  testing: {
    rooms: ["base", "gen", "log", "gossip", "membership", "replication", "registry", "server", "client", "io", "agent"],
    packages: /^(?!node:(net|dgram|http|http2|https|tls)$)/,
  },
  cli: { rooms: ["base", "agent", "client", "testing"], packages: anyPackage },
  web: { rooms: ["client"], packages: /^uplot$/ },
  entry: { rooms: ["base", "agent", "client", "log", "membership", "io"], packages: noPackages },
  bench: { rooms: ["entry", "client", "testing"], packages: anyPackage },
  examples: { rooms: [], packages: /^(node:.*|@grapevine\/log(\/.*)?)$/ },
};

/**
 * Files that may be entered beside a room's `mod.ts`, and why. The generated room has no `mod.ts`: its files are named by
 * the protocols' packages.
 */
const doors: readonly { readonly file: RegExp; readonly reason: string }[] = [
  { file: /^src\/gen\/.*\.ts$/, reason: "generated files are named by their protocols" },
  { file: /^src\/agent\/membership\.ts$/, reason: "the package's entry point ./membership" },
  { file: /^src\/io\/\w+\.ts$/, reason: "adapters are picked one by one: ./membership must not load the RPC server" },
  { file: /^src\/client\/browser\.ts$/, reason: "the package's entry point ./client for browsers" },
];

/** Packages that single files may use beyond their room's, and why. */
const packageExceptions: readonly { readonly file: string; readonly packages: RegExp; readonly reason: string }[] = [
  {
    file: "src/client/transport_node.ts",
    packages: /^@connectrpc\/connect-node$/,
    reason: "the transport outside browsers, chosen by the package's exports",
  },
];

/** Files that may import from rooms beyond those of their own, and why. */
const roomExceptions: readonly { readonly file: string; readonly rooms: readonly string[]; readonly reason: string }[] =
  [
    {
      file: "src/client/transport_node.ts",
      rooms: ["io"],
      reason: "io implements the client's ports outside browsers, whose entry point does not load this file",
    },
  ];

/** Charts of simulations and of measurements are drawn alike. */
const drawing = /^scripts\/(dot_)?chart\.ts$/;

/** The room a file belongs to; undefined for what the table does not rule (tests, scripts, configuration). */
export function roomOf(file: string): string | undefined {
  if (file === "mod.ts") return "entry";
  const parts = file.split("/");
  if (parts[0] === "src") return parts.length > 2 ? parts[1] : undefined;
  return ["web", "bench", "examples"].includes(parts[0] as string) ? parts[0] : undefined;
}

/** Every arrow between rooms stands in the table, and rooms are entered through their doors. */
export const importRule: Rule = (source) => {
  const room = roomOf(source.path);
  if (room === undefined || !source.path.endsWith(".ts")) return [];
  const row = table[room];
  if (row === undefined) return [{ path: source.path, line: 1, message: `room ${room} is not in the import table` }];
  return readImports(source.text).flatMap((each) => {
    const message = each.specifier.startsWith(".")
      ? judgeRelative(source, each, room, row)
      : row.packages.test(each.specifier) || isExcepted(source.path, each.specifier)
        ? undefined
        : `${room} may not import ${each.specifier}`;
    return message === undefined ? [] : [{ path: source.path, line: each.line, message }];
  });
};

function isExcepted(file: string, specifier: string): boolean {
  return packageExceptions.some((each) => each.file === file && each.packages.test(specifier));
}

function judgeRelative(source: Source, each: Import, room: string, row: Row): string | undefined {
  const target = path.posix.join(path.posix.dirname(source.path), each.specifier);
  const targetRoom = roomOf(target);
  if (targetRoom === room) return undefined;
  if (targetRoom === undefined) {
    const isOpen = target === "package.json" || (room === "bench" && drawing.test(target));
    return isOpen ? undefined : `${room} may not import ${target}`;
  }
  const excepted = roomExceptions.some((one) => one.file === source.path && one.rooms.includes(targetRoom));
  if (!row.rooms.includes(targetRoom) && !excepted) {
    if (!row.types?.includes(targetRoom)) return `${room} may not import from ${targetRoom}`;
    if (!each.typeOnly) return `${room} may import only types from ${targetRoom}`;
  }
  const isDoor = target.endsWith("/mod.ts") || target === "mod.ts" || doors.some(({ file }) => file.test(target));
  return isDoor ? undefined : `enter ${targetRoom} through its mod.ts, not ${target}`;
}

/** Relative imports name the file, and nothing is exported wholesale. */
export const importFormRule: Rule = (source) => {
  if (!/^(mod\.ts|(src|web|tests|bench|examples|scripts)\/.*\.ts)$/.test(source.path)) return [];
  const faults: Fault[] = [];
  for (const { specifier, line } of readImports(source.text)) {
    if (specifier.startsWith(".") && !/\.(ts|mjs|json)$/.test(specifier)) {
      faults.push({ path: source.path, line, message: `write ${specifier} with its extension` });
    }
  }
  return faults;
};
