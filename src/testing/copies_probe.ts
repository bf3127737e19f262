import { type Ack, keyOf, type TopicLog } from "../log/mod.ts";
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
  const isMissed = await replication.awaitCopies(log.name, produced, asked).then(
    (shortfall) => shortfall !== undefined,
    () => true,
  );
  if (isMissed) return;
  observeCopies(world, node.name, { topic, copies, produced: await produced });
}

/** Observes on whose disks something is that so many nodes have just acknowledged. */
export function observeCopies(
  world: World,
  node: string,
  acknowledged: { readonly topic: string; readonly copies: number; readonly produced: Omit<Ack, "offset"> },
): void {
  const { topic, copies, produced } = acknowledged;
  const { writer, sequence, count } = produced;
  const last = sequence + count - 1;
  const holds = (one: SimNode): boolean => one.holdsDurably(topic, writer, last);
  const holders = world.nodes.filter(holds).map(({ name }) => name);
  const stopped = world.nodes.filter((one) => one.log === undefined).map(({ name }) => name);
  world.note(`${node} has ${copies} copies of ${topic} ${writer.slice(0, 4)}:${last}`);
  world.observe({ type: "replicated", node, topic, writer, last, copies, holders, stopped });
}
