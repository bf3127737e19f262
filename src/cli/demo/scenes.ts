import { connect } from "../../client/mod.ts";
import { CommandFailedError } from "../failure.ts";
import { counted } from "../output.ts";
import { askHeld, countHeld } from "./check.ts";
import type { Greeters } from "./greeters.ts";
import type { Narrator } from "./narrator.ts";
import { type DemoNode, type DemoNodes, pause } from "./nodes.ts";

/** What the scenes are played with. */
export interface Stage {
  readonly narrator: Narrator;
  readonly processes: DemoNodes;
  readonly nodes: readonly DemoNode[];
  readonly greeters: Greeters;
  readonly topic: string;
}

const pollMs = 25;
const sceneTimeoutMs = 30_000;
const boardEveryMs = 1_000;

/** Kills a node, and the service beside it. Resolves with the milliseconds until all others know. */
export async function killNode({ narrator, processes, nodes, greeters }: Stage, victim: DemoNode): Promise<number> {
  narrator.tell(`kill -9 ${victim.name}. Who sent to it goes on at another node, by itself`);
  greeters.kill(victim);
  await processes.kill(victim.name);
  const killedAtMs = performance.now();
  const others = nodes.filter((node) => node !== victim);
  for (const node of others) {
    await using client = connect(node.rpcUrl);
    await until(`${node.name} knows that ${victim.name} is dead`, async () => {
      const members = await client.members();
      if (members.some(({ name, status }) => name === victim.name && status === "alive")) return false;
      return !(await greeters.nodes(node)).includes(victim.name);
    });
  }
  const noticedMs = Math.round(performance.now() - killedAtMs);
  const names = others.map(({ name }) => name).join(" and ");
  narrator.tell(`${names} know that ${victim.name} failed, and find its service no more: ${noticedMs} ms after`);
  return noticedMs;
}

/** Starts the node again, on what it has on disk. Resolves with the milliseconds until it holds what the others held. */
export async function reviveNode(
  { narrator, processes, nodes, greeters, topic }: Stage,
  victim: DemoNode,
): Promise<number> {
  const source = nodes.find((node) => node !== victim) as DemoNode;
  narrator.tell(`${victim.name} is started again, on its old directory`);
  await processes.start(victim.name, { as: victim, join: source });
  const startedAtMs = performance.now();
  const goal = (await askHeld(source, topic)) ?? new Map<string, number>();
  const own = (await askHeld(victim, topic)) ?? new Map<string, number>();
  const lacking = Math.max(0, countHeld(goal) - countHeld(own));
  narrator.tell(
    `${victim.name} is back with ${counted(countHeld(own), "record")}, and fetches ${counted(lacking, "record")} that it lacks`,
  );
  await until(`${victim.name} holds what the others held`, async () => {
    const held = await askHeld(victim, topic);
    return held !== undefined && [...goal].every(([writer, sequence]) => (held.get(writer) ?? 0) >= sequence);
  });
  const caughtUpMs = Math.round(performance.now() - startedAtMs);
  await greeters.start(victim);
  narrator.tell(`${victim.name} has caught up, ${caughtUpMs} ms after it was ready; its service is registered again`);
  return caughtUpMs;
}

/** Says every second what each node holds, until it is aborted. */
export async function showBoard({ narrator, nodes, topic }: Stage, signal: AbortSignal): Promise<void> {
  for (;;) {
    await pause(boardEveryMs);
    const cells = await Promise.all(
      nodes.map(async (node) => {
        const held = await askHeld(node, topic);
        return `${node.name} ${held === undefined ? "-" : countHeld(held).toLocaleString("en-US")}`.padEnd(18);
      }),
    );
    if (signal.aborted) return;
    narrator.add(cells.join("").trimEnd());
  }
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = AbortSignal.timeout(sceneTimeoutMs);
  while (!(await isSo())) {
    if (deadline.aborted)
      throw new CommandFailedError(`Cannot go on: waited ${sceneTimeoutMs} ms in vain until ${what}`);
    await pause(pollMs);
  }
}
