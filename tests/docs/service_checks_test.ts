// runtimes: bun (the checks themselves are tried on every runtime, in tests/io)
/** The checks that docs/services.md shows can be registered as they stand there, and pass where there is what they ask. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Agent } from "../../mod.ts";
import type { HealthCheck } from "../../src/base/mod.ts";
import { serveGrpc, serveHttp, serveTcp } from "../io/checked_servers.ts";
import { readBlocks, readDocuments } from "./blocks.ts";

const document = readDocuments(path.resolve(import.meta.dirname, "../..")).find(
  ({ file }) => file === "docs/services.md",
);
const block = readBlocks(document ?? { file: "", text: "" }).find(
  ({ language, text }) => language === "json" && text.startsWith("["),
);

test("one check of each kind, as the page has them, passes", async () => {
  const web = await serveHttp();
  const database = await serveTcp((socket) => socket.resume());
  const payments = await serveGrpc((request) => (request.includes("payments.v1.Payments") ? "SERVING" : "not-found"));
  const text = (block?.text ?? "")
    .replace("127.0.0.1:8080/readyz", `127.0.0.1:${web.port}/fine`)
    .replace("127.0.0.1:5432", `127.0.0.1:${database.port}`)
    .replace("127.0.0.1:9090", `127.0.0.1:${payments.port}`);
  const checks = JSON.parse(text) as HealthCheck[];
  assert.equal(
    checks.map(({ type }) => type),
    ["http", "tcp", "grpc", "command", "ttl"],
  );
  const dataDir = mkdtempSync(path.join(tmpdir(), "grapevine-checks-"));
  {
    await using agent = await Agent.start({ dataDir, bind: "127.0.0.1:0", rpcAddr: "127.0.0.1:0" });
    await agent.services.register({ name: "shop", port: 1, checks });
    await agent.services.report("shop", { state: "passing", output: "12 of 64 workers busy" });
    for await (const { instance } of agent.services.watch({ states: ["passing", "warning", "critical"] })) {
      if (instance.state !== "passing") continue;
      assert.equal(
        instance.checks.map(({ name, output }) => [name, output.replace(/:\d+$/, "")]),
        [
          ["http", "HTTP 200 OK: GET without a question"],
          ["tcp", "connected to 127.0.0.1"],
          ["grpc", "SERVING: payments.v1.Payments"],
          ["scratch space", "exit code 0"],
          ["beat", "12 of 64 workers busy"],
        ],
      );
      break;
    }
  }
  for (const server of [web, database, payments]) await server.close();
  rmSync(dataDir, { recursive: true });
});

test.run();
