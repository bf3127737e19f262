// timeout: 120
/** Compressed batches by the RPCs: opaque where whole batches go, unpacked for single records. */
import { Code } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  type Codec,
  type Codecs,
  compressFrame,
  concat,
  crc32,
  DisposalStack,
  FrameBuilder,
  headersBytes,
  scanFrame,
  toText,
} from "../../src/base/mod.ts";
import { Log as LogService } from "../../src/gen/log/v1/log_pb.ts";
import { nodeCodecs } from "../../src/io/codecs.ts";
import { fakePorts } from "./fakes.ts";
import { clientFor, failureOf, protocols, type Serving, serve, take } from "./serving.ts";

const long = "so it goes ".repeat(50);

/** Records "name0 …", "name1 …" at 1000 ms, 1001 ms … as one batch. */
function packed(name: string, count: number): Uint8Array {
  const builder = new FrameBuilder();
  for (let index = 0; index < count; index++) {
    builder.add({ key: "k", value: `${name}${index} ${long}`, timestampMs: 1_000 + index }, 0);
  }
  return builder.finish();
}

async function compressed(
  name: string,
  count: number,
  codec: Codec,
  codecs = nodeCodecs,
): Promise<Uint8Array<ArrayBuffer>> {
  const frame = await compressFrame(packed(name, count), { codec, codecs, checksum: crc32 });
  const scan = scanFrame(frame, 0, crc32);
  assert.is(scan.type === "frame" && scan.header.compression, codec);
  return frame as Uint8Array<ArrayBuffer>;
}

async function open(stack: DisposalStack, codecs: Codecs | undefined = nodeCodecs): Promise<Serving> {
  return stack.use(await serve({ ports: { ...fakePorts(), codecs } }));
}

function wordOf(value: Uint8Array | undefined): string {
  return toText(value ?? new Uint8Array(0)).split(" ")[0] as string;
}

for (const protocol of protocols) {
  test(`single records of compressed batches by ${protocol}: any of them, in order, among plain ones`, async () => {
    await using stack = new DisposalStack();
    const log = clientFor(LogService, await open(stack), protocol);
    let records = 0;
    for (const codec of nodeCodecs.names) {
      await log.produce({ topic: "t", frame: await compressed(codec, 3, codec) });
      await log.produce({ topic: "t", frame: packed("plain", 2) as Uint8Array<ArrayBuffer> });
      records += 5;
    }
    const expected = nodeCodecs.names.flatMap((codec) => [`${codec}0`, `${codec}1`, `${codec}2`, "plain0", "plain1"]);
    const one = async (offset: number) =>
      wordOf((await log.consume({ topic: "t", offset: BigInt(offset) })).record?.value);
    assert.equal(await Promise.all(expected.map((_, offset) => one(offset))), expected);
    const tailed = await take(records, (options) => log.consumeStream({ topic: "t" }, options));
    assert.equal(
      tailed.map(({ record }) => wordOf(record?.value)),
      expected,
    );
    const cursor = tailed[1]?.cursor as Uint8Array<ArrayBuffer>;
    const start = { case: "cursor", value: cursor } as const;
    assert.is(wordOf((await log.consume({ topic: "t", start })).record?.value), "gzip2");
  });
}

test("whole batches go out as they came in, byte for byte", async () => {
  await using stack = new DisposalStack();
  const serving = await open(stack);
  const log = clientFor(LogService, serving, "connect");
  const frame = await compressed("a", 100, "gzip");
  await log.produce({ topic: "t", frame });
  const { frames } = await log.consume({ topic: "t", packed: true });
  assert.is(frames.length, frame.length);
  assert.equal(frames.subarray(headersBytes), frame.subarray(headersBytes));
});

test("a start by time leaves out what stands before it in a compressed batch", async () => {
  await using stack = new DisposalStack();
  const log = clientFor(LogService, await open(stack), "connect");
  await log.produce({ topic: "t", frame: await compressed("a", 5, "gzip") });
  const start = { case: "timestampMs", value: 1_003n } as const;
  assert.is(wordOf((await log.consume({ topic: "t", start })).record?.value), "a3");
  const tailed = await take(2, (options) => log.consumeStream({ topic: "t", start }, options));
  assert.equal(
    tailed.map(({ record }) => wordOf(record?.value)),
    ["a3", "a4"],
  );
});

test("a batch that lies is told with topic, offset and reason, and what follows it can be consumed", async () => {
  await using stack = new DisposalStack();
  const serving = await open(stack);
  const log = clientFor(LogService, serving, "connect");
  await log.produce({ topic: "t", frame: await compressed("a", 2, "gzip") });
  const bomb = { ...nodeCodecs, compress: () => nodeCodecs.compress("brotli", new Uint8Array(32 << 20)) };
  await log.produce({ topic: "t", frame: await compressed("b", 3, "brotli", bomb) });
  await log.produce({ topic: "t", frame: await compressed("c", 2, "gzip") });
  const failure = await failureOf(log.consume({ topic: "t", offset: 3n }));
  assert.is(failure.code, Code.DataLoss);
  assert.match(
    failure.rawMessage,
    /^Cannot read the batch at offset 2 of topic "t": it unpacks to more than the 3145752 bytes that are allowed; consuming from offset 5 passes it over$/,
  );
  const read: string[] = [];
  const streaming = async (): Promise<void> => {
    for await (const { record } of log.consumeStream({ topic: "t" })) read.push(wordOf(record?.value));
  };
  assert.is((await failureOf(streaming())).code, Code.DataLoss);
  assert.equal(read, ["a0", "a1"]);
  assert.is(wordOf((await log.consume({ topic: "t", offset: 5n })).record?.value), "c0");
  assert.equal(serving.ports.internalErrors, []);
});

test("a node without the codec says which it lacks, keeps the batch and sends it whole", async () => {
  await using stack = new DisposalStack();
  for (const codecs of [{ ...nodeCodecs, names: ["gzip" as const] }, undefined]) {
    const serving = stack.use(await serve({ ports: { ...fakePorts(), codecs } }));
    const log = clientFor(LogService, serving, "connect");
    const frame = await compressed("a", 3, "brotli");
    await log.produce({ topic: "t", frame });
    const failure = await failureOf(log.consume({ topic: "t" }));
    assert.is(failure.code, Code.FailedPrecondition);
    const has = codecs === undefined ? "nothing to read it" : "gzip";
    assert.is(
      failure.rawMessage,
      `Cannot send single records of the batch at offset 0 of topic "t": it is compressed with brotli, this node has ${has}; consume with packed = true`,
    );
    const { frames } = await log.consume({ topic: "t", packed: true });
    assert.equal(concat([frames.subarray(headersBytes)]), frame.subarray(headersBytes));
  }
});

test.run();
