import { type Faults, noFaults, noStrikes, type StrikeWeights } from "./faults.ts";
import type { NodeOptions } from "./sim_node.ts";

/** What goes wrong in a world; what is not named does not. */
export type NamedFaults = Partial<Omit<Faults, "strikes">> & { readonly strikes?: Partial<StrikeWeights> | undefined };

export interface CreateWorldOptions {
  /** How many nodes, named a, b, c and so on, or their names. 1 to 26. @default 3 */
  readonly nodes?: number | readonly string[] | undefined;
  /** One seed gives one course of events. @default 1 */
  readonly seed?: number | string | undefined;
  /** Begins when the nodes have found each other. Strikes happen when `strikeEveryMs` is given, until `calm` is called. @default none */
  readonly faults?: NamedFaults | undefined;
  /** How each node is set up. */
  readonly node?: Partial<NodeOptions> | undefined;
  /** True: nodes keep `_topics`, so that topics can be deleted and created again. @default false */
  readonly topics?: boolean | undefined;
}

export interface ResolvedWorldOptions {
  readonly names: readonly string[];
  readonly seed: number | string;
  readonly faults: Faults;
  readonly node: Partial<NodeOptions>;
  readonly topics: boolean;
}

const nodesMax = 26;

const optionNames = ["nodes", "seed", "faults", "node", "topics"] satisfies (keyof CreateWorldOptions)[];
const nodeOptionNames = [
  ...(["fsync", "segmentBytesMax", "journalTopicsMin", "retention", "indexEveryBytes"] as const),
  ...(["scrubBytesPerSecond", "scrubPauseMs", "responseBytesMax"] as const),
] satisfies (keyof NodeOptions)[];
const probabilities = ["datagramLoss", "datagramDuplication", "datagramReorder", "streamLoss"] as const;
const ranges = ["latencyMs", "syncMs", "strikeMs"] as const;

/** The options of a world do not make sense. The message says what is allowed. */
export class InvalidWorldOptionError extends RangeError {
  override readonly name = "InvalidWorldOptionError";
  readonly code = "INVALID_WORLD_OPTION";

  constructor(what: string, found: unknown, allowed: string) {
    super(`Cannot create a world: ${what} is ${JSON.stringify(found)}, allowed are ${allowed}`);
  }
}

export function resolveWorldOptions(options: CreateWorldOptions): ResolvedWorldOptions {
  checkNames("an option", options, optionNames);
  const { strikes = {}, ...weather } = options.faults ?? {};
  checkNames("a name in faults", weather, [...Object.keys(noFaults).filter((name) => name !== "strikes"), "strikes"]);
  checkNames("a name in faults.strikes", strikes, Object.keys(noStrikes));
  checkNames("a name in node", options.node ?? {}, nodeOptionNames);
  const faults: Faults = { ...noFaults, ...weather, strikes: { ...noStrikes, ...strikes } };
  for (const name of probabilities) {
    if (!(faults[name] >= 0 && faults[name] <= 1)) {
      throw new InvalidWorldOptionError(`faults.${name}`, faults[name], "probabilities from 0 to 1");
    }
  }
  for (const name of ranges) {
    const [low, high] = faults[name];
    if (!(low >= 0 && high >= low)) {
      throw new InvalidWorldOptionError(`faults.${name}`, faults[name], "two times in ms, the lower one first");
    }
  }
  const { seed = 1, node = {}, topics = false } = options;
  return { names: namesOf(options.nodes ?? 3), seed, faults, node, topics };
}

function namesOf(nodes: number | readonly string[]): readonly string[] {
  const count = typeof nodes === "number" ? nodes : nodes.length;
  if (!Number.isInteger(count) || count < 1 || count > nodesMax) {
    throw new InvalidWorldOptionError("the number of nodes", count, `1 to ${nodesMax}`);
  }
  if (typeof nodes === "number") {
    return Array.from({ length: nodes }, (_, index) => String.fromCharCode(97 + index));
  }
  const twice = nodes.find((name, index) => nodes.indexOf(name) !== index);
  if (twice !== undefined) throw new InvalidWorldOptionError("a name of two nodes", twice, "names that differ");
  return nodes;
}

function checkNames(what: string, given: object, allowed: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (!allowed.includes(name)) throw new InvalidWorldOptionError(what, name, allowed.join(", "));
  }
}
