// needs: curl
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { serve } from "./serving.ts";

/** What curl prints. */
function curl(...words: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile("curl", ["--silent", "--show-error", "--max-time", "10", ...words], (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
  });
}

test("curl produces and consumes with JSON", async () => {
  await using serving = await serve();
  const call = async (method: string, body: object) =>
    JSON.parse(
      await curl(
        "-H",
        "content-type: application/json",
        "-d",
        JSON.stringify(body),
        `${serving.url}/log.v1.Log/${method}`,
      ),
    );
  const produced = await call("Produce", { topic: "t", record: { value: btoa("hello"), key: btoa("k") } });
  assert.is(produced.offset, "0");
  assert.is(produced.writer, "00000000000000a1");
  const consumed = await call("Consume", { topic: "t", offset: 0 });
  assert.is(atob(consumed.record.value), "hello");
  assert.is(atob(consumed.record.key), "k");
  assert.is(consumed.nextOffset, "1");
  const beyond = await call("Consume", { topic: "t", offset: 1 });
  assert.is(beyond.code, "out_of_range");
});

test("curl sends a body so large that it asks first", async () => {
  await using serving = await serve();
  const file = path.join(await mkdtemp(path.join(tmpdir(), "grapevine-curl-")), "body.json");
  const value = Buffer.alloc(1_000_000, "x");
  await writeFile(file, JSON.stringify({ topic: "t", record: { value: value.toString("base64") } }));
  const printed = await curl(
    ...["-H", "content-type: application/json", "-H", "expect: 100-continue", "-d", `@${file}`],
    `${serving.url}/log.v1.Log/Produce`,
  );
  await rm(path.dirname(file), { recursive: true });
  assert.is(JSON.parse(printed).offset, "0");
});

test.run();
