import { createClient, createRouterTransport } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Readiness } from "../../src/agent/readiness.ts";
import { waitUntilReady } from "../../src/agent/write_gate.ts";
import { Log } from "../../src/gen/log/v1/log_pb.ts";

/** A node that starts, and the methods that it has answered so far. */
function starting(): { readonly readiness: Readiness; readonly asked: string[]; askAll(): void } {
  const readiness = new Readiness("the node is starting", (error) => assert.unreachable(String(error)));
  const asked: string[] = [];
  const transport = createRouterTransport(({ service }) => service(Log, {}), {
    transport: {
      interceptors: [
        waitUntilReady(readiness),
        (next) => (request) => {
          asked.push(request.method.name);
          return next(request);
        },
      ],
    },
  });
  const client = createClient(Log, transport) as unknown as Record<string, (request: unknown) => unknown>;
  async function* nothing() {}
  return {
    readiness,
    asked,
    askAll() {
      for (const { localName, methodKind } of Log.methods) {
        const answer = client[localName]?.(methodKind === "bidi_streaming" ? nothing() : {});
        // Nobody implements them: only whether they are asked matters.
        const asking =
          answer instanceof Promise ? answer : (answer as AsyncIterable<unknown>)[Symbol.asyncIterator]().next();
        asking.catch(() => {});
      }
    },
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

test("waitUntilReady() holds back every method that writes, and no other, until the node is ready", async () => {
  const { readiness, asked, askAll } = starting();
  askAll();
  await turn();
  const others = [
    ...["Consume", "ConsumeStream", "DescribeTopic", "GetCursor", "GetServers"],
    ...["ListCursors", "ListTopics"],
  ];
  assert.equal([...asked].sort(), others);
  readiness.set(undefined);
  await turn();
  assert.is(asked.length, Log.methods.length);
});

test.run();
