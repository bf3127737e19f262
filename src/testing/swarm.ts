import { crc32, Random, settingsTopic, toBytes } from "../base/mod.ts";
import { Chaos } from "./chaos.ts";
import { CompactionChurn } from "./compaction_churn.ts";
import { type Faults, faultKinds, onlyFaults, randomFaults } from "./faults.ts";
import type { Violation } from "./judges.ts";
import type { Sabotage } from "./sabotage.ts";
import type { SeedLimits } from "./seed_limits.ts";
import { TopicChurn } from "./topic_churn.ts";
import { Workload } from "./workload.ts";
import { World } from "./world.ts";

/** What became of one seed. */
export interface SeedReport {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** What happened, one line each. The same on every runtime. */
  readonly trace: readonly string[];
  /** Records that nodes acknowledged. */
  readonly acknowledged: number;
  readonly events: number;
  /** Virtual milliseconds. */
  readonly elapsedMs: number;
  /** What there was of all that `SeedLimits` can leave away. */
  readonly happened: Required<Omit<SeedLimits, "faults">>;
}

export interface SeedOptions {
  /** Breaks rules on purpose. The run then ends at the first violation. */
  readonly sabotage?: Sabotage | undefined;
  /** Makes of the seed's weather another. */
  readonly faults?: ((faults: Faults) => Faults) | undefined;
  readonly limits?: SeedLimits | undefined;
  /** Nodes keep `_topics`. @default in some worlds, where no rule is broken on purpose */
  readonly topics?: boolean | undefined;
  /** The run ends at the first violation. @default only when rules are broken on purpose */
  readonly stopsAtViolation?: boolean | undefined;
}

/** How long faults strike, in milliseconds. */
const stormMsDefault = 15_000;
/** How long the healed world has to converge, step by step. */
const calmStepMs = 2_000;
const calmStepsMax = 40;

/** Runs one random world: nodes, faults, produces and consumers by the seed, then calm, then the judgement. */
export async function runSeed(seed: number, options: SeedOptions = {}): Promise<SeedReport> {
  const random = new Random(`swarm/${seed}`);
  const drawn = randomFaults(random.fork("faults"));
  const { sabotage, limits = {} } = options;
  const kinds = limits.faults ?? faultKinds;
  const faults = onlyFaults(options.faults?.(drawn) ?? drawn, kinds);
  const stopsAtViolation = options.stopsAtViolation ?? sabotage !== undefined;
  const gossip = random.chance(0.5);
  // Rules are broken on purpose in worlds without deletes: those excuse what they take.
  const isChurned = random.fork("topics").chance(0.4) && sabotage === undefined;
  const topics = (options.topics ?? isChurned) && kinds.includes("deletion");
  const world = new World(seed, faults, { gossip, sabotage, stopsAtViolation, topics });
  addNodes(world, random, limits.nodes);
  const compaction = random.fork("compaction");
  const isCompacted = compaction.chance(0.4) && sabotage === undefined && kinds.includes("compaction");
  const workload = new Workload(world, random.fork("workload"), {
    keys: isCompacted ? compaction.between(1, 40) : undefined,
    topics: ["orders", "metrics"].slice(0, random.between(1, 2)),
    // Half of the worlds fill segments, so that there is something to forget and to rot. Only closed ones are compacted.
    valueBytesMax: random.fork("values").chance(0.5) || isCompacted ? 16_000 : 1_800,
    produceEveryMs: random.pick([30, 80, 300]) as number,
    consumers: Math.min(random.between(0, 3), limits.consumers ?? consumersMax),
    consumeEveryMs: 400,
    only: limits.produces && new Set(limits.produces),
  });
  const chaos = new Chaos(world, random.fork("chaos"), {
    only: limits.strikes && new Set(limits.strikes),
    kinds,
  });
  const churn = world.keepsTopics
    ? new TopicChurn(world, random.fork("churn"), {
        topics: ["orders", "metrics"],
        everyMs: options.topics === true ? 200 : 700,
        deletes: options.topics !== true,
      })
    : undefined;
  if (isCompacted) {
    const compacted = ["orders", "metrics", ...(world.keepsTopics ? [settingsTopic] : [])];
    const everyMs = compaction.pick([100, 400, 2_000]) as number;
    new CompactionChurn(world, compaction, { topics: compacted, everyMs });
  }
  const stormMs = limits.stormMs ?? stormMsDefault;
  const nodes = world.nodes.length;
  await world.runFor(stormMs);
  chaos.stop();
  workload.stop();
  churn?.stop();
  const isStopped = stopsAtViolation && world.violations.length > 0;
  if (!isStopped) await calmDown(world);
  const violations = isStopped ? world.violations : world.finish();
  const { trace, acknowledged, events, nowMs: elapsedMs } = world;
  const { consumers } = workload;
  const happened = { strikes: chaos.happened, produces: workload.happened, consumers, nodes, stormMs };
  return { ...{ seed, violations, trace, acknowledged, events, elapsedMs }, happened };
}

const consumersMax = 3;

/** Two to five nodes, all set up alike by the seed. */
function addNodes(world: World, random: Random, nodesMax = 5): void {
  const fsync = random.pick(["always", "always", "always", "interval", "never"] as const) ?? "always";
  const responseBytesMax = random.pick([256, 1_024, 8_192]) as number;
  const nodes = Math.min(random.between(2, 5), nodesMax);
  // Half of the worlds send every small group through the journal: with few topics nothing would go there.
  const journalTopicsMin = random.fork("journal").pick([1, 8]) as number;
  const disks = random.fork("disks");
  const scrubBytesPerSecond = disks.pick([0, 65_536, 1_048_576]) as number;
  const indexEveryBytes = disks.pick([4_096, 65_536]) as number;
  for (let index = 0; index < nodes; index++) {
    const node = { fsync, responseBytesMax, journalTopicsMin, scrubBytesPerSecond, indexEveryBytes };
    world.addNode(`n${index + 1}`, node);
  }
}

/** Good weather until all nodes hold the same, in bounds. */
async function calmDown(world: World): Promise<void> {
  world.faults = { ...world.faults, datagramLoss: 0, datagramReorder: 0, datagramDuplication: 0, streamLoss: 0 };
  await world.runFor(calmStepMs);
  world.introduceAll();
  for (let step = 0; step < calmStepsMax && !world.hasConverged; step++) await world.runFor(calmStepMs);
}

/** One number for a whole trace, to compare runs and runtimes by. */
export function traceHash(trace: readonly string[]): string {
  let hash = 0;
  for (const line of trace) hash = crc32(toBytes(`${line}\n`), hash);
  return hash.toString(16).padStart(8, "0");
}
