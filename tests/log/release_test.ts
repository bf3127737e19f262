import { test } from "uvu";
import * as assert from "uvu/assert";
import { covers, Random, type Vector } from "../../src/base/mod.ts";
import type { Directory, Log, LogEvent } from "../../src/log/mod.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, frameOf, framesIn, openLog } from "./log_kit.ts";

async function opened(directory: Directory, seed = 1): Promise<{ log: Log; events: LogEvent[] }> {
  return openLog(directory, {}, environment(new Random(seed)));
}

async function textsOf(log: Log, name: string): Promise<string[]> {
  const topic = await log.openTopic(name);
  return framesIn((await topic.read(topic.firstOffset, 1_000_000)).frames).flatMap(({ texts }) => texts);
}

test("release() drops a copy that is kept elsewhere, and leaves nothing of it on disk", async () => {
  const disk = new SimulatedDisk();
  const { log } = await opened(disk.mount());
  const topic = await log.openTopic("orders");
  await topic.produce(frameOf(["one"]));
  let shown: Vector = new Map();
  const gone = await log.release("orders", (have) => {
    shown = have;
    return true;
  });
  assert.ok(gone);
  assert.equal([...shown.values()], [1]);
  assert.is(log.topic("orders"), undefined);
  assert.equal(
    disk.paths().filter((path) => path.startsWith("topics/orders")),
    [],
  );
  await log[Symbol.asyncDispose]();
});

test("release() leaves a copy that is not kept as it was, and whoever used it hears that it is closed", async () => {
  const disk = new SimulatedDisk();
  const { log } = await opened(disk.mount());
  const topic = await log.openTopic("orders");
  await topic.produce(frameOf(["one"]));
  assert.not(await log.release("orders", () => false), "asked at once");
  assert.is(log.topic("orders"), topic, "nothing happened to it");
  let asked = 0;
  assert.not(await log.release("orders", () => ++asked === 1), "no longer when it was closed");
  assert.equal(await textsOf(log, "orders"), ["one"]);
  const error = await topic.read(0, 1).then(
    () => undefined,
    (thrown: Error & { code?: string }) => thrown,
  );
  assert.is(error?.code, "LOG_CLOSED");
  assert.is((await (await log.openTopic("orders")).produce(frameOf(["two"]))).sequence, 2);
  await log[Symbol.asyncDispose]();
});

test("release() counts what was produced while it was asked: nothing that was acknowledged goes unkept", async () => {
  const { log } = await opened(new SimulatedDisk().mount());
  const topic = await log.openTopic("orders");
  await topic.produce(frameOf(["one"]));
  const kept = topic.have;
  const produced = topic.produce(frameOf(["two"]));
  assert.not(await log.release("orders", (have) => covers(kept, have)));
  await produced;
  assert.equal(await textsOf(log, "orders"), ["one", "two"]);
  await log[Symbol.asyncDispose]();
});

test("a topic that comes back is written to by a new writer, also after a restart, so that no feed forks", async () => {
  for (const restarts of [false, true]) {
    const disk = new SimulatedDisk();
    let { log } = await opened(disk.mount());
    const before = log.writer;
    await (await log.openTopic("orders")).produce(frameOf(["one"]));
    await log.openTopic("others");
    assert.ok(await log.release("orders", () => true));
    assert.is(log.writer, before, "until then it goes on as it is");
    if (restarts) {
      await log[Symbol.asyncDispose]();
      ({ log } = await opened(disk.mount(), 2));
      assert.is(log.writer, before);
    }
    const ack = await (await log.openTopic("orders")).produce(frameOf(["again"]));
    assert.is.not(ack.writer, before);
    assert.is(ack.sequence, 1);
    const later = log.writer;
    assert.ok(await log.release("others", () => true));
    await log.openTopic("others");
    assert.is(log.writer, later, "what it never wrote to needs no new writer");
    await log[Symbol.asyncDispose]();
  }
});

test("a damaged note of what was dropped costs a new writer, not a fork", async () => {
  const disk = new SimulatedDisk();
  let { log } = await opened(disk.mount());
  const before = log.writer;
  await (await log.openTopic("orders")).produce(frameOf(["one"]));
  assert.ok(await log.release("orders", () => true));
  await log[Symbol.asyncDispose]();
  await disk.mount().replaceFile("released", new Uint8Array(20));
  ({ log } = await opened(disk.mount(), 2));
  assert.is.not((await (await log.openTopic("orders")).produce(frameOf(["two"]))).writer, before);
  await log[Symbol.asyncDispose]();
});

test.run();
