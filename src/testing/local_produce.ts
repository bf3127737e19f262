import { scanFrame } from "../base/mod.ts";
import { type CommitLog, keyOf, TopicDeletedError } from "../log/mod.ts";
import { probeCopies } from "./copies_probe.ts";
import type { Life } from "./life.ts";
import type { ReplicationShell } from "./replication_shell.ts";
import type { SimNode } from "./sim_node.ts";
import type { World } from "./world.ts";

/** A produce that is not answered after so much time in which the node could work was refused. */
const produceMsMax = 5_000;

/** A node that is up. */
export interface ProducingNode {
  readonly node: SimNode;
  readonly life: Life;
  readonly log: CommitLog;
  readonly replication: ReplicationShell;
}

/** Produces as code in the node's own process does, and observes what becomes of it. */
export function produceLocally(
  world: World,
  { node, life, log: all, replication }: ProducingNode,
  { topic, frame, copies }: { readonly topic: string; readonly frame: Uint8Array; readonly copies: number },
): void {
  const refused = (reason: string): void => world.observe({ type: "refused", node: node.name, topic, reason });
  const scan = scanFrame(frame, 0);
  const payloadChecksum = scan.type === "frame" ? scan.header.payloadChecksum : undefined;
  let isAnswered = false;
  let key = topic;
  world.touchLog();
  all
    .openTopic(topic)
    .then((log) => {
      key = keyOf(log);
      const produced = log.produce(frame);
      if (copies > 1) void probeCopies(world, { node, replication }, { log, produced, copies });
      return produced;
    })
    .then(
      life.guard(({ writer, sequence, count }) => {
        isAnswered = true;
        node.trace(`acknowledges ${key} ${writer.slice(0, 4)}:${sequence}`);
        const what = { topic: key, payloadChecksum, writer, sequence, count };
        world.observe({ type: "acknowledged", node: node.name, ...what });
      }),
      life.guard((error: unknown) => {
        isAnswered = true;
        node.trace(`refuses ${topic}: ${String(error)}`);
        if (node.diskFailures === 0 && !(error instanceof TopicDeletedError)) refused(String(error));
      }),
    );
  life.after(produceMsMax, () => {
    if (!isAnswered && node.diskFailures === 0) refused(`no answer within ${produceMsMax} ms`);
  });
}
