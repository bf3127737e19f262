/** Consumers that go from node to node as these die, or as their streams are cut, under load on every node. */
import { CuttableProxy } from "./cuttable_proxy.ts";
import type { FaultOptions } from "./process_faults.ts";
import type { Rig } from "./rig.ts";
import { type Seat, sleep } from "./seats.ts";

const travellersCount = 6;
/** Of them so many send too. */
const producersCount = 2;
const recordsPerSecond = 50;
/** Of so many faults one kills a node; the others cut streams. */
const faultsPerKill = 3;
/** How long a consumer may take to be served again. */
const hopMsMax = 60_000;
const progressFaults = 50;

/** A consumer, and its own doors to the nodes. */
interface Traveller {
  readonly name: string;
  readonly proxies: readonly CuttableProxy[];
}

/** So many rounds are so many failovers, over all consumers. */
export async function hops({ rig, random, rounds, onProgress }: FaultOptions): Promise<string> {
  const travellers: Traveller[] = [];
  for (let index = 0; index < travellersCount; index++) travellers.push(await setOut(rig, index));
  const totals = { faults: 0, kills: 0, byKill: 0, cuts: 0, byCut: 0 };
  await moving(rig, travellers);
  while (totals.byKill + totals.byCut < rounds) {
    await sleep(random.between(0, 100));
    const before = await failovers(rig, travellers);
    if (totals.faults % faultsPerKill === 0) {
      await strike(rig, random.pick(rig.seats) as Seat, random.between(0, 500));
      totals.kills++;
      await moving(rig, travellers);
      await rig.served();
      totals.byKill += (await failovers(rig, travellers)) - before;
    } else {
      for (const proxy of (random.pick(travellers) as Traveller).proxies) proxy.cut();
      totals.cuts++;
      await moving(rig, travellers);
      totals.byCut += (await failovers(rig, travellers)) - before;
    }
    totals.faults++;
    if (totals.faults % progressFaults === 0) onProgress(`${totals.byKill + totals.byCut} of ${rounds} failovers`);
  }
  const { kills, byKill, cuts, byCut } = totals;
  return [
    `${byKill + byCut} failovers of ${travellersCount} consumers`,
    `${byKill} as their node was killed by one of ${kills} kills`,
    `${byCut} as their stream was cut by one of ${cuts} cuts`,
  ].join(", ");
}

/** Kills a node and starts it again. */
async function strike(rig: Rig, seat: Seat, downMs: number): Promise<void> {
  await rig.kill(seat);
  await sleep(downMs);
  await rig.start(seat);
}

/** Starts a consumer that knows every node. The first ones send, too. */
async function setOut(rig: Rig, index: number): Promise<Traveller> {
  const doors: Record<string, string> = {};
  const proxies: CuttableProxy[] = [];
  for (const { rpcUrl } of rig.seats) {
    const { hostname, port } = new URL(rpcUrl);
    const proxy = rig.owns(await CuttableProxy.open(hostname, Number(port)));
    proxies.push(proxy);
    doors[rpcUrl] = proxy.url;
  }
  const name = `traveller${index}`;
  rig.startTraveller(name, { doors, recordsPerSecond: index < producersCount ? recordsPerSecond : 0 });
  return { name, proxies };
}

async function failovers(rig: Rig, travellers: readonly Traveller[]): Promise<number> {
  const counts = await Promise.all(travellers.map(({ name }) => rig.counts(name)));
  return counts.reduce((sum, count) => sum + count.failovers, 0);
}

/** Resolves when every consumer was given something since now. */
async function moving(rig: Rig, travellers: readonly Traveller[]): Promise<void> {
  const delivered = () => Promise.all(travellers.map(async ({ name }) => (await rig.counts(name)).delivered));
  const before = await delivered();
  const deadlineMs = performance.now() + hopMsMax;
  while (!(await delivered()).every((count, index) => count > (before[index] ?? 0))) {
    if (performance.now() > deadlineMs) throw new Error(`A consumer was given nothing for ${hopMsMax} ms`);
    await sleep(20);
  }
}
