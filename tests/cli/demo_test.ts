// runtimes: bun (npm run demo runs on it; package_test.ts runs the installed command on Node)
// timeout: 180
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Agent } from "../../src/agent/mod.ts";
import { allIsWell, inspectNode, type NodeFindings } from "../../src/cli/demo/check.ts";
import { bytesLeast, findInput, findPackages, linesLeast } from "../../src/cli/demo/input.ts";
import { ownAddress } from "../own_host.ts";
import { run } from "./processes.ts";

const projectFile = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

test("three nodes, one of them killed, hold the same lines in the end, and nothing is left behind", async () => {
  const temporary = mkdtempSync(path.join(os.tmpdir(), "grapevine-demo-test-"));
  const args = ["demo", "--format", "json", "--duration", "3s", "--input", projectFile("package-lock.json")];
  const { code, stdout, stderr } = await run(args, { env: { TMPDIR: temporary } });
  assert.is(code, 0, stderr);
  const { well, lines, nodes, killed, calls } = JSON.parse(stdout);
  assert.ok(well);
  assert.is(killed, "birch");
  assert.ok(calls.answered > 0);
  assert.match(stderr, /^ +\d+\.\d s {2}open http:\/\/127\.0\.0\.1:\d+\/ in a browser/);
  assert.ok(lines > 1_000);
  assert.equal(
    nodes.map(({ node, records }: NodeFindings) => `${node} ${records}`),
    ["alder", "birch", "cedar"].map((name) => `${name} ${lines}`),
  );
  assert.equal(
    readdirSync(temporary).filter((name) => name.startsWith("grapevine")),
    [],
  );
  rmSync(temporary, { recursive: true });
});

test("findInput() finds enough real text among the installed packages", () => {
  const packages = findPackages(projectFile("src/cli"));
  assert.is(packages, projectFile("node_modules"));
  const input = findInput(packages);
  assert.ok(input.lines.length >= linesLeast);
  assert.ok(input.bytes >= bytesLeast);
});

test("inspectNode() counts what is lost, repeated, altered and out of order", async () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), "grapevine-inspect-"));
  const agent = await Agent.start({ dataDir: directory, bind: ownAddress, rpcAddr: ownAddress });
  try {
    const produced = ["1:a", "2:b", "2:b", "4:changed", "3:c"];
    for (const text of produced) {
      const [key, value] = text.split(":") as [string, string];
      await agent.topic("t").produce({ key, value });
    }
    const node = { name: "n", rpcUrl: `http://${agent.rpcAddress}`, gossipAddress: agent.gossipAddress };
    const { feeds, ...counts } = await inspectNode(node, "t", { lines: ["a", "b", "c", "d", "e"] });
    assert.equal(counts, { node: "n", records: 5, lost: 2, repeated: 1, altered: 1, disordered: 2 });
    assert.equal([...feeds], [[agent.writer, 5]]);
  } finally {
    await agent[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  }
});

test("allIsWell() wants nothing amiss on any node, and the same feeds on all", () => {
  const good: NodeFindings = {
    node: "n",
    records: 2,
    lost: 0,
    repeated: 0,
    altered: 0,
    disordered: 0,
    feeds: new Map([["w", 2]]),
  };
  assert.ok(allIsWell([good, good]));
  for (const fault of ["lost", "repeated", "altered", "disordered"])
    assert.not(allIsWell([good, { ...good, [fault]: 1 }]));
  assert.not(allIsWell([good, { ...good, feeds: new Map([["w", 3]]) }]));
  assert.not(allIsWell([good, { ...good, feeds: new Map([["v", 2]]) }]));
});

test.run();
