/** Bytes that are almost right, sent to running nodes of ours. */
import * as assert from "uvu/assert";
import { ownHost } from "../own_host.ts";
import { Namespace } from "./namespaces.ts";
import { type NodeProcess, type Processes, scriptCommand, until } from "./processes.ts";
import type { FuzzPlan } from "./wire_process.ts";

/** What a node may hold after all of it. */
const residentBytesMax = 500_000_000;

/**
 * Sends the bytes to two nodes, of which one is encrypted, in a network that leads nowhere: a node answers to where it is
 * told to. Resolves with what became of it.
 */
export async function fuzz(processes: Processes, plan: FuzzPlan): Promise<string> {
  const place = await Namespace.open(processes);
  const alpha = await processes.serf("alpha", { place });
  const plain = await processes.node({ join: [alpha.address] }, place);
  const encrypt = Buffer.from("k".repeat(32)).toString("base64");
  const encrypted = await processes.node({ name: "encrypted", encrypt }, place);
  await until("the plain one is alive", async () => (await alpha.member("ours"))?.status === "alive");
  const attack = async (node: NodeProcess): Promise<number> => {
    await place.run(...scriptCommand("./wire_process.ts", ["fuzz", ownHost, String(node.port), JSON.stringify(plan)]));
    assert.not(node.hasEnded, node.errors);
    const counters = await node.counters();
    assert.ok(counters.residentBytes < residentBytesMax, `${counters.residentBytes} bytes`);
    return Object.values(counters.dropped).reduce((sum, count) => sum + count, counters.malformed);
  };
  const dropped = [await attack(encrypted), await attack(plain)];
  // Without the key nothing is believed at all.
  assert.equal(
    (await encrypted.members()).map(({ name }) => name),
    ["encrypted"],
  );
  await until("the plain one is alive still", async () => (await alpha.member("ours"))?.status === "alive");
  assert.is((await plain.member("alpha"))?.status, "alive");
  plain.tell('tags {"after":"all"}');
  // Asked for: among so many members that never were, its own word may take long to come to the one that is.
  await until("it speaks, and is heard", async () => {
    await alpha.command("join", `${ownHost}:${plain.port}`);
    return (await alpha.member("ours"))?.tags["after"] === "all";
  });
  const { datagrams, streams } = plan;
  return `${datagrams} datagrams and ${streams} streams each: no crash, ${dropped[0]} drops counted encrypted, ${dropped[1]} plain`;
}
