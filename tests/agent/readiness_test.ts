import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Readiness } from "../../src/agent/readiness.ts";

const test = suite("readiness");
const never = new AbortController().signal;

function starting(): Readiness {
  return new Readiness("the node is starting", (error) => {
    throw error;
  });
}

test("wait() resolves with true once the node is ready", async () => {
  const readiness = starting();
  const waited = readiness.wait(never);
  readiness.set(undefined);
  assert.is(await waited, true);
  assert.is(await readiness.wait(never), true);
});

test("wait() rejects with the reason of its signal", async () => {
  const controller = new AbortController();
  const waited = starting().wait(controller.signal);
  controller.abort(new RangeError("gone"));
  await waited.then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, "gone"),
  );
});

test("end() is final: who waits hears so, and a start that goes on changes nothing", async () => {
  const readiness = starting();
  const waited = readiness.wait(never);
  readiness.end("the node is leaving");
  readiness.set(undefined);
  assert.is(await waited, false);
  assert.is(await readiness.wait(never), false);
  assert.is(readiness.ready, false);
  assert.is(readiness.reason, "the node is leaving");
});

test.run();
