// timeout: 150
// needs: serf iproute2 namespaces
// topics: discovery
// runtimes: bun, node (the third runtime has the same sockets, and each second of this costs)
/** Our node and real `serf` agents in networks of their own: addresses of all interfaces, and hostile bytes. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fuzz } from "./fuzzing.ts";
import { Cable, Namespace } from "./namespaces.ts";
import { interop, requireSerf } from "./numbered.ts";
import { Processes, scriptCommand, until } from "./processes.ts";

requireSerf();

interop(30, async () => {
  await using processes = new Processes();
  const [left, right] = [await Namespace.open(processes), await Namespace.open(processes)];
  const cable = await Cable.between(left, right);
  const alpha = await processes.serf("alpha", { host: "0.0.0.0", place: left });
  const address = alpha.address.replace("0.0.0.0", cable.left);
  const bind = `${cable.right}:0`;
  const ours = await processes.node({ bind, join: [address] }, right);
  await until("it is alive here", async () => (await ours.member("alpha"))?.status === "alive");
  // Who knows of alpha by us alone, and then hears alpha itself: were the bytes others, it would see two nodes of one name.
  const flags = ["-join", `${cable.right}:${ours.port}`];
  const gamma = await processes.serf("gamma", { host: cable.right, place: right, flags });
  await until("they see one another", async () => (await alpha.member("gamma"))?.status === "alive");
  const state = await right.run(...scriptCommand("./wire_process.ts", ["state", cable.right, String(ours.port)]));
  const told = state
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { name: string; address: string })
    .find(({ name }) => name === "alpha");
  assert.is(told?.address, "00000000000000000000ffff0a4d0001");
  await alpha.command("tags", "-set", "ver=2");
  await until("gamma hears alpha", async () => (await gamma.member("alpha"))?.tags["ver"] === "2");
  await until("we hear alpha", async () => (await ours.member("alpha"))?.tags["ver"] === "2");
  for (const agent of [alpha, gamma]) assert.equal(agent.said(/[Cc]onflict/), []);
  assert.equal(
    ours.lines.flatMap(({ warning }) => warning ?? []),
    [],
  );
  return `we tell 16 bytes as it does (${told?.address}); no conflict at it, at us, or behind us`;
});

interop(35, async () => {
  await using processes = new Processes();
  return await fuzz(processes, { seed: "quick", datagrams: 20_000, streams: 1_000 });
});

test.run();
