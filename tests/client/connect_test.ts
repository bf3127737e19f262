import { Code, ConnectError } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { connect } from "../../src/client/mod.ts";
import type { ClientError } from "./records.ts";
import { StubServer } from "./stub_server.ts";

/** Nothing listens at this port: it is a privileged one that no service of the machine uses. */
const deadUrl = "http://127.0.0.1:1";

test("connect() refuses what is no server's URL", () => {
  for (const url of ["", "127.0.0.1:8400", "ftp://a", "http://"]) {
    assert.throws(
      () => connect(url),
      (error: ClientError) => error.code === "INVALID_ARGUMENT",
      url,
    );
  }
  assert.throws(
    () => connect([]),
    (error: ClientError) => error.code === "INVALID_ARGUMENT",
  );
});

test("a server that is not there is told by its address", async () => {
  await using client = connect(deadUrl);
  try {
    await client.members();
    assert.unreachable();
  } catch (error) {
    assert.is((error as ClientError).code, "UNAVAILABLE");
    assert.match((error as Error).message, /Cannot list members: nobody answers at http:\/\/127\.0\.0\.1:1 /);
  }
});

test("a record for a server that is not there is surely unsent", async () => {
  await using client = connect(deadUrl);
  const once = { deliveryTimeoutMs: 0 };
  // The last try must be over in time, also on a busy machine.
  const briefly = { deliveryTimeoutMs: 1_000 };
  for (const produce of [
    () => client.produce("t", { value: "x" }, once),
    () => client.produce("t", { value: "x" }, briefly),
    () => client.producer("t", once).send({ value: "x" }),
    () => client.producer("t", briefly).send({ value: "x" }),
    () => client.producer("t", { idempotent: false }).send({ value: "x" }),
  ]) {
    try {
      await produce();
      assert.unreachable();
    } catch (error) {
      assert.is((error as ClientError).code, "UNAVAILABLE", (error as Error).message);
      assert.is((error as ClientError).fate, "unsent");
    }
  }
});

test("a question goes to the next server when one is not there", async () => {
  const stub = new StubServer();
  await using client = connect([deadUrl, "http://stub.invalid:1"], {
    openTransport: (url) => (url === deadUrl ? deadTransport() : stub.transport(true)),
  });
  assert.is((await client.members()).length, 1);
  assert.is(client.server, "http://stub.invalid:1");
});

for (const words of [
  "Failed to fetch",
  "NetworkError when attempting to fetch resource.",
  "network error",
  "Load failed",
]) {
  test(`a browser's ${JSON.stringify(words)} is a server that is not there`, async () => {
    const refuse = (): Promise<never> => Promise.reject(ConnectError.from(new TypeError(words)));
    const stub = new StubServer().transport(false);
    await using client = connect("http://stub.invalid:1", {
      openTransport: () => ({ ...stub, transport: { unary: refuse, stream: refuse } }),
    });
    try {
      await client.members();
      assert.unreachable();
    } catch (error) {
      assert.is((error as ClientError).code, "UNAVAILABLE");
    }
  });
}

function deadTransport(): ReturnType<StubServer["transport"]> {
  const refuse = (): Promise<never> =>
    Promise.reject(ConnectError.from(new Error("connect ECONNREFUSED"), Code.Unavailable));
  const stub = new StubServer().transport(true);
  return { ...stub, transport: { unary: refuse, stream: refuse } };
}

test.run();
