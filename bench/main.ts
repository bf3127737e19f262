/** `npm run bench`: what this machine reaches. Prints a table and writes it, as JSON too, to bench/results. */
import { mkdir, writeFile } from "node:fs/promises";
import os from "node:os";
import { fileURLToPath } from "node:url";
import { type Figure, table } from "./measure.ts";
import { BenchNodes, runtimeName } from "./nodes.ts";
import { byRpc, inProcess, propagation } from "./scenarios.ts";

const figures: Figure[] = [];
for (const valueBytes of [100, 1_024]) {
  for (const scenario of [inProcess, byRpc, propagation]) {
    await using nodes = await BenchNodes.create();
    figures.push(...(await scenario(nodes, valueBytes)));
  }
}
const runtime = runtimeName();
const machine = `${runtime}, ${os.cpus().length} cores, ${os.type()} ${os.arch()}; fsync before every acknowledgement; medians of 5 rounds`;
console.log(`${machine}\n\n${table(figures)}`);
const results = fileURLToPath(new URL("./results/", import.meta.url));
await mkdir(results, { recursive: true });
const name = (runtime.split(" ")[0] as string).toLowerCase();
await writeFile(`${results}${name}.json`, `${JSON.stringify({ machine, figures }, undefined, 2)}\n`);
process.exit(0);
