/** Produces of one client share a stream where the runtime has such: none may notice the others. */
import { Code, ConnectError } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type ClientError, connect } from "../../src/client/mod.ts";
import { coded, type MemoryTopic } from "../server/fakes.ts";
import { serve, until } from "../server/serving.ts";

const sharesStreams = !("Deno" in globalThis);

/** Settled into where it went, or why not. */
async function outcomeOf(produced: Promise<{ readonly offset: number }>): Promise<string> {
  try {
    return `at ${(await produced).offset}`;
  } catch (error) {
    const { code, fate } = error as ClientError;
    return `${code}, ${fate}`;
  }
}

/** Holds back the answers of a topic until they are let go. */
function hold(topic: MemoryTopic): { readonly started: number; release(): void } {
  const produce = topic.produce.bind(topic);
  const waiting: (() => void)[] = [];
  let released = false;
  topic.produce = async (frame) => {
    const at = await produce(frame);
    if (!released) await new Promise<void>((resolve) => waiting.push(resolve));
    return at;
  };
  return {
    get started() {
      return waiting.length;
    },
    release() {
      released = true;
      for (const resolve of waiting) resolve();
    },
  };
}

test("of produces that are sent together, one that is refused fails alone", async () => {
  await using serving = await serve();
  await using client = connect(serving.url);
  const outcomes = await Promise.all(
    ["t", "a/b", "x".repeat(300), "u", "t"].map((topic) => outcomeOf(client.produce(topic, { value: "v" }))),
  );
  const refused = "INVALID_ARGUMENT, rejected";
  assert.equal(outcomes.slice(1, 4), [refused, refused, "at 0"]);
  assert.equal([outcomes[0], outcomes[4]].sort(), ["at 0", "at 1"]);
  const failure = (await client.produce("a/b", { value: "v" }).catch((error: unknown) => error)) as ClientError;
  assert.match(failure.message, /^Cannot use topic name "a\/b"/);
  if (sharesStreams) assert.is(serving.hotCalls, 2, "one stream, and one call for a name that is too long");
});

test("a signal ends the waiting for one produce alone, before it is sent, too", async () => {
  await using serving = await serve();
  await using client = connect(serving.url);
  const held = hold(serving.ports.log.open("t"));
  const controller = new AbortController();
  const given = client.produce("t", { value: "given up" }, { signal: controller.signal });
  const kept = client.produce("t", { value: "kept" });
  await until(() => held.started === 2, "both are there");
  controller.abort();
  assert.is(await outcomeOf(given), "ABORTED, unknown");
  held.release();
  assert.match(await outcomeOf(kept), /^at [01]$/);
  assert.is(await outcomeOf(client.produce("t", { value: "x" }, { signal: controller.signal })), "ABORTED, unknown");
  assert.is(await outcomeOf(client.produce("t", { value: "y" })), "at 2");
});

test("a producer's failure fails what it sent after it, and neither earlier sends nor other producers", async () => {
  await using serving = await serve();
  await using client = connect(serving.url);
  const topic = serving.ports.log.open("t");
  const produce = topic.produce.bind(topic);
  let batches = 0;
  topic.produce = (frame) =>
    ++batches === 2 ? Promise.reject(coded("LOG_OVERLOADED", "Cannot append: too much waits")) : produce(frame);
  const one = client.producer("t", { batchBytesMax: 200 });
  const other = client.producer("u");
  const sends = ["a", "b", "c", "d"].map((letter) => outcomeOf(one.send({ value: letter.repeat(150) })));
  const others = outcomeOf(other.send({ value: "e" }));
  const outcomes = await Promise.all(sends);
  assert.equal(outcomes.slice(0, 2), ["at 0", "RESOURCE_EXHAUSTED, unknown"]);
  for (const outcome of outcomes.slice(2)) assert.match(outcome, /^RESOURCE_EXHAUSTED, (unknown|unsent)$/);
  assert.is(await others, "at 0");
  assert.match(await outcomeOf(one.send({ value: "f" })), /^at [1-3]$/);
  await one[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
});

test("many producers keep the order of each", async () => {
  await using serving = await serve();
  await using client = connect(serving.url);
  const producers = Array.from({ length: 50 }, (_, index) => client.producer(`t${index % 25}`, { batchBytesMax: 300 }));
  const offsets = await Promise.all(
    producers.map((producer) =>
      Promise.all(Array.from({ length: 20 }, async () => (await producer.send({ value: "x".repeat(90) })).offset)),
    ),
  );
  for (const own of offsets)
    assert.equal(
      own,
      [...own].sort((left, right) => left - right),
    );
  for (const producer of producers) await producer[Symbol.asyncDispose]();
  if (sharesStreams) assert.is(serving.hotCalls, 1);
});

test("a server that goes away fails all that is unanswered, and the next one at its place is talked to", async () => {
  const shutdown = new AbortController();
  const first = await serve({ shutdownSignal: shutdown.signal });
  await using client = connect(first.url);
  const held = hold(first.ports.log.open("t"));
  const once = { deliveryTimeoutMs: 0 };
  const producer = client.producer("t", once);
  const unanswered = [client.produce("t", { value: "a" }, once), producer.send({ value: "b" })];
  await until(() => held.started === 2, "both are there");
  const outcomes = unanswered.map((produced) => outcomeOf(produced));
  const { port } = first.server;
  shutdown.abort(new ConnectError("The node is shutting down", Code.Unavailable));
  const closed = first[Symbol.asyncDispose]();
  assert.equal(await Promise.all(outcomes), ["UNAVAILABLE, unknown", "UNAVAILABLE, unknown"]);
  // Deno's server waits for those who answer.
  held.release();
  await closed;
  await using second = await serve({ port });
  // The first tries may still meet the end of the old connection.
  let outcome = "UNAVAILABLE";
  for (let attempt = 1; attempt <= 100 && outcome.startsWith("UNAVAILABLE"); attempt++) {
    outcome = await outcomeOf(client.produce("t", { value: "c" }, once));
  }
  assert.is(outcome, "at 0");
  assert.is(await outcomeOf(producer.send({ value: "d" })), "at 1");
  assert.is(second.ports.log.open("t").nextOffset, 2);
  await producer[Symbol.asyncDispose]();
});

if (sharesStreams) {
  test("a stream that nobody uses ends, and begins anew with the next produce", async () => {
    await using serving = await serve();
    await using client = connect(serving.url);
    await client.produce("t", { value: "a" });
    assert.is(serving.openHotCalls, 1);
    await until(() => serving.openHotCalls === 0, "the stream has ended");
    assert.is(await outcomeOf(client.produce("t", { value: "b" })), "at 1");
    assert.is(serving.hotCalls, 2);
  });
}

test.run();
