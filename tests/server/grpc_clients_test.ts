import { execFile } from "node:child_process";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { member } from "./fakes.ts";
import { serve } from "./serving.ts";

const projectDirectory = path.resolve(import.meta.dirname, "../..");

/** What a program prints; it runs beside this process, which is the server. */
function run(program: string, ...words: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, words, { cwd: projectDirectory, timeout: 30_000 }, (error, stdout, stderr) =>
      error ? reject(new Error(`${error.message}\n${stderr}`)) : resolve(stdout),
    );
  });
}

test("a gRPC client with the book's messages produces, consumes and finds servers", async () => {
  await using serving = await serve();
  serving.ports.cluster.list = [member("a"), member("b")];
  const printed = await run("node", "--import", "tsx", "tests/server/book/client.ts", String(serving.server.port));
  assert.equal(JSON.parse(printed), {
    produced: ["0", "1"],
    streamed: ["2", "3", "4"],
    consumed: ["second", "1"],
    beyond: 11,
    stream: [
      ["first", "0"],
      ["second", "1"],
      ["third", "2"],
      ["fourth", "3"],
      ["fifth", "4"],
    ],
    servers: [
      { id: "a", rpc_addr: "127.0.0.1:8410", is_leader: true },
      { id: "b", rpc_addr: "127.0.0.1:8410", is_leader: true },
    ],
  });
});

for (const reflection of ["grpc-v1", "grpc-v1alpha"]) {
  for (const protocol of ["connect", "grpc"]) {
    test(`buf curl by ${protocol} finds its way by ${reflection} reflection`, async () => {
      await using serving = await serve();
      const curl = async (method: string, body: object) =>
        JSON.parse(
          await run(
            path.join(projectDirectory, "node_modules/.bin/buf"),
            "curl",
            "--http2-prior-knowledge",
            "--protocol",
            protocol,
            "--reflect-protocol",
            reflection,
            "--data",
            JSON.stringify(body),
            `${serving.url}/${method}`,
          ),
        );
      const produced = await curl("log.v1.Log/Produce", { topic: "t", record: { value: btoa("hello") } });
      assert.is(produced.count, 1);
      const consumed = await curl("log.v1.Log/Consume", { topic: "t" });
      assert.is(atob(consumed.record.value), "hello");
      assert.equal(await curl("grpc.health.v1.Health/Check", { service: "log.v1.Log" }), { status: "SERVING" });
    });
  }
}

test.run();
