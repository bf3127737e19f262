import { Random } from "../base/mod.ts";
import { Chaos } from "./chaos.ts";
import { type Faults, noFaults, noStrikes, type StrikeWeights } from "./faults.ts";
import type { NodeOptions } from "./sim_node.ts";
import { World } from "./world.ts";

export interface CreateWorldOptions {
  /** How many nodes, named a, b, c and so on, or their names. 1 to 26. @default 3 */
  readonly nodes?: number | readonly string[] | undefined;
  /** One seed gives one course of events. @default 1 */
  readonly seed?: number | string | undefined;
  /** What goes wrong; what is not named does not. Strikes happen when `strikeEveryMs` is given, until `calm` is called. */
  readonly faults?: (Partial<Omit<Faults, "strikes">> & { readonly strikes?: Partial<StrikeWeights> }) | undefined;
  /** How each node is set up. */
  readonly node?: Partial<NodeOptions> | undefined;
}

/** A world, and how to end its storms. */
export interface CreatedWorld {
  readonly world: World;
  /** Undoes everything that strikes did, and lets nothing strike any more. */
  readonly calm: () => void;
}

const nodesMax = 26;
/** Time in which members find each other. */
const meetMs = 5_000;

/** A cluster in memory, on virtual time, whose nodes have found each other: for unit tests of whoever uses the log. */
export async function createWorld(options: CreateWorldOptions = {}): Promise<CreatedWorld> {
  const seed = options.seed ?? 1;
  const { strikes, ...weather } = options.faults ?? {};
  const faults: Faults = { ...noFaults, ...weather, strikes: { ...noStrikes, ...strikes } };
  const world = new World(seed, { ...faults, strikeEveryMs: 0, falseAlarmEveryMs: 0 });
  for (const name of namesOf(options.nodes ?? 3)) world.addNode(name, options.node);
  await world.runFor(meetMs);
  world.faults = faults;
  const chaos = new Chaos(world, new Random(`chaos/${seed}`));
  return { world, calm: () => chaos.stop() };
}

function namesOf(nodes: number | readonly string[]): readonly string[] {
  const count = typeof nodes === "number" ? nodes : nodes.length;
  if (!Number.isInteger(count) || count < 1 || count > nodesMax) {
    throw new RangeError(`Cannot make a world of ${count} nodes: allowed are 1 to ${nodesMax}`);
  }
  if (typeof nodes !== "number") return nodes;
  return Array.from({ length: nodes }, (_, index) => String.fromCharCode(97 + index));
}
