/** Which objects a heap holds more of than before: counts by class, read from snapshots in V8's form. */
import { readFileSync } from "node:fs";

/** How many objects there are of each kind. */
export type Census = ReadonlyMap<string, number>;

export interface Grown {
  /** Name of a class, or what the runtime calls the kind. */
  readonly kind: string;
  readonly from: number;
  readonly to: number;
}

interface Snapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly unknown[] };
  };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

/** Kinds of which each object has a name of its own. */
const unnamed: ReadonlySet<string> = new Set([
  "string",
  "concatenated string",
  "sliced string",
  "code",
  "hidden",
  "number",
]);

export function readCensus(file: string): Census {
  return censusOf(JSON.parse(readFileSync(file, "utf8")) as Snapshot);
}

export function censusOf({ snapshot, nodes, strings }: Snapshot): Census {
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [typeAt, nameAt] = [fields.indexOf("type"), fields.indexOf("name")];
  const typeNames = types[typeAt] as readonly string[];
  const counts = new Map<string, number>();
  for (let at = 0; at < nodes.length; at += fields.length) {
    const type = typeNames[nodes[at + typeAt] as number] as string;
    const name = strings[nodes[at + nameAt] as number] as string;
    const kind = unnamed.has(type) || name === "" ? `(${type})` : type === "closure" ? `${name}()` : name;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/**
 * Kinds of which each census of the last third has more than any of the first, so that what only came and went is
 * left out. Those that grew most come first.
 */
export function grownKinds(censuses: readonly Census[]): Grown[] {
  const third = Math.ceil(censuses.length / 3);
  const [early, late] = [censuses.slice(0, third), censuses.slice(-third)];
  const kinds = new Set(censuses.flatMap((census) => [...census.keys()]));
  return [...kinds]
    .map((kind) => {
      const counts = (some: readonly Census[]): number[] => some.map((census) => census.get(kind) ?? 0);
      return { kind, from: Math.max(...counts(early)), to: Math.min(...counts(late)) };
    })
    .filter(({ from, to }) => to > from)
    .sort((left, right) => right.to - right.from - (left.to - left.from));
}

/** Whether a runtime makes objects of a kind of itself, as it compiles code. */
export function isOfRuntime(kind: string): boolean {
  return /^\(|^system \/|^(Structure|FunctionExecutable|UnlinkedFunctionExecutable|.*CodeBlock)$/.test(kind);
}
