/** What is read and written by hand against what the generated code makes of it. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { encodeToken, ProtobufReader, Random } from "../../src/base/mod.ts";
import { ProduceAnswerReader, ProduceRequests, readConsumeAnswer } from "../../src/client/hot_messages.ts";
import { produceAnswerOf } from "../../src/client/record_answers.ts";
import { ConsumeResponseSchema, ProduceRequestSchema, ProduceResponseSchema } from "../../src/gen/log/v1/log_pb.ts";
import { ProduceAnswers } from "../../src/server/produce_answer.ts";
import { ProduceFieldsReader } from "../../src/server/produce_fields.ts";

const writer = "00c0ffee00c0ffee";
/** Numbers at which a varint grows, and the greatest. */
const numbers = [0, 1, 127, 128, 16_383, 16_384, 2 ** 32, Number.MAX_SAFE_INTEGER - 1_000];

test("a request that the client writes by hand is what the generated code writes, and the node reads it", () => {
  for (const topic of ["t", "x".repeat(249)]) {
    for (const timeoutMs of [0, 5, 300]) {
      for (const bytes of [1, 127, 128, 100_000]) {
        const frame = new Uint8Array(bytes).fill(7);
        const requests = new ProduceRequests({ topic, replicated: 1, timeoutMs });
        const written = new Uint8Array(Buffer.concat(requests.around(frame)));
        const meant = create(ProduceRequestSchema, { topic, frame, acks: { replicated: 1 }, timeoutMs });
        assert.equal(fromBinary(ProduceRequestSchema, written), meant);
        for (const request of [written, toBinary(ProduceRequestSchema, meant)]) {
          const read = new ProduceFieldsReader().read(request);
          assert.is(read?.topic, topic);
          assert.equal(new Uint8Array(read?.frame as Uint8Array), frame);
        }
      }
    }
  }
});

test("an answer that the node writes by hand is what the generated code writes, and the client reads it", () => {
  const answers = new ProduceAnswers();
  const reader = new ProduceAnswerReader();
  for (const offset of numbers) {
    for (const sequence of numbers.slice(1)) {
      const topic = { name: `topic-${offset % 3}`, generation: offset % 2 };
      const count = 1 + (offset % 1_000);
      const duplicate = sequence % 2 === 1;
      const written = answers.encode(topic, { offset, writer, sequence, count, duplicate });
      const vector = new Map([[writer, sequence + count - 1]]);
      const token = encodeToken({ topic: topic.name, generation: topic.generation, vector }) as Uint8Array<ArrayBuffer>;
      const response = create(ProduceResponseSchema, {
        ...{ offset: BigInt(offset), firstSequence: BigInt(sequence) },
        ...{ writer, count, token, duplicate },
      });
      assert.equal([...written], [...toBinary(ProduceResponseSchema, response)]);
      const read = reader.read(written);
      assert.equal({ ...read, token: [...read.token] }, { ...produceAnswerOf(response), token: [...token] });
    }
  }
});

test("readConsumeAnswer() reads what the generated code writes", () => {
  const frames = new Uint8Array(300).fill(1);
  const cursor = Uint8Array.of(4, 5);
  const response = create(ConsumeResponseSchema, { frames, cursor, heartbeat: true, nextOffset: 2n ** 40n });
  const read = readConsumeAnswer(toBinary(ConsumeResponseSchema, response));
  assert.equal([...read.frames], [...frames]);
  assert.equal([...read.cursor], [...cursor]);
  assert.is(read.heartbeat, true);
  assert.is(read.nextOffset, 2 ** 40);
});

test("whatever ProduceFieldsReader takes for ordinary means the same to the generated code", () => {
  const random = new Random("requests");
  const good = toBinary(
    ProduceRequestSchema,
    create(ProduceRequestSchema, { topic: "topic", frame: new Uint8Array(20), acks: { replicated: 1 }, timeoutMs: 3 }),
  );
  const fields = new ProduceFieldsReader();
  let ordinary = 0;
  for (let round = 0; round < 20_000; round++) {
    const bytes = good.slice(0, round % 3 === 0 ? random.between(0, good.length) : good.length);
    for (let change = random.between(0, 2); change > 0 && bytes.length > 0; change--) {
      bytes[random.between(0, bytes.length - 1)] = random.between(0, 255);
    }
    const read = fields.read(bytes);
    if (read === undefined) continue;
    ordinary++;
    const meant = fromBinary(ProduceRequestSchema, bytes);
    assert.is(read.topic, meant.topic);
    assert.equal([...read.frame], [...meant.frame]);
    assert.ok((meant.acks?.replicated ?? 0) <= 1);
    assert.is(meant.record, undefined);
    assert.is(meant.records.length, 0);
  }
  assert.ok(ordinary > 1_000, `${ordinary} were ordinary`);
});

test("ProtobufReader ends on any bytes, and skips what it does not know", () => {
  const random = new Random("bytes");
  for (let round = 0; round < 20_000; round++) {
    const bytes = Uint8Array.from({ length: random.between(0, 30) }, () => random.between(0, 255));
    const reader = new ProtobufReader(bytes);
    let fields = 0;
    while (reader.next()) fields++;
    assert.ok(fields <= bytes.length);
  }
});

test.run();
