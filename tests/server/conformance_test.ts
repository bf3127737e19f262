// timeout: 120
/**
 * Hot calls and Connect's own handlers, side by side: the same requests, byte for byte, must get the same answers. What
 * stock clients make of hot calls is shown by the other tests of this room, which all run through them.
 */
import http from "node:http";
import http2 from "node:http2";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { concat, encodeToken, FrameBuilder, HotLoopback, messageBytesMax, toBytes, toHex } from "../../src/base/mod.ts";
import { connect, LogClient } from "../../src/client/mod.ts";
import { PullRequestSchema } from "../../src/gen/grapevine/v1/replication_pb.ts";
import { ConsumeRequestSchema, Log, ProduceRequestSchema } from "../../src/gen/log/v1/log_pb.ts";
import { createHotMethods, createRoutes } from "../../src/server/mod.ts";
import { fakePorts } from "./fakes.ts";
import { failureOf, protocols, type Serving, serve, take, transportTo } from "./serving.ts";

/** What a caller sees of an answer. */
interface Seen {
  readonly status: number;
  readonly type: string;
  readonly cors: string;
  readonly body: string;
  readonly trailers: string;
}

interface Posted {
  readonly path: string;
  readonly type: string;
  readonly body: Uint8Array;
}

function postH1(serving: Serving, { path, type, body }: Posted): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: serving.server.port, method: "POST", path };
    const request = http.request({ ...options, headers: { "content-type": type }, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers["content-type"] ?? "",
          cors: String(response.headers["access-control-allow-origin"]),
          body: toHex(Buffer.concat(chunks)),
          trailers: "",
        }),
      );
    });
    request.on("error", reject);
    request.end(body);
  });
}

function postH2(serving: Serving, { path, type, body }: Posted): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const session = http2.connect(serving.url);
    session.on("error", reject);
    const stream = session.request({ ":method": "POST", ":path": path, "content-type": type, te: "trailers" });
    const chunks: Buffer[] = [];
    let head: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader = {};
    const trailers: string[] = [];
    stream.on("response", (headers) => {
      head = headers;
    });
    stream.on("trailers", (fields: object) => {
      for (const [name, value] of Object.entries(fields)) trailers.push(`${name}: ${value}`);
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    stream.on("close", () => {
      session.close();
      resolve({
        status: head[":status"] ?? 0,
        type: head["content-type"] ?? "",
        cors: String(head["access-control-allow-origin"]),
        body: toHex(Buffer.concat(chunks)),
        trailers: trailers.sort().join(", "),
      });
    });
    stream.end(body);
  });
}

/** Deno's HTTP/2 client is unfit (denoland/deno#36788). */
const ways =
  "Deno" in globalThis
    ? [{ name: "h1", post: postH1 }]
    : [
        { name: "h1", post: postH1 },
        { name: "h2", post: postH2 },
      ];

function frame(...values: readonly string[]): Uint8Array<ArrayBuffer> {
  const builder = new FrameBuilder();
  for (const value of values) builder.add({ value }, 1);
  return builder.finish() as Uint8Array<ArrayBuffer>;
}

const record = { value: toBytes("v"), timestampMs: 5n };
const produced = (request: MessageInitShape<typeof ProduceRequestSchema>) =>
  toBinary(ProduceRequestSchema, create(ProduceRequestSchema, request));
const consumed = (request: MessageInitShape<typeof ConsumeRequestSchema>) =>
  toBinary(ConsumeRequestSchema, create(ConsumeRequestSchema, request));
const pulled = (request: MessageInitShape<typeof PullRequestSchema>) =>
  toBinary(PullRequestSchema, create(PullRequestSchema, request));

/** Field 1000, which nobody knows, as a number, as bytes and as 8 bytes. */
const unknownFields = Uint8Array.of(0xc0, 0x3e, 7, 0xc2, 0x3e, 2, 1, 2, 0xc1, 0x3e, 1, 2, 3, 4, 5, 6, 7, 8);
const damaged = frame("v").map((byte, index) => (index === 50 ? byte ^ 1 : byte));

const produces: Readonly<Record<string, Uint8Array>> = {
  "a frame": produced({ topic: "t", frame: frame("a") }),
  "a frame of several records": produced({ topic: "t", frame: frame("b", "c", "d") }),
  "a frame for a new topic": produced({ topic: "new", frame: frame("e") }),
  "a frame for the default topic": produced({ frame: frame("f") }),
  "a frame with acks of this node": produced({ topic: "t", frame: frame("g"), acks: { replicated: 1 }, timeoutMs: 9 }),
  "a frame with empty acks": produced({ topic: "t", frame: frame("h"), acks: {} }),
  "a frame among unknown fields": concat([unknownFields, produced({ topic: "t", frame: frame("i") }), unknownFields]),
  "the topic twice": concat([produced({ topic: "other" }), produced({ topic: "t", frame: frame("j") })]),
  "a record": produced({ topic: "t", record }),
  records: produced({ topic: "t", records: [record, record] }),
  nothing: new Uint8Array(0),
  "a topic alone": produced({ topic: "t" }),
  "a record and a frame": produced({ topic: "t", record, frame: frame("k") }),
  "a bad topic": produced({ topic: "a/b", frame: frame("l") }),
  "a topic that is no text": concat([Uint8Array.of(0x12, 2, 0xff, 0xfe), produced({ frame: frame("m") })]),
  "a long topic": produced({ topic: "x".repeat(250), frame: frame("n") }),
  "acks of two nodes, without a topic of that name": produced({
    topic: "t",
    frame: frame("o"),
    acks: { replicated: 2 },
  }),
  "acks of too many nodes": produced({ topic: "t", frame: frame("o"), acks: { replicated: 101 } }),
  "a damaged frame": produced({ topic: "t", frame: damaged as Uint8Array<ArrayBuffer> }),
  "two frames in one": produced({ topic: "t", frame: concat([frame("p"), frame("q")]) as Uint8Array<ArrayBuffer> }),
  "a cut message": produced({ topic: "t", frame: frame("r") }).subarray(0, 40),
  "a bad tag": Uint8Array.of(0x07, 1, 2, 3),
  "field 0": Uint8Array.of(0x00, 1),
  "no message": toBytes("no message at all"),
};

const token = encodeToken({ topic: "t", generation: 0, vector: new Map([["00000000000000a1", 1]]) });
const consumes: Readonly<Record<string, Uint8Array>> = {
  "the first record": consumed({ topic: "t" }),
  "a later record": consumed({ topic: "t", offset: 3n }),
  "whole frames": consumed({ topic: "t", packed: true }),
  "the earliest": consumed({ topic: "t", start: { case: "earliest", value: true } }),
  "the latest": consumed({ topic: "t", start: { case: "latest", value: true } }),
  "an offset past the end": consumed({ topic: "t", offset: 1_000n }),
  "an impossible offset": consumed({ topic: "t", offset: 2n ** 63n }),
  "a topic that is not held": consumed({ topic: "nowhere" }),
  "a bad topic": consumed({ topic: "a b" }),
  "a bad cursor": consumed({ topic: "t", start: { case: "cursor", value: toBytes("x") } }),
  "after a token that is no token": consumed({ topic: "t", afterToken: toBytes("x") }),
  "after a token of another topic": consumed({ topic: "u", afterToken: token as Uint8Array<ArrayBuffer> }),
  "no message": toBytes("no message at all"),
};

const pulls: Readonly<Record<string, Uint8Array>> = {
  everything: pulled({ topic: "t", node: "n", bytesMax: 1_000_000 }),
  "without a credit": pulled({ topic: "t", node: "n" }),
  "what a vector lacks": pulled({ topic: "t", node: "n", bytesMax: 1_000, have: [{ writer: 0xa1n, sequence: 2n }] }),
  "without a name": pulled({ topic: "t" }),
  "another generation": pulled({ topic: "t", node: "n", generation: 9 }),
  "a topic that is not held": pulled({ topic: "nowhere", node: "n" }),
  "a writer twice": pulled({ topic: "t", node: "n", have: [{ writer: 1n }, { writer: 1n }] }),
  "no message": toBytes("no message at all"),
};

function enveloped(message: Uint8Array, flags = 0): Uint8Array {
  const envelope = new Uint8Array(5);
  envelope[0] = flags;
  new DataView(envelope.buffer).setUint32(1, message.length);
  return concat([envelope, message]);
}

const methods = [
  { path: "/log.v1.Log/Produce", unary: true, requests: produces },
  { path: "/log.v1.Log/ProduceStream", unary: false, requests: produces },
  { path: "/log.v1.Log/Consume", unary: true, requests: consumes },
  { path: "/grapevine.v1.Replication/Pull", unary: false, requests: pulls },
] as const;

async function bothAnswerAlike(hot: Serving, stock: Serving, posted: Posted, what: string): Promise<void> {
  for (const { name, post } of ways) {
    const [left, right] = [await post(hot, posted), await post(stock, posted)];
    assert.equal(left, right, `${posted.path} of ${what} as ${posted.type} by ${name}`);
  }
}

for (const { path, unary, requests } of methods) {
  test(`${path} answers the same with and without Connect's handlers, to the byte`, async () => {
    await using hot = await serve();
    await using stock = await serve({ hot: false });
    for (const serving of [hot, stock]) {
      const topic = serving.ports.log.open("t");
      for (const values of [["one"], ["two", "three"], ["four"]]) topic.appendAs("00000000000000a1", frame(...values));
    }
    for (const [what, message] of Object.entries(requests)) {
      if (unary) await bothAnswerAlike(hot, stock, { path, type: "application/proto", body: message }, what);
      const types = ["application/grpc", "application/grpc+proto", "application/grpc-web+proto"];
      if (!unary) types.push("application/connect+proto");
      for (const type of types) {
        await bothAnswerAlike(hot, stock, { path, type, body: enveloped(message) }, what);
      }
    }
    assert.equal(hot.ports.internalErrors.length, 0);
    // What follows would prove nothing if both went the same way. Deno leaves HTTP/1.1 to Connect.
    assert.is(hot.hotCalls > 0, !("Deno" in globalThis));
    assert.is(stock.hotCalls, 0);
  });

  test(`${path} refuses bad envelopes alike with and without Connect's handlers`, async () => {
    await using hot = await serve();
    await using stock = await serve({ hot: false });
    const good = enveloped(Object.values(requests)[0] as Uint8Array);
    const huge = new Uint8Array(5);
    new DataView(huge.buffer).setUint32(1, messageBytesMax + 1);
    const bodies = {
      nothing: new Uint8Array(0),
      "half an envelope": Uint8Array.of(0, 0),
      "half a message": good.subarray(0, 20),
      "a compressed message that is none": enveloped(toBytes("x"), 1),
      "a message that is too long": huge,
      "two messages": concat([good, good]),
      "a message and half of one": concat([good, good.subarray(0, 9)]),
    };
    const types = unary
      ? ["application/grpc", "application/grpc-web"]
      : ["application/grpc", "application/connect+proto"];
    for (const [what, body] of Object.entries(bodies)) {
      for (const type of types) await bothAnswerAlike(hot, stock, { path, type, body }, what);
    }
  });
}

test("requests that are out of the ordinary get Connect's answers", async () => {
  await using hot = await serve();
  await using stock = await serve({ hot: false });
  const path = "/log.v1.Log/Produce";
  const body = produced({ topic: "t", frame: frame("a") });
  for (const type of [
    "application/json",
    "text/plain",
    "application/proto; charset=utf-8",
    "application/connect+proto",
  ]) {
    await bothAnswerAlike(hot, stock, { path, type, body }, type);
  }
  const tooLong = new Uint8Array(messageBytesMax + 1);
  await bothAnswerAlike(hot, stock, { path, type: "application/proto", body: tooLong }, "a body that is too long");
});

for (const protocol of protocols) {
  test(`stock clients by ${protocol} read and write the same through either`, async () => {
    const seen: unknown[] = [];
    for (const hot of [true, false]) {
      await using serving = await serve({ hot });
      const log = createClient(Log, transportTo(serving, protocol));
      const answers: unknown[] = [await log.produce({ topic: "t", frame: frame("a", "b") })];
      answers.push(await log.produce({ topic: "t", record }), await log.consume({ topic: "t", offset: 1n }));
      for (const packed of [true, false]) {
        const count = packed ? 1 : 3;
        answers.push(await take(count, (options) => log.consumeStream({ topic: "t", packed }, options)));
      }
      const failure = await failureOf(log.consume({ topic: "t", offset: 99n }));
      answers.push({ code: failure.code, message: failure.rawMessage });
      seen.push(answers);
    }
    assert.equal(seen[0], seen[1]);
  });
}

/** Our client of a node, by each of its ways. */
async function openOurs(
  way: "hot" | "stock" | "in the process",
): Promise<AsyncDisposable & { readonly client: LogClient }> {
  if (way === "in the process") {
    const ports = fakePorts();
    const hot = new HotLoopback(createHotMethods(ports));
    const transport = createRouterTransport(createRoutes(ports));
    const openTransport = () => ({ transport, hot, bidirectional: true, close() {} });
    const client = new LogClient(["http://in-process"], { openTransport });
    return { client, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
  }
  const serving = await serve({ hot: way === "hot" });
  const client = connect(serving.url);
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.close();
      await serving[Symbol.asyncDispose]();
    },
  };
}

test("our client reads and writes the same by each of its ways", async () => {
  const seen: unknown[] = [];
  for (const way of ["hot", "stock", "in the process"] as const) {
    await using ours = await openOurs(way);
    const { client } = ours;
    const two = [
      { value: "a", timestampMs: 1 },
      { value: "b", timestampMs: 2 },
    ];
    const answers: unknown[] = [await client.produce("t", two)];
    const producer = client.producer("t");
    answers.push(await Promise.all(["c", "d"].map((value) => producer.send({ value, timestampMs: 3 }))));
    await producer[Symbol.asyncDispose]();
    for await (const read of client.consume("t", { follow: false })) {
      answers.push([read.offset, read.text(), read.writer]);
    }
    const stopped = new AbortController();
    const tail = client.consume("t", { from: "latest", signal: stopped.signal });
    const waiting = tail.next();
    stopped.abort();
    answers.push(await waiting);
    for (const topic of ["a/b", ""]) {
      const failure = await client.produce(topic, { value: "x" }).catch((error: unknown) => error);
      answers.push(failure instanceof Error ? failure.message : failure);
    }
    seen.push(answers);
  }
  assert.equal(seen[0], seen[1]);
  assert.equal(seen[2], seen[1]);
});

test.run();
