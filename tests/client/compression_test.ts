// timeout: 120
import { Code, ConnectError } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Codec, type Codecs, compressFrame, crc32, FrameBuilder, scanFrame } from "../../src/base/mod.ts";
import { type ClientError, type ConsumeFrom, LogClient } from "../../src/client/mod.ts";
import { webCodecs } from "../../src/client/web_codecs.ts";
import { nodeCodecs } from "../../src/io/codecs.ts";
import { StubServer } from "./stub_server.ts";

function clientOf(server: StubServer, codecs: Codecs | undefined, bidirectional = true): LogClient {
  return new LogClient(["http://stub.invalid:1"], {
    openTransport: () => ({ ...server.transport(bidirectional), ...(codecs && { codecs }) }),
  });
}

async function failureOf(promise: Promise<unknown>): Promise<ClientError> {
  try {
    await promise;
  } catch (error) {
    return error as ClientError;
  }
  throw new Error("it did not fail");
}

async function texts(client: LogClient, from: ConsumeFrom = "earliest", into: string[] = []): Promise<string[]> {
  for await (const record of client.consume("t", { from, follow: false })) into.push(record.text());
  return into;
}

function compressionsOf(server: StubServer): string[] {
  return server.frames.map(({ bytes }) => {
    const scan = scanFrame(bytes, 0, crc32);
    return scan.type === "frame" ? scan.header.compression : scan.type;
  });
}

/** Puts a frame into the stub as a node would take it. */
async function put(server: StubServer, frame: Uint8Array): Promise<void> {
  const { transport } = server.transport(false);
  const { Log } = await import("../../src/gen/log/v1/log_pb.ts");
  await transport.unary(Log.method.produce, undefined, undefined, undefined, {
    topic: "t",
    frame: frame as Uint8Array<ArrayBuffer>,
  });
}

const long = "all work and no play ".repeat(100);

/** A batch of long records whose compressed payload is what `payload` makes of the honest one. */
function forged(codec: Codec, payload: (packed: Uint8Array) => Promise<Uint8Array> | Uint8Array): Promise<Uint8Array> {
  const builder = new FrameBuilder();
  for (const letter of "abc") builder.add({ value: letter + long }, 1_000);
  const compress = async (_: Codec, packed: Uint8Array): Promise<Uint8Array> => payload(packed);
  return compressFrame(builder.finish(), { codec, codecs: { ...nodeCodecs, compress }, checksum: crc32 });
}

test("gzip and brotli are everywhere, zstd where zlib has it", () => {
  assert.ok(nodeCodecs.names.includes("gzip"));
  assert.ok(nodeCodecs.names.includes("brotli"));
  if ("Bun" in globalThis || "Deno" in globalThis) assert.ok(nodeCodecs.names.includes("zstd"));
  assert.equal(webCodecs.names, ["gzip"]);
});

const ways: { name: string; codec: Codec; writes: Codecs; reads: Codecs }[] = [
  ...nodeCodecs.names.map((codec) => ({ name: codec, codec, writes: nodeCodecs, reads: nodeCodecs })),
  { name: "gzip of the web", codec: "gzip", writes: webCodecs, reads: webCodecs },
  { name: "gzip of zlib, read by the web's", codec: "gzip", writes: nodeCodecs, reads: webCodecs },
  { name: "gzip of the web, read by zlib's", codec: "gzip", writes: webCodecs, reads: nodeCodecs },
];

for (const { name, codec, writes, reads } of ways) {
  for (const bidirectional of [true, false]) {
    test(`a topic compressed with ${name} reads as it was sent, by ${bidirectional ? "a stream" : "calls"}`, async () => {
      const server = new StubServer();
      await using client = clientOf(server, writes, bidirectional);
      const sent = Array.from({ length: 1_000 }, (_, index) => `${index} ${long.slice(0, index % 300)}`);
      await using producer = client.producer("t", { compression: codec, batchBytesMax: 20_000 });
      const acks = await Promise.all(sent.map((value) => producer.send({ key: "k", value })));
      assert.equal(
        acks.map(({ offset }) => offset),
        sent.map((_, index) => index),
      );
      assert.ok(server.frames.length > 5, `${server.frames.length} batches`);
      assert.ok(compressionsOf(server).every((compression) => compression === codec));
      const bytes = server.frames.reduce((sum, frame) => sum + frame.bytes.length, 0);
      assert.ok(bytes < 75_000, `${bytes} bytes for ${sent.join("").length}`);
      await using reader = clientOf(server, reads);
      assert.equal(await texts(reader), sent);
      assert.equal(await texts(reader, 777), sent.slice(777));
    });
  }
}

test("produce() compresses its batch, and a cursor after any record continues with the next", async () => {
  const server = new StubServer();
  await using client = clientOf(server, nodeCodecs);
  const batch = (from: number) => [0, 1, 2].map((index) => ({ value: `${from + index} ${long}` }));
  await client.produce("t", batch(0), { compression: "gzip" });
  await client.produce("t", batch(3));
  await client.produce("t", batch(6), { compression: "brotli" });
  assert.equal(compressionsOf(server), ["gzip", "none", "brotli"]);
  for (let stop = 1; stop <= 9; stop++) {
    const consumer = client.consume("t");
    for (let read = 0; read < stop; read++) await consumer.next();
    const cursor = consumer.cursor as string;
    await consumer.return();
    const rest = (await texts(client, cursor)).map((text) => text.split(" ")[0]);
    assert.is(rest.join(""), "012345678".slice(stop), `after ${stop}`);
  }
});

test("what does not get shorter stays plain", async () => {
  const server = new StubServer();
  await using client = clientOf(server, nodeCodecs);
  const value = crypto.getRandomValues(new Uint8Array(10_000));
  await client.produce("t", { value }, { compression: "gzip" });
  await client.produce("t", { value: "x" }, { compression: "gzip" });
  assert.equal(compressionsOf(server), ["none", "none"]);
  assert.equal((await client.consume("t").next()).value.value, value);
});

test("a codec that the runtime lacks, or nobody knows, is refused before anything is sent", async () => {
  const server = new StubServer();
  await using client = clientOf(server, undefined);
  assert.throws(
    () => client.producer("t", { compression: "zstd" }),
    (error: ClientError) =>
      error.code === "UNSUPPORTED_COMPRESSION" && /with compression zstd: this runtime has gzip$/.test(error.message),
  );
  const unknown = await failureOf(client.produce("t", { value: "x" }, { compression: "lz4" as "gzip" }));
  assert.is(unknown.code, "INVALID_ARGUMENT");
  assert.match(unknown.message, 'compression "lz4": allowed are none, gzip, zstd and brotli');
  assert.is(server.nextOffset, 0);
});

const lies: { name: string; codec: Codec; payload: Parameters<typeof forged>[1]; reason: RegExp; web: boolean }[] = [
  {
    name: "unpacks to thousands of times its size",
    codec: "brotli",
    payload: () => nodeCodecs.compress("brotli", new Uint8Array(64 << 20)),
    reason: /unpacks to more than the 3145752 bytes/,
    web: false,
  },
  {
    name: "unpacks to more than its records may have",
    codec: "brotli",
    payload: () => nodeCodecs.compress("brotli", new Uint8Array(4 << 20)),
    reason: /unpacks to more than the 3145752 bytes/,
    web: false,
  },
  {
    name: "unpacks to much more",
    codec: "gzip",
    payload: () => nodeCodecs.compress("gzip", new Uint8Array(3_200_000)),
    reason: /unpacks to more than the 3145752 bytes/,
    web: true,
  },
  {
    name: "is cut off",
    codec: "gzip",
    payload: async (packed) => (await nodeCodecs.compress("gzip", packed)).subarray(0, -9),
    reason: /no whole gzip/,
    web: true,
  },
  {
    name: "is no gzip at all",
    codec: "gzip",
    payload: () => new Uint8Array([1, 2, 3]),
    reason: /no whole gzip/,
    web: true,
  },
  {
    name: "is followed by other bytes",
    codec: "brotli",
    payload: async (packed) => new Uint8Array([...(await nodeCodecs.compress("brotli", packed)), 1, 2, 3]),
    reason: /of which the brotli ends after/,
    web: false,
  },
  {
    name: "holds fewer records than it counts",
    codec: "gzip",
    payload: (packed) => nodeCodecs.compress("gzip", packed.subarray(0, packed.length / 3)),
    reason: /the header counts 3 records, the batch holds 1/,
    web: true,
  },
  {
    name: "holds more records than it counts",
    codec: "gzip",
    payload: (packed) => nodeCodecs.compress("gzip", new Uint8Array([...packed, ...packed])),
    reason: /the header counts 3 records, the batch holds 6/,
    web: true,
  },
  {
    name: "holds no records but other bytes",
    codec: "gzip",
    payload: () => nodeCodecs.compress("gzip", new Uint8Array(100).fill(255)),
    reason: /record 0 does not fit its batch/,
    web: true,
  },
  {
    name: "unpacks to nothing",
    codec: "gzip",
    payload: () => nodeCodecs.compress("gzip", new Uint8Array(0)),
    reason: /the header counts 3 records, the batch holds 0/,
    web: true,
  },
];

for (const { name, codec, payload, reason, web } of lies) {
  for (const codecs of web ? [nodeCodecs, webCodecs] : [nodeCodecs]) {
    test(`a batch that ${name} is told after what is before it, and can be passed over (${codecs === webCodecs ? "web" : "zlib"})`, async () => {
      const server = new StubServer();
      await using client = clientOf(server, codecs);
      await client.produce("t", [{ value: `0${long}` }, { value: "1" }], { compression: "gzip" });
      await put(server, await forged(codec, payload));
      await client.produce("t", { value: "5" });
      assert.equal(compressionsOf(server), ["gzip", codec, "none"]);
      const read: string[] = [];
      const failure = await failureOf(texts(client, "earliest", read));
      assert.equal(read, [`0${long}`, "1"]);
      assert.is(failure.code, "DATA_LOSS");
      assert.match(failure.message, /^Cannot read batch at offset 2 of topic "t": /);
      assert.match(failure.message, reason);
      assert.equal(failure.batch, { topic: "t", offset: 2, nextOffset: 5 });
      assert.is(server.openStreams, 0);
      assert.equal(await texts(client, failure.batch?.nextOffset), ["5"]);
    });
  }
}

test("a batch whose codec the reader lacks is told by name, and can be passed over", async () => {
  const server = new StubServer();
  await using client = clientOf(server, nodeCodecs);
  await client.produce("t", { value: long }, { compression: "brotli" });
  await client.produce("t", { value: "1" });
  await using lacking = clientOf(server, webCodecs);
  const failure = await failureOf(texts(lacking));
  assert.is(failure.code, "UNSUPPORTED_COMPRESSION");
  assert.is(
    failure.message,
    'Cannot read batch at offset 0 of topic "t": it is compressed with brotli, this runtime has gzip',
  );
  assert.equal(await texts(lacking, failure.batch?.nextOffset), ["1"]);
});

test("what stands behind the end at which a reader stops need not be readable", async () => {
  const server = new StubServer();
  await using client = clientOf(server, nodeCodecs);
  await client.produce("t", { value: "0" });
  const frame = await forged("gzip", () => new Uint8Array(1));
  server.onConsume = () => {
    server.onConsume = () => {};
    void put(server, frame);
  };
  assert.equal(await texts(client), ["0"]);
});

test("a response is unpacked as far as its records are taken, and no further", async () => {
  const server = new StubServer();
  let unpackings = 0;
  const counting: Codecs = {
    ...nodeCodecs,
    decompress(...asked) {
      unpackings++;
      return nodeCodecs.decompress(...asked);
    },
  };
  await using client = clientOf(server, counting);
  const value = new Uint8Array(1_000_000);
  const produce = () => client.produce("t", [{ value }, { value }], { compression: "gzip" });
  await produce();
  await produce();
  const consumer = client.consume("t");
  await consumer.next();
  assert.is(unpackings, 1);
  assert.is(consumer.recordsBuffered, 1);
  await consumer.next();
  const inTheMiddle = consumer.cursor as string;
  await consumer.next();
  assert.is(unpackings, 2);
  await consumer.return();
  assert.is((await texts(client, inTheMiddle)).length, 2);
});

test("leaving while a batch is unpacked ends the consumer without an error", async () => {
  const server = new StubServer();
  let goOn: () => void = () => {};
  const waiting: Codecs = {
    ...nodeCodecs,
    decompress: (...asked) =>
      new Promise<void>((resolve) => {
        goOn = resolve;
        unpacking();
      }).then(() => nodeCodecs.decompress(...asked)),
  };
  let unpacking: () => void = () => {};
  const begun = new Promise<void>((resolve) => {
    unpacking = resolve;
  });
  await using client = clientOf(server, waiting);
  await client.produce("t", { value: long }, { compression: "gzip" });
  const consumer = client.consume("t");
  const next = consumer.next();
  await begun;
  await consumer.return();
  goOn();
  assert.is((await next).done, true);
  assert.is(server.openStreams, 0);
});

test("when a batch fails, those that are still compressed fail with it, and later sends begin anew", async () => {
  const server = new StubServer();
  let refuse: () => void = () => {};
  const refused = new Promise<void>((resolve) => {
    refuse = resolve;
  });
  let batches = 0;
  const slow: Codecs = {
    ...nodeCodecs,
    async compress(codec, bytes) {
      if (++batches === 2) await refused;
      return nodeCodecs.compress(codec, bytes);
    },
  };
  server.beforeStore = () => {
    throw new ConnectError("Cannot produce: bad", Code.InvalidArgument);
  };
  await using client = clientOf(server, slow);
  await using producer = client.producer("t", { compression: "gzip", batchBytesMax: 200 });
  const sends = ["a", "b", "c"].map((letter) => failureOf(producer.send({ value: letter + long })));
  assert.is((await (sends[0] as Promise<ClientError>)).code, "INVALID_ARGUMENT");
  server.beforeStore = () => {};
  refuse();
  assert.is((await (sends[1] as Promise<ClientError>)).fate, "unsent");
  assert.is((await (sends[2] as Promise<ClientError>)).fate, "unsent");
  assert.is(server.nextOffset, 0);
  assert.is((await producer.send({ value: "d" })).offset, 0);
});

test("batches leave in the order in which they were sent, whichever is compressed first", async () => {
  const server = new StubServer();
  let batches = 0;
  const uneven: Codecs = {
    ...nodeCodecs,
    async compress(codec, bytes) {
      if (batches++ % 3 === 0) for (let turn = 0; turn < 5; turn++) await nodeCodecs.compress(codec, bytes);
      return nodeCodecs.compress(codec, bytes);
    },
  };
  await using client = clientOf(server, uneven);
  await using producer = client.producer("t", { compression: "gzip", batchBytesMax: 2_000 });
  const sent = Array.from({ length: 60 }, (_, index) => `${index} ${long}`);
  const acks = await Promise.all(sent.map((value) => producer.send({ value })));
  assert.equal(
    acks.map(({ offset }) => offset),
    sent.map((_, index) => index),
  );
  assert.equal(await texts(client), sent);
});

test.run();
