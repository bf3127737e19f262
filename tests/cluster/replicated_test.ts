// runtimes: bun (long: nine starts of a process)
// timeout: 180
// slow
/** What two nodes acknowledged outlives either of them, killed in the middle of the work. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { connect } from "../../src/client/mod.ts";
import { eventually, type NodeProcess, NodeProcesses } from "./processes.ts";

const patienceMs = 20_000;
const names = ["a", "b", "c"];

interface Load {
  /** Values that two nodes acknowledged. */
  readonly acknowledged: string[];
  readonly done: Promise<void>;
}

/** Produces until the node is gone or the signal fires. */
function load(node: NodeProcess, round: number, signal: AbortSignal): Load {
  const acknowledged: string[] = [];
  const run = async (): Promise<void> => {
    await using client = connect(node.rpcUrl);
    await using producer = client.producer("orders", { acks: { replicated: 2 }, batchBytesMax: 2_000 });
    for (let index = 0; !signal.aborted; index++) {
      const value = `${node.name}-${round}-${index}`;
      const sent = producer.send({ value }).then(() => acknowledged.push(value));
      if (index % 20 !== 19) sent.catch(() => {});
      else if (!(await sent.then(Boolean, () => false))) return;
    }
  };
  return { acknowledged, done: run() };
}

async function valuesOn(node: NodeProcess): Promise<string[]> {
  await using client = connect(node.rpcUrl);
  const values: string[] = [];
  for await (const record of client.consume("orders", { follow: false })) values.push(record.text());
  return values;
}

test("each of three nodes is killed in turn under load: what two acknowledged is on the others, once", async () => {
  await using nodes = await NodeProcesses.create();
  const running = new Map<string, NodeProcess>();
  const joinOf = (): string => [...running.values()].map(({ gossipAddress }) => gossipAddress).join(",");
  for (const name of names) running.set(name, await nodes.start(name, running.size > 0 ? { "--join": joinOf() } : {}));
  const acknowledged: string[] = [];
  for (const [round, victim] of names.entries()) {
    const node = running.get(victim) as NodeProcess;
    const stopping = new AbortController();
    const loads = [...running.values()].map((each) => load(each, round, stopping.signal));
    await eventually("all three acknowledge", patienceMs, async () =>
      loads.every((each) => each.acknowledged.length > 100),
    );
    await node.end("SIGKILL");
    running.delete(victim);
    stopping.abort();
    for (const { done, acknowledged: values } of loads) {
      await done;
      acknowledged.push(...values);
    }
    for (const survivor of running.values()) {
      await eventually(`${survivor.name} holds what was acknowledged`, patienceMs, async () => {
        const held = new Set(await valuesOn(survivor));
        return acknowledged.every((value) => held.has(value));
      });
      const values = await valuesOn(survivor);
      assert.is(new Set(values).size, values.length, "nothing is there twice");
    }
    // At its old address, as a node is restarted: at another one its name is taken until the others saw the old one fail.
    running.set(victim, await nodes.start(victim, { "--join": joinOf(), "--bind": node.gossipAddress }));
  }
  console.log(`\nreport: ${acknowledged.length} records acknowledged while nodes were killed, all held by the others`);
});

test.run();
