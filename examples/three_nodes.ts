import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { Agent } from "@grapevine/log";

async function start(nodeName: string, join: string[]): Promise<Agent> {
  const dataDir = await mkdtemp(`${tmpdir()}/grapevine-${nodeName}-`);
  return Agent.start({ nodeName, dataDir, join, bind: "127.0.0.1:0", rpcAddr: "127.0.0.1:0", profile: "local" });
}

await using ann = await start("ann", []);
await using bob = await start("bob", [ann.gossipAddress]);
await using cyd = await start("cyd", [ann.gossipAddress]);

for (const node of [ann, bob, cyd]) await node.topic("orders").produce({ value: `written on ${node.nodeName}` });

for (const node of [ann, bob, cyd]) {
  let count = 0;
  for await (const record of node.topic("orders").consume({ from: "earliest" })) {
    console.log(`${node.nodeName} reads: ${record.text()}`);
    if (++count === 3) break; // Without this it goes on with what comes next.
  }
}
