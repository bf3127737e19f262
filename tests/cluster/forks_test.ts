// runtimes: bun (what the rules decide is tested on all; here real processes and files meet, whose runtime does not matter)
// timeout: 240
// slow
/** Data directories that were put back or copied behind nodes' backs (rules R5, R6): nothing that was acknowledged is lost. */
import { cp, rm } from "node:fs/promises";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { connect } from "../../src/client/mod.ts";
import { run } from "../cli/processes.ts";
import { eventually, type NodeProcess, NodeProcesses } from "./processes.ts";

async function produce(node: NodeProcess, values: readonly string[]): Promise<void> {
  await using client = connect(node.rpcUrl);
  for (const value of values) await client.produce("orders", [{ value }]);
}

/** Reads from the beginning until all of these were seen. Returns everything that came. */
async function consumeAll(node: NodeProcess, wanted: readonly string[]): Promise<string[]> {
  await using client = connect(node.rpcUrl);
  const missing = new Set(wanted);
  const seen: string[] = [];
  const signal = AbortSignal.timeout(30_000);
  try {
    for await (const record of client.consume("orders", { from: "earliest", signal })) {
      seen.push(record.text());
      missing.delete(record.text());
      if (missing.size === 0) return seen;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  throw new Error(`${node.name} lacks ${[...missing].join(", ")}; it has ${seen.join(", ")}`);
}

async function metric(node: NodeProcess, name: string): Promise<number> {
  const text = await (await fetch(`${node.rpcUrl}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)`, "m").exec(text)?.[1] ?? Number.NaN);
}

function named(word: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${word} ${index + 1}`);
}

test("a backup that is put back while nobody is there, and written to: all that was acknowledged is on all nodes in the end", async () => {
  await using nodes = await NodeProcesses.create();
  const directory = path.join(nodes.directory, "a");
  const holder = await nodes.start("holder");
  const join = { "--join": holder.gossipAddress };
  const first = await nodes.start("a", join);
  await produce(first, named("before", 20));
  await consumeAll(holder, named("before", 20));
  await first.end("SIGTERM");
  await cp(directory, path.join(nodes.directory, "backup"), { recursive: true });
  const second = await nodes.start("a", join);
  await produce(second, named("lost by the backup", 7));
  await consumeAll(holder, named("lost by the backup", 7));
  await second.end("SIGKILL");
  await holder.end("SIGTERM");

  await rm(directory, { recursive: true });
  await cp(path.join(nodes.directory, "backup"), directory, { recursive: true });
  const alone = await nodes.start("a");
  await produce(alone, named("alone", 30));
  const again = await nodes.start("holder", { "--join": alone.gossipAddress });
  await produce(alone, named("in company", 3));
  const everything = [
    ...named("before", 20),
    ...named("lost by the backup", 7),
    ...named("alone", 30),
    ...named("in company", 3),
  ];
  const held = await consumeAll(again, everything);
  assert.equal(
    held.filter((value) => value.startsWith("alone")),
    named("alone", 30),
    "in order, each once",
  );
  // The owner keeps its own history of the old feed: what only the others have of that does not come.
  await consumeAll(alone, [...named("before", 20), ...named("alone", 30), ...named("in company", 3)]);
  // What it took before it had heard of the other history is of the old feed, too.
  const reproduced = await metric(alone, "grapevine_replication_reproduced_records_total");
  assert.ok(reproduced >= 30 && reproduced <= 33, `${reproduced} records`);
  assert.is(
    (await metric(alone, "grapevine_log_feeds_stopped")) + (await metric(again, "grapevine_log_feeds_stopped")) > 0,
    true,
  );
  const { stdout } = await run(["topics", "describe", "orders"], { env: { GRAPEVINE_SERVER: alone.rpcUrl } });
  assert.match(stdout, /\nSTOPPED FEED +NODE +REASON\n[0-9a-f]{16} +(a|holder) +the (hash of the )?batch .* held/);
  const third = await nodes.start("third", { "--join": again.gossipAddress });
  await consumeAll(
    third,
    everything.filter((value) => !value.startsWith("lost")),
  );
});

test("a copied data directory under two nodes: what each wrote alone reaches all", async () => {
  await using nodes = await NodeProcesses.create();
  const third = await nodes.start("third");
  const original = await nodes.start("a", { "--join": third.gossipAddress });
  await produce(original, named("before", 10));
  await consumeAll(third, named("before", 10));
  await original.end("SIGTERM");
  await cp(path.join(nodes.directory, "a"), path.join(nodes.directory, "b"), { recursive: true });
  const [a, b] = await Promise.all([nodes.start("a"), nodes.start("b")]);
  await produce(a, named("a alone", 12));
  await produce(b, named("b alone", 15));
  await Promise.all(
    [a, b].map(async (node) => {
      await using client = connect(node.rpcUrl);
      await client.join([third.gossipAddress]);
    }),
  );
  await produce(third, named("c", 2));
  const everything = [...named("before", 10), ...named("a alone", 12), ...named("b alone", 15), ...named("c", 2)];
  for (const node of [a, b, third]) await consumeAll(node, everything);
  await eventually("both have writers of their own", 10_000, async () => {
    await using client = connect(third.rpcUrl);
    const members = await client.members();
    const writers = members.map(({ tags }) => (tags instanceof Map ? tags.get("w") : Object(tags)["w"]));
    return new Set(writers).size === 3;
  });
});

test.run();
