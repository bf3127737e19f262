// runtimes: node (Deno is what imports by URL, and this starts it)
// topics: discovery
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Agent } from "../../mod.ts";
import { runtimeCommand } from "../runner/runtimes.ts";

const projectDirectory = path.resolve(import.meta.dirname, "../..");

const test = suite<{ directory: string }>("import by URL");

test.before.each((context) => {
  context.directory = mkdtempSync(path.join(tmpdir(), "grapevine-url-"));
});
test.after.each((context) => {
  rmSync(context.directory, { recursive: true });
});

/** A program of a stranger: all it knows is the address of a node. */
function program(node: Agent): string {
  return `import { Agent } from "http://${node.rpcAddress}/mod.js";
const agent = await Agent.start({
  nodeName: "guest", dataDir: "./data", bind: "127.0.0.1:0", rpcAddr: "127.0.0.1:0", profile: "local",
  join: ["${node.gossipAddress}"],
});
await agent.topic("orders").produce({ value: "from the guest" });
for await (const record of agent.topic("orders").consume({ from: "earliest" })) {
  if (record.text() === "from the host") break;
}
for (const path of ["/", "/client.js", "/mod.js", "/types/mod.d.ts"]) {
  const answer = await fetch("http://" + agent.rpcAddress + path);
  await answer.body?.cancel();
  console.log(path, answer.status);
}
for await (const line of Deno.stdin.readable) if (line.length > 0) break;
await agent.leave();
`;
}

test("Deno runs a node from the bundle that another node serves, in an empty folder", async ({ directory }) => {
  const host = await Agent.start({
    ...{ nodeName: "host", dataDir: path.join(directory, "host"), profile: "local" },
    ...{ bind: "127.0.0.1:0", rpcAddr: "127.0.0.1:0" },
  });
  const empty = path.join(directory, "empty");
  mkdirSync(empty);
  writeFileSync(path.join(directory, "guest.js"), program(host));
  const [deno] = runtimeCommand("deno", projectDirectory) as [string];
  const guest = spawn(deno, ["run", "--allow-all", "--no-config", "--quiet", path.join(directory, "guest.js")], {
    cwd: empty,
    env: { ...process.env, DENO_DIR: path.join(directory, "cache"), NO_COLOR: "1" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [guest.stdout, guest.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => guest.once("close", resolve));
  try {
    await host.topic("orders").produce({ value: "from the host" });
    const heard = (async () => {
      for await (const record of host.topic("orders").consume({ from: "earliest" })) {
        if (record.text() === "from the guest") return "heard";
      }
      return "the stream ended";
    })();
    assert.is(await Promise.race([heard, ended]), "heard", output);
    guest.stdin.end("go on\n");
    assert.is(await ended, 0, output);
    assert.is(output, "/ 200\n/client.js 200\n/mod.js 200\n/types/mod.d.ts 200\n");
    assert.is(host.members().find((member) => member.name === "guest")?.status, "left");
  } finally {
    guest.kill("SIGKILL");
    await host.close();
  }
});

test.run();
