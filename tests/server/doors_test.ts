// runtimes: bun (which request is passed on is decided by the same code everywhere)
/** A node that is passed a request does not pass it on: nodes that disagree about a topic never ask in circles. */
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  ConsumeRequestSchema,
  ConsumeResponseSchema,
  ProduceRequestSchema,
  ProduceResponseSchema,
} from "../../src/gen/log/v1/log_pb.ts";
import { consumeAnywhere, passProduce } from "../../src/server/doors.ts";
import type { ServedDoors, ServerPorts } from "../../src/server/mod.ts";

/** A node that holds nothing and is to hold nothing, and what it passed on. */
function doorOnly(): { readonly ports: ServerPorts; readonly passed: { readonly forwarded: boolean }[] } {
  const passed: { readonly forwarded: boolean }[] = [];
  const doors: Partial<ServedDoors> = {
    isPlaced: () => false,
    isReadHere: () => false,
    produce: async (_topic, request) => {
      passed.push(request);
      return create(ProduceResponseSchema);
    },
    consume: async (_topic, request) => {
      passed.push(request);
      return create(ConsumeResponseSchema);
    },
  };
  return { ports: { doors, log: { topic: () => undefined } } as unknown as ServerPorts, passed };
}

const context = { signal: new AbortController().signal };
const takeHere = () => assert.unreachable() as never;

test("what is passed on says so", async () => {
  const { ports, passed } = doorOnly();
  await passProduce(ports, "t", { request: create(ProduceRequestSchema, { topic: "t" }), asked: undefined, takeHere });
  await consumeAnywhere(ports, create(ConsumeRequestSchema, { topic: "t" }), context);
  assert.equal(
    passed.map(({ forwarded }) => forwarded),
    [true, true],
  );
});

test("what was passed on once is refused where it is not held, and goes no further", async () => {
  const { ports, passed } = doorOnly();
  const asked = { topic: "t", forwarded: true };
  const calls = [
    async () => passProduce(ports, "t", { request: create(ProduceRequestSchema, asked), asked: undefined, takeHere }),
    () => consumeAnywhere(ports, create(ConsumeRequestSchema, asked), context),
  ];
  for (const call of calls) {
    const error = await call().then(
      () => undefined,
      (thrown: unknown) => ConnectError.from(thrown),
    );
    assert.is(error?.code, Code.Unavailable);
  }
  assert.is(passed.length, 0);
});

test.run();
