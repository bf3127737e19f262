// runtimes: bun (promises and virtual time alone)
/** Consumers under a name and in a group, when their servers or their callers leave in the middle of something. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Consumer } from "../../src/client/consumer.ts";
import { ClientError } from "../../src/client/errors.ts";
import type { GroupPlace, GroupWork } from "../../src/client/group_calls.ts";
import { GroupConsumer } from "../../src/client/group_consumer.ts";
import { NamedConsumer } from "../../src/client/named_consumer.ts";
import { IdleClock } from "./idle_clock.ts";

/** Of a topic to which nothing comes. */
class SilentConsumer {
  readonly cursor = undefined;
  readonly recordsBuffered = 0;
  isClosed = false;
  #end = (): void => {};

  next(): Promise<IteratorResult<never>> {
    if (this.isClosed) return this.return();
    return new Promise((resolve) => {
      this.#end = () => resolve({ done: true, value: undefined });
    });
  }

  return(): Promise<IteratorResult<never>> {
    this.isClosed = true;
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }
}

const slotZero: GroupPlace = {
  ...{ slots: [0], giveUp: [], leaseMs: 5_000, slotCount: 1, generation: 1 },
  cursors: [{ slot: 0, vector: new Map(), resets: 0 }],
};

function member(clock: IdleClock, work: (work: GroupWork) => Promise<GroupPlace>): GroupConsumer {
  const open = (): Consumer => new SilentConsumer() as unknown as Consumer;
  const options = { group: "readers" };
  return new GroupConsumer({ topic: "orders", options, clock, patienceMs: 60_000, work, open }, "ada");
}

async function failureOf(promise: Promise<unknown>): Promise<ClientError> {
  return promise.then(
    () => assert.unreachable() as never,
    (error: unknown) => error as ClientError,
  );
}

test("a member asks a home out of reach about once a second, also with slots to release", async () => {
  const clock = new IdleClock();
  let calls = 0;
  const consumer = member(clock, async () => {
    calls++;
    if (calls === 1) return slotZero;
    if (calls > 1_000) throw new Error("asked again and again");
    throw new ClientError("UNAVAILABLE", "Cannot work in group: nobody is there");
  });
  assert.is((await failureOf(consumer.next())).code, "UNAVAILABLE");
  assert.ok(calls >= 55 && calls <= 65, `${calls} calls in a minute`);
});

test("a member that waits for a record is told that it can go on no more", async () => {
  const clock = new IdleClock();
  let calls = 0;
  const consumer = member(clock, async () => {
    if (++calls <= 3) return calls === 1 ? slotZero : { ...slotZero, cursors: [] };
    throw new ClientError("FAILED_PRECONDITION", "Cannot save cursor: it was set anew");
  });
  const outcome = await Promise.race([failureOf(consumer.next()), clock.sleep(120_000).then(() => "nothing was told")]);
  assert.instance(outcome, ClientError);
  assert.is((outcome as ClientError).code, "FAILED_PRECONDITION");
});

test("a member that leaves waits no longer for a home that hangs than for one that is gone", async () => {
  const clock = new IdleClock();
  let calls = 0;
  const consumer = member(clock, async () => {
    if (++calls === 1) return slotZero;
    await clock.sleep(3_000);
    throw new ClientError("DEADLINE_EXCEEDED", "Cannot work in group: nobody answers");
  });
  const next = consumer.next();
  await clock.sleep(100);
  const leftAtMs = clock.nowMs();
  assert.is((await failureOf(consumer.return())).code, "DEADLINE_EXCEEDED");
  assert.ok(clock.nowMs() - leftAtMs < 25_000, `it took ${clock.nowMs() - leftAtMs} ms`);
  await next.catch(() => undefined);
});

test("a named consumer that is left while it asks where to begin ends", async () => {
  const clock = new IdleClock();
  const inner = new SilentConsumer();
  let answer = (_: { saved: undefined; resets: number }): void => {};
  const start = () => new Promise((resolve) => (answer = resolve));
  const open = (): Consumer => inner as unknown as Consumer;
  const calls = { start } as never;
  const consumer = new NamedConsumer({ topic: "orders", options: { name: "readers" }, clock, calls, open });
  const next = consumer.next();
  await consumer.return();
  answer({ saved: undefined, resets: 0 });
  const outcome = await Promise.race([next, clock.sleep(60_000).then(() => "it waits")]);
  assert.equal(outcome, { done: true, value: undefined });
  assert.ok(inner.isClosed);
});

test.run();
