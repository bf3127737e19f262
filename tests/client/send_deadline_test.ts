// runtimes: bun (promises and virtual time alone)
/** How long a send may take, however long it waits behind others. */
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { LogClient, type OpenTransport } from "../../src/client/mod.ts";
import { Log } from "../../src/gen/log/v1/log_pb.ts";
import { IdleClock } from "./idle_clock.ts";
import type { ClientError } from "./records.ts";

const answerMs = 400;

/** A server that takes one batch at a time, and long for each. */
function slowServer(clock: IdleClock): LogClient {
  let sequence = 0n;
  const transport = createRouterTransport((router) => {
    router.service(Log, {
      async produce() {
        await new Promise<void>((resolve) => clock.schedule(clock.nowMs() + answerMs, resolve));
        return { offset: sequence, writer: "00112233445566ff", firstSequence: ++sequence, count: 1 };
      },
    });
  });
  const openTransport = () => ({ transport, bidirectional: false, close() {} });
  return new LogClient(["http://slow.invalid:1"], { clock, openTransport });
}

test("a send that waits behind others fails when its time is over, and those after it begin anew", async () => {
  const clock = new IdleClock();
  const client = slowServer(clock);
  const producer = client.producer("t", { batchBytesMax: 1, deliveryTimeoutMs: 1_000 });
  const outcomes = [1, 2, 3, 4].map((number) =>
    producer.send({ value: String(number) }).then(
      () => `${number} stored at ${clock.nowMs()}`,
      ({ code, fate }: ClientError) => `${number} ${code} ${fate} at ${clock.nowMs()}`,
    ),
  );
  assert.equal(await Promise.all(outcomes), [
    "1 stored at 400",
    "2 stored at 800",
    "3 DEADLINE_EXCEEDED unknown at 1000",
    "4 DEADLINE_EXCEEDED unsent at 1000",
  ]);
  await producer.send({ value: "5" });
  client.close();
});

test("a send fails in time while the client looks for a server that can take it", async () => {
  const clock = new IdleClock();
  const dead = createRouterTransport(() => {});
  const never = new Promise<never>(() => {});
  const openTransport: OpenTransport = (url) => {
    const broken = ConnectError.from(new Error("connect ECONNREFUSED"), Code.Unavailable);
    const call = url.includes("mute") ? () => never : () => Promise.reject(broken);
    return { transport: { ...dead, unary: call, stream: call }, bidirectional: false, close() {} };
  };
  const client = new LogClient(["http://dead.invalid:1", "http://mute.invalid:1"], { clock, openTransport });
  const producer = client.producer("t", { deliveryTimeoutMs: 1_000 });
  const failure = await producer.send({ value: "1" }).then(
    () => undefined,
    (error: ClientError) => error,
  );
  assert.ok(failure !== undefined);
  assert.is(clock.nowMs(), 1_000, failure.message);
  client.close();
});

test.run();
