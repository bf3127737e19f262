import { type Ack, heldGeneration, keyOf, type TopicLog } from "../log/mod.ts";
import type { ReplicationShell } from "./replication_shell.ts";
import type { SimNode } from "./sim_node.ts";
import type { World } from "./world.ts";

/** How long copies on other nodes are waited for: partitions mostly last longer. */
const copiesMsMax = 3_000;

/** Waits for copies of what a node produces, and observes on whose disks it is when they are there. */
export async function probeCopies(
  world: World,
  { node, replication }: { readonly node: SimNode; readonly replication: ReplicationShell },
  { log, produced, copies }: { readonly log: TopicLog; readonly produced: Promise<Ack>; readonly copies: number },
): Promise<void> {
  const topic = keyOf(log);
  const asked = { copies, timeoutMs: copiesMsMax };
  // A produce that failed is observed as such by whoever produced.
  const isReached = await replication.awaitCopies(log.name, produced, asked).catch(() => false);
  if (!isReached) return;
  const { writer, sequence, count } = await produced;
  const last = sequence + count - 1;
  const holds = (one: SimNode): boolean =>
    one.log !== undefined && (heldGeneration(one.log, topic)?.durable.get(writer) ?? 0) >= last;
  const holders = world.nodes.filter(holds).map(({ name }) => name);
  const stopped = world.nodes.filter((one) => one.log === undefined).map(({ name }) => name);
  world.note(`${node.name} has ${copies} copies of ${topic} ${writer.slice(0, 4)}:${last}`);
  world.observe({ type: "replicated", node: node.name, topic, writer, last, copies, holders, stopped });
}
