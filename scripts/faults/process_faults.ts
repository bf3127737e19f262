/** What may happen to the process of a node, under load: killed, stopped for a while, robbed of its disk. */
import type { Random } from "../../src/base/mod.ts";
import type { Rig } from "./rig.ts";
import { sleep } from "./seats.ts";

export interface FaultOptions {
  readonly rig: Rig;
  readonly random: Random;
  readonly rounds: number;
  /** How long a fault lasts, where that is said. */
  readonly seconds: number;
  readonly onProgress: (line: string) => void;
}

/** Rounds between two lines of progress. */
const progressRounds = 5;

/** Each round kills each node once, at a moment of its own, and starts it again once all others were served without it. */
export async function kills({ rig, random, rounds, onProgress }: FaultOptions): Promise<string> {
  for (let round = 1; round <= rounds; round++) {
    for (const seat of rig.seats) {
      await sleep(random.between(0, 300));
      await rig.kill(seat);
      await sleep(random.between(0, 500));
      await rig.start(seat);
      await rig.served();
    }
    if (round % progressRounds === 0) onProgress(`${round} of ${rounds} rounds`);
  }
  return `${rounds * rig.seats.length} kills`;
}

/** Each round kills all nodes at the same moment: what was acknowledged is on disks alone. */
export async function blackouts({ rig, random, rounds, onProgress }: FaultOptions): Promise<string> {
  for (let round = 1; round <= rounds; round++) {
    await sleep(random.between(0, 500));
    await Promise.all(rig.seats.map((seat) => rig.kill(seat)));
    for (const seat of random.shuffle([...rig.seats])) await rig.start(seat);
    await rig.served();
    if (round % progressRounds === 0) onProgress(`${round} of ${rounds} rounds`);
  }
  return `${rounds} blackouts`;
}

/** Less than anybody's patience. */
const stopMsMin = 200;

/** Each round stops each node once, for a time of its own: some notice, some do not. */
export async function stops({ rig, random, rounds, seconds, onProgress }: FaultOptions): Promise<string> {
  let stoppedMs = 0;
  for (let round = 1; round <= rounds; round++) {
    for (const seat of rig.seats) {
      const stopMs = random.between(stopMsMin, seconds * 1_000);
      rig.stop(seat);
      await sleep(stopMs);
      rig.resume(seat);
      stoppedMs += stopMs;
      await rig.served();
    }
    if (round % progressRounds === 0) onProgress(`${round} of ${rounds} rounds`);
  }
  return `${rounds * rig.seats.length} stops, ${Math.round(stoppedMs / 1_000)} s in all`;
}

/** Each round takes one node its disk; it comes back with nothing, and has everything again. */
export async function wipes({ rig, random, rounds, onProgress }: FaultOptions): Promise<string> {
  let slowestMs = 0;
  for (let round = 1; round <= rounds; round++) {
    for (const seat of rig.seats) {
      await sleep(random.between(0, 300));
      await rig.wipe(seat);
      await sleep(random.between(0, 500));
      await rig.start(seat);
      const caughtUpMs = await rig.converged();
      slowestMs = Math.max(slowestMs, caughtUpMs);
      onProgress(`${seat.name} came back empty and caught up in ${caughtUpMs.toFixed(0)} ms`);
      rig.startResident(seat);
      await rig.served();
    }
  }
  return `${rounds * rig.seats.length} wipes, caught up within ${slowestMs.toFixed(0)} ms`;
}
