import { Code, ConnectError } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { H2Session } from "../../src/io/h2_session.ts";
import { HotClient } from "../../src/io/hot_client.ts";

/** A connection that takes no more streams, however often it is asked. */
function endingSession(): H2Session {
  const error = Object.assign(new Error("New streams cannot be created after receiving a GOAWAY"), {
    code: "ERR_HTTP2_GOAWAY_SESSION",
  });
  return { request: () => Promise.reject(error) } as unknown as H2Session;
}

function codeOf(error: unknown): string {
  return Code[ConnectError.from(error).code];
}

test("HotClient tells calls that find their connection ending as unavailable, so that another server is asked", async () => {
  const client = new HotClient(endingSession());
  const unary = await client.unary("/log.v1.Log/Produce", [], undefined).catch((error: unknown) => error);
  assert.is(codeOf(unary), "Unavailable");
  const ended = await new Promise((resolve) => {
    client.open("/log.v1.Log/ProduceMany", { message: () => true, ended: resolve });
  });
  assert.is(codeOf(ended), "Unavailable");
});

test.run();
