/** A real partition: agents and nodes of ours at both ends of a cable that is cut and mended. */
import * as assert from "uvu/assert";
import { Cable, Namespace } from "./namespaces.ts";
import { observe, type Processes, until } from "./processes.ts";

/**
 * Cuts the cable until each side has given the other up, and `cutMs` longer; mends it, and resolves with how long it took
 * until all see all alive.
 */
export async function partition(
  processes: Processes,
  { profile, cutMs }: { readonly profile: "lan" | "local"; readonly cutMs: number },
): Promise<number> {
  const [left, right] = [await Namespace.open(processes), await Namespace.open(processes)];
  const cable = await Cable.between(left, right);
  const alpha = await processes.serf("alpha", { host: cable.left, place: left, profile });
  const flags = ["-join", alpha.address];
  const beta = await processes.serf("beta", { host: cable.right, place: right, profile, flags });
  const near = await processes.node({ name: "near", profile, bind: `${cable.left}:0`, join: [alpha.address] }, left);
  const far = await processes.node({ name: "far", profile, bind: `${cable.right}:0`, join: [beta.address] }, right);
  const all = [alpha, beta, near, far];
  const areAlive = async (): Promise<boolean> => {
    for (const each of all) {
      const alive = (await each.members()).filter(({ status }) => status === "alive");
      if (alive.length !== all.length) return false;
    }
    return true;
  };
  await until("all see all", areAlive, 30_000);
  await cable.cut();
  for (const [observer, lost] of [
    [near, "far"],
    [near, "beta"],
    [far, "near"],
    [far, "alpha"],
    [alpha, "far"],
    [beta, "near"],
  ] as const) {
    await until(`${lost} is failed`, async () => (await observer.member(lost))?.status === "failed", 90_000);
  }
  // Each side goes on by itself.
  assert.is((await near.member("alpha"))?.status, "alive");
  assert.is((await far.member("beta"))?.status, "alive");
  near.tell('tags {"side":"left"}');
  await until("news goes around", async () => (await alpha.member("near"))?.tags["side"] === "left");
  await observe(cutMs);
  await cable.mend();
  const mendedMs = Date.now();
  await until("all see all again", areAlive, 150_000);
  const healedMs = Date.now() - mendedMs;
  await until("the news of one side is known", async () => (await far.member("near"))?.tags["side"] === "left", 60_000);
  return healedMs;
}
