import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Code, createClient, createRouterTransport } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { crc32, encodeCursor, encodeToken, FrameBuilder, toBytes } from "../../src/base/mod.ts";
import { Cluster } from "../../src/gen/grapevine/v1/cluster_pb.ts";
import { type PullRequestSchema, Replication } from "../../src/gen/grapevine/v1/replication_pb.ts";
import { type ConsumeRequestSchema, Log, ProduceRequestSchema } from "../../src/gen/log/v1/log_pb.ts";
import { TopicDeletedError } from "../../src/log/mod.ts";
import { createRoutes } from "../../src/server/mod.ts";
import { coded, type FakePorts, fakePorts } from "./fakes.ts";
import { expectFailure, serve, take, until } from "./serving.ts";

function node(ports: FakePorts = fakePorts()) {
  const transport = createRouterTransport(createRoutes(ports));
  return {
    ports,
    log: createClient(Log, transport),
    replication: createClient(Replication, transport),
    cluster: createClient(Cluster, transport),
  };
}

type CodeName = keyof typeof Code;
const record = { value: toBytes("v") };

function frame(): Uint8Array {
  const builder = new FrameBuilder();
  builder.add({ value: "v" }, 1);
  return builder.finish();
}

function brokenFrame(): Uint8Array {
  const bytes = frame();
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
  return bytes;
}

const produces: readonly {
  readonly name: string;
  readonly request: MessageInitShape<typeof ProduceRequestSchema>;
  readonly code: CodeName;
  readonly message: RegExp;
}[] = [
  {
    name: "nothing",
    request: {},
    code: "InvalidArgument",
    message: /exactly one of record, records and frame is needed, there is none of them/,
  },
  {
    name: "two of them",
    request: { record, frame: frame() },
    code: "InvalidArgument",
    message: /there is record and frame/,
  },
  {
    name: "three of them",
    request: { record, records: [record], frame: frame() },
    code: "InvalidArgument",
    message: /there is record and records and frame/,
  },
  {
    name: "a bad topic",
    request: { record, topic: "a/b" },
    code: "InvalidArgument",
    message: /Cannot use topic name "a\/b"/,
  },
  {
    name: "a long topic",
    request: { record, topic: "x".repeat(250) },
    code: "InvalidArgument",
    message: /250 characters/,
  },
  {
    name: "a topic of dots",
    request: { record, topic: ".." },
    code: "InvalidArgument",
    message: /Cannot use topic name "\.\."/,
  },
  {
    name: "acks of more nodes than can be asked for",
    request: { record, acks: { replicated: 101 } },
    code: "InvalidArgument",
    message: /Cannot wait for 101 nodes: acks.replicated is 0 to 100/,
  },
  {
    name: "a wait for other nodes of more than five minutes",
    request: { record, acks: { replicated: 2 }, timeoutMs: 300_001 },
    code: "InvalidArgument",
    message: /Cannot wait for 300001 ms: timeout_ms is 0 to 300000/,
  },
  {
    name: "a huge timestamp",
    request: { records: [record, { ...record, timestampMs: 2n ** 53n }] },
    code: "InvalidArgument",
    message: /record 1: timestamp_ms 9007199254740992 is above 4503599627370495/,
  },
  {
    name: "too many headers",
    request: { record: { ...record, headers: new Array(1_001).fill({ name: "h" }) } },
    code: "InvalidArgument",
    message: /record 0: it has 1001 headers, allowed are 1000/,
  },
  {
    name: "a record above 1 MiB",
    request: { record: { value: new Uint8Array(1_048_577) } },
    code: "InvalidArgument",
    message: /record 0 has \d+ bytes, allowed are 1048576/,
  },
  {
    name: "records above one batch",
    request: { records: new Array(9).fill({ value: new Uint8Array(1_000_000) }) },
    code: "InvalidArgument",
    message: /Cannot produce 9 records at once: one batch holds 8388608 bytes, 8 records fit/,
  },
  {
    name: "no frame",
    request: { frame: toBytes("no frame") },
    code: "InvalidArgument",
    message: /Cannot produce the frame/,
  },
  {
    name: "a broken frame",
    request: { frame: brokenFrame() },
    code: "InvalidArgument",
    message: /Cannot produce the frame/,
  },
];

for (const { name, request, code, message } of produces) {
  test(`produce() of ${name} is ${code}, alone and on a stream`, async () => {
    const { log } = node();
    await expectFailure(log.produce(request), code, message);
    const streamed = take(2, () =>
      log.produceStream(
        (async function* () {
          yield create(ProduceRequestSchema, { record });
          yield create(ProduceRequestSchema, request);
        })(),
      ),
    );
    await expectFailure(streamed, code, message);
  });
}

const cursor = (topic: string, generation = 0) => encodeCursor({ topic, generation, vector: new Map() });
const token = (topic: string, generation = 0) => encodeToken({ topic, generation, vector: new Map() });
const cut = cursor("t").subarray(0, 7);

/** A cursor of topic `t` that ends with these bytes instead of its vector, with a checksum that fits. */
function forged(...vector: number[]): Uint8Array {
  const bytes = new Uint8Array([...cursor("t").subarray(0, -1), ...vector]);
  new DataView(bytes.buffer).setUint32(1, crc32(bytes.subarray(5), 1), true);
  return bytes;
}

const writerBytes = [0, 0, 0, 0, 0, 0, 0, 0xa1];
const tampered = cursor("t", 5);
tampered[tampered.length - 2] = 6;

const consumes: readonly {
  readonly name: string;
  readonly request: MessageInitShape<typeof ConsumeRequestSchema>;
  /** The topic's generation. */
  readonly held?: number;
  readonly message: RegExp;
}[] = [
  { name: "a bad topic", request: { topic: "a b" }, message: /Cannot use topic name "a b"/ },
  { name: "a huge offset", request: { topic: "t", offset: 2n ** 63n }, message: /offset 9223372036854775808 is above/ },
  {
    name: "a huge timestamp",
    request: { topic: "t", start: { case: "timestampMs", value: 2n ** 53n } },
    message: /timestamp_ms 9007199254740992 is above/,
  },
  {
    name: "earliest = false",
    request: { topic: "t", start: { case: "earliest", value: false } },
    message: /earliest is false/,
  },
  {
    name: "latest = false",
    request: { topic: "t", start: { case: "latest", value: false } },
    message: /latest is false/,
  },
  {
    name: "an empty cursor",
    request: { topic: "t", start: { case: "cursor", value: new Uint8Array(0) } },
    message: /cursor is not one that a node gave: it is empty; start from a cursor as a response carried it, or from/,
  },
  {
    name: "a cut cursor",
    request: { topic: "t", start: { case: "cursor", value: cut } },
    message: /cursor is not one that a node gave: its checksum does not match: it was cut off or changed/,
  },
  {
    name: "a cursor of three bytes",
    request: { topic: "t", start: { case: "cursor", value: cut.subarray(0, 3) } },
    message: /cursor is not one that a node gave: it has 3 bytes, which are no whole cursor/,
  },
  {
    name: "a changed cursor",
    request: { topic: "t", start: { case: "cursor", value: tampered } },
    message: /cursor is not one that a node gave: its checksum does not match/,
  },
  {
    name: "what is no cursor at all",
    request: { topic: "t", start: { case: "cursor", value: toBytes("offset=5") } },
    message: /cursor is not one that a node gave: it begins with byte 111, known is 1/,
  },
  {
    name: "a cursor with a sequence of 2^53",
    request: { topic: "t", start: { case: "cursor", value: forged(1, ...writerBytes, ...new Array(7).fill(128), 16) } },
    message: /cursor is not one that a node gave: .* allowed are 10000 writers, each once, and numbers below 2\^53/,
  },
  {
    name: "a cursor with a sequence of 2^63",
    request: { topic: "t", start: { case: "cursor", value: forged(1, ...writerBytes, ...new Array(9).fill(128), 1) } },
    message: /numbers below 2\^53/,
  },
  {
    name: "a cursor of too many writers",
    request: { topic: "t", start: { case: "cursor", value: forged(0x91, 0x4e) } },
    message: /allowed are 10000 writers/,
  },
  {
    name: "a cursor with a writer twice",
    request: { topic: "t", start: { case: "cursor", value: forged(2, ...writerBytes, 1, ...writerBytes, 2) } },
    message: /allowed are 10000 writers, each once/,
  },
  {
    name: "a cursor with something behind it",
    request: { topic: "t", start: { case: "cursor", value: forged(1, ...writerBytes, 1, 0) } },
    message: /it is not as nodes write it/,
  },
  {
    name: "another topic's cursor",
    request: { topic: "t", start: { case: "cursor", value: cursor("u") } },
    message: /cursor belongs to topic "u", the request names "t"/,
  },
  {
    name: "a deleted generation's cursor",
    request: { topic: "t", start: { case: "cursor", value: cursor("t", 3) } },
    held: 7,
    message: /cursor belongs to generation 3 of topic "t", which was deleted; the topic has generation 7 now/,
  },
  {
    name: "a deleted generation's token",
    request: { topic: "t", afterToken: token("t", 3) },
    held: 7,
    message: /after_token belongs to generation 3 of topic "t", which was deleted; the topic has generation 7 now/,
  },
  {
    name: "a token for a cursor",
    request: { topic: "t", start: { case: "cursor", value: token("t") } },
    message: /cursor is not one that a node gave: it is a token/,
  },
  {
    name: "a cursor for a token",
    request: { topic: "t", afterToken: cursor("t") },
    message: /after_token is not one that a node gave: it is a cursor; allowed is what the answer to a produce carried/,
  },
  {
    name: "another topic's token",
    request: { topic: "t", afterToken: token("u") },
    message: /after_token belongs to topic "u"/,
  },
];

for (const { name, request, held, message } of consumes) {
  test(`consume() and consumeStream() with ${name} are InvalidArgument`, async () => {
    const { ports, log } = node();
    ports.log.open("t").generation = held ?? 0;
    await expectFailure(log.consume(request), "InvalidArgument", message);
    await expectFailure(
      take(1, (options) => log.consumeStream(request, options)),
      "InvalidArgument",
      message,
    );
    assert.is(ports.log.listening, 0);
  });
}

test("a cursor of a generation not heard of yet is Unavailable for consume(), and consumeStream() waits for it", async () => {
  const { ports, log } = node();
  const topic = ports.log.open("t");
  const request = { topic: "t", start: { case: "cursor", value: cursor("t", 7) } } as const;
  const yet = /cursor belongs to generation 7 of topic "t", this node has heard of generation 0 only/;
  await expectFailure(log.consume(request), "Unavailable", yet);
  const streaming = take(1, (options) => log.consumeStream(request, options));
  await until(() => ports.log.listening === 1, "the stream waits");
  topic.generation = 7;
  await topic.produce(frame());
  assert.equal(
    (await streaming).map(({ record }) => record?.offset),
    [0n],
  );
  assert.is(ports.log.listening, 0);
});

test("a cursor of a deleted topic is NotFound, of a later generation that is not heard of yet Unavailable", async () => {
  const { ports, log } = node();
  Object.assign(ports.log, { deletedTopic: (name: string) => new TopicDeletedError(name, 3) });
  const consume = (generation: number) =>
    log.consume({ topic: "t", start: { case: "cursor", value: cursor("t", generation) } });
  await expectFailure(consume(3), "NotFound", /generation 3 of it was deleted/);
  await expectFailure(consume(4), "Unavailable", /generation 4 of topic "t", this node has heard of generation 3 only/);
});

const position = { writer: 1n, sequence: 1n };
const pulls: readonly {
  readonly name: string;
  readonly request: MessageInitShape<typeof PullRequestSchema>;
  readonly code: CodeName;
  readonly message: RegExp;
}[] = [
  {
    name: "no node",
    request: { topic: "t" },
    code: "InvalidArgument",
    message: /node has 0 characters, allowed are 1 to 128/,
  },
  {
    name: "a long node",
    request: { topic: "t", node: "n".repeat(129) },
    code: "InvalidArgument",
    message: /node has 129 characters/,
  },
  {
    name: "a topic that is not held",
    request: { topic: "u", node: "n" },
    code: "NotFound",
    message: /topic "u": this node does not hold it/,
  },
  {
    name: "another generation",
    request: { topic: "t", node: "n", generation: 3 },
    code: "FailedPrecondition",
    message: /generation 3 of topic "t": this node holds 0/,
  },
  {
    name: "a writer twice",
    request: { topic: "t", node: "n", have: [position, position] },
    code: "InvalidArgument",
    message: /have is no vector: writer 0000000000000001 stands there twice/,
  },
  {
    name: "a huge sequence",
    request: { topic: "t", node: "n", have: [{ writer: 1n, sequence: 2n ** 60n }] },
    code: "InvalidArgument",
    message: /sequence 1152921504606846976 of writer/,
  },
  {
    name: "too many writers",
    request: { topic: "t", node: "n", have: new Array(10_001).fill(position) },
    code: "InvalidArgument",
    message: /10001 writers, allowed are 10000/,
  },
];

for (const { name, request, code, message } of pulls) {
  test(`pull() with ${name} is ${code}`, async () => {
    const { ports, replication } = node();
    ports.log.open("t");
    await expectFailure(
      take(1, (options) => replication.pull(request, options)),
      code,
      message,
    );
  });
}

test("watch() without a node name is InvalidArgument", async () => {
  const { replication } = node();
  await expectFailure(
    take(1, (options) => replication.watch({}, options)),
    "InvalidArgument",
    /node has 0 characters/,
  );
});

const joins = [
  { addresses: [], message: /Cannot join 0 addresses: allowed are 1 to 256/ },
  { addresses: new Array(257).fill("a:1"), message: /Cannot join 257 addresses/ },
  {
    addresses: ["good:1", "bad address"],
    message: /Cannot join "bad address": an address is host, host:port or \[IPv6\]:port/,
  },
  { addresses: ["host:99999"], message: /Cannot join "host:99999"/ },
  { addresses: ["host:0"], message: /Cannot join "host:0"/ },
];

for (const { addresses, message } of joins) {
  test(`join() of ${JSON.stringify(addresses.slice(0, 2))} (${addresses.length}) is InvalidArgument`, async () => {
    const { ports, cluster } = node();
    await expectFailure(cluster.join({ addresses }), "InvalidArgument", message);
    assert.equal(ports.cluster.joined, []);
  });
}

test("describeTopic() of a topic that is not held is NotFound", async () => {
  await expectFailure(node().log.describeTopic({ topic: "t" }), "NotFound", /does not hold it/);
});

const failures: readonly [string, CodeName][] = [
  ["INVALID_TOPIC", "InvalidArgument"],
  ["INVALID_FRAME", "InvalidArgument"],
  ["OFFSET_OUT_OF_RANGE", "OutOfRange"],
  ["RECORD_TOO_LARGE", "InvalidArgument"],
  ["INVALID_ADDRESS", "InvalidArgument"],
  ["JOIN_FAILED", "Unavailable"],
  ["TOO_MANY_TOPICS", "ResourceExhausted"],
  ["LOG_OVERLOADED", "ResourceExhausted"],
  ["LOG_WRITE_FAILED", "Unavailable"],
  ["LOG_CLOSED", "Unavailable"],
  ["LOG_CORRUPT", "DataLoss"],
];

for (const [code, expected] of failures) {
  test(`${code} of the log reaches the caller as ${expected}, with its message`, async () => {
    const { ports, log } = node();
    ports.log.open("t").failure = coded(code, "Cannot write: the disk is full");
    await expectFailure(log.produce({ topic: "t", record }), expected, /^Cannot write: the disk is full$/);
    assert.equal(ports.internalErrors, []);
  });
}

test("an error that nobody foresaw is Internal without its message, and is reported", async () => {
  const { ports, log } = node();
  const bug = new TypeError("secret detail");
  ports.log.open("t").failure = bug;
  await expectFailure(log.produce({ topic: "t", record }), "Internal", /^Internal error$/);
  assert.equal(ports.internalErrors, [bug]);
});

async function post(
  url: string,
  path: string,
  type: string,
  body: BodyInit,
): Promise<{ status: number; code: string }> {
  const response = await fetch(`${url}/log.v1.Log/${path}`, {
    method: "POST",
    headers: { "content-type": type },
    body,
  });
  return { status: response.status, code: ((await response.json()) as { code: string }).code };
}

const invalid = { status: 400, code: "invalid_argument" };

test("malformed bodies are refused and the node serves on", async () => {
  await using serving = await serve();
  const { url } = serving;
  assert.equal(await post(url, "Produce", "application/json", "{"), invalid);
  assert.equal(await post(url, "Produce", "application/json", '{"record": 7}'), invalid);
  assert.equal(await post(url, "Produce", "application/json", '{"record": {"value": "not base64!"}}'), invalid);
  assert.equal(await post(url, "Consume", "application/json", '{"offset": "-1"}'), invalid);
  assert.equal(await post(url, "Produce", "application/proto", new Uint8Array([0x0a, 0xff, 0xff])), invalid);
  const large = JSON.stringify({ frame: "A".repeat(9_000_000) });
  assert.equal(await post(url, "Produce", "application/json", large), { status: 429, code: "resource_exhausted" });
  const good = await fetch(`${url}/log.v1.Log/Produce`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ record: { value: btoa("hello") } }),
  });
  assert.is(good.status, 200);
  assert.equal(serving.ports.internalErrors, []);
});

test("a malformed message on a stream is refused likewise", async () => {
  await using serving = await serve();
  for (const type of ["application/connect+proto", "application/grpc-web+proto"]) {
    const response = await fetch(`${serving.url}/log.v1.Log/ConsumeStream`, {
      method: "POST",
      headers: { "content-type": type },
      body: new Uint8Array([0, 0, 0, 0, 3, 0x0a, 0xff, 0xff]),
    });
    const text = `${response.headers.get("grpc-status")} ${await response.text()}`;
    assert.match(text, /"invalid_argument"|grpc-status: 3|^3 /, type);
  }
});

test("a bomb of zeros is refused by its unpacked size", async () => {
  await using serving = await serve();
  const zeros = new Blob([new Uint8Array(32_000_000)]).stream().pipeThrough(new CompressionStream("gzip"));
  const body = new Uint8Array(await new Response(zeros).arrayBuffer());
  assert.ok(body.length < 100_000);
  const response = await fetch(`${serving.url}/log.v1.Log/Produce`, {
    method: "POST",
    headers: { "content-type": "application/proto", "content-encoding": "gzip" },
    body,
  });
  assert.is(((await response.json()) as { code: string }).code, "resource_exhausted");
});

test.run();
