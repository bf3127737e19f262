// runtimes: bun (promises and virtual time alone)
/** How far producers say that they got, and how long batches gather. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { LogClient } from "../../src/client/mod.ts";
import { FaultyLogs } from "./faulty_log.ts";
import { IdleClock } from "./idle_clock.ts";
import type { ClientError } from "./records.ts";
import { StubServer } from "./stub_server.ts";

/** A client whose requests stream, and one whose batches go one by one. */
function clientOf(stub: StubServer, clock: IdleClock, bidirectional: boolean): LogClient {
  return new LogClient(["http://stub.invalid:1"], { clock, openTransport: () => stub.transport(bidirectional) });
}

for (const bidirectional of [true, false]) {
  const way = bidirectional ? "one stream" : "unary batches";

  test(`over ${way}: batches gather for lingerMs, and go at once when they are full, flushed or closed`, async () => {
    const stub = new StubServer();
    const clock = new IdleClock();
    const client = clientOf(stub, clock, bidirectional);
    const producer = client.producer("t", { lingerMs: 100, batchBytesMax: 400, batchesInFlightMax: 1 });
    const first = producer.send({ value: "1" });
    await clock.sleep(50);
    const second = producer.send({ value: "2" });
    await Promise.all([first, second]);
    assert.is(clock.nowMs(), 100);
    assert.equal(stub.batchSizes, [2]);
    const full = Promise.all(Array.from({ length: 3 }, () => producer.send({ value: "x".repeat(200) })));
    await Promise.resolve();
    await producer.flush();
    await full;
    assert.is(clock.nowMs(), 100);
    const last = producer.send({ value: "4" });
    await producer[Symbol.asyncDispose]();
    await last;
    assert.is(clock.nowMs(), 100);
    assert.is(stub.nextOffset, 6);
    client.close();
  });

  test(`over ${way}: progress counts what was sent, acknowledged, refused and is on its way`, async () => {
    const stub = new StubServer();
    const client = clientOf(stub, new IdleClock(), bidirectional);
    const producer = client.producer("t", { batchBytesMax: 1, sendsWaitingMax: 4 });
    const sends = Array.from({ length: 10 }, (_, index) => producer.send({ value: String(index) }));
    assert.equal([producer.progress.sent, producer.progress.inFlight], [10, 10]);
    assert.ok(producer.progress.bytesUnanswered > 0);
    await Promise.all(sends);
    const { bytesAcknowledged, ...counts } = producer.progress;
    assert.equal(counts, { sent: 10, acknowledged: 10, failed: 0, inFlight: 0, retried: 0, bytesUnanswered: 0 });
    assert.is(
      bytesAcknowledged,
      stub.frames.reduce((sum, { bytes }) => sum + bytes.length, 0),
    );
    await producer.send({ value: "x", timestampMs: -1 }).catch(() => {});
    await producer[Symbol.asyncDispose]();
    await producer.send({ value: "x" }).catch(() => {});
    assert.equal([producer.progress.sent, producer.progress.failed, producer.progress.inFlight], [12, 2, 0]);
    client.close();
  });
}

test("progress counts batches that were sent again, and nothing twice", async () => {
  const plan = { seed: 7, servers: 3, way: "many", breaksEvery: 4, refusesEvery: 0, refusal: 14 } as const;
  const logs = new FaultyLogs(plan);
  const client = logs.client();
  const producer = client.producer("t", { batchBytesMax: 100, deliveryTimeoutMs: 86_400_000 });
  await Promise.all(Array.from({ length: 40 }, (_, index) => producer.send({ value: String(index) })));
  const { sent, acknowledged, failed, inFlight, retried } = producer.progress;
  assert.equal({ sent, acknowledged, failed, inFlight }, { sent: 40, acknowledged: 40, failed: 0, inFlight: 0 });
  assert.ok(retried > 0);
  await producer[Symbol.asyncDispose]();
  client.close();
});

test("a lingerMs without sense is refused", () => {
  const client = new StubServer().client();
  for (const lingerMs of [-1, Number.NaN, 60_001]) {
    assert.throws(
      () => client.producer("t", { lingerMs }),
      (error: ClientError) => error.code === "INVALID_ARGUMENT",
    );
  }
});

test.run();
