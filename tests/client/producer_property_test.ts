import { Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { SendAck } from "../../src/client/mod.ts";
import { recordsOf } from "./records.ts";
import { StubServer } from "./stub_server.ts";

/** What happens to one producer: bursts of sends with turns of the event loop between them, and a server that may fail. */
const scenario = fc.record({
  bidirectional: fc.boolean(),
  batchBytesMax: fc.integer({ min: 100, max: 2_000 }),
  batchesInFlightMax: fc.integer({ min: 1, max: 5 }),
  bytesUnansweredMax: fc.integer({ min: 200, max: 10_000 }),
  /** Sizes of the values; 0 is a pause. */
  sends: fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 80 }),
  /** Which requests the server refuses. */
  failures: fc.array(fc.integer({ min: 0, max: 10 }), { maxLength: 3 }),
});

test("every send is answered, what is stored stands in the order of sends, and bounds hold", async () => {
  const property = fc.asyncProperty(scenario, async (given) => {
    const server = new StubServer();
    let requests = 0;
    server.beforeStore = () => {
      if (given.failures.includes(requests++)) throw new ConnectError("gone", Code.Unavailable);
    };
    await using client = server.client({ bidirectional: given.bidirectional });
    const producer = client.producer("t", { ...given, sendsWaitingMax: 1_000 });
    const answers: Promise<SendAck | undefined>[] = [];
    for (const [index, size] of given.sends.entries()) {
      if (size === 0) await new Promise((resolve) => setTimeout(resolve, 0));
      const value = `${index}:${"x".repeat(size)}`;
      answers.push(producer.send({ value }).catch(() => undefined));
      // One batch may go beyond the bound that the others fill.
      assert.ok(producer.bytesUnanswered <= given.bytesUnansweredMax + 1_000, `${producer.bytesUnanswered} bytes`);
    }
    const acks = await Promise.all(answers);
    await producer[Symbol.asyncDispose]();
    const stored = recordsOf(server).map((text) => Number(text.split(":")[0]));
    assert.equal(
      stored,
      stored.toSorted((left, right) => left - right),
    );
    assert.is(new Set(stored).size, stored.length);
    for (const [index, ack] of acks.entries()) {
      if (ack !== undefined) assert.is(stored[ack.offset], index);
    }
    const inFlightMax = given.bidirectional ? given.batchesInFlightMax : 1;
    assert.ok(server.inFlightMax <= inFlightMax, `${server.inFlightMax} in flight`);
    if (given.failures.length === 0) assert.is(stored.length, given.sends.length);
  });
  await fc.assert(property, { numRuns: 200 });
});

test.run();
