import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ConsumeFrom, LogClient } from "../../src/client/mod.ts";
import type { ClientError } from "./records.ts";
import { StubServer } from "./stub_server.ts";

/** Three batches of 3 records each, "0" to "8", timestamps 1000, 1001 … */
async function filled(client: LogClient): Promise<void> {
  for (let batch = 0; batch < 3; batch++) {
    await client.produce(
      "t",
      [0, 1, 2].map((index) => ({ value: String(3 * batch + index), timestampMs: 1_000 + 3 * batch + index })),
    );
  }
}

async function texts(client: LogClient, from: ConsumeFrom): Promise<string> {
  let read = "";
  for await (const record of client.consume("t", { from, follow: false })) read += record.text();
  return read;
}

test("consume() gives every record from a start on, also one inside a batch", async () => {
  const server = new StubServer();
  await using client = server.client();
  await filled(client);
  assert.is(await texts(client, "earliest"), "012345678");
  assert.is(await texts(client, 4), "45678");
  assert.is(await texts(client, 8), "8");
  assert.is(await texts(client, 9), "");
  assert.is(await texts(client, "latest"), "");
  try {
    await texts(client, 10);
    assert.unreachable();
  } catch (error) {
    assert.is((error as ClientError).code, "OUT_OF_RANGE");
  }
  assert.is(await texts(client, new Date(1_004)), "45678");
});

test("a cursor taken after any record continues with the next", async () => {
  const server = new StubServer();
  await using client = server.client();
  await filled(client);
  for (let stop = 1; stop <= 9; stop++) {
    const consumer = client.consume("t", { from: "earliest" });
    for (let read = 0; read < stop; read++) await consumer.next();
    const cursor = consumer.cursor as string;
    await consumer.return();
    assert.is(await texts(client, cursor), "012345678".slice(stop), `after ${stop}`);
  }
});

test("batches() gives the same records together, and a cursor after each batch", async () => {
  const server = new StubServer();
  await using client = server.client();
  await filled(client);
  for (const from of ["earliest", 4] as const) {
    const consumer = client.consume("t", { from, follow: false });
    let read = "";
    let batches = 0;
    for await (const batch of consumer.batches()) {
      for (const record of batch) read += record.text();
      batches++;
      assert.is(read + (await texts(client, consumer.cursor as string)), "012345678".slice(from === 4 ? 4 : 0));
    }
    assert.is(read, "012345678".slice(from === 4 ? 4 : 0));
    assert.ok(batches <= 3, `${batches} batches`);
  }
});

test("leaving batches() ends the stream, and what next() left of a batch comes first", async () => {
  const server = new StubServer();
  await using client = server.client();
  await filled(client);
  const consumer = client.consume("t");
  assert.is((await consumer.next()).value?.text(), "0");
  for await (const batch of consumer.batches()) {
    assert.is(batch[0]?.text(), "1");
    break;
  }
  assert.equal(await consumer.next(), { done: true, value: undefined });
});

test("a record has its place and its parts", async () => {
  const server = new StubServer();
  await using client = server.client();
  await client.produce("t", { key: "k", value: "v", headers: [{ name: "h", value: "w" }], timestampMs: 7 });
  const { value: record } = await client.consume("t").next();
  assert.is(record.offset, 0);
  assert.is(record.sequence, 1);
  assert.is(record.writer, server.writer);
  assert.is(record.timestampMs, 7);
  assert.equal(record.key, new TextEncoder().encode("k"));
  assert.is(record.headers[0].name, "h");
});

test("leaving the loop ends the call at the server", async () => {
  const server = new StubServer();
  await using client = server.client();
  await filled(client);
  for await (const record of client.consume("t")) {
    assert.is(server.openStreams, 1);
    if (record.text() === "1") break;
  }
  assert.is(server.openStreams, 0);
});

test("the caller's signal ends a consumer that waits at the end, without an error", async () => {
  const server = new StubServer();
  await using client = server.client();
  const controller = new AbortController();
  const consumer = client.consume("t", { signal: controller.signal });
  const waiting = consumer.next();
  controller.abort();
  assert.is((await waiting).done, true);
  assert.is(server.openStreams, 0);
  assert.is((await client.consume("t", { signal: controller.signal }).next()).done, true);
});

test("a consumer that waits at the end gets what is produced then", async () => {
  const server = new StubServer();
  await using client = server.client();
  const opened = new Promise<void>((resolve) => {
    server.onConsume = resolve;
  });
  await using consumer = client.consume("t", { from: "latest" });
  const waiting = consumer.next();
  await opened;
  await client.produce("t", { value: "new" });
  assert.is((await waiting).value.text(), "new");
});

test("a damaged batch is refused", async () => {
  const server = new StubServer();
  await using client = server.client();
  await filled(client);
  server.damage = true;
  try {
    await client.consume("t").next();
    assert.unreachable();
  } catch (error) {
    assert.is((error as ClientError).code, "DATA_LOSS");
    assert.match((error as Error).message, /checksum/);
  }
});

for (const from of [-1, 1.5, Number.NaN, new Date("nonsense"), "oldest", "c1.AAA", "c1.!"]) {
  test(`consume() from ${String(from)} is refused before anything is sent`, async () => {
    await using client = new StubServer().client();
    assert.throws(
      () => client.consume("t", { from }),
      (error: ClientError) => error.code === "INVALID_ARGUMENT",
    );
  });
}

test("consume() from a cursor that was cut off says that it may be", async () => {
  await using client = new StubServer().client();
  assert.throws(() => client.consume("t", { from: "c1.AAA" }), /cannot consume topic "t": the cursor was cut off/i);
});

test("members() and watchMembers() say who is there, and leaving the loop ends the watch", async () => {
  const server = new StubServer();
  await using client = server.client();
  assert.equal(await client.members(), [{ name: "a", address: "127.0.0.1:7946", status: "alive", tags: { k: "v" } }]);
  const seen: string[] = [];
  for await (const event of client.watchMembers()) {
    seen.push(`${event.type} ${event.member.name} ${event.member.status}`);
    if (seen.length === 2) break;
  }
  assert.equal(seen, ["join a alive", "failed b failed"]);
  assert.is(server.openStreams, 0);
});

test.run();
