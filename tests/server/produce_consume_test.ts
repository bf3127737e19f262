import { Code } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FrameBuilder, headersBytes, readRecords, scanFrame, toBytes, toText } from "../../src/base/mod.ts";
import { Log } from "../../src/gen/log/v1/log_pb.ts";
import { clientFor, failureOf, protocols, serve, take } from "./serving.ts";

function frameWith(...values: string[]): Uint8Array {
  const builder = new FrameBuilder();
  for (const value of values) builder.add({ value }, 1_700_000_000_000);
  return builder.finish();
}

for (const protocol of protocols) {
  test(`produce and consume by ${protocol}: record, records and frame`, async () => {
    await using serving = await serve();
    const log = clientFor(Log, serving, protocol);
    const one = await log.produce({ topic: "t", record: { value: toBytes("a") } });
    assert.is(one.offset, 0n);
    assert.is(one.writer, "00000000000000a1");
    assert.is(one.firstSequence, 1n);
    assert.is(one.count, 1);
    const many = await log.produce({
      topic: "t",
      records: [
        { value: toBytes("b"), key: toBytes("k"), headers: [{ name: "h", value: toBytes("v") }], timestampMs: 7n },
        { value: toBytes("c") },
      ],
    });
    assert.is(many.offset, 1n);
    assert.is(many.firstSequence, 2n);
    assert.is(many.count, 2);
    const framed = await log.produce({ topic: "t", frame: frameWith("d") });
    assert.is(framed.offset, 3n);
    const answer = await log.consume({ topic: "t", offset: 1n });
    assert.is(toText(answer.record?.value as Uint8Array), "b");
    assert.is(answer.record?.offset, 1n);
    assert.is(answer.record?.sequence, 2n);
    assert.is(answer.record?.timestampMs, 7n);
    assert.equal([...(answer.record?.key ?? [])], [...toBytes("k")]);
    assert.is(answer.record?.headers[0]?.name, "h");
    assert.is(answer.nextOffset, 2n);
    const read = await take(4, (options) => log.consumeStream({ topic: "t", offset: 0n }, options));
    assert.equal(
      read.map((each) => toText(each.record?.value as Uint8Array)),
      ["a", "b", "c", "d"],
    );
    const end = await failureOf(log.consume({ topic: "t", offset: 4n }));
    assert.is(end.code, Code.OutOfRange);
    assert.match(
      end.rawMessage,
      /Cannot consume offset 4 of topic "t": the log spans offsets 0 up to, not including, 4/,
    );
  });
}

test("consumeStream() packed gives the stored frames as they are", async () => {
  await using serving = await serve();
  const log = clientFor(Log, serving);
  await log.produce({ topic: "t", records: [{ value: toBytes("a") }, { value: toBytes("b") }] });
  const [, answer] = await take(2, (options) => log.consumeStream({ topic: "t", packed: true }, options));
  const frames = answer?.frames as Uint8Array;
  const scan = scanFrame(frames, 0);
  if (scan.type !== "frame") throw new Error("no frame");
  const values: string[] = [];
  readRecords(frames.subarray(headersBytes), scan.header, (record) => values.push(record.text()));
  assert.equal(values, ["a", "b"]);
  assert.is(answer?.nextOffset, 2n);
  assert.is(answer?.record, undefined);
});

test.run();
