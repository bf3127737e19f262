/**
 * A simulated world for tests: virtual time, packets and disks, and nodes that run the real log, replication and
 * membership. One seed gives one trace on every runtime, so that whatever goes wrong once goes wrong again.
 */

export { Chaos } from "./chaos.ts";
export { Damage } from "./checkers/damage.ts";
export { NoDuplicates } from "./checkers/g1_no_duplicates.ts";
export { RetriedOnce } from "./checkers/g1_retries.ts";
export { SameFeed } from "./checkers/g2_same_feed.ts";
export { CausalOrder } from "./checkers/g3_causal_order.ts";
export { Convergence } from "./checkers/g4_convergence.ts";
export { Availability } from "./checkers/g5_availability.ts";
export { Cursors } from "./checkers/g6_cursors.ts";
export { Copies } from "./checkers/g7_copies.ts";
export { Durability } from "./checkers/g7_durability.ts";
export { ForkedSide } from "./checkers/g7_forked_side.ts";
export { ReadYourWrites } from "./checkers/g8_read_your_writes.ts";
export { MembershipOrder } from "./checkers/membership_order.ts";
export { SameLatest } from "./checkers/r7_latest.ts";
export { CompactedTable, type CompactedTableOptions } from "./compacted_table.ts";
export {
  type CrashMode,
  type DiskCounts,
  type DiskOperation,
  type DiskStep,
  SimulatedDisk,
  SimulatedDiskError,
} from "./disk.ts";
export {
  type FaultKind,
  type Faults,
  faultKinds,
  noFaults,
  type Range,
  randomFaults,
  type Strike,
  type StrikeWeights,
} from "./faults.ts";
export { HoppingConsumer } from "./hopping_consumer.ts";
export type { Violation } from "./judges.ts";
export { type Mutation, mutations } from "./mutations.ts";
export type { Checker, FinalState, Observation, SeenBatch } from "./observation.ts";
export { withOverrides, withTopics } from "./overrides.ts";
export type { Sabotage } from "./sabotage.ts";
export { flagsOf, numbersOf, type SeedLimits } from "./seed_limits.ts";
export { concernedLines, type ShrinkOptions, type Shrunk, shrinkSeed } from "./shrink.ts";
export { SimClient, type SimClientOptions } from "./sim_client.ts";
export type { NodeOptions, SimNode } from "./sim_node.ts";
export { SimConsumer, SimTopic } from "./sim_topic.ts";
export { runSeed, type SeedOptions, type SeedReport, traceHash } from "./swarm.ts";
export { Workload, type WorkloadOptions } from "./workload.ts";
export { World, type WorldOptions } from "./world.ts";
export { WorldTimeoutError } from "./world_errors.ts";
export { type CreateWorldOptions, InvalidWorldOptionError, type NamedFaults } from "./world_options.ts";
