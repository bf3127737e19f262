/** What may happen to packets between nodes, under load on every one of them. */
import type { Star } from "../../tests/interop/star.ts";
import type { FaultOptions } from "./process_faults.ts";
import { sleep } from "./seats.ts";

export interface NetworkFaultOptions extends FaultOptions {
  readonly star: Star;
}

/**
 * Each round cuts one node off from the two others, while clients go on writing on both sides: there each record counts
 * once its own node holds it.
 */
export async function partition(options: NetworkFaultOptions): Promise<string> {
  const { rig, star, rounds, seconds, onProgress } = options;
  let slowestMs = 0;
  for (let round = 0; round < rounds; round++) {
    const point = round % rig.seats.length;
    const before = await rig.acknowledged();
    await star.drop([{ from: point }, { to: point }]);
    await sleep(seconds * 1_000);
    const after = await rig.acknowledged();
    await star.heal();
    const convergedMs = await rig.converged();
    slowestMs = Math.max(slowestMs, convergedMs);
    const written = after.map((count, index) => count - (before[index] ?? 0));
    const alone = written[point] ?? 0;
    const together = written.reduce((sum, count) => sum + count, -alone);
    const sides = `${alone} records written there, ${together} on the other side`;
    const healed = `all converged ${convergedMs.toFixed(0)} ms after it healed`;
    onProgress(`cut off ${rig.seats[point]?.name} for ${seconds} s: ${sides}; ${healed}`);
    await rig.served();
  }
  return `${rounds} partitions of ${seconds} s, converged within ${slowestMs.toFixed(0)} ms`;
}

/** Each round loses, one after another, what each node sends to the next, and then what it sends to anybody. */
export async function oneWay(options: NetworkFaultOptions): Promise<string> {
  const { rig, star, rounds, seconds, onProgress } = options;
  const count = rig.seats.length;
  let slowestMs = 0;
  for (let round = 0; round < rounds; round++) {
    for (const { point, name } of rig.seats) {
      for (const drop of [{ from: point, to: (point + 1) % count }, { from: point }]) {
        await star.drop([drop]);
        await sleep(seconds * 1_000);
        const packets = await star.heal();
        const convergedMs = await rig.converged();
        slowestMs = Math.max(slowestMs, convergedMs);
        const to = drop.to === undefined ? "anybody" : rig.seats[drop.to]?.name;
        onProgress(
          `${packets} packets from ${name} to ${to} dropped in ${seconds} s; all converged ${convergedMs.toFixed(0)} ms later`,
        );
      }
    }
    await rig.served();
  }
  return `${rounds * count * 2} one-way losses of ${seconds} s, converged within ${slowestMs.toFixed(0)} ms`;
}

const lossPercent = 20;

/** Loses a fifth of all packets between nodes, both ways; they converge while that goes on. */
export async function loss({ rig, star, rounds, seconds, onProgress }: NetworkFaultOptions): Promise<string> {
  let slowestMs = 0;
  for (let round = 0; round < rounds; round++) {
    await star.drop([{ percent: lossPercent }]);
    await sleep(seconds * 1_000);
    await rig.served();
    const convergedMs = await rig.converged();
    slowestMs = Math.max(slowestMs, convergedMs);
    const packets = await star.heal();
    onProgress(`${packets} packets dropped, ${lossPercent} %; all converged in ${convergedMs.toFixed(0)} ms meanwhile`);
  }
  return `${rounds} times ${seconds} s of ${lossPercent} % loss, converged within ${slowestMs.toFixed(0)} ms under it`;
}
