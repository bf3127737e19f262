import { Code, ConnectError } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type ClientError, recordsOf } from "./records.ts";
import { StubServer } from "./stub_server.ts";

/** Settles a promise into what it was rejected with; throws when it was not. */
async function failureOf(promise: Promise<unknown>): Promise<ClientError> {
  try {
    await promise;
  } catch (error) {
    return error as ClientError;
  }
  throw new Error("it did not fail");
}

for (const bidirectional of [true, false]) {
  const way = bidirectional ? "one stream" : "unary calls";

  test(`send() over ${way} answers every record with its place, in order`, async () => {
    const server = new StubServer();
    await using client = server.client({ bidirectional });
    await using producer = client.producer("t", { batchBytesMax: 1_000 });
    const acks = await Promise.all(
      Array.from({ length: 500 }, (_, index) => producer.send({ value: `record ${index}` })),
    );
    for (const [index, ack] of acks.entries()) {
      assert.equal(ack, { offset: index, writer: server.writer, sequence: index + 1 });
    }
    assert.equal(
      recordsOf(server),
      Array.from({ length: 500 }, (_, index) => `record ${index}`),
    );
    assert.ok(server.batchSizes.length > 5, `${server.batchSizes.length} batches`);
    assert.ok(server.batchSizes.length < 100, `${server.batchSizes.length} batches`);
  });

  test(`send() over ${way} keeps batches in flight within the bound`, async () => {
    const server = new StubServer();
    server.beforeStore = () => Promise.resolve();
    await using client = server.client({ bidirectional });
    await using producer = client.producer("t", { batchBytesMax: 500, batchesInFlightMax: 3 });
    await Promise.all(Array.from({ length: 300 }, () => producer.send({ value: "x".repeat(50) })));
    assert.ok(server.inFlightMax <= (bidirectional ? 3 : 1), `${server.inFlightMax} in flight`);
  });

  test(`a batch that fails over ${way} fails what was sent after it, and later sends begin anew`, async () => {
    const server = new StubServer();
    server.beforeStore = (index) => {
      if (index === 1 && server.frames.length === 1)
        throw new ConnectError("Cannot produce: bad", Code.InvalidArgument);
    };
    await using client = server.client({ bidirectional });
    await using producer = client.producer("t", { batchBytesMax: 200, batchesInFlightMax: 1 });
    const sends = ["a", "b", "c"].map((letter) => producer.send({ value: letter.repeat(150) }));
    const settled = await Promise.allSettled(sends);
    assert.equal(
      settled.map(({ status }) => status),
      ["fulfilled", "rejected", "rejected"],
    );
    assert.is((await failureOf(sends[1] as Promise<unknown>)).code, "INVALID_ARGUMENT");
    assert.is((await failureOf(sends[1] as Promise<unknown>)).fate, "rejected");
    assert.is((await failureOf(sends[2] as Promise<unknown>)).fate, "unsent");
    server.beforeStore = () => {};
    assert.is((await producer.send({ value: "d" })).offset, 1);
    assert.equal(recordsOf(server), ["a".repeat(150), "d"]);
  });
}

test("a stream that breaks leaves batches on their way with an unknown fate", async () => {
  const server = new StubServer();
  server.beforeStore = () => {
    throw new ConnectError("gone", Code.Unavailable);
  };
  await using client = server.client();
  await using producer = client.producer("t", { idempotent: false });
  const failure = await failureOf(producer.send({ value: "x" }));
  assert.is(failure.code, "UNAVAILABLE");
  assert.is(failure.fate, "unknown");
});

test("sends beyond the unanswered bytes wait for answers, and ready() tells when none waits", async () => {
  const server = new StubServer();
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  server.beforeStore = () => held;
  await using client = server.client();
  await using producer = client.producer("t", { batchBytesMax: 1_000, bytesUnansweredMax: 5_000, sendsWaitingMax: 50 });
  const sends = Array.from({ length: 60 }, () => producer.send({ value: "x".repeat(200) }));
  assert.ok(producer.bytesUnanswered < 5_000 + 1_000, `${producer.bytesUnanswered} bytes`);
  const refused = Array.from({ length: 60 }, () => producer.send({ value: "x".repeat(200) }));
  assert.is((await failureOf(refused.at(-1) as Promise<unknown>)).code, "QUEUE_FULL");
  let ready = false;
  const readiness = producer.ready().then(() => {
    ready = true;
  });
  assert.not(ready);
  release();
  await readiness;
  await Promise.all(sends);
  const settled = await Promise.allSettled(refused);
  assert.is(recordsOf(server).length, 60 + settled.filter(({ status }) => status === "fulfilled").length);
});

test("a record of the greatest size passes, one byte more is refused with its size", async () => {
  const server = new StubServer();
  await using client = server.client();
  await using producer = client.producer("t");
  // One byte of flags and one of the timestamp's difference count as the record's.
  const greatest = 1_048_576 - 2;
  await producer.send({ value: new Uint8Array(greatest) });
  const failure = await failureOf(producer.send({ value: "x".repeat(greatest + 1) }));
  assert.is(failure.code, "RECORD_TOO_LARGE");
  assert.match(failure.message, /1048577 bytes encoded, allowed are 1048576/);
  assert.is(recordsOf(server).length, 1);
});

test("an expected sequence that names no record is refused with what it is", async () => {
  const server = new StubServer();
  await using client = server.client();
  const rows: [unknown, string][] = [
    [7, "is 7, allowed are 0 and"],
    [{ writer: "me", sequence: 1 }, "is sequence 1 of writer me, allowed are 0 and"],
  ];
  for (const [expectedSequence, says] of rows) {
    const record = { key: "k", value: "x" };
    const failure = await failureOf(
      client.produce("t", record, { home: false, expectedSequence: expectedSequence as 0 }),
    );
    assert.is(failure.code, "INVALID_ARGUMENT");
    assert.match(failure.message, `expectedSequence ${says}`);
  }
  assert.equal(recordsOf(server), []);
});

test("a record whose timestamp no frame can hold is refused alone, and says what is allowed", async () => {
  const server = new StubServer();
  await using client = server.client();
  await using producer = client.producer("t");
  for (const timestampMs of [-1, 0.5, Number.NaN, 2 ** 52]) {
    const failure = await failureOf(producer.send({ value: "x", timestampMs }));
    assert.is(failure.code, "INVALID_ARGUMENT");
    assert.match(
      failure.message,
      `timestampMs is ${timestampMs}, allowed are whole numbers from 0 to 4503599627370495`,
    );
    assert.is((await failureOf(client.produce("t", { value: "x", timestampMs }))).code, "INVALID_ARGUMENT");
  }
  await Promise.all([0, 2 ** 52 - 1].map((timestampMs) => producer.send({ value: "good", timestampMs })));
  assert.equal(recordsOf(server), ["good", "good"]);
});

test("flush() waits for what was sent; a closed producer takes nothing", async () => {
  const server = new StubServer();
  await using client = server.client();
  const producer = client.producer("t");
  void producer.send({ value: "x" });
  await producer.flush();
  assert.is(server.nextOffset, 1);
  void producer.send({ value: "y" });
  await producer[Symbol.asyncDispose]();
  assert.is(server.nextOffset, 2);
  assert.is((await failureOf(producer.send({ value: "z" }))).code, "CLOSED");
});

test("flush() and closing wait for all that was sent, also when the last send was refused at once", async () => {
  for (const ending of ["flush", "close"] as const) {
    const server = new StubServer();
    await using client = server.client();
    const producer = client.producer("t", { batchBytesMax: 200, batchesInFlightMax: 1 });
    let answered = 0;
    const sends = ["a", "b", "c", "d", "e", "f"].map(async (letter) => {
      await producer.send({ value: letter.repeat(150) });
      answered++;
    });
    const refused = failureOf(producer.send({ value: "late", timestampMs: -1 }));
    if (ending === "flush") assert.is((await failureOf(producer.flush())).code, "INVALID_ARGUMENT");
    else await producer[Symbol.asyncDispose]();
    await Promise.resolve();
    assert.is(answered, sends.length, ending);
    assert.is((await refused).code, "INVALID_ARGUMENT");
    await Promise.all(sends);
  }
});

test("produce() stores several records as one batch", async () => {
  const server = new StubServer();
  await using client = server.client();
  const ack = await client.produce("t", [{ value: "a" }, { key: "k", value: "b" }]);
  assert.is(ack.count, 2);
  assert.is(ack.sequence, 1);
  assert.match(ack.token, /^c1\./);
  assert.equal(server.batchSizes, [2]);
});

test.run();
